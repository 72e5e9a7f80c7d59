"""A short turn of `make load`: members of many servers at once, hostile files among theirs, and all are answered."""

from benchmarks import load


async def test_a_hundred_mixed_commands_are_all_answered():
    times = await load.drive(100, seed=3)
    assert sum(times.commands.values()) == 100
    assert set(times.commands) >= {"checkconfig", "explain", "batchsize", "faq", "compare"}
    assert times.unanswered == 0
    assert len(times.first) == len(times.answer) == 100
    assert load.share(times.answer, 0.99) < 30
