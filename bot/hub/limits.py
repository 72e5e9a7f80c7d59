"""How much may be asked of the Hub: a budget for each kind of request, a member's share of it, and a breaker a host."""

from __future__ import annotations

import re
from collections import OrderedDict, deque
from enum import StrEnum
from time import perf_counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_WINDOW = 300.0
"""Seconds over which the Hub counts."""
_MEMBER_SHARE = 120
"""Requests of one member in that time: about eight configs that nobody has looked up before."""
_KEPT_MEMBERS = 10_000
_FAILURES = 5
_OPEN_SECONDS = 60.0
_LONGEST_PAUSE = 600.0
_REMAINING = re.compile(r"\br=(\d+)")
_SECONDS = re.compile(r"\bt=(\d+)")


class Kind(StrEnum):
    """What the Hub counts apart."""

    API = "api"
    FILES = "files"
    VIEWER = "viewer"
    LINKS = "links"


BUDGETS = {Kind.API: 300, Kind.FILES: 1_500, Kind.VIEWER: 300, Kind.LINKS: 300}
"""Requests in five minutes; the Hub allows the anonymous 500 to its API and 3,000 files."""


class NotNow(Exception):
    """A request must not be sent now; the message says why."""


class Window:
    """So many in so many seconds.

    Args:
        most: How many.
        clock: Seconds that never go back.
    """

    def __init__(self, most: int, clock: Callable[[], float]) -> None:
        self._most = most
        self._clock = clock
        self._taken: deque[float] = deque()

    def take(self) -> bool:
        """Takes one; False if none is left."""
        now = self._clock()
        while self._taken and self._taken[0] <= now - _WINDOW:
            self._taken.popleft()
        if len(self._taken) >= self._most:
            return False
        self._taken.append(now)
        return True


class Limits:
    """All limits of one process.

    Args:
        clock: Seconds that never go back.
    """

    def __init__(self, clock: Callable[[], float] = perf_counter) -> None:
        self._clock = clock
        self._budgets = {kind: Window(most, clock) for kind, most in BUDGETS.items()}
        self._members: OrderedDict[int, Window] = OrderedDict()
        self._paused: dict[Kind, float] = {}
        self._failures: dict[str, int] = {}
        self._open: dict[str, float] = {}

    def take(self, kind: Kind, host: str, member: int | None) -> None:
        """Takes one request off the budgets.

        Raises:
            NotNow: The host has failed too often, has asked to be left alone, or a budget is used up.
        """
        now = self._clock()
        if self._open.get(host, 0.0) > now:
            raise NotNow("it has failed repeatedly, so it is not asked for a minute")
        if self._paused.get(kind, 0.0) > now:
            raise NotNow("it asked us to slow down")
        if member is not None and not self._share(member).take():
            raise NotNow("your share of lookups for these five minutes is used up")
        if not self._budgets[kind].take():
            raise NotNow("this bot's lookups for these five minutes are used up")

    def failed(self, host: str) -> None:
        """Counts a failure; at the fifth in a row the host is left alone for a minute."""
        self._failures[host] = self._failures.get(host, 0) + 1
        if self._failures[host] >= _FAILURES:
            self._failures[host] = 0
            self._open[host] = self._clock() + _OPEN_SECONDS

    def worked(self, host: str) -> None:
        """Forgets earlier failures."""
        self._failures.pop(host, None)

    def told(self, kind: Kind, headers: Mapping[str, str], *, refused: bool) -> None:
        """Honours what the server says of its own limits.

        Args:
            kind: What was asked.
            headers: Of the answer: `Retry-After` in seconds, `RateLimit` as `"api";r=0;t=55`.
            refused: Whether the answer was 429.
        """
        seconds = 0.0
        limit = headers.get("RateLimit", "")
        left, wait = _REMAINING.search(limit), _SECONDS.search(limit)
        if left and wait and int(left[1]) == 0:
            seconds = float(wait[1])
        after = headers.get("Retry-After", "").strip()
        if refused:
            seconds = max(seconds, float(after) if after.isdecimal() else _OPEN_SECONDS)
        if seconds:
            self._paused[kind] = self._clock() + min(seconds, _LONGEST_PAUSE)

    def _share(self, member: int) -> Window:
        share = self._members.pop(member, None) or Window(_MEMBER_SHARE, self._clock)
        self._members[member] = share
        while len(self._members) > _KEPT_MEMBERS:
            self._members.popitem(last=False)
        return share
