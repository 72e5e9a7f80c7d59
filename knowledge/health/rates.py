"""The learning rate against what the config asks for, and processes that began again."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

from knowledge.finding import Severity
from knowledge.health.model import Run, Sign
from knowledge.health.planned import may_be_whole, planned_rates, warmup_steps

if TYPE_CHECKING:
    from collections.abc import Sequence

_FEW: Final = 4
_NEARLY_DONE: Final = 0.95
# Deviation from the planned curve, as a share of its peak, and the share of steps that must show it.
_OFF, _OFTEN = 0.06, 0.2
_DROPS_TO: Final = 0.5
# Lines that must follow the repeated plan, how closely, and how many beginnings of it are tried.
_REPEATS, _EXACTLY, _TRIED = 3, 0.01, 200


def warmup_too_long(run: Run) -> Sign | None:
    """A rate that is still rising at the last step."""
    rates = run.record.rates
    if len(rates) < _FEW or not run.total:
        return None
    warmup = warmup_steps(run.record, run.config, run.total) if run.config is not None else None
    rising = all(after[1] > before[1] for before, after in pairwise(rates))
    ended = rates[-1][0] >= _NEARLY_DONE * run.total
    if not rising or not (ended or (warmup is not None and warmup >= run.total)):
        return None
    of = f" of {warmup:,} steps" if warmup is not None and warmup >= run.total else ""
    whole = run.config.get("learning_rate") if run.config is not None else None
    peak = f" of the {whole:.2g} that the config asks for" if isinstance(whole, int | float) else ""
    return Sign(
        id="warmup-too-long",
        severity=Severity.WARNING,
        message=f"The warm-up{of} does not end within the run of {run.total:,} steps.",
        why=f"The rate rises to the last step and reaches {rates[-1][1]:.2g}{peak}; it never decays. The model learns "
        "less than it could and ends without the small steps that settle it. Set `warmup_ratio: 0.05` in place of "
        "`warmup_steps`, so that the warm-up follows the length of the run.",
        steps=(rates[0][0], rates[-1][0]),
    )


def learning_rate_off(run: Run) -> Sign | None:
    """A rate that is not the one that the config asks for."""
    rates = run.record.rates
    if len(rates) >= _FEW and all(rate == 0 for _, rate in rates):
        return Sign(
            id="learning-rate-off",
            severity=Severity.ERROR,
            message="The learning rate is 0 in every step, so nothing is trained.",
            why="Every step is multiplied by the rate, so the weights stay those of the base model. Set "
            "`learning_rate` to 2e-4 for LoRA or 2e-5 for a full fine-tune.",
            steps=(rates[0][0], rates[-1][0]),
        )
    if run.config is None or not run.total or len(rates) < _FEW:
        return None
    lengths = [run.total, *([run.record.done] if may_be_whole(run.record, run.config) else [])]
    planned = [planned_rates(run.record, run.config, length) for length in lengths]
    off = min((_deviations(rates, each) for each in planned if each is not None), key=len, default=[])
    if len(off) < max(3, _OFTEN * len(rates)):
        return None
    step, rate, meant = max(off, key=lambda each: abs(each[1] - each[2]))
    return Sign(
        id="learning-rate-off",
        severity=Severity.WARNING,
        message=f"The learning rate does not match the config: {rate:.2g} at step {step}, planned {meant:.2g}.",
        why=f"It differs in {len(off)} of {len(rates)} logged steps. The rate or the scheduler was given on the "
        "command line, another config was started, or the run was resumed: a checkpoint brings its own rate and "
        "schedule, and a new `learning_rate` in the config then has no effect. To change the rate, start from the "
        "checkpoint's weights as `base_model` (or `lora_model_dir`) and do not resume.",
        steps=(off[0][0], off[-1][0]),
    )


def _deviations(
    rates: Sequence[tuple[int, float]], planned: Sequence[float], share: float | None = None
) -> list[tuple[int, float, float]]:
    """(step, rate, planned rate) where the two differ by a share of the peak: what the count of steps can be off."""
    allowed = (share or max(_OFF, 4 / len(planned))) * max(max(planned), 1e-30)
    known = [(step, rate, planned[min(max(step - 1, 0), len(planned) - 1)]) for step, rate in rates]
    return [each for each in known if abs(each[1] - each[2]) > allowed]


def restarted(run: Run) -> Sign | None:
    """Steps that were made twice, or a warm-up in the middle of a run that plans none there."""
    if run.record.repeated is not None:
        first, last = run.record.repeated
        return Sign(
            id="restarted",
            severity=Severity.WARNING,
            message=f"The run started over: steps {first:,} to {last:,} were run twice.",
            why="The process ended, and the next one started "
            + ("from the start" if first <= 1 else "from an older checkpoint")
            + ". The first attempt at these steps is lost. Save more often (`save_steps`), and set "
            "`auto_resume_from_checkpoints: true` so that a new process continues from the newest checkpoint. The "
            "numbers here are from the last process.",
            steps=(first, last),
        )
    again = _again(run)
    if again is None:
        return None
    return Sign(
        id="restarted",
        severity=Severity.WARNING,
        message=f"The learning rate warms up again at step {again[0]:,}, in the middle of the run.",
        why="The step count continues, but the schedule started over: the checkpoint did not hold the state of the "
        "optimizer and scheduler. `save_only_model: true` leaves both out. The optimizer's averages are lost, and the "
        "rate does not end where it was planned. Resume from a checkpoint that contains optimizer.pt and scheduler.pt.",
        steps=again,
    )


def _again(run: Run) -> tuple[int, int] | None:
    """(step at which the schedule begins again, last step)."""
    rates = run.record.rates
    if run.config is None or not run.total or len(rates) < _FEW:
        return None
    planned = planned_rates(run.record, run.config, run.total)
    if planned is None:
        return None
    return _warms_up_again(rates, planned) or _repeats_the_plan(rates, planned)


def _warms_up_again(rates: Sequence[tuple[int, float]], planned: Sequence[float]) -> tuple[int, int] | None:
    """A rate that drops below the plan and then rises."""
    for index in range(1, len(rates) - 2):
        step, rate = rates[index]
        before = rates[index - 1][1]
        rises = rates[index][1] < rates[index + 1][1] < rates[index + 2][1]
        meant = planned[min(step - 1, len(planned) - 1)]
        if rate < _DROPS_TO * before and rises and rate < _DROPS_TO * meant:
            return step, rates[-1][0]
    return None


def _repeats_the_plan(rates: Sequence[tuple[int, float]], planned: Sequence[float]) -> tuple[int, int] | None:
    """A rate that follows the plan, and then the plan from its start: with few lines, the drop may lie between two."""
    off = _deviations(rates, planned)
    index = next((index for index, (step, _) in enumerate(rates) if off and step == off[0][0]), 0)
    first, later = rates[max(index - 1, 0)][0], rates[index:]
    if index < 2 or len(later) < _REPEATS or len(off) < 2:
        return None
    for begun in range(first, later[0][0], max((later[0][0] - first) // _TRIED, 1)):
        moved = [(step - begun, rate) for step, rate in later]
        if not _deviations(moved, planned, _EXACTLY):
            return begun + 1, rates[-1][0]
    return None
