"""Drives the real bot on an in-process Discord: `make load`. Prints throughput, times to answer, and memory.

50 members in 20 servers send mixed commands, 50 at the same moment, hostile files among them. Configs are checked in
the bot's worker processes, as in production. The in-process Discord runs in the same process and on the same cores, so
the times hold its work too; what it keeps of finished commands is thrown away, so that memory is the bot's own.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import itertools
import random
import sys
import tempfile
from collections import Counter
from contextlib import nullcontext
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from time import perf_counter

import simcord

from bot.client import create_bot
from bot.hub.example import from_folder
from bot.settings import Settings

MEMBERS, SERVERS = 50, 20
FIRST_TARGET, ANSWER_TARGET, GROWTH_TARGET = 1.0, 2.0, 0.10
HOSTILE = (
    b"[" * 60_000,
    b"{b: " * 60_000,
    b"a: &a [*a]\n",
    b"&x {<<: *x}\n",
    b"\x00\x01\x02PK\x03\x04",
    b"",
    b"a: " + b"x" * 900_000,
    b"".join(b"k%d: &a%d [*a%d, *a%d]\n" % (n, n, max(0, n - 1), max(0, n - 1)) for n in range(40)),
    b"- \t- a: b: c\n" * 2_000,
    ("datasets:\n" + "  - path: a\n    type: alpaca\n" * 4_000).encode(),
    b"x" * (2 << 20),
)


@dataclass
class Times:
    """What was measured."""

    first: list[float] = field(default_factory=list)
    answer: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    commands: Counter = field(default_factory=Counter)
    unanswered: int = 0


def resident() -> float:
    """Megabytes that this process holds in memory."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0


