"""What a run logged: its training steps, its evaluations, and what else its log tells of it."""

from __future__ import annotations

import math
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, NamedTuple, TypeGuard

from knowledge.value import value

if TYPE_CHECKING:
    from collections.abc import Iterator


# Below these a course is not judged.
_LINES, _STEPS = 8, 30


class Point(NamedTuple):
    """One logged training step.

    Attributes:
        step: Optimizer step, from 1.
        epoch: Passes over the data so far; None where the log does not show it.
        loss: Mean loss since the line before; None where it is missing. nan and inf stay what they are.
        norm: Gradient norm before clipping.
        rate: Learning rate that the step used.
        margin: Reward margin of a preference run.
    """

    step: int
    epoch: float | None = None
    loss: float | None = None
    norm: float | None = None
    rate: float | None = None
    margin: float | None = None


class Evaluation(NamedTuple):
    """One evaluation: the step after which it ran, its epoch and its loss."""

    step: int
    epoch: float | None
    loss: float


@value
class Record:
    """A run as its log, its trainer_state.json or a table shows it.

    Attributes:
        points: Training steps of the last process, in order.
        evaluations: Its evaluations, in order.
        planned: Steps that the run was to make; `counted` is the number that Axolotl counted from the data.
        made: Steps that a progress bar or the state counts, which may be more than were logged.
        trainable: Parameters that the optimizer holds, where the log says so.
        preference: Whether the log shows rewards, so that the loss is not that of text.
        repeated: (first, last) step that a later process made once more; None where none did.
        config: Text of the config that stands in the log; empty where there is none.
    """

    points: tuple[Point, ...] = ()
    evaluations: tuple[Evaluation, ...] = ()
    planned: int | None = None
    counted: int | None = None
    made: int | None = None
    trainable: int | None = None
    preference: bool = False
    repeated: tuple[int, int] | None = None
    config: str = ""

    @property
    def done(self) -> int:
        """Steps that the run has made."""
        steps = [point.step for point in self.points] + [each.step for each in self.evaluations]
        return max([self.made or 0, *steps])

    @property
    def every(self) -> int:
        """Steps from one line to the next: a logged loss is the mean of as many."""
        gaps = [after.step - before.step for before, after in pairwise(self.points)]
        return max(int(median(gaps)), 1) if gaps else 1

    @property
    def enough(self) -> bool:
        """Whether there are lines enough to judge a course: eight, or four that are means of many steps."""
        lines = len(self.losses)
        return lines >= _LINES or (lines >= _LINES // 2 and lines * self.every >= _STEPS)

    @property
    def losses(self) -> list[tuple[int, float]]:
        """(step, loss) of the steps with a finite loss."""
        return [(point.step, point.loss) for point in self.points if usable(point.loss)]

    @property
    def norms(self) -> list[tuple[int, float]]:
        """(step, gradient norm) of the steps with a finite one."""
        return [(point.step, point.norm) for point in self.points if usable(point.norm)]

    @property
    def rates(self) -> list[tuple[int, float]]:
        """(step, learning rate) of the steps that show one."""
        return [(point.step, point.rate) for point in self.points if usable(point.rate)]

    def epochs(self) -> Iterator[list[Point]]:
        """The steps of each whole or last pass over the data; nothing where the log shows no epochs."""
        current: list[Point] = []
        number = 0
        for point in self.points:
            if point.epoch is None or not usable(point.loss):
                continue
            ending = max(math.ceil(point.epoch - 1e-3) - 1, 0)
            if ending != number and current:
                yield current
                current = []
            number = ending
            current.append(point)
        if current:
            yield current


def usable(number: float | None) -> TypeGuard[float]:
    """Whether a number is there and finite."""
    return number is not None and math.isfinite(number)
