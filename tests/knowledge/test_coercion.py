"""Axolotl's lax typing: what becomes of a raw value, and what is refused."""

import pytest

from knowledge.coercion import coerce
from knowledge.config import load_types, read

TYPES = load_types()


def typed(value, kind):
    wrong = []
    result = coerce(value, kind, TYPES.models, ("x",), wrong)
    return result if not wrong else [each.kind for each in wrong]


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("int", "3", 3),
        ("int", " 3.0 ", 3),
        ("int", 3.0, 3),
        ("int", "1_000", 1000),
        ("int", True, 1),
        ("int", 3.5, ["type"]),
        ("int", "3.5", ["type"]),
        ("int", float("inf"), ["type"]),
        ("float", "2e-5", 2e-5),
        ("float", 1, 1.0),
        ("float", "fast", ["type"]),
        ("bool", "yes", True),
        ("bool", "OFF", False),
        ("bool", 1, True),
        ("bool", 2, ["type"]),
        ("bool", "maybe", ["type"]),
        ("str", 3, ["type"]),
        ("str", False, ["type"]),
        ("any", {"a": 1}, {"a": 1}),
        ({"null": "int"}, None, None),
        ({"null": "int"}, "7", 7),
        ({"list": "int"}, ["1", 2.0], [1, 2]),
        ({"list": "int"}, "1", ["type"]),
        ({"list": "int", "min_length": 1}, [], ["bound"]),
        ({"dict": ["str", "float"]}, {"a": "1"}, {"a": 1.0}),
        ({"dict": ["str", "float"]}, [1], ["type"]),
        ({"tuple": ["int", "int"]}, [1, "2"], [1, 2]),
        ({"tuple": ["int", "int"]}, [1], ["type"]),
        ({"literal": ["auto"]}, "auto", "auto"),
        ({"literal": ["auto"]}, "Auto", ["choice"]),
        ({"enum": [2]}, 2, 2),
        ({"int": {"ge": 1}}, 0, ["bound"]),
        ({"float": {"gt": 0.0, "le": 1.0}}, 1.0, 1.0),
        ({"float": {"allow_inf_nan": False}}, float("nan"), ["bound"]),
        ({"int": {"strict": True}}, "3", ["type"]),
        ({"str": {"pattern": "^a"}}, "b", ["type"]),
        ({"str": {"pattern": r"^\S+$"}}, "a\n", ["type"]),
        ({"str": {"max_length": 2}}, "abc", ["bound"]),
        ({"str": {"strict": True}}, b"a", ["type"]),
        ({"bool": {"strict": True}}, "yes", ["type"]),
        ({"bool": {"strict": True}}, False, False),
        ({"int": {"strict": True}}, True, ["type"]),
        ({"union": [{"literal": ["auto"]}, "bool"]}, "auto", "auto"),
        ({"union": [{"literal": ["auto"]}, "bool"]}, "yes", True),
        ({"union": ["int", "float"]}, 2.5, 2.5),
        ({"union": ["int", "str"]}, "2", "2"),
    ],
)
def test_a_value_becomes_what_pydantic_makes_of_it(kind, value, expected):
    result = typed(value, kind)
    assert result == expected
    assert type(result) is type(expected)


def test_a_union_of_blocks_takes_the_class_that_reads_most_keys():
    entry = {"path": "a", "shards": 3, "field_messages": "m"}
    union = TYPES.models["AxolotlInputConfig"]["fields"]["datasets"]["type"]["of"]["null"]["list"]
    assert typed(entry, union)["shards"] == 3
    assert typed({"path": "a", "step_separator": "x"}, union)["step_separator"] == "x"


def test_a_block_has_its_defaults_and_says_what_it_lacks():
    assert read("trl:\n  beta: 0.1\n").typed("trl.num_generations") is None
    assert read("base_model: x\n").typed("vllm.port") == 8000
    blocks = [name for name, model in TYPES.models.items() if model["extra"] == "forbid"]
    assert blocks
    assert "extra" in typed({"no such key": 1}, {"model": blocks[0]})


def test_axolotls_own_validators_around_a_type_are_followed():
    assert read("learning_rate: 2e-5\n").typed("learning_rate") == 2e-5
    assert read("save_safetensors:\n").typed("save_safetensors") is True
    assert read("seed:\n").typed("seed") == 42
    assert read("qat:\n  weight_dtype: fp8\n").typed("qat.weight_dtype") == "float8_e4m3fn"
    assert read("image_resize_algorithm: BICUBIC\n").typed("image_resize_algorithm") == "bicubic"
