"""Commands in flight: counted, so that closing can wait for their answers."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from discord import Interaction


class InFlight:
    """The interactions that are being answered right now.

    Attributes:
        draining: Set once closing has begun: no new ones are let in.
    """

    def __init__(self) -> None:
        self.draining = False
        self._open: dict[asyncio.Task[Any], Interaction[Any]] = {}

    def __len__(self) -> int:
        return len(self._open)

    @contextmanager
    def flight(self, interaction: Interaction[Any]) -> Iterator[None]:
        """Counts the current task as answering this interaction."""
        task = asyncio.current_task()
        if task is None or task in self._open:
            yield
            return
        self._open[task] = interaction
        try:
            yield
        finally:
            self._open.pop(task, None)

    async def drain(self, seconds: float) -> tuple[Interaction[Any], ...]:
        """Lets in no more, waits for those in the air, ends what is left.

        Returns:
            The interactions that were cut off and still need a word.
        """
        self.draining = True
        current = asyncio.current_task()
        tasks = {task for task in self._open if task is not current}
        if not tasks:
            return ()
        _, left = await asyncio.wait(tasks, timeout=seconds)
        cut_off = tuple(self._open[task] for task in left if task in self._open)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        return cut_off
