"""One member at full speed with the worst inputs, and everybody else: `make abuse`. Prints how far the targets are.

First every worst text goes through each entry point on its own, the command line among them: seconds of processor
time. Then the real bot answers ordinary members on an in-process Discord, without and with one member who sends 60
hostile commands at once, again and again: files, pasted rows, a log in an archive, and *Check message* on a message of
ten files of 1 MiB. The others' times, refusals and the memory of the bot and its workers are compared; what the
in-process Discord itself keeps is thrown away before memory is looked at.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import gzip
import io
import resource
import string
import subprocess
import sys
import tempfile
from itertools import cycle
from pathlib import Path
from time import perf_counter, process_time

import simcord

from benchmarks.load import forget, share
from bot.client import create_bot
from bot.settings import Settings
from knowledge.check import check
from knowledge.compare import compare
from knowledge.diagnosis import diagnose
from knowledge.document import MAX_BYTES
from knowledge.fixes import corrected
from knowledge.samples import SAMPLE_BYTES, Sample, propose
from knowledge.search import answer
from knowledge.secrets import mask

HEAD = "micro_batch_size: 2\ngradient_accumulation_steps: 4\nlearning_rate: 2e-4\n"
ROWS = "datasets:\n  - path: org/rows\n    type: chat_template\n"
CLEAN = f"base_model: Qwen/Qwen2.5-0.5B\n{HEAD}{ROWS}".encode()
TEXTS = {
    "a name of numbers": "base_model: " + "0x" * 300_000,
    "a name of one word": "base_model: " + "linearized" * 90_000,
    "a template of one word": f"{HEAD}{ROWS}chat_template_jinja: " + "a" * 99_000,
    "a number of colons": "max_steps: 1" + ":10" * 300_000,
    "brackets left open": "".join(f"k{number}: [a\n" for number in range(80_000)),
    "unknown keys": "".join(f"k{number}: 1\n" for number in range(90_000)),
    "keys near a field": "".join(f"gradient_accumulation_step{number}: 1\n" for number in range(30_000)),
    "tokens": f"k: hf_{string.ascii_letters[:34]}\n" * 24_000,
    "named keys": "api_key: a1b2c3d4e5f6g7h8i9\n" * 35_000,
    "a log of one error": "Traceback (most recent call last):\n" + "RuntimeError: CUDA out of memory\n" * 30_000,
    "one line": "a" * MAX_BYTES,
}
ROWS_FILES = {
    "rows of one letter": '{"text":"a"}\n' * (SAMPLE_BYTES // 13),
    "rows of emoji": '{"text":"' + "\U0001f600" * 400_000 + '"}\n',
    "rows of secrets": ('{"text":"hf_' + "aB1" * 12 + '"}\n') * 40_000,
}
COMMANDS, OTHERS, ROUNDS, BATCHES = 60, 10, 6, 2
"""Hostile commands at once; others and how often each of them asks; how often both are measured."""
FILES = 10
HELPBOT = Path(sys.executable).with_name("helpbot")
WORST_TARGET, MEMORY_TARGET, GROWTH_TARGET = 1.0, 900.0, 0.10
ENTRIES = {
    "check": check,
    "mask": mask,
    "diagnose": diagnose,
    "compare": lambda text: compare(text, CLEAN.decode()),
    "answer a question": answer,
    "the corrected copy": lambda text: corrected(text, check(text).findings),
    "check with rows": lambda text: check(CLEAN.decode(), dataset=Sample(text.encode(), "rows.jsonl")),
    "propose a block": lambda text: propose(text.encode(), name="rows.jsonl"),
}


def worst_text() -> tuple[float, str]:
    """The most processor time of one entry point for one text."""
    for entry in ENTRIES.values():
        entry(CLEAN.decode())
    found = []
    for name, text in {**TEXTS, **ROWS_FILES}.items():
        for entry, work in ENTRIES.items():
            start = process_time()
            work(text[:MAX_BYTES])
            found.append((process_time() - start, f"{entry}, {name}"))
    return max(found)


def worst_command() -> tuple[float, str]:
    """The most processor time of `helpbot check` for one file, beyond what it takes for an ordinary one."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "config.yaml"
        for name, text in {"an ordinary config": CLEAN.decode(), **TEXTS}.items():
            path.write_text(text[:MAX_BYTES], "utf-8")
            before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
            subprocess.run([str(HELPBOT), "check", str(path)], capture_output=True, check=False)
            found.append((resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before, name))
    seconds, name = max(found[1:])
    return seconds - found[0][0], name


def resident() -> dict[str, float]:
    """MiB that this process and those below it hold."""
    parents: dict[str, tuple[str, float]] = {}
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            lines = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
        except OSError:  # it has just ended
            continue
        held = int(lines.get("VmRSS", "0 kB").split()[0]) / 1024
        parents[lines["Pid"].strip()] = (lines["PPid"].strip(), held)
    own = Path("/proc/self").resolve().name
    below = {own}
    while more := {pid for pid, (parent, _) in parents.items() if parent in below} - below:
        below |= more
    return {"bot" if pid == own else f"worker {pid}": parents[pid][1] for pid in below}


