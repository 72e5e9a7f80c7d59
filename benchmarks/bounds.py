"""How long single pieces of work take beside their bounds, in processor time, the best of several turns.

python benchmarks/bounds.py        exits 1 when one is over its bound
"""

from __future__ import annotations

import contextlib
import sys
import time
from typing import TYPE_CHECKING

from bot.store import InvalidEntry
from bot.store.faq_file import from_yaml
from knowledge import secrets
from knowledge.config import read
from knowledge.diagnosis import diagnose
from knowledge.plan import make_plan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TURNS = 5
BASE = (
    "base_model: org/model\nmicro_batch_size: 2\ngradient_accumulation_steps: 4\nlearning_rate: 2.0e-4\nnum_epochs: 1\n"
)
CLEAN = "base_model: NousResearch/Llama-3.2-1B\nsequence_len: 4096\nspecial_tokens:\n  pad_token: <|end|>\n" * 31
LENGTHS = [50 + (k * 7919) % 1451 for k in range(100_000)]
ABSURD = ("max_steps: 1000000000\nsave_steps: 1\n", "num_epochs: 1000000000000\n", "save_steps: -.inf\n")
LOG = "".join(
    f"[rank1]: [2025-09-01 10:00:00,000] [WARNING] [axolotl.x] sample {number} is unusual here\n"
    for number in range(12_500)
)
NESTED = {"mappings": "entries: " + "{a: " * 1_000_000, "lists": "[" * 2_000_000, "dashes": "- " * 1_000_000}


def refuse(text: str) -> None:
    with contextlib.suppress(InvalidEntry):
        from_yaml(text)


def work() -> Iterator[tuple[str, float, Callable[[], object]]]:
    """What is done, its bound in seconds, and the work."""
    yield "a config without secrets, looked through", 150e-6, lambda: secrets.find(CLEAN)
    packed = read(f"{BASE}sample_packing: true\nval_set_size: 0.01\n")
    yield "a plan of 100,000 packed rows", 1.0, lambda: make_plan(packed, lengths=LENGTHS)
    for keys in ABSURD:
        config = read(BASE + keys)
        yield f"a plan with {keys.splitlines()[0]}", 0.25, lambda config=config: make_plan(config, lengths=[100] * 50)
    yield "a diagnosis of a log of 1 MB", 0.4, lambda: diagnose(f"{LOG}KeyError: 'instruction'\n")
    for name, text in NESTED.items():
        yield f"an FAQ file of nested {name}, refused", 2.0, lambda text=text: refuse(text)


def least(each: Callable[[], object]) -> float:
    """The least processor time in seconds."""
    times = []
    for _ in range(TURNS):
        start = time.thread_time()
        each()
        times.append(time.thread_time() - start)
    return min(times)


def main() -> int:
    good = True
    for name, bound, each in work():
        seconds = least(each)
        good &= seconds <= bound
        print(f"{name:<46} {seconds * 1e3:9.3f} ms (bound {bound * 1e3:g}){'' if seconds <= bound else ' OVER'}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
