"""The demo page in a real browser, as a visitor uses it."""

import pytest

from scripts.demo_page import PHONE, chromium, demo_page, served_demo
from tests.world import BROKEN

pytestmark = pytest.mark.skipif(chromium() is None, reason="no Chromium is installed: the demo page was not tried")


async def test_a_visitor_checks_mends_plans_checks_again_and_shares(tmp_path):
    broken = tmp_path / "first.yaml"
    broken.write_text(BROKEN)
    async with served_demo() as url, demo_page(url, PHONE) as demo:
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


async def test_a_visitor_pastes_a_config_into_the_form():
    async with served_demo() as url, demo_page(url) as demo:
        await demo.choose("checkconfig")
        await demo.send()
        await demo.paste(BROKEN)
        report = await demo.text()
        assert "Axolotl 0.21.0 refuses this: 1 reason; 1 key is ignored." in report
        assert "pasted text · 9 keys · 1 GPU" in report


async def test_a_visitor_gets_from_nothing_to_a_config_that_the_check_finds_nothing_wrong_with(tmp_path):
    rows = tmp_path / "rows.jsonl"
    rows.write_text("".join(f'{{"instruction": "Name port {n}.", "output": "Port {n} it is."}}\n' for n in range(400)))
    async with served_demo() as url, demo_page(url, PHONE) as demo:
        await demo.command("newconfig", files={"dataset": rows}, model="Qwen/Qwen2.5-3B-Instruct", gpu="T4", gpus="1")
        written = await demo.text()
        assert "A config for Qwen/Qwen2.5-3B-Instruct" in written
        assert "Different from what you asked" not in written
        assert not await demo.overflows(), "nothing sticks out sideways on a phone"
        config = await demo.download(tmp_path)
        assert config.name == "config.yaml"
        await demo.command("checkconfig", files={"file": config, "dataset": rows}, gpus="1")
        assert "I found nothing wrong" in await demo.text()
