"""Takes the pictures of docs/images from the demo page: `make screenshots`. Needs Debian's chromium."""

from __future__ import annotations

import asyncio
import math
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # so that it runs as a file, too

from bot.demo import Demo, demo  # noqa: E402
from scripts.demo_page import DESK, PHONE, DemoPage, chromium, demo_page, started_chromium  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

IMAGES = ROOT / "docs" / "images"
EXAMPLES = ROOT / "bot" / "examples"
LOG = """\
Tokenizing Prompts (num_proc=8):   0%|          | 0/5120 [00:00<?, ? examples/s]
Traceback (most recent call last):
  File "/workspace/axolotl/src/axolotl/prompt_tokenizers.py", line 84, in tokenize_prompt
    ) = self.parse_instruction_fields(prompt)
  File "/workspace/axolotl/src/axolotl/prompt_strategies/alpaca_w_system.py", line 21, in parse_instruction_fields
    prompt["instruction"],
KeyError: 'instruction'
"""
_COLOURS = 128


async def report(page: DemoPage, _running: Demo) -> None:
    """A config that starts, but not as meant."""
    await page.command("checkconfig", files={"file": EXAMPLES / "facts.yaml"}, gpus="4")


async def hub(page: DemoPage, _running: Demo) -> None:
    """A config whose model and dataset are on the Hub: steps, memory and rows without an upload."""
    await page.command("checkconfig", files={"file": EXAMPLES / "hub" / "config.yaml"})


async def broken(page: DemoPage, _running: Demo) -> None:
    """Broken YAML, and what else is refused."""
    await page.command("checkconfig", files={"file": EXAMPLES / "pasted.yaml"})


async def refused(page: DemoPage, _running: Demo) -> None:
    """A config that Axolotl refuses, pasted into the form."""
    config = (EXAMPLES / "pasted.yaml").read_text("utf-8").replace("\n      type", "\n    type")
    await page.choose("checkconfig")
    await page.send()
    await page.paste(config.replace("\n      field", "\n    field"))


async def error(page: DemoPage, _running: Demo) -> None:
    """The end of a log, pasted into the same form."""
    await page.choose("checkconfig")
    await page.send()
    await page.paste(LOG)


async def corrected(page: DemoPage, running: Demo) -> None:
    """The corrected copy with its diff."""
    await report(page, running)
    await page.press("Corrected copy")


async def clean(page: DemoPage, _running: Demo) -> None:
    """Nothing found."""
    await page.command("checkconfig", files={"file": EXAMPLES / "clean.yaml"}, gpus="8")


async def plan(page: DemoPage, _running: Demo) -> None:
    """The plan with its curve."""
    await page.command("checkconfig", files={"file": EXAMPLES / "clean.yaml"}, gpus="8")
    await page.press("Plan")


async def newconfig(page: DemoPage, _running: Demo) -> None:
    """A config for a model, rows and a card."""
    files = {"dataset": EXAMPLES / "rows.jsonl"}
    await page.command("newconfig", files=files, model="Qwen/Qwen3-8B", gpu="RTX 3090", gpus="1")


async def proposal(page: DemoPage, _running: Demo) -> None:
    """Rows without a config: the block that fits them, their lengths, and what is trained."""
    await page.command("checkconfig", files={"dataset": EXAMPLES / "rows.jsonl"})


async def explanation(page: DemoPage, _running: Demo) -> None:
    """A field explained."""
    await page.command("explain", field="gradient_accumulation_steps")


async def batch(page: DemoPage, _running: Demo) -> None:
    """The effective batch."""
    await page.command("batchsize", micro_batch_size="2", gradient_accumulation_steps="75", gpus="4")


async def faq(page: DemoPage, _running: Demo) -> None:
    """An entry of the FAQ."""
    await page.command("faq", topic="out of memory")


async def compare(page: DemoPage, _running: Demo) -> None:
    """Two configs next to each other."""
    await page.command("compare", files={"a": EXAMPLES / "clean.yaml", "b": EXAMPLES / "facts.yaml"})


async def model(page: DemoPage, _running: Demo) -> None:
    """Whether a model is supported."""
    await page.command("model", name="Qwen/Qwen3-30B-A3B")


async def next_step(page: DemoPage, _running: Demo) -> None:
    """The commands for a config."""
    await page.command("checkconfig", files={"file": EXAMPLES / "clean.yaml"}, gpus="8")
    await page.press("Next step")


async def health(page: DemoPage, _running: Demo) -> None:
    """The numbers of a run that overfits."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "train.log"
        log.write_text(overfitting())
        await page.command("checkconfig", files={"file": log})


ANSWERS: dict[str, Callable[[DemoPage, Demo], Awaitable[None]]] = {
    function.__name__: function
    for function in (
        report,
        hub,
        refused,
        broken,
        error,
        corrected,
        clean,
        plan,
        newconfig,
        proposal,
        explanation,
        batch,
        faq,
        compare,
        model,
        next_step,
        health,
    )
}
# These are shown at one size only.
ON_A_DESK = frozenset({"model", "next_step", "health"})


def overfitting() -> str:
    """The log of a run of four epochs, whose evaluation turns up in the second."""
    lines = ["[2026-01-05 10:00:00,000] [INFO] [axolotl.train] Starting trainer..."]
    for step in range(1, 161):
        epoch = step / 40
        wave = (step * 7 % 11 - 5) / 120
        loss = 0.35 + 1.5 * math.exp(-step / 14) + 0.75 * 0.35 ** ((step - 1) // 40) + wave
        rate = 2e-4 * min(step / 10, (1 + math.cos(math.pi * step / 160)) / 2)
        row = {"loss": loss, "grad_norm": 0.9 + 6 * abs(wave), "learning_rate": rate, "epoch": epoch}
        lines.append(str({name: f"{number:.4g}" for name, number in row.items()}))
        if step % 20 == 0:
            evaluation = 1.05 + 0.8 * math.exp(-step / 14) + max(epoch - 1.5, 0) * 0.22
            lines.append(str({"eval_loss": f"{evaluation:.4g}", "epoch": f"{epoch:.4g}"}))
    return "\n".join(lines)


async def take(names: list[str]) -> None:
    """Takes the pictures of the answers with these names, at a desk and on a phone; the page and the form as well."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    for device, size in (("desk", DESK), ("phone", PHONE)):
        async with demo() as running, started_chromium() as browser, demo_page(browser, running.url, size) as page:
            for name in names:
                if device == "phone" and name in ON_A_DESK:
                    continue
                await ANSWERS[name](page, running)
                if name == "report":
                    await page.window(IMAGES / f"page-{device}.png")
                await page.picture(IMAGES / f"{name}-{device}.png")
            await page.choose("checkconfig")
            await page.send()
            await page.window(IMAGES / f"form-{device}.png")
            for error in running.env.errors:
                raise error


def shrink(path: Path) -> None:
    """Writes a picture again with a palette, which screens of text lose nothing by."""
    from PIL import Image

    with Image.open(path) as picture:
        small = picture.convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE)
    small.save(path, optimize=True)


def main() -> int:
    """Takes all of them, or those named on the command line."""
    if chromium() is None:
        sys.stderr.write("screenshots: no Chromium is installed. On Debian: apt-get install chromium.\n")
        return 2
    start = time.time()
    asyncio.run(take(sys.argv[1:] or list(ANSWERS)))
    for path in IMAGES.glob("*.png"):
        if path.stat().st_mtime >= start:  # a palette of a palette would differ each time
            shrink(path)
    sys.stdout.write(f"{len(list(IMAGES.glob('*.png')))} pictures in {IMAGES.relative_to(ROOT)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