def share(values: list[float], part: float) -> float:
    """The value below which a part of all lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]


class Town:
    """Servers, members, and what they send."""

    def __init__(self, env, seed: int) -> None:
        self.env = env
        self.random = random.Random(seed)  # noqa: S311 - a load that can be repeated
        folder = resources.files("bot") / "examples"
        examples = [(path.name, path.read_bytes()) for path in folder.iterdir() if path.is_file()]
        self.configs = [*examples, *((f"hostile{n}.yaml", data) for n, data in enumerate(HOSTILE))]
        self.seats = []
        users = [env.create_user(f"member{number}") for number in range(MEMBERS)]
        for number in range(SERVERS):
            guild = env.create_guild(f"server {number}")
            channel = guild.create_text_channel("help")
            for user in users[number % 5 :: 5]:
                self.seats.append((guild.add_member(user), channel))

    def batch(self) -> list[tuple]:
        """One command of each member: seat, name, options."""
        seats = {seat[0].id: seat for seat in self.random.sample(self.seats, len(self.seats))}
        return [(seat, *self.command()) for seat in list(seats.values())[:MEMBERS]]

    def command(self) -> tuple[str, dict]:
        """A command as members mix them: half of them are checks, one check in six is hostile."""
        roll = self.random.random()
        if roll < 0.5:
            pool = self.configs[:3] if self.random.random() > 1 / 6 else self.configs[3:]
            return "checkconfig", {"file": self.random.choice(pool), "gpus": self.random.choice((1, 2, 4, 8))}
        if roll < 0.7:
            names = ("sequence_len", "micro_batch_size", "lora_r", "sample packing", "no such field")
            return "explain", {"field": self.random.choice(names)}
        if roll < 0.8:
            return "batchsize", {"micro_batch_size": 2, "gradient_accumulation_steps": 75, "gpus": 4}
        if roll < 0.9:
            return "faq", {"topic": self.random.choice(("out of memory", "packing", "how do I bake bread"))}
        if roll < 0.95:
            return "compare", {"a": self.configs[0], "b": self.configs[1]}
        return "about", {}


async def send_at_once(env, batch: list[tuple], times: Times) -> None:
    """Sends all commands of a batch in the same moment, and waits for every answer."""

    async def later(**_options) -> None:
        """In place of waiting for the bot after each command."""

    settle, env._settle_internal = env._settle_internal, later  # noqa: SLF001
    start = perf_counter()
    try:
        results = [await member.slash(channel, name, **options) for (member, channel), name, options in batch]
    finally:
        env._settle_internal = settle  # noqa: SLF001
    open_ones = dict(enumerate(results))
    answered: set[int] = set()
    while open_ones and perf_counter() - start < 30:
        await asyncio.sleep(0.001)
        now = perf_counter() - start
        for number, result in list(open_ones.items()):
            if result.acknowledged and number not in answered:
                answered.add(number)
                times.first.append(now)
            if result.acknowledged and not result.deferred:
                times.answer.append(now)
                del open_ones[number]
    times.unanswered += len(open_ones)
    times.commands.update(name for _, name, _ in batch)
    await env.settle(timeout=30)


def forget(env) -> None:
    """Throws away what the in-process Discord keeps of finished commands."""
    backend = env.backend
    for messages in backend.messages.values():
        messages.clear()
    backend.interactions.clear()
    backend.interaction_tokens.clear()
    backend.http_requests.clear()
    backend.transcript.clear()
    backend.cdn._blobs.clear()  # noqa: SLF001
    backend._reserved_ids.clear()  # noqa: SLF001


async def drive(total: int, seed: int, hub: str | None = None) -> Times:
    """Sends so many commands and measures; `hub` is the address of a Hub to look things up on."""
    times = Times()
    with tempfile.TemporaryDirectory() as folder:
        looking = {"hub": "off"} if hub is None else {"hub": "on", "hub_endpoint": hub, "hub_viewer": hub}
        settings = Settings(database=Path(folder) / "load.sqlite3", member_burst=10**6, guild_burst=10**6, **looking)
        bot = create_bot(settings)
        try:
            async with simcord.run(bot, check_errors=False, settle_timeout=60) as env:
                town = Town(env, seed)
                for guild in env.backend.guilds:
                    plan = await bot.services.store.transfer.plan_starter(guild)
                    await bot.services.store.transfer.carry_out(guild, plan, author_id=1)
                await send_at_once(env, town.batch(), Times())  # what is imported on first use
                start = perf_counter()
                for number in itertools.count(1):
                    await send_at_once(env, town.batch(), times)
                    forget(env)
                    sent = sum(times.commands.values())
                    if sent % 1000 < MEMBERS:
                        gc.collect()
                        times.memory.append(resident())
                        rate = sent / (perf_counter() - start)
                        print(f"{sent:>6} commands  {rate:6.1f}/s  {times.memory[-1]:6.1f} MB", flush=True)
                    if sent >= total or number > total:
                        break
                for error in env.errors:
                    print(f"error: {type(error).__name__}", flush=True)
                    times.unanswered += 1
        finally:
            await bot.close()
    return times


def main() -> int:
    """Prints the result; exit 1 where a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--commands", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("--hub", action="store_true", help="look things up on the demo's own Hub")
    options = parser.parse_args()
    start = perf_counter()
    examples = from_folder(resources.files("bot") / "examples" / "hub")
    with examples.serve_apart() if options.hub else nullcontext() as address:
        times = asyncio.run(drive(options.commands, options.seed, address))
    seconds = perf_counter() - start
    sent = sum(times.commands.values())
    mix = ", ".join(f"{count} {name}" for name, count in times.commands.most_common())
    growth = times.memory[-1] / times.memory[0] - 1 if times.memory else 0.0
    first, answer = share(times.first, 0.99), share(times.answer, 0.99)
    print(f"\n{sent} commands ({mix}) of {MEMBERS} members at once, in {SERVERS} servers: {seconds:.0f} s")
    print(f"throughput      {sent / seconds:.1f} commands/s")
    print(f"first response  p50 {share(times.first, 0.5):.3f} s  p99 {first:.3f} s  (target {FIRST_TARGET:g} s)")
    print(f"answer          p50 {share(times.answer, 0.5):.3f} s  p99 {answer:.3f} s  (target {ANSWER_TARGET:g} s)")
    if times.memory:
        begin, end = times.memory[0], times.memory[-1]
        print(f"memory          {begin:.1f} MB after the first thousand, {end:.1f} MB at the end: {growth:+.1%}")
    print(f"unanswered      {times.unanswered}")
    fine = first <= FIRST_TARGET and answer <= ANSWER_TARGET and growth < GROWTH_TARGET and not times.unanswered
    print("within the targets" if fine else "TARGET MISSED")
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
