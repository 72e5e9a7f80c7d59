"""How long `helpbot check --hub` takes with a Hub that is well, down, slow or dripping, beside a check without.

    python benchmarks/hub_delay.py

The Hub is the tests' stand-in on loopback. No answer may come later than 2.5 s after the one without it.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from pathlib import Path
from time import perf_counter

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.bot.hub.stand_in import answers, drips, floods, hangs, stand_in  # noqa: E402

CONFIG = "base_model: org/llama\ndatasets:\n  - path: org/rows\n    type: alpaca\nlearning_rate: 0.0002\n"
FAULTS = {"well": None, "down": answers(500), "slow": hangs, "dripping": drips, "flooding": floods}


async def seconds(environment: dict[str, str], *words: str) -> float:
    start = perf_counter()
    command = (sys.executable, "-m", "bot.cli", "check", *words)
    process = await asyncio.create_subprocess_exec(*command, env=environment, stdout=asyncio.subprocess.DEVNULL)
    await process.wait()
    return perf_counter() - start


async def main() -> None:
    usual = {**os.environ, "PYTHONPATH": str(ROOT)}
    with tempfile.TemporaryDirectory() as folder:
        file = str(Path(folder) / "config.yaml")
        await asyncio.to_thread(Path(file).write_text, CONFIG)
        await seconds(usual, file)
        without = await seconds(usual, file)
        print(f"without the Hub  {without:5.2f} s")
        for name, fault in FAULTS.items():
            async with stand_in(faults={"/": fault} if fault else {}) as hub:
                taken = await seconds({**usual, **hub.environment()}, "--hub", file)
            print(f"{name:<16} {taken:5.2f} s, {taken - without:+.2f} s, {len(hub.seen)} requests")


if __name__ == "__main__":
    asyncio.run(main())
