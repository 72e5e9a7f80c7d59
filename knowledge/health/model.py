"""What is said of a run's health."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from knowledge.finding import Severity
from knowledge.value import value

if TYPE_CHECKING:
    from knowledge.config import Config
    from knowledge.health.record import Record


@value
class Sign:
    """One thing that the numbers of a run show.

    Attributes:
        id: Stable name: "diverging", "nan", "masked", "overfitting", "leaked-evaluation", "wrong-template",
            "warmup-too-long", "learning-rate-off", "not-learning", "exploding-gradients" or "restarted".
        severity: How much it matters.
        message: What is the case, in one sentence of at most 95 characters.
        why: What the numbers are, why that happens and what to do, in sentences.
        steps: First and last optimizer step at which it shows.
    """

    id: str
    severity: Severity
    message: str
    why: str
    steps: tuple[int, int]


@value
class Steps:
    """Optimizer steps made, and how many were to be made; None where nothing tells."""

    done: int
    planned: int | None


@value
class Health:
    """The health of a run.

    Attributes:
        steps: How far it has come.
        findings: What its numbers show, worst first.
        healthy: False where one of them is more than advice.
        early: Whether so few steps are logged that "healthy" only means that nothing is wrong yet.
        numbers: Loss, evaluation and gradient norm in a sentence each, without a judgment.
        not_judged: What could not be judged and what would make it possible, a sentence each.
        seconds_left: Seconds until the last step at the speed that the log shows; None where it shows none.
    """

    steps: Steps
    findings: tuple[Sign, ...]
    healthy: bool
    early: bool
    numbers: tuple[str, ...]
    not_judged: tuple[str, ...]
    seconds_left: float | None

    @property
    def verdict(self) -> str:
        """What is to be said of its numbers, as the end of a sentence that begins with them."""
        if not self.healthy:
            return "show a problem"
        return "are too few to judge" if self.early else "look fine"


class Run(NamedTuple):
    """What a judge of one kind looks at: the record, its config and the steps that were planned."""

    record: Record
    config: Config | None
    total: int | None
