"""The demo page in a real browser, as a visitor uses it."""

import pytest
import pytest_asyncio

from scripts.demo_page import DESK, PHONE, chromium, demo_page, served_demo, started_chromium
from tests.world import BROKEN, CLEAN

pytestmark = [
    pytest.mark.skipif(chromium() is None, reason="no Chromium is installed: the demo page was not tried"),
    pytest.mark.asyncio(loop_scope="module"),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser():
    async with started_chromium() as started:
        yield started


async def test_a_visitor_checks_mends_plans_checks_again_and_shares(browser, tmp_path):
    broken = tmp_path / "first.yaml"
    broken.write_text(BROKEN)
    async with served_demo() as url, demo_page(browser, url, PHONE) as demo:
        await demo.command("checkconfig", files={"file": broken}, gpus="2")
        report = await demo.text()
        assert "Only you can see this" in report
        assert "Axolotl 0.21.0 refuses this: 1 reason; 1 key is ignored." in report
        assert "first.yaml · 9 keys · 2 GPUs" in report
        assert "Line\u00a06 · max_seq_length: 2048" in report
        assert "Lines\u00a011–12 · save_steps: 100, saves_per_epoch: 2" in report
        assert "Effective batch 4 × 2 × 2 GPUs = 16 rows per step." in report
        assert not await demo.overflows(), "nothing sticks out sideways on a phone"

        await demo.press("Plan")
        plan = await demo.text()
        assert "batch a step" in plan
        assert "learning rate" in (await demo.picture_words()).lower(), "the curve is told in words too"

        await demo.press("Corrected copy")
        assert "1 mechanical fault fixed, every other byte kept." in await demo.text()
        corrected = await demo.download(tmp_path)
        assert corrected.name == "first.corrected.yaml"
        assert corrected.read_text() == BROKEN.replace("max_seq_length", "sequence_len")

        corrected.write_text(corrected.read_text().replace("save_steps: 100\n", ""))
        await demo.command("checkconfig", files={"file": corrected}, gpus="2")
        again = await demo.text()
        assert "Since your last check of first.yaml: 2 fixed, 0 left, " in again
        assert "refuses" not in again

        await demo.press("Share summary")
        shared = await demo.text()
        assert "Only you can see this" not in shared
        assert "Qwen" not in shared
        await demo.become("max")
        assert "I found nothing wrong" in await demo.text(), "everybody in the channel reads what was shared"
        assert "my first run" not in await demo.everything()


async def test_a_visitor_pastes_a_config_into_the_form(browser):
    async with served_demo() as url, demo_page(browser, url) as demo:
        await demo.choose("checkconfig")
        await demo.send()
        await demo.paste(BROKEN)
        report = await demo.text()
        assert "Axolotl 0.21.0 refuses this: 1 reason; 1 key is ignored." in report
        assert "pasted text · 9 keys · 1 GPU" in report


async def test_a_visitor_checks_a_config_whose_model_and_rows_are_on_the_hub(browser):
    config = """\
base_model: pond/otter-1b
datasets:
  - path: pond/questions
    type: chat_template
    field_messages: messages
adapter: lora
lora_r: 16
lora_alpha: 32
lora_target_linear: true
sequence_len: 2048
micro_batch_size: 4
gradient_accumulation_steps: 2
num_epochs: 3
learning_rate: 0.0002
"""
    async with served_demo() as url, demo_page(browser, url, PHONE) as demo:
        await demo.choose("checkconfig")
        await demo.send()
        await demo.paste(config)
        report = await demo.text()
        assert "pond/otter-1b: LlamaForCausalLM, 1.1 billion parameters" in report
        assert "The first rows of pond/questions on the Hub: 100 rows, 100 trained on." in report
        assert "41 optimizer steps" in report
        assert "Memory: about 4 GiB per GPU" in report
        assert "Not checked: your drivers and packages." in report
        assert not await demo.overflows(), "nothing sticks out sideways on a phone"

        await demo.press("Rows: lengths and trained text")
        assert "TRAINED" in await demo.text()


async def test_a_visitor_gets_from_nothing_to_a_config_that_the_check_finds_nothing_wrong_with(browser, tmp_path):
    rows = tmp_path / "rows.jsonl"
    rows.write_text("".join(f'{{"instruction": "Name port {n}.", "output": "Port {n} it is."}}\n' for n in range(400)))
    async with served_demo() as url, demo_page(browser, url, PHONE) as demo:
        await demo.command("newconfig", files={"dataset": rows}, model="Qwen/Qwen2.5-3B-Instruct", gpu="T4", gpus="1")
        written = await demo.text()
        assert "A config for Qwen/Qwen2.5-3B-Instruct" in written
        assert "Different from what you asked" not in written
        assert not await demo.overflows(), "nothing sticks out sideways on a phone"
        config = await demo.download(tmp_path)
        assert config.name == "config.yaml"
        await demo.command("checkconfig", files={"file": config, "dataset": rows}, gpus="1")
        assert "I found nothing wrong" in await demo.text()


RAN_SHORT = """\
base_model: Qwen/Qwen2.5-7B
adapter: qlora
load_in_4bit: true
lora_r: 32
lora_alpha: 64
lora_target_linear: true
datasets:
  - path: recipes.jsonl
    type: {type}
sequence_len: 4096
sample_packing: true
attn_implementation: flash_attention_2
micro_batch_size: 2
gradient_accumulation_steps: 8
num_epochs: 3
learning_rate: 2e-4
lr_scheduler: cosine
warmup_steps: 100
gradient_checkpointing: true
"""
RECIPES = "".join(
    f'{{"conversations": [{{"from": "human", "value": "How long does dish {n} cook?"}}, '
    f'{{"from": "gpt", "value": "{"It simmers for ten minutes. " * 20}"}}]}}\n'
    for n in range(420)
)
OUT_OF_MEMORY = """\
  4%|4         | 12/310 [01:11<29:32,  5.95s/it]
Traceback (most recent call last):
  File "/venv/lib/python3.11/site-packages/axolotl/train.py", line 231, in execute_training
    trainer.train(resume_from_checkpoint=resume_from_checkpoint)
torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.32 GiB. GPU 0 has a total capacity of 23.65 GiB
"""


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
async def test_the_first_answer_decides_without_a_button(browser, tmp_path, size):
    def given(name, text):
        (tmp_path / name).write_text(text)
        return tmp_path / name

    rows = given("recipes.jsonl", RECIPES)
    config = given("recipes.yaml", RAN_SHORT.format(type="sharegpt"))
    log = given("train.log", OUT_OF_MEMORY)
    async with served_demo() as url, demo_page(browser, url, size) as demo:

        async def told(name, files, **options):
            await demo.command(name, files=files, **options)
            assert not await demo.overflows(), "nothing sticks out sideways"
            return await demo.text()

        wrong_type = await told("checkconfig", {"file": config, "dataset": rows}, gpu="RTX 4090")
        assert "Does not start: fix line\u00a09 first." in wrong_type
        assert "With the proposed block, the run hardly learns" in wrong_type
        assert "field_messages: conversations" in wrong_type
        assert "Does not fit RTX 4090" in wrong_type
        assert "For 24 GB: cut_cross_entropy: true" in wrong_type

        alone = await told("checkconfig", {"file": rows})
        assert "This fits your rows" in alone
        assert "TRAINED" in alone

        failed = await told("checkconfig", {"file": log})
        assert "The GPU's memory is full at this step." in failed

        both = await told("compare", {"a": config, "b": log})
        assert "Line\u00a09" in both

        asked = await told("explain", {}, field="why only 12 steps?")
        assert "How many epochs and steps do I need?" in asked


LEARNED = "[2026-01-05 10:00:00,000] [INFO] [axolotl.train] Starting trainer...\n" + "".join(
    f"{{'loss': '{0.8 + 1.7 * 0.93**step:.4f}', 'grad_norm': '0.9', 'learning_rate': '2e-4', 'epoch': '{step / 50}'}}\n"
    for step in range(1, 51)
)
SPOILED = LEARNED + "{'loss': '0', 'grad_norm': 'nan', 'learning_rate': '0.0002', 'epoch': '1.02'}\n" * 5


async def test_whether_a_model_is_supported_which_command_is_next_and_whether_a_loss_is_normal(browser, tmp_path):
    config, healthy, spoiled = (tmp_path / name for name in ("clean.yaml", "healthy.log", "spoiled.log"))
    config.write_text(CLEAN)
    healthy.write_text(LEARNED)
    spoiled.write_text(SPOILED)
    async with served_demo() as url, demo_page(browser, url, PHONE) as demo:

        async def told():
            assert not await demo.overflows(), "nothing sticks out sideways on a phone"
            return await demo.text()

        await demo.command("model", name="Qwen/Qwen3-30B-A3B")
        supported = await told()
        assert "Axolotl 0.21.0 loads qwen3_moe" in supported
        assert "Sample packing: listed." in supported
        assert "QLoRA: a card of" in supported

        await demo.command("checkconfig", files={"file": config}, gpus="2")
        await demo.press("Next step")
        commands = await told()
        assert "axolotl preprocess clean.yaml --debug" in commands
        assert "CUDA_VISIBLE_DEVICES=0,1 axolotl train clean.yaml" in commands
        assert "vllm serve" in commands

        await demo.command("checkconfig", files={"file": healthy})
        assert "This run's numbers look fine" in await told()
        assert "Loss 2.38 at step 1" in await demo.picture_words()
        await demo.command("checkconfig", files={"file": spoiled})
        assert "The gradient is nan from step 51" in await told()


async def test_the_message_menu_can_be_tried(browser):
    async with served_demo() as url, demo_page(browser, url, PHONE) as demo:
        for entry, words in (
            ("Check message", "This is not valid YAML"),
            ("Answer with FAQ", "Which entry answers this message?"),
            ("Answer this", "what is wrong with my YAML?"),
        ):
            await demo.command("message-menu", entry=entry)
            answer = await demo.text()
            assert "Only you can see this" in answer
            assert words in answer
            assert not await demo.overflows(), "nothing sticks out sideways"


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
async def test_a_question_in_plain_words_is_answered(browser, size):
    async with served_demo() as url, demo_page(browser, url, size) as demo:
        await demo.command("ask", question="why did it only do 12 steps?")
        answer = await demo.text()
        assert "Only you can see this" in answer
        assert "How many epochs and steps do I need?" in answer
        assert "That helped" in answer
        assert not await demo.overflows(), "nothing sticks out sideways"


async def test_a_visitor_of_the_help_forum_is_answered_in_each_mode_and_a_moderator_sees_the_figures(browser, tmp_path):
    config, log = tmp_path / "first.yaml", tmp_path / "train.log"
    config.write_text(BROKEN)
    log.write_text(OUT_OF_MEMORY)
    async with served_demo() as url, demo_page(browser, url, PHONE) as demo:

        async def mode(name):
            await demo.become("max")
            await demo.command("help-channels add", choices={"channel": "help-forum", "mode": name})
            await demo.become("ann")

        async def post(title):
            await demo.command("new-post", files={"file": config, "log": log}, title=title, text="What is wrong?")
            await demo.load_again()
            assert not await demo.overflows(), "nothing sticks out sideways on a phone"
            return await demo.text()

        def tells(answer):
            return "max_seq_length" in answer and "memory is full" in answer

        said = await post("My first run")
        assert tells(said)
        assert "my first run" not in said, "the config itself is not shown"
        await demo.press("Solved")
        assert "solved" in (await demo.text()).lower()

        await mode("offer")
        assert "Show me what you found" in await post("My second run")
        await demo.press("Show me what you found")
        assert tells(await demo.everything())

        await mode("quiet")
        assert "Show me what you found" not in await post("My third run")
        await demo.react("🔎")
        await demo.command("direct-messages")
        assert "max_seq_length" in await demo.text()

        await demo.become("max")
        await demo.command("help-channels stats")
        figures = await demo.text()
        assert "3 posts seen, 3 answered by me" in figures
        assert "1 post marked solved after my answer" in figures
        assert "3 seen" in await demo.picture_words()
        await demo.command("show", place="axolotl-help")
        await demo.load_again()
        assert "Try it" in await demo.everything()
