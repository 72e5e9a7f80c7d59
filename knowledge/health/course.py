"""The course of loss and gradient norm: diverging, exploding, starting too high, not moving."""

from __future__ import annotations

import math
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, Final

from knowledge.finding import Severity
from knowledge.health.model import Run, Sign

if TYPE_CHECKING:
    from collections.abc import Sequence

    from knowledge.health.record import Record

_WINDOW: Final = 5
# How far above its start a smoothed loss must rise, and how much of what follows must stay up there; a rise to twice
# the start leaves marks even where the loss then falls to about where it began.
_ABOVE_START, _STAYS = 1.4, 0.85
_FAR_ABOVE, _NEAR = 2.0, 0.8
# As many times the usual difference between two lines.
_ABOVE_NOISE: Final = 3
# From so many steps a line on, a line tells little of single steps, and so near to the start what follows must be.
_SEVERAL, _NEAR_SEVERAL = 3, 0.6
_NO_RATE: Final = 0.01
# e to this is 1,100: no text of any language is that surprising to a model that was trained on text.
_NO_TEXT: Final = 7.0
# Clipping at 1 leaves a twentieth or less of a gradient of this norm.
_LARGE: Final = 20.0
_VERY_LARGE: Final = 30.0
_LEAP: Final = 10.0
# How many lines must stand before a leap, and how many it is compared with.
_BEFORE: Final = (3, 10)
_STILL_NORM: Final = 1e-4
_STILL_RATE, _SMALL_RATE = 1e-7, 1e-6
# The smallest LoRA adapter of a model that is used holds more parameters than this.
_HARDLY_ANY: Final = 20_000
_FLAT: Final = 0.03
_EVEN: Final = math.log(2)


