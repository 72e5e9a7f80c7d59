"""A short turn of `make load`: members of many servers at once, hostile files among theirs, and all are answered."""

import importlib.util
import sys
from pathlib import Path

FILE = Path(__file__).resolve().parents[2] / "benchmarks" / "load.py"


async def test_two_hundred_mixed_commands_are_all_answered(monkeypatch):
    spec = importlib.util.spec_from_file_location("load_of_members", FILE)
    load = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, load)  # its dataclass looks there
    spec.loader.exec_module(load)
    times = await load.drive(200, seed=3)
    assert sum(times.commands.values()) == 200
    assert set(times.commands) >= {"checkconfig", "explain", "batchsize", "faq", "compare"}
    assert times.unanswered == 0
    assert len(times.first) == len(times.answer) == 200
    assert load.share(times.answer, 0.99) < 30
