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


@pytest.mark.parametrize(
    ("error", "lines"),
    [
        ("ValueError: an odd thing, pass `max_seq_length=512` instead.", "sequence_len: 512"),
        ("ValueError: Please set `per_device_train_batch_size` to 2.", "micro_batch_size: 2"),
        ("ValueError: an odd thing, use --learning_rate 0.0002 here.", "learning_rate: 0.0002"),
        ("RuntimeError: an odd thing, try use_reentrant=False for it.", "  use_reentrant: false"),
        ("ValueError: an odd thing, set the argument num_generations=4.", "  num_generations: 4"),
        ("ValueError: an odd thing, set optim='adamw_torch' for it.", "optimizer: adamw_torch"),
    ],
)
def test_a_value_that_a_message_asks_for_becomes_lines_to_copy(error, lines):
    match = of_library(error)
    assert match.conclusive
    assert f"{lines}\n" in match.cure


def test_lines_that_the_config_has_are_not_proposed():
    text = "ValueError: an odd thing, pass `max_seq_length=512` instead."
    match = next(each for each in diagnose(text, config="base_model: a/b\nsequence_len: 512\n").matches)
    assert "```yaml" not in match.cure


def test_a_variable_that_a_message_asks_for_is_set_where_the_run_starts():
    match = of_library("RuntimeError: an odd thing happened, set ODD_SPECIAL_SWITCH=1 to go on.")
    assert "`ODD_SPECIAL_SWITCH=1 axolotl train config.yaml`" in match.cure


@pytest.mark.parametrize(
    ("error", "package"),
    [
        ("ImportError: Make sure to install oddpackage if you want to use it for logging.", "oddpackage"),
        ("ImportError: You need to install odd-package to go on.", "odd-package"),
        ("ImportError: oddpackage is not installed in this environment.", "oddpackage"),
    ],
)
def test_a_package_is_understood_without_quotes(error, package):
    assert f"`pip install {package}`" in of_library(error).cure


@pytest.mark.parametrize("text", ["set x to " * 20_000, "pass `" * 30_000, "install " * 25_000, "A_A" * 60_000])
def test_hostile_messages_are_read_quickly(text):
    diagnose(f"OddError: {text}")


def test_a_name_of_the_code_is_not_taken_for_a_setting():
    assert of_library("NameError: name 'ParallelismConfig' is not defined. Did you mean: 'parallelism_config'?") is None
    assert of_library("AttributeError: 'NoneType' object has no attribute 'model_init_kwargs'") is None
