"""Whose work runs: one piece of a member's at a time, so that nobody waits behind what one member has asked for."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from bot.errors import Busy
from bot.views.kit import notice

AT_ONCE = 8
"""Pieces of work that hold files in memory at the same time; the workers take what they can of them."""
WAITING = 10
"""Pieces of work of one member that may wait for the one that runs."""
FEW = 3
"""Pieces of work of one member from which on those of members with fewer go first."""
PATIENCE = 1.0
"""Seconds for which they do, for each piece."""
_LOOK = 0.02


@dataclass(slots=True)
class _Lane:
    """The work of one member."""

    free: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))
    asked: int = 0


class Turns:
    """Hands out turns; who holds one may download, and have texts and files worked on.

    Args:
        at_once: Turns of all members together.
        waiting: Turns of one member that may be waited for.
    """

    def __init__(self, at_once: int = AT_ONCE, waiting: int = WAITING) -> None:
        self._all = asyncio.Semaphore(at_once)
        self._waiting = waiting
        self._lanes: dict[int, _Lane] = {}
        self._worked = False

    def rested(self) -> bool:
        """Whether nobody works any more, and somebody has since this was asked last."""
        worked = self._worked and not self._lanes
        if worked:
            self._worked = False
        return worked

    async def take(self, member: int) -> None:
        """Waits for a member's turn.

        Raises:
            Busy: too many of the member's are waiting.
        """
        lane = self._lanes.setdefault(member, _Lane())
        if lane.asked > self._waiting:
            raise Busy(notice.many_waiting(lane.asked))
        lane.asked += 1
        try:
            await lane.free.acquire()
            try:
                if lane.asked > FEW:
                    await self._let_others_go_first()
                await self._all.acquire()
            except BaseException:
                lane.free.release()
                raise
        except BaseException:
            self._leave(member, lane)
            raise

    def give_back(self, member: int) -> None:
        """Ends a turn."""
        self._worked = True
        lane = self._lanes[member]
        self._all.release()
        lane.free.release()
        self._leave(member, lane)

    async def _let_others_go_first(self) -> None:
        """Waits while members with little work have any, for a second at most: who asks for much cannot slow others."""
        for _ in range(round(PATIENCE / _LOOK)):
            if all(lane.asked > FEW for lane in self._lanes.values()):
                return
            await asyncio.sleep(_LOOK)

    def _leave(self, member: int, lane: _Lane) -> None:
        lane.asked -= 1
        if not lane.asked:
            del self._lanes[member]
