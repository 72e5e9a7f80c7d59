"""/checkconfig with a Hub: what a member sees without uploading anything, and who can switch it off."""

from contextlib import asynccontextmanager

from bot.hub.example import ExampleHub
from tests.bot.hub.stand_in import dataset, model
from tests.world import answer, running, words

CONFIG = """\
base_model: org/llama
datasets:
  - path: org/rows
    type: alpaca
sequence_len: 1024
micro_batch_size: 2
gradient_accumulation_steps: 4
num_epochs: 3
learning_rate: 0.0002
"""


@asynccontextmanager
async def a_town(folder):
    """A server whose bot asks a Hub of its own."""
    with ExampleHub([model()], [dataset()]).serve_apart() as address:
        async with running(folder, hub="on", hub_endpoint=address, hub_viewer=address) as world:
            yield world


async def test_steps_memory_and_rows_without_an_upload(tmp_path):
    async with a_town(tmp_path) as town:
        text = words(await town.check(CONFIG))
        assert "org/llama: LlamaForCausalLM" in text
        assert "(from the Hub, revision" in text
        assert "org/rows: 40 rows in train" in text
        assert "All rows of org/rows on the Hub: 40 rows, **40** trained on." in text
        assert "15 optimizer steps, 3 epochs" in text
        assert "Not checked: your drivers and packages." in text


async def test_the_size_of_an_unknown_family_is_exact_and_its_memory_rough(tmp_path):
    odd = model(config={"model_type": "newt", "architectures": ["NewtForCausalLM"]}, tensors={"BF16": 1_234_567_890})
    with ExampleHub([odd], [dataset()]).serve_apart() as address:
        async with running(tmp_path, hub="on", hub_endpoint=address, hub_viewer=address) as town:
            text = words(await town.check(CONFIG))
    assert "1.23 billion parameters" in text
    assert "I know only the size of this model, so this is rough" in text


async def test_a_misspelled_model_is_named_with_the_nearest(tmp_path):
    async with a_town(tmp_path) as town:
        text = words(await town.check(CONFIG.replace("org/llama", "org/lama")))
        assert "Not public on the Hub under this name." in text
        assert "`org/llama`" in text


async def test_buttons_work_with_what_was_looked_up(tmp_path):
    async with a_town(tmp_path) as town:
        message = await town.check(CONFIG)
        shown = await town.press(message, "Rows: lengths and trained text")
        assert "The first rows on the Hub" in words(answer(shown))
        assert "Count to 0." in words(answer(shown))
        town.bot.services.hub = None
        form = await town.press(message, "Other GPU count")
        (field,) = [each["component"]["custom_id"] for each in form.modal["components"]]
        again = answer(await town.ann.submit_modal(form, {field: "2"}))
        assert "org/rows: 40 rows in train" in words(again)


async def test_rows_are_shown_by_the_template_that_the_check_has_used(tmp_path):
    talks = [{"messages": [{"role": "user", "content": "Hi?"}, {"role": "assistant", "content": "Hello."}]}] * 20
    config = CONFIG.replace("type: alpaca", "type: chat_template\n    field_messages: messages")
    with ExampleHub([model()], [dataset(rows={"default": {"train": talks}})]).serve_apart() as address:
        async with running(tmp_path, hub="on", hub_endpoint=address, hub_viewer=address) as town:
            message = await town.check(config)
            shown = words(answer(await town.press(message, "Rows: lengths and trained text")))
            tokens = next(line for line in words(message).splitlines() if line.startswith("Trained tokens"))
            assert tokens in shown
            assert "<|im_start|>user" in shown
            assert "not available" not in shown


async def test_a_server_can_switch_it_off(tmp_path):
    async with a_town(tmp_path) as town:
        saved = await town.max.slash(town.channel, "faq-admin settings", hub="off")
        assert "Look things up on the Hub** no" in words(answer(saved))
        text = words(await town.check(CONFIG))
        assert "from the Hub" not in text
        assert "whether the model and the dataset exist" in text


async def test_a_config_is_written_for_a_model_that_only_the_hub_knows(tmp_path):
    async with a_town(tmp_path) as town:
        rows = b'{"instruction": "Count to 3.", "input": "", "output": "1, 2, 3"}\n' * 200
        asked = {"model": "org/llama", "gpu": "RTX 3090", "dataset": ("rows.jsonl", rows)}
        text = words(answer(await town.ann.slash(town.channel, "newconfig", **asked)))
        assert "A config for `org/llama`" in text
        assert "GiB" in text
        unknown = words(answer(await town.ann.slash(town.channel, "newconfig", model="org/lamb", gpu="T4")))
        assert "I know nothing about org/lamb" in unknown


async def test_two_configs_are_compared_with_what_the_hub_says_of_them(tmp_path):
    async with a_town(tmp_path) as town:
        longer = ("b.yaml", CONFIG.replace("epochs: 3", "epochs: 6").encode())
        text = words(answer(await town.ann.slash(town.channel, "compare", a=("a.yaml", CONFIG.encode()), b=longer)))
        assert "optimizer steps 15 → 30" in text


async def test_a_name_of_the_hub_is_explained_by_what_it_holds(tmp_path):
    async with a_town(tmp_path) as town:
        text = words(answer(await town.ann.slash(town.channel, "explain", field="org/llama")))
        assert "org/llama: LlamaForCausalLM" in text
        text = words(answer(await town.ann.slash(town.channel, "explain", field="org/rows")))
        assert "org/rows: 40 rows in train" in text
        text = words(answer(await town.ann.slash(town.channel, "explain", field="org/lama")))
        assert "Nothing on the Hub is public under this name." in text
        assert "`org/llama`" in text