def smoothed(series: Sequence[tuple[int, float]], window: int = _WINDOW) -> list[tuple[int, float]]:
    """(step, median of the values around it), so that a single step does not count."""
    half = min(window, max(len(series) // 6, 1)) // 2
    return [
        (step, median(number for _, number in series[max(index - half, 0) : index + half + 1]))
        for index, (step, _) in enumerate(series)
    ]


def beginning(record: Record) -> float:
    """The loss that the run starts with: of its first steps, in which the warm-up hardly changes anything."""
    lines = min(3, len(record.losses) // 6) // record.every
    return median(loss for _, loss in record.losses[: max(lines, 1)])


def shows_beginning(run: Run) -> bool:
    """Whether the log holds the first steps of the run, and is not a later part of it."""
    return run.record.losses[0][0] <= max(10, (run.total or 0) // 10, run.record.every)


def diverging(run: Run) -> Sign | None:
    """A loss that rises far above its start and does not come back."""
    losses = run.record.losses
    if not run.record.enough:
        return None
    start = beginning(run.record)
    if run.record.preference:
        start = min(start, _EVEN) if _is_plain_dpo(run) else start
        found = _preference_rise(losses, start)
    else:
        found = _rise(losses, start, run.record.every)
    whole = shows_beginning(run)
    # In a later part of a run, hard rows after easy ones rise as far; only a loss that no text has is sure there.
    if found is not None and not whole and (run.record.preference or found[1] < _NO_TEXT):
        return None
    if found is None:
        return _high_at_once(run, start) if whole else None
    first, peak = found
    rates = [rate for step, rate in run.record.rates if step <= max(first, 2)]
    at = f" at a learning rate of {max(rates):.2g}" if rates and max(rates) > 0 else ""
    return Sign(
        id="diverging",
        severity=Severity.ERROR,
        message=f"The run diverges: the loss rises from {start:.2f} to {peak:.3g} and stays above where it started.",
        why=f"It starts rising at step {first}{at}. Steps that large destroy what the model has learned, and a "
        "lower loss later in the run does not bring it back. Divide `learning_rate` by 10 or more, keep a warm-up and "
        "`max_grad_norm: 1`, and start again from the base model.",
        steps=(first, losses[-1][0]),
    )


def _rise(losses: Sequence[tuple[int, float]], start: float, every: int) -> tuple[int, float] | None:
    """(step at which the loss leaves its start upwards for good, highest smoothed loss)."""
    smooth = smoothed(losses)
    peak = max(loss for _, loss in smooth)
    noise = median(abs(after[1] - before[1]) for before, after in pairwise(losses))
    if peak < _ABOVE_START * start or peak - start < _ABOVE_NOISE * noise or start <= 0:
        return None
    first = next(index for index, (_, loss) in enumerate(smooth) if loss >= (1 + _ABOVE_START) / 2 * start)
    after = [loss for _, loss in smooth[first:]]
    stays = sum(loss > start for loss in after) >= _STAYS * len(after)
    # The mean of several steps rises only where most of them do, and its first line is above the start already.
    far, near = (_FAR_ABOVE, _NEAR) if every < _SEVERAL else (_ABOVE_START, _NEAR_SEVERAL)
    if len(after) < 3 or not (stays or (peak > far * start and median(after) > near * start)):
        return None
    return smooth[first][0], peak


def _high_at_once(run: Run, start: float) -> Sign | None:
    """A first line that is the mean of many steps, in which a rate that no model stands has done its work."""
    rates = [rate for _, rate in run.record.rates]
    optimizer = str(run.config.get("optimizer") or "") if run.config is not None else ""
    if run.record.preference or run.record.every < _SEVERAL or start < _NO_TEXT or "sgd" in optimizer:
        return None
    if not rates or max(rates) < _NO_RATE:
        return None
    losses = run.record.losses
    return Sign(
        id="diverging",
        severity=Severity.ERROR,
        message=f"The run diverged in its first {losses[0][0]:,} steps: the loss is at {start:.3g} there.",
        why=f"The learning rate reaches {max(rates):.2g}, which no model stands: usual rates are 1e-5 to 5e-5 for a "
        "full fine-tune and 1e-4 to 5e-4 for LoRA. The first line is the mean of many steps, so the log does not show "
        "how low the loss began. Divide `learning_rate` by 100 or more and start again from the base model.",
        steps=(losses[0][0], losses[-1][0]),
    )


def _is_plain_dpo(run: Run) -> bool:
    """Whether the loss of a preference run begins at ln 2: DPO's own, without a term of another loss."""
    config = run.config
    return config is not None and config.get("rl") == "dpo" and not config.get("rpo_alpha")


def _preference_rise(losses: Sequence[tuple[int, float]], start: float) -> tuple[int, float] | None:
    """The same of a preference run, whose loss jumps from pair to pair: many steps far above its start."""
    high = [(step, loss) for step, loss in losses if loss > 3 * start]
    if start <= 0 or len(high) < max(4, len(losses) // 5) or median(loss for _, loss in high) < 5 * start:
        return None
    return high[0][0], max(loss for _, loss in high)


def exploding(run: Run) -> Sign | None:
    """Gradient norms that are large all along, or leap far above those around them."""
    norms = run.record.norms
    if not norms or not run.record.enough:
        return None
    middle = median(norm for _, norm in norms)
    all_along = middle >= _LARGE and not run.record.preference
    large = [(step, norm) for step, norm in smoothed(norms) if norm >= (_LARGE if all_along else _VERY_LARGE)]
    leaps = [(step, norm) for step, norm in _sudden(norms) if norm >= max(_LEAP * middle, _LARGE)]
    sustained = len(large) >= max(3, len(norms) // 8)
    found = large if sustained else leaps
    if not found:
        return None
    clip = run.config.get("max_grad_norm") if run.config is not None else None
    clipped = not isinstance(clip, int | float) or 0 < clip <= _LARGE
    effect = (
        "Clipping shrinks such a step and hides it from the loss, but its direction still comes from a few rows."
        if clipped
        else "Without clipping such a step can ruin the model: set `max_grad_norm: 1`."
    )
    cause = (
        "Large norms throughout come from weights of the wrong size: a bad merge, or a `lora_alpha` far above `lora_r`."
        if sustained
        else "A jump comes from unusual rows (junk, other encodings, very long ones) or from a learning rate that is "
        "too high."
    )
    top = max(norm for _, norm in found)
    return Sign(
        id="exploding-gradients",
        severity=Severity.WARNING,
        message=f"The gradient norm reaches {top:.3g}; its median in this run is {middle:.2g}.",
        why=f"The norm is logged before clipping. {effect} {cause} Look at the rows in these steps, and lower "
        "`learning_rate` if it happens again.",
        steps=(found[0][0], found[-1][0]),
    )


def _sudden(norms: Sequence[tuple[int, float]]) -> list[tuple[int, float]]:
    """The norms that leap above those before them; a run begins with its largest ones, and that is not a leap."""
    return [
        each
        for index, each in enumerate(norms)
        if index >= _BEFORE[0]
        and each[1] >= _LEAP / 2 * median(norm for _, norm in norms[max(index - _BEFORE[1], 0) : index])
    ]


def wrong_template(run: Run) -> Sign | None:
    """A loss that starts as if the model had never seen such text."""
    losses = run.record.losses
    config = run.config
    if run.record.preference or len(losses) < 2 or not shows_beginning(run):
        return None
    if config is not None and (config.get("reward_model") or config.get("reinit_weights")):
        return None
    start = beginning(run.record)
    if start < _NO_TEXT:
        return None
    below = [step for step, loss in losses if loss < _NO_TEXT]
    return Sign(
        id="wrong-template",
        severity=Severity.WARNING,
        message=f"The loss starts at {start:.1f}: to this model, the rows are not text.",
        why=f"A loss of {start:.1f} means that the right token is one of {_among(start)} equally likely ones; a "
        "pre-trained model starts far lower on any text. The token ids mean other words than the model learned: check "
        "that `tokenizer_config` is not another model's, that rows that are already tokenized were made with this "
        "tokenizer, and that their labels are not shifted. Only a model that starts from random weights begins so "
        "high.",
        steps=(losses[0][0], below[0] if below else losses[-1][0]),
    )


def _among(loss: float) -> str:
    return f"{math.exp(loss):,.0f}" if loss < 16 else "millions of"


def not_learning(run: Run) -> Sign | None:
    """A run that moves no weight, or none that matters."""
    losses, norms, rates = run.record.losses, run.record.norms, run.record.rates
    if not run.record.enough:
        return None
    reason = _stillness(run, losses, [norm for _, norm in norms], [rate for _, rate in rates])
    if reason is None:
        return None
    return Sign(
        id="not-learning",
        severity=Severity.ERROR,
        message="The model does not learn: no weight that matters is moving.",
        why=reason,
        steps=(losses[0][0], losses[-1][0]),
    )


def _stillness(run: Run, losses: list[tuple[int, float]], norms: list[float], rates: list[float]) -> str | None:
    margins = [point.margin for point in run.record.points if point.margin is not None]
    level = median(loss for _, loss in losses)
    if run.record.preference and margins and all(abs(margin) < 1e-6 for margin in margins) and _is_flat(losses):
        return (
            f"The loss stays at {level:.3f} and the margin between chosen and rejected answers is 0 in every step. "
            "The two answers of each pair are the same after tokenizing: check the fields that they are read from, and "
            "whether `sequence_len` cuts both off before they differ."
        )
    if level <= 0:
        return None
    if norms and max(norms) < _STILL_NORM and _is_flat(losses):
        return (
            f"The gradient norm is {max(norms):.2g} at most while the loss is {level:.2f}, so nothing flows back to "
            "the weights that are trained. `lora_alpha: 0` does that, and so do `unfrozen_parameters` that match "
            "nothing used."
        )
    small = _SMALL_RATE if not run.record.preference and _is_flat(losses) else _STILL_RATE
    if rates and 0 < max(rates) < small:
        return (
            f"The learning rate is {max(rates):.2g} at its highest, so small that rounding swallows the steps. "
            "Usual rates are 1e-5 to 5e-5 for a full fine-tune and 1e-4 to 5e-4 for LoRA."
        )
    held = run.record.trainable
    if held is not None and held < _HARDLY_ANY and _is_flat(losses):
        return (
            f"The optimizer holds {held:,} parameters, and the loss does not move. Check `unfrozen_parameters`, "
            "`lora_target_modules`, and `peft_layers_to_transform`: they leave almost nothing to train."
        )
    return None


def _is_flat(losses: Sequence[tuple[int, float]]) -> bool:
    """Whether the last third is as high as the first."""
    third = max(len(losses) // 3, 1)
    first = median(loss for _, loss in losses[:third])
    return first - median(loss for _, loss in losses[-third:]) < _FLAT * first
