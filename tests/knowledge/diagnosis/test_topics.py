"""An error that no entry explains: what it is about, with what to try, and the question left open."""

import re

import pytest
import yaml

from knowledge.config import load_types
from knowledge.diagnosis import diagnose
from knowledge.diagnosis.topics import topics

FRAME = 'Traceback (most recent call last):\n  File "/x/site-packages/{path}", line 9, in odd\n{error}'


def topic_of(text):
    return next((match for match in diagnose(text).matches if match.id == "about"), None)


@pytest.mark.parametrize(
    ("path", "error", "says"),
    [
        ("flash_attn/odd.py", "OddError: something is odd here", "attn_implementation"),
        ("deepspeed/runtime/odd.py", "OddError: something is odd here", "ZeRO-2"),
        ("torch/distributed/fsdp/odd.py", "OddError: something is odd here", "fsdp_version"),
        ("peft/tuners/odd.py", "OddError: something is odd here", "lora_target"),
        ("bitsandbytes/odd.py", "OddError: something is odd here", "load_in_4bit"),
        ("datasets/odd.py", "OddError: something is odd here", "dataset_prepared_path"),
        ("torch/odd.py", "OddError: the rendezvous of the process group is odd", "NCCL_SOCKET_IFNAME"),
        ("transformers/models/odd/modeling_odd.py", "OddError: something is odd", "pinned transformers"),
    ],
)
def test_it_says_what_to_try_where_it_broke(path, error, says):
    match = topic_of(FRAME.format(path=path, error=error))
    assert says in match.cure
    assert not match.conclusive
    assert "do not know" in match.meaning


@pytest.mark.parametrize("word", ["softmax", "partition", "image", "checkpoint", "driver", "rows", "socket"])
def test_a_word_that_may_stand_in_any_message_is_only_a_hint(word):
    diagnosis = diagnose(f"OddError: something with the {word} went odd")
    assert not diagnosis.matches
    assert any("hints at" in said for said in diagnosis.unknown.recognized)


@pytest.mark.parametrize("error", ["OddError: the softmax of the attention is odd", "OddError: dtensor is odd here"])
def test_two_words_or_a_name_tell_the_topic(error):
    assert topic_of(error) is not None


def test_a_message_that_demands_something_is_repeated_with_its_library():
    match = topic_of(FRAME.format(path="peft/tuners/odd.py", error="ValueError: the rank must be a multiple of 8."))
    assert match.meaning.startswith("peft stops with its own message: the rank must be a multiple of 8. It broke")


def test_the_causes_of_a_second_place_follow_those_of_the_first():
    text = (
        'Traceback (most recent call last):\n  File "/x/site-packages/vllm/odd.py", line 9, in odd\n'
        '  File "/x/site-packages/transformers/models/odd/modeling_odd.py", line 9, in odd\nOddError: something is odd'
    )
    assert {"server", "installed transformers"} <= {
        word for word in ("server", "installed transformers") if any(word in cause for cause in topic_of(text).causes)
    }


def test_what_only_names_the_class_of_an_error_is_narrowed_by_where_it_broke():
    text = FRAME.format(
        path="transformers/models/odd_vl/image_processing_odd.py",
        error="ValueError: too many values to unpack (expected 4)",
    )
    first = diagnose(text).matches[0]
    assert first.id == "values-to-unpack"
    assert "media" in first.causes[0]


@pytest.mark.parametrize(
    ("path", "error", "says"),
    [
        ("torch/optim/odd.py", "KeyError: 'odd_state'", "resume"),
        ("odd/odd.py", "RuntimeError: an odd thing about bfloat16", "bf16: true"),
        ("odd/odd.py", "TypeError: cannot pickle an odd thing", "dataset_num_proc: 1"),
        ("pydantic/odd.py", "OddError: something is odd here", "Check the config"),
    ],
)
def test_the_optimizer_precision_workers_and_config_are_topics_too(path, error, says):
    found = diagnose(FRAME.format(path=path, error=error)).matches
    assert any(says in match.cure for match in found)


def test_a_word_is_enough_to_narrow_what_only_names_the_class_of_an_error():
    first = diagnose("AttributeError: 'NoneType' object has no attribute 'attn_bias'").matches[0]
    assert first.id == "none-has-no-attribute"
    assert "attention implementation" in first.causes[0]


def test_what_to_send_is_asked_for_as_well():
    diagnosis = diagnose(FRAME.format(path="flash_attn/odd.py", error="OddError: something is odd here"))
    assert diagnosis.unknown is not None
    assert "Send the whole traceback" in diagnosis.unknown.send


def test_the_release_is_named_only_where_the_text_does_not_show_it():
    text = FRAME.format(path="flash_attn/odd.py", error="OddError: something is odd here")
    assert "update it first" in topic_of(text).cure
    known = topic_of(f"[INFO] Axolotl {load_types().axolotl}, starting\naxolotl {load_types().axolotl}\n{text}")
    assert "update it first" not in known.cure


def test_an_error_that_is_explained_gets_no_topic():
    assert topic_of(FRAME.format(path="torch/odd.py", error="torch.OutOfMemoryError: CUDA out of memory.")) is None


def test_lines_that_the_config_has_already_are_not_proposed():
    text = FRAME.format(path="flash_attn/odd.py", error="OddError: something is odd here")
    match = next(m for m in diagnose(text, config="base_model: a/b\nattn_implementation: sdpa\n").matches)
    assert "```yaml" not in match.cure


@pytest.mark.parametrize("topic", topics(), ids=lambda topic: topic.name)
def test_each_topic_is_whole(topic):
    root = load_types().root
    assert topic.meaning.endswith(".")
    assert topic.cure.endswith(".")
    assert all(cause.endswith(".") for cause in topic.causes)
    assert all(re.split(r"[.\[]", field)[0] in root for field in topic.fields)
    assert not topic.write or yaml.safe_load(topic.write)


@pytest.mark.parametrize("text", ["x" * 200_000, "attn " * 40_000, "a/" * 100_000, "sm_1" * 50_000])
def test_hostile_messages_are_only_read_at_their_beginning(text):
    diagnose(FRAME.format(path="torch/odd.py", error=f"OddError: {text}"))
