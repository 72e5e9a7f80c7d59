"""/newconfig beyond its first answer: each button, the selects, and a config from one that does not fit."""

from __future__ import annotations

import pytest
import yaml

MODEL = "Qwen/Qwen2.5-3B-Instruct"
ROWS = b"".join(
    b'{"messages": [{"role": "user", "content": "Where is %d?"}, {"role": "assistant", "content": "North."}]}\n' % n
    for n in range(300)
)
LARGE = """\
base_model: meta-llama/Llama-3.1-8B
datasets:
  - path: rows.jsonl
    type: chat_template
sequence_len: 4096
micro_batch_size: 4
gradient_accumulation_steps: 4
num_epochs: 3
learning_rate: 0.00002
optimizer: adamw_torch
bf16: true
"""


@pytest.mark.parametrize(
    ("label", "said"),
    [
        ("Full", "now Full"),
        ("LoRA", "now LoRA"),
        ("QLoRA", "now QLoRA"),
        ("Longer rows", "now rows of"),
        ("More steps", "epochs"),
    ],
)
async def test_each_button_writes_a_config_that_says_what_changed(world, tools, label, said):
    result = await world.ann.slash(
        world.channel, "newconfig", model=MODEL, dataset=("rows.jsonl", ROWS), gpu="A100 80GB"
    )
    other = tools.words(tools.answer(await world.ann.click(tools.answer(result), label=label)))
    assert said in other
    assert "checked for Axolotl 0.21.0" in other


async def test_a_wish_that_is_not_met_is_not_said_to_be_there_now(world, tools):
    result = await world.ann.slash(
        world.channel, "newconfig", model=MODEL, dataset=("rows.jsonl", ROWS), gpu="RTX 3060 12GB"
    )
    other = tools.words(tools.answer(await world.ann.click(tools.answer(result), label="Full")))
    assert "you asked for Full" in other
    assert "does not fit RTX 3060" in other


@pytest.mark.parametrize(
    ("wish", "said"), [({"gpu": "RTX 4095"}, "Did you mean RTX 4090?"), ({"aim": "sft"}, "The aims are: chat,")]
)
async def test_what_is_not_known_is_not_guessed(world, tools, wish, said):
    assert said in tools.words(tools.answer(await world.ann.slash(world.channel, "newconfig", model=MODEL, **wish)))


async def test_the_loss_of_a_preference_run_is_chosen(world, tools):
    pairs = b'{"prompt": "Where?", "chosen": "North of the bay.", "rejected": "No idea."}\n' * 300
    wish = {"model": MODEL, "gpu": "RTX 3090", "rl": "ipo"}
    result = await world.ann.slash(world.channel, "newconfig", dataset=("rows.jsonl", pairs), **wish)
    message = tools.answer(result)
    (config,) = message.attachments
    written = yaml.safe_load(await config.read())
    assert (written["rl"], written["dpo_loss_type"]) == ("dpo", ["ipo"])
    assert "Different from what you asked" not in tools.words(message)
    chats = await world.ann.slash(world.channel, "newconfig", dataset=("rows.jsonl", ROWS), **wish)
    assert "`preference` needs pairs" in tools.words(tools.answer(chats))


async def test_another_card_is_typed_and_its_config_fits_it(world, tools):
    result = await world.ann.slash(world.channel, "newconfig", model=MODEL, dataset=("rows.jsonl", ROWS), gpu="T4")
    form = await world.ann.click(tools.answer(result), label="Other GPU")
    (name,) = [each["component"]["custom_id"] for each in form.modal["components"]]
    other = tools.words(tools.answer(await world.ann.submit_modal(form, {name: "2x RTX 4090"})))
    assert "on 2 × RTX 4090" in other
    wrong = await world.ann.click(tools.answer(result), label="Other GPU")
    (name,) = [each["component"]["custom_id"] for each in wrong.modal["components"]]
    assert "Unknown GPU" in tools.words(tools.answer(await world.ann.submit_modal(wrong, {name: "a toaster"})))


async def test_a_config_that_does_not_fit_offers_one_that_does(world, tools):
    checked = await world.ann.slash(
        world.channel, "checkconfig", file=("config.yaml", LARGE.encode()), gpu="RTX 3090", dataset=("rows.jsonl", ROWS)
    )
    message = tools.answer(checked)
    assert "Does not fit RTX 3090" in tools.words(message)
    written = tools.words(tools.answer(await world.ann.click(message, label="Write one that fits")))
    assert written.startswith("### A config for `meta-llama/Llama-3.1-8B`")
    assert "on 1 × RTX 3090" in written
    assert "Not as you asked" not in written


async def test_the_next_step_is_that_of_the_config_that_was_written(world, tools):
    result = await world.ann.slash(
        world.channel, "newconfig", model=MODEL, dataset=("rows.jsonl", ROWS), gpu="2x RTX 4090"
    )
    shown = tools.words(tools.answer(await world.ann.click(tools.answer(result), label="Next step")))
    assert "axolotl preprocess config.yaml --debug" in shown
    assert "CUDA_VISIBLE_DEVICES=0,1 axolotl train config.yaml" in shown


async def test_what_is_missing_is_asked_for_with_selects(world, tools):
    message = tools.answer(await world.ann.slash(world.channel, "newconfig", model=MODEL))
    for placeholder, value, said in (
        ("Which GPU do you have?", "RTX 3090", "now RTX 3090"),
        ("What should the model learn?", "preference", "for preference"),
    ):
        menu = next(each for each in tools.components(message) if each.get("placeholder") == placeholder)
        message = tools.answer(await world.ann.select(message, [value], custom_id=menu["custom_id"]))
        assert said in tools.words(message)
