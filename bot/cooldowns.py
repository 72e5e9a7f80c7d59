"""How often a member and a server may ask: generous for people, narrow for scripts."""

from __future__ import annotations

import math
from time import perf_counter
from typing import TYPE_CHECKING

from cachetools import LRUCache

if TYPE_CHECKING:
    from collections.abc import Callable

_KEPT = 10_000


class Cooldown:
    """A bucket of tokens for each key; a command takes one, time brings them back.

    Args:
        burst: How many a full bucket holds.
        per_second: How many come back in a second.
        clock: Seconds that never go back.
    """

    def __init__(self, burst: int, per_second: float, clock: Callable[[], float] = perf_counter) -> None:
        self._burst = float(burst)
        self._rate = per_second
        self._clock = clock
        self._buckets: LRUCache[int, tuple[float, float]] = LRUCache(_KEPT)

    def take(self, key: int) -> int:
        """Takes one token.

        Returns:
            0 if there was one, else the seconds after which to try again.
        """
        now = self._clock()
        tokens, seen = self._buckets.get(key, (self._burst, now))
        tokens = min(self._burst, tokens + (now - seen) * self._rate)
        granted = tokens >= 1
        self._buckets[key] = (tokens - 1 if granted else tokens, now)
        return 0 if granted else math.ceil((1 - tokens) / self._rate)
