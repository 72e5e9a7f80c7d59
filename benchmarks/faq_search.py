"""How long the FAQ's search and `/ask` take with 10,000 entries in a server: p50 and p99 by kind of query.

python benchmarks/faq_search.py                       a fresh SQLite file
python benchmarks/faq_search.py postgresql://...      an empty PostgreSQL database
"""

import asyncio
import random
import sys
import tempfile
import time
from pathlib import Path

from bot.asking import ask
from bot.store import Store, open_store, sqlite_url
from bot.store.faq_file import FaqFile, FileEntry, starter_pack

ENTRIES = 10_000
GUILD = 900_000_000_000_000_001
ROUNDS = 300
TARGET = 20.0
"""Milliseconds."""


def synthetic(amount: int) -> FaqFile:
    """Entries of the starter pack's own words, so that their frequencies are those of the subject."""
    chance = random.Random(7)  # noqa: S311 - the same entries every time
    titles = [entry.title.split() for entry in starter_pack().entries]
    texts = [entry.text for entry in starter_pack().entries]
    words = [word for title in titles for word in title]
    return FaqFile(
        entries=tuple(
            FileEntry(
                title=f"{' '.join(chance.choices(words, k=6))[:80]} {number}",
                text=chance.choice(texts),
                aliases=(f"alias {number}",),
                fields=("micro_batch_size",),
            )
            for number in range(amount)
        )
    )


def queries() -> dict[str, list[str]]:
    """What members type: letters, beginnings, words, misspelt words, whole questions, nothing that exists."""
    chance = random.Random(8)  # noqa: S311 - the same queries every time
    titles = [entry.title for entry in starter_pack().entries]
    words = sorted({word.strip('?:",.').lower() for title in titles for word in title.split() if len(word) > 4})
    return {
        "nothing typed": [""],
        "one letter": list("abcdefgilmnopqrstw"),
        "beginning": [title[:length] for title in titles for length in (3, 8)],
        "one word": words,
        "two words": [" ".join(chance.sample(words, 2)) for _ in range(100)],
        "misspelt": [word[0] + word[2] + word[1] + word[3:] for word in words],
        "question": [f"please {title} thanks" for title in titles],
        "unknown": ["zebra", "qqqqqqq", "xylophone concert"],
    }


async def _asked(store: Store, text: str) -> float:
    """Milliseconds of a question to everything that is known, the server's entries among it."""
    start = time.perf_counter()
    await ask(store, GUILD, text)
    return (time.perf_counter() - start) * 1000


async def measure(store: Store) -> float:
    """Prints p50 and p99 in milliseconds by kind; returns the p99 of all searches."""
    everything: list[float] = []
    for kind, texts in queries().items():
        times: list[float] = []
        for number in range(ROUNDS):
            start = time.perf_counter()
            await store.faq.suggest(GUILD, texts[number % len(texts)])
            times.append((time.perf_counter() - start) * 1000)
        everything += times
        times.sort()
        print(f"{kind:<14} p50 {times[len(times) // 2]:6.2f} ms   p99 {times[int(len(times) * 0.99)]:6.2f} ms")
    asked = sorted([await _asked(store, text) for text in queries()["question"]])
    half, most = asked[len(asked) // 2], asked[int(len(asked) * 0.99)]
    print(f"{'/ask':<14} p50 {half:6.2f} ms   p99 {most:6.2f} ms   (the question whole)")
    everything.sort()
    worst = everything[int(len(everything) * 0.99)]
    print(f"{'all':<14} p50 {everything[len(everything) // 2]:6.2f} ms   p99 {worst:6.2f} ms   (target {TARGET:g} ms)")
    return worst


async def main() -> int:
    """Fills a database and measures."""
    with tempfile.TemporaryDirectory() as folder:
        store = await open_store(sys.argv[1] if len(sys.argv) > 1 else sqlite_url(Path(folder) / "faq.sqlite3"))
        try:
            start = time.perf_counter()
            plan = await store.transfer.plan(GUILD, synthetic(ENTRIES))
            await store.transfer.carry_out(GUILD, plan, author_id=1)
            print(f"{ENTRIES:,} entries imported in {time.perf_counter() - start:.1f} s")
            return 0 if await measure(store) < TARGET else 1
        finally:
            await store.close()


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
