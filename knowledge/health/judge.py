"""Judging a run by its numbers: the most telling fault, and what it does not explain."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from knowledge.config import read
from knowledge.duration import pace_of
from knowledge.finding import Severity
from knowledge.health.course import diverging, exploding, not_learning, wrong_template
from knowledge.health.lost import lost, masked
from knowledge.health.model import Health, Run, Sign, Steps
from knowledge.health.planned import total_of
from knowledge.health.rates import learning_rate_off, restarted, warmup_too_long
from knowledge.health.reading import read_run
from knowledge.health.rows_again import leaked, overfitting
from knowledge.text import plural

if TYPE_CHECKING:
    from collections.abc import Callable

    from knowledge.health.record import Record

# Each kind is judged where none of those it names was found: their numbers follow from the first fault.
_JUDGES: Final[tuple[tuple[Callable[[Run], Sign | None], frozenset[str]], ...]] = (
    (restarted, frozenset()),
    (masked, frozenset()),
    (lost, frozenset({"masked"})),
    (warmup_too_long, frozenset()),
    (learning_rate_off, frozenset({"restarted", "warmup-too-long"})),
    (not_learning, frozenset({"nan", "masked", "learning-rate-off"})),
    (diverging, frozenset({"nan", "masked"})),
    (exploding, frozenset({"nan", "masked", "diverging"})),
    (wrong_template, frozenset({"nan", "masked", "diverging", "exploding-gradients"})),
    (leaked, frozenset({"nan", "masked", "diverging"})),
    (overfitting, frozenset({"nan", "masked", "diverging", "leaked-evaluation"})),
)


def health_of(text: str, config: str | None = None, *, gpus: int = 1) -> Health | None:
    """The health of a run.

    Args:
        text: A console log, trainer_state.json or a CSV of metrics.
        config: The YAML of the run; without it the config that Axolotl prints into its log is used.
        gpus: GPUs of the run.

    Returns:
        What its numbers show; None where the text holds no metrics.
    """
    record = read_run(text, config)
    return None if record is None else judge(record, text, config, gpus=gpus)


def judge(record: Record, text: str, config: str | None = None, *, gpus: int = 1) -> Health:
    """The same of a run that was read already."""
    given = config if config is not None and config.strip() else record.config
    typed = read(given, gpus) if given else None
    if typed is not None and typed.get("rl"):
        record = replace(record, preference=True)  # a table may leave out the columns that tell
    total = total_of(record, typed)
    run = Run(record, typed, total)
    found: list[Sign] = []
    for judged, instead in _JUDGES:
        if instead.isdisjoint(sign.id for sign in found) and (sign := judged(run)) is not None:
            found.append(sign)
    found.sort(key=lambda sign: (sign.severity.rank, sign.steps))
    return Health(
        steps=Steps(done=record.done, planned=total),
        findings=tuple(found),
        healthy=all(sign.severity is Severity.ADVICE for sign in found),
        early=not record.enough,
        numbers=tuple(_numbers(record)),
        not_judged=tuple(_not_judged(run)),
        seconds_left=_left(text, record, total),
    )


def _numbers(record: Record) -> list[str]:
    """What was logged, without a judgment."""
    said = []
    losses, norms, rates = record.losses, record.norms, record.rates
    if losses:
        said.append(f"Loss {losses[0][1]:.3g} at step {losses[0][0]:,}, {losses[-1][1]:.3g} at step {losses[-1][0]:,}.")
    evaluated = [each for each in record.evaluations if math.isfinite(each.loss)]
    if evaluated:
        best = min(evaluated, key=lambda each: each.loss)
        said.append(f"Evaluation {evaluated[-1].loss:.3g} at the end; best {best.loss:.3g} at step {best.step:,}.")
    if norms:
        low, high = min(norm for _, norm in norms), max(norm for _, norm in norms)
        said.append(f"Gradient norm {low:.2g} to {high:.3g}, before clipping.")
    if rates:
        said.append(f"Learning rate {max(rate for _, rate in rates):.2g} at its highest, {rates[-1][1]:.2g} last.")
    return said


def _not_judged(run: Run) -> list[str]:
    said = []
    if not run.record.enough:
        count = len(run.record.losses)
        said.append(
            f"Only {plural(count, 'loss', 'losses')} {'is' if count == 1 else 'are'} logged, too few to judge how the "
            "loss develops."
        )
    if run.config is None:
        said.append("Without the config, I cannot compare the learning rate with the plan.")
    elif not run.total:
        said.append("The number of planned steps is unknown, so I do not judge the learning rate.")
    if not run.record.evaluations:
        said.append("There is no evaluation, so I cannot tell how the model does on other rows.")
    return said


def _left(text: str, record: Record, total: int | None) -> float | None:
    if not total or record.done >= total:
        return None
    pace = pace_of(text, total)
    return None if pace is None else (total - max(record.done, pace.last)) * pace.seconds
