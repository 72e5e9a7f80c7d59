"""Where two packages do not fit together, the answer names them and what Axolotl asks of them."""

import pytest

from knowledge.diagnosis import diagnose
from knowledge.facts import read_json

PINS = read_json("pins.json")["packages"]
TRACE = 'Traceback (most recent call last):\n  File "/v/site-packages/{path}", line 9, in odd\n{error}'


def first_cause(path, error):
    return diagnose(TRACE.format(path=path, error=error)).matches[0].causes[0]


@pytest.mark.parametrize(
    ("path", "error", "names"),
    [
        ("transformers/trainer.py", "TypeError: DPOTrainer.log() takes 2 positional arguments but 3 were given", "trl"),
        ("trl/trainer/sft_trainer.py", "TypeError: Trainer.__init__() got an unexpected keyword argument 'x'", "trl"),
        ("accelerate/state.py", "AttributeError: 'AcceleratorState' object has no attribute 'odd'", "accelerate"),
        ("peft/mapping.py", "ImportError: cannot import name 'Odd' from 'transformers'", "transformers"),
    ],
)
def test_both_packages_are_named_with_what_axolotl_asks(path, error, names):
    cause = first_cause(path, error)
    assert f"{names} {PINS[names].removeprefix('==')}" in cause
    assert "pip list" in cause


def test_versions_in_the_text_take_the_place_of_the_question():
    text = "trl==0.9.4\n" + TRACE.format(
        path="trl/trainer/odd.py", error="AttributeError: 'GRPOConfig' object has no attribute 'odd'"
    )
    assert "your text shows trl 0.9.4" in diagnose(text).matches[0].causes[0]


def test_nothing_is_said_where_no_package_is_named():
    text = TRACE.format(path="../main.py", error="TypeError: f() got an unexpected keyword argument 'x'")
    assert "asks for" not in " ".join(diagnose(text).matches[0].causes)
