"""Numbers that are lost, and labels that are not there: nan, and a loss of zero."""

from __future__ import annotations

import math
from statistics import median
from typing import TYPE_CHECKING, Final

from knowledge.finding import Severity
from knowledge.health.model import Run, Sign
from knowledge.health.record import usable

if TYPE_CHECKING:
    from knowledge.health.record import Point

_FEW: Final = 8
# At this loss the model gives the right token a probability of 99.5 %.
_CERTAIN: Final = 0.005
_SOME: Final = 0.1
# Without a norm, a loss of 0 may also be nan; with a norm of 0, few steps say it.
_SOME_WITHOUT_GRADIENT: Final = 0.03
_NEARLY_ALL: Final = 0.95


def masked(run: Run) -> Sign | None:
    """Steps in which no token has a label, or only tokens that are always the same have one."""
    points = [point for point in run.record.points if point.loss is not None]
    empty = [point for point in points if point.loss == 0 and (point.norm is None or point.norm == 0)]
    share = _SOME if empty and empty[0].norm is None else _SOME_WITHOUT_GRADIENT
    if not run.record.preference and len(empty) >= max(2, len(points) * share) and _without_nan(points):
        # A loss that falls to 0 for good in the middle of a run has another reason.
        if points[0] in empty or any(point.loss for point in points if point.step > empty[0].step):
            return _empty(empty, every=len(empty) >= _NEARLY_ALL * len(points))
    return None if run.record.preference else _always_the_same(points)


def _without_nan(points: list[Point]) -> bool:
    return not any(point.norm is not None and not math.isfinite(point.norm) for point in points)


def _empty(empty: list[Point], *, every: bool) -> Sign:
    shown = "no gradient norm is logged" if empty[0].norm is None else "the gradient norm is 0 as well"
    return Sign(
        id="masked",
        severity=Severity.ERROR if every else Severity.WARNING,
        message="Every token is masked: nothing is trained."
        if every
        else "Every token of some batches is masked, so those steps train nothing.",
        why=f"The loss is exactly 0 in {len(empty)} logged steps and {shown}, so no token has a label. "
        "Usual causes are `roles_to_train` or a role that the rows do not have, `train: false` or `label: false` in "
        "every turn, and answers cut off at `sequence_len`. Run `axolotl preprocess CONFIG --debug`: "
        "the trained tokens are the green ones.",
        steps=(empty[0].step, empty[-1].step),
    )


def _always_the_same(points: list[Point]) -> Sign | None:
    first = [point for point in points if usable(point.loss) and (point.epoch is None or point.epoch <= 1)]
    late = first[len(first) // 2 :]
    if len(first) < _FEW or (points[-1].epoch is None):
        return None
    level = median(point.loss or 0.0 for point in late)
    if level >= _CERTAIN or not _without_nan(points):
        return None
    return Sign(
        id="masked",
        severity=Severity.WARNING,
        message="The loss is near 0 within the first epoch: the trained tokens hardly vary.",
        why=f"The loss falls to {level:.2g} on rows that the model has not seen before. No answer can be predicted "
        "with that certainty, so the labels hold little but end tokens or a fixed phrase. Look at the labels with "
        "`axolotl preprocess CONFIG --debug`, and check `roles_to_train`, `train_on_eos`, and `sequence_len`.",
        steps=(late[0].step, late[-1].step),
    )


def lost(run: Run) -> Sign | None:
    """Not a number or infinite: a loss or a gradient norm, or an evaluation that gives nan."""
    points = run.record.points
    broken = [point for point in points if _broken(point)]
    if broken and not _recovers(run, points, broken):
        return _lost_training(points, broken)
    silent = _silent_zero(points)
    if silent is not None:
        return silent
    evaluated = [each for each in run.record.evaluations if not math.isfinite(each.loss)]
    if not evaluated:
        return None
    return Sign(
        id="nan",
        severity=Severity.WARNING,
        message="The evaluation loss is nan, so nothing shows how good the model is.",
        why="Training logs normal numbers, so the model is intact and the problem is in the evaluation rows: no token "
        "in them has a label. Check that their roles and fields are those of the training rows, and that their "
        "answers are within `sequence_len`. Early stopping and the choice of the best checkpoint do not work "
        "until then.",
        steps=(evaluated[0].step, evaluated[-1].step),
    )


def _broken(point: Point) -> bool:
    return any(number is not None and not math.isfinite(number) for number in (point.loss, point.norm))


def _recovers(run: Run, points: tuple[Point, ...], broken: list[Point]) -> bool:
    """Whether single overflowing steps were left out, as the loss scaling of fp16 does on purpose."""
    fp16 = run.config is not None and bool(run.config.get("fp16"))
    return fp16 and points[-1] not in broken and len(broken) <= len(points) * _SOME


def _lost_training(points: tuple[Point, ...], broken: list[Point]) -> Sign:
    before = [point for point in points if point.step < broken[0].step and usable(point.norm)]
    when = "from the first step" if not before else f"from step {broken[0].step}"
    grew = before and (before[-1].norm or 0) > 10 * median(
        point.norm or 0.0 for point in before[: len(before) // 2 + 1]
    )
    causes = (
        "The gradient norm grew before, so the steps were too large: lower `learning_rate` and keep `max_grad_norm: 1`."
        if grew
        else "Usual causes are weights that overflow in `fp16: true` (use `bf16: true`), a checkpoint or a new token "
        "whose weights are already nan or infinite, and a learning rate that is far too high."
    )
    return Sign(
        id="nan",
        severity=Severity.ERROR,
        message=f"The gradient is nan {when}, so everything trained since is lost.",
        why="If the loss shows 0 after that, the Trainer is writing 0 in place of nan; the model does not recover. "
        f"{causes} Start again from a checkpoint before that step.",
        steps=(broken[0].step, broken[-1].step),
    )


def _silent_zero(points: tuple[Point, ...]) -> Sign | None:
    """A loss that drops to exactly 0 for good where no gradient norm is logged: nan, filtered."""
    if len(points) < _FEW or points[-1].loss != 0 or any(point.norm is not None for point in points):
        return None
    alive = [point for point in points if point.loss]
    if not alive or alive[-1].loss is None or alive[-1].loss < _SOME:
        return None
    zeros = [point for point in points if point.step > alive[-1].step]
    if len(zeros) < 2:
        return None
    return _lost_training(points, zeros)
