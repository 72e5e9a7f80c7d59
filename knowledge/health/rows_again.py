"""What several passes over the same rows show: rows learned by heart, and an evaluation that holds them."""

from __future__ import annotations

import math
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, Final, NamedTuple

from knowledge.finding import Severity
from knowledge.health.model import Run, Sign
from knowledge.health.record import Evaluation, usable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from knowledge.health.record import Point

# Training loss against that on unseen rows, which the end of the first epoch shows.
_BY_HEART: Final = 0.4
_AT_THE_SEAMS: Final = 0.35
_TURNS_UP: Final = 1.05
_BELOW: Final = 0.8
_LEVEL: Final = 1.5
_FAR_ABOVE: Final = 2.0


class Stairs(NamedTuple):
    """A training loss that falls from epoch to epoch.

    Attributes:
        unseen: Loss at the end of the first epoch, on rows seen for the first time.
        last: Loss in the last epoch.
        at: First step of the second epoch.
        seams: Share of the fall that happens from one epoch to the next, not within one.
    """

    unseen: float
    last: float
    at: int
    seams: float

    @property
    def by_heart(self) -> bool:
        """Whether the rows were learned by heart."""
        return self.last < _BY_HEART * self.unseen and self.seams > _AT_THE_SEAMS


def stairs(run: Run) -> Stairs | None:
    """The stairs of a run of at least two epochs; None of a shorter one."""
    epochs = [[point for point in epoch if point.loss] for epoch in run.record.epochs()]
    epochs = [epoch for epoch in epochs if len(epoch) >= 2]
    if len(epochs) < 2:
        return None
    ends = [(_middle(epoch[: len(epoch) // 3 or 1]), _middle(epoch[-(len(epoch) // 3 or 1) :])) for epoch in epochs]
    last = _middle(epochs[-1])
    fall = math.log(ends[0][1] / last)
    seams = sum(math.log(before[1] / after[0]) for before, after in pairwise(ends))
    return Stairs(ends[0][1], last, epochs[1][0].step, seams / fall if fall > 0 else 0.0)


def _middle(points: Sequence[Point]) -> float:
    return median(max(point.loss or 0.0, 1e-9) for point in points)


def leaked(run: Run) -> Sign | None:
    """An evaluation that falls along with rows learned by heart."""
    found, evaluations = stairs(run), _evaluations(run)
    if found is None or not found.by_heart or len(evaluations) < 2:
        return None
    last, lowest = evaluations[-1].loss, min(each.loss for each in evaluations)
    if last > _LEVEL * found.last or last > 1.1 * lowest + 0.02:
        return None
    return Sign(
        id="leaked-evaluation",
        severity=Severity.WARNING,
        message=f"The evaluation set contains training rows: its loss of {last:.2g} is that of memorized rows.",
        why=f"Training fell from {found.unseen:.2f} at the end of the first epoch to {found.last:.2g}, as it does on "
        f"rows that are seen again and again, and evaluation fell with it to {last:.2g}. Rows that the model never "
        "saw do not do that. Remove the duplicates before the split (`dataset_exact_deduplication: true`), and name "
        "files in `test_datasets` that share no row with `datasets`. Until then, the evaluation cannot show "
        "overfitting.",
        steps=(found.at, run.record.done),
    )


def overfitting(run: Run) -> Sign | None:
    """An evaluation that turns up, or stays, while training falls; without one, rows learned by heart."""
    found, evaluations = stairs(run), _evaluations(run)
    if len(evaluations) >= 2:
        return _by_evaluation(run, evaluations, found)
    if found is None or not found.by_heart or run.record.preference:
        return None
    return Sign(
        id="overfitting",
        severity=Severity.WARNING,
        message="The loss drops in steps, one at each new epoch: the model is memorizing the rows.",
        why=f"At the end of the first epoch, on rows it had not seen, the loss was {found.unseen:.2f}; on rows seen "
        f"before it is {found.last:.2g}. What it learns is their wording. Train for fewer epochs, on more rows, or "
        "with "
        "a lower `lora_r` and rate. Set `val_set_size: 0.05` with `evals_per_epoch: 4` to see where to stop.",
        steps=(found.at, run.record.done),
    )


def _by_evaluation(run: Run, evaluations: list[Evaluation], found: Stairs | None) -> Sign | None:
    losses = run.record.losses
    if not losses:
        return None
    training = median(loss for _, loss in losses[-max(len(losses) // 5, 1) :])
    best = min(evaluations, key=lambda each: each.loss)
    last = median(each.loss for each in evaluations[-2:])
    turned = last > _TURNS_UP * best.loss and best.step < evaluations[-2].step and training < _BELOW * last
    stays = found is not None and found.by_heart and last > _FAR_ABOVE * found.last
    if not turned and not stays:
        return None
    went = f"rises from {best.loss:.2f} to {last:.2f}" if turned else f"stays at {last:.2f}"
    return Sign(
        id="overfitting",
        severity=Severity.WARNING,
        message=f"The run overfits: evaluation {went} while training falls to {training:.2g}.",
        why=f"The model memorizes the training rows, and the best evaluation was at step {best.step}. Use the "
        "checkpoint nearest to it. Next time, train for fewer epochs, on more or more varied rows, with a lower "
        "`lora_r` or rate, and set `load_best_model_at_end: true` with `save_steps` equal to `eval_steps`.",
        steps=(best.step, evaluations[-1].step),
    )


def _evaluations(run: Run) -> list[Evaluation]:
    return [each for each in run.record.evaluations if usable(each.loss)]