class Town:
    """A server with ordinary members and one who means harm."""

    def __init__(self, env) -> None:
        self.env = env
        self.guild = env.create_guild("Fine-tuning")
        self.channel = self.guild.create_text_channel("help")
        self.others = [self.guild.add_member(env.create_user(f"member{number}")) for number in range(OTHERS)]
        self.mallory = self.guild.add_member(env.create_user("mallory"))
        self.refused = 0

    async def send(self, member, data: bytes):
        """A check, without waiting for its answer."""
        return await member.slash(self.channel, "checkconfig", file=("config.yaml", data))

    async def prepare(self) -> None:
        """Posts the message of ten files that is checked again and again."""
        texts = list(TEXTS.values())
        files = [(f"config{n}.yaml", texts[n % len(texts)].encode()[:MAX_BYTES]) for n in range(FILES)]
        self.message = await self.mallory.send(self.channel, "look", attachments=files)

    async def attack(self) -> None:
        """All hostile commands of a batch, without waiting for their answers."""
        packed = io.BytesIO()
        with gzip.GzipFile(fileobj=packed, mode="w") as file:
            file.write(TEXTS["a log of one error"].encode())
        rows = cycle(ROWS_FILES.values())
        texts = cycle(TEXTS.values())
        for number in range(COMMANDS):
            match number % 4:
                case 0 | 1:
                    await self.mallory.context_menu(self.channel, "Check message", self.message)
                case 2:
                    await self.send(self.mallory, next(texts).encode()[:MAX_BYTES])
                case _ if number % 8 == 3:
                    await self.mallory.slash(self.channel, "checkconfig", dataset=("rows.jsonl", next(rows).encode()))
                case _:
                    await self.mallory.slash(self.channel, "checkconfig", file=("run.log.gz", packed.getvalue()))

    async def ordinary(self) -> list[float]:
        """Seconds until each ordinary member's check is answered, some rounds of them."""
        times: list[float] = []
        for _ in range(ROUNDS):
            start = perf_counter()
            waiting = [await self.send(member, CLEAN) for member in self.others]
            while waiting and perf_counter() - start < 120:
                await asyncio.sleep(0.002)
                done = [each for each in waiting if each.acknowledged and not each.deferred]
                times += [perf_counter() - start] * len(done)
                self.refused += sum("busy" in str(each.response.components) for each in done)
                waiting = [each for each in waiting if each not in done]
            times += [120.0] * len(waiting)
        return times


async def drive(rest: float) -> dict[str, float]:
    """The times of the others without and with the attack, and the memory before, at the worst, and after."""

    async def later(**_options) -> None:
        """In place of waiting for the bot after each command."""

    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(database=Path(folder) / "abuse.sqlite3", guild_burst=10**6, hub="off")
        bot = create_bot(settings)
        try:
            async with simcord.run(bot, check_errors=False, settle_timeout=600) as env:
                town = Town(env)
                await town.ordinary()
                await town.prepare()
                settle = env._settle_internal  # noqa: SLF001
                before = resident()
                calm, under, highest = [], [], sum(before.values())
                for _ in range(BATCHES):
                    env._settle_internal = later  # noqa: SLF001
                    calm += await town.ordinary()
                    peak = asyncio.create_task(_peak())
                    await town.attack()
                    under += await town.ordinary()
                    env._settle_internal = settle  # noqa: SLF001
                    await env.settle(timeout=600)
                    peak.cancel()
                    highest = max(highest, await peak)
                forget(env)
                gc.collect()
                await env.advance_time(rest)  # the clocks of the bot stand still on this Discord
                after = resident()
                for name, held in after.items():
                    print(f"{name:<16} {before.get(name, 0):5.0f} MiB before, {held:5.0f} after")
                return {
                    "calm": share(calm, 0.99),
                    "under": share(under, 0.99),
                    "refused": town.refused,
                    "before": sum(before.values()),
                    "highest": highest,
                    "after": sum(after.values()),
                }
        finally:
            await bot.close()


async def _peak() -> float:
    """Memory, looked at ten times a second until this is cancelled."""
    seen = [0.0]
    try:
        while True:
            seen.append(sum(resident().values()))
            await asyncio.sleep(0.1)
    except asyncio.CancelledError:
        return max(seen)


def main() -> int:
    """Prints the result; exit 1 where a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rest", type=float, default=60.0, help="seconds after which memory is looked at again")
    options = parser.parse_args()
    seconds, what = worst_text()
    command, which = worst_command()
    found = asyncio.run(drive(options.rest))
    rise = found["under"] - found["calm"]
    allowed = max(0.1, 0.2 * found["calm"])
    growth = found["after"] / found["before"] - 1
    print(f"worst text         {seconds:.2f} s of processor time ({what})  (target {WORST_TARGET:g} s)")
    print(f"command line       {command:.2f} s beyond an ordinary config ({which})  (target {WORST_TARGET:g} s)")
    print(f"others' p99        {found['calm']:.3f} s, under attack {found['under']:.3f} s  (target +{allowed:.2f} s)")
    print(f"others refused     {found['refused']:.0f}  (target 0)")
    print(f"memory             {found['before']:.0f} MiB, at most {found['highest']:.0f}  (target {MEMORY_TARGET:g})")
    print(f"memory afterwards  {found['after']:.0f} MiB: {growth:+.0%}  (target {GROWTH_TARGET:+.0%})")
    fine = max(seconds, command) <= WORST_TARGET and rise <= allowed and not found["refused"]
    fine = fine and found["highest"] <= MEMORY_TARGET and growth <= GROWTH_TARGET
    print("within the targets" if fine else "TARGET MISSED")
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
