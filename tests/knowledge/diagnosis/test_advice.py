"""A library's message that no entry explains: what it asks for itself is read out of it."""

import pytest

from knowledge.diagnosis import diagnose


def of_library(text):
    return next((match for match in diagnose(text).matches if match.id == "library-message"), None)


def test_a_package_to_install_is_the_cure():
    match = of_library(
        "ImportError: This needs foobar. Please install the `foobar` package: pip install 'foobar>=2.0'."
    )
    assert match.conclusive
    assert "`pip install 'foobar>=2.0'`" in match.cure


def test_names_of_the_library_are_said_in_axolotls_words():
    match = of_library(
        'Traceback (most recent call last):\n  File "/x/site-packages/transformers/training_args.py", line 9, in x\n'
        "ValueError: The per_device_train_batch_size must be even in this mode."
    )
    assert match.fields == ("micro_batch_size",)
    assert "`per_device_train_batch_size`, which is `micro_batch_size` in Axolotl" in match.cure
    assert match.meaning.startswith("transformers stops")


def test_a_setting_that_is_only_mentioned_leaves_the_question_open():
    diagnosis = diagnose("ValueError: At most one of fp16 and bf16 can be on in this odd mode.")
    assert diagnosis.matches[0].fields == ("fp16", "bf16")
    assert diagnosis.unknown is not None


@pytest.mark.parametrize(
    "text",
    [
        "ValueError: this tells nothing about any setting at all",
        "KeyError: 'x'",
        "ValueError: the file /data/micro_batch_size/x.py is odd",
    ],
)
def test_without_a_name_nothing_is_made_up(text):
    assert of_library(text) is None


def test_secrets_in_a_message_are_masked():
    match = of_library("ValueError: micro_batch_size failed for hf_abcdefghijklmnopqrstuvwxyz1234567890")
    assert "hf_abcdefghijklmnop" not in match.meaning + match.quote
