"""Keys around the learning rate that the chosen schedule does not read, or reads otherwise than meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knowledge.finding import Severity
from knowledge.plan import plan_of, trainer_warmup
from knowledge.rule import Problem, problem, rule
from knowledge.schedule import ARGUMENT_FIELDS, KINDS, arguments_read, is_quadratic, schedule_arguments, schedule_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.config import Config

_DIES_OF_WARMUP = ("rex", "one_cycle")
_GREEDY_MINIMUM = 1e-3
_SHORT_WARMUP = 2
"""Steps of a warm-up that no one minds, however short the run is."""


def _reads_ratio(config: Config) -> bool:
    """Whether `cosine_min_lr_ratio` has an effect: on cosine and rex, and on the ramp of restarts."""
    if config.get("jagged_restart_steps") and not config.get("rl"):
        return True
    return schedule_name(config) == "rex" or (schedule_name(config) == "cosine" and not is_quadratic(config))


@rule(
    Severity.WARNING,
    fields=("warmup_steps", "warmup_ratio", "lr_scheduler"),
    bad="lr_scheduler: cosine\nmax_steps: 50\nwarmup_steps: 100\n",
    good="lr_scheduler: cosine\nmax_steps: 50\nwarmup_ratio: 0.1\n",
    lengths=(100,) * 8000,
)
def warmup_never_ends(config: Config) -> Iterator[Problem]:
    """The warm-up is as long as the run, so the learning rate is never reached.

    This is known where `max_steps` or the data gives the steps. A tenth of the steps or less is typical.
    """
    warmup, steps = _warmup(config)
    if _outlasts(config, warmup, steps):
        yield problem(
            f"Warm-up of {warmup:,} steps in a run of {steps:,}: the rate is never reached. Use `warmup_ratio: 0.1`.",
            "warmup_steps" if config.written("warmup_steps") else "warmup_ratio",
        )


@rule(
    Severity.WARNING,
    fields=("warmup_steps", "warmup_ratio", "lr_scheduler"),
    bad="lr_scheduler: cosine\nmax_steps: 60\nwarmup_steps: 50\n",
    good="lr_scheduler: cosine\nmax_steps: 60\nwarmup_ratio: 0.1\n",
    lengths=(100,) * 8000,
)
def warmup_takes_the_run(config: Config) -> Iterator[Problem]:
    """The warm-up takes half of the run or more.

    This is known where `max_steps` or the data gives the steps. Until the warm-up ends, the learning rate is below the
    one you set, and the rest of the run is short. A tenth of the steps or less is typical.
    """
    warmup, steps = _warmup(config)
    if warmup > _SHORT_WARMUP and 2 * warmup >= steps and not _outlasts(config, warmup, steps):
        yield problem(
            f"Warm-up takes {warmup:,} of {steps:,} steps; a tenth is typical. Use `warmup_ratio: 0.1`.",
            "warmup_steps" if config.written("warmup_steps") else "warmup_ratio",
        )


def _warmup(config: Config) -> tuple[int, int]:
    """Steps of the warm-up and of the run; 0 and 0 where either is not known or the schedule has no warm-up."""
    plan = plan_of(config)
    steps, kind = plan.optimizer_steps_done, KINDS.get(schedule_name(config))
    if not steps or plan.warmup_steps is None or kind is None or not kind.warmup:
        return 0, 0
    return (0, 0) if schedule_name(config) in _DIES_OF_WARMUP else (trainer_warmup(plan.warmup_steps, steps), steps)


def _outlasts(config: Config, warmup: int, steps: int) -> bool:
    """Whether the rate is never reached; a polynomial reaches it in the last step."""
    last_step = schedule_name(config) == "polynomial" and warmup == steps
    return warmup > _SHORT_WARMUP and warmup >= steps and not last_step


@rule(
    Severity.WARNING,
    fields=(
        "lr_scheduler",
        "warmup_steps",
        "warmup_ratio",
    ),
    bad="lr_scheduler: constant\nwarmup_ratio: 0.1\n",
    good="lr_scheduler: constant_with_warmup\nwarmup_ratio: 0.1\n",
)
def warmup_without_effect(config: Config) -> Iterator[Problem]:
    """A warm-up is set with a schedule that has none.

    `constant`, `reduce_lr_on_plateau`, and `greedy` start at the full rate whatever the warm-up keys say.
    """
    kind = KINDS.get(schedule_name(config))
    if kind is None or kind.warmup:
        return
    for name in ("warmup_steps", "warmup_ratio"):
        if config.get(name):
            cure = "use `constant_with_warmup`" if schedule_name(config) == "constant" else "remove the key"
            what = "A constant schedule" if schedule_name(config) == "constant" else f"`{schedule_name(config)}`"
            message = (
                f"{what} has no warm-up. To get one, {cure}."
                if cure.startswith("take")
                else f"No warm-up here: {cure}."
            )
            yield problem(message, name, "lr_scheduler")


@rule(
    Severity.IGNORED,
    fields=ARGUMENT_FIELDS,
    needs=("lr_scheduler_kwargs",),
    bad="lr_scheduler: constant\nlr_scheduler_kwargs:\n  power: 2\n",
    good="lr_scheduler: polynomial\nlr_scheduler_kwargs:\n  power: 2\n",
)
def schedule_reads_no_arguments(config: Config) -> Iterator[Problem]:
    """The schedule is built without `lr_scheduler_kwargs`.

    `constant`, `constant_with_warmup`, and `rex` accept no arguments, and neither does the cosine schedule that
    Axolotl builds for `cosine_min_lr_ratio` or `lr_quadratic_warmup`.
    """
    if schedule_name(config) in KINDS and schedule_arguments(config) and arguments_read(config) is None:
        yield problem(
            f"None of this reaches `{schedule_name(config)}`: remove it.", "lr_scheduler_kwargs", "lr_scheduler"
        )


@rule(
    Severity.IGNORED,
    fields=(
        "cosine_min_lr_ratio",
        "cosine_constant_lr_ratio",
        "lr_scheduler",
        "lr_quadratic_warmup",
        "rl",
        "jagged_restart_steps",
    ),
    needs=("cosine_min_lr_ratio",),
    bad="lr_scheduler: linear\ncosine_min_lr_ratio: 0.1\n",
    good="lr_scheduler: cosine\ncosine_min_lr_ratio: 0.1\n",
)
def ratio_without_effect(config: Config) -> Iterator[Problem]:
    """A ratio is set that this schedule does not read.

    `cosine_min_lr_ratio` shapes cosine and rex (and the ramp of jagged restarts), unless `lr_quadratic_warmup` wins;
    `cosine_constant_lr_ratio` only acts together with it, on cosine.
    """
    name = schedule_name(config)
    minimum, constant = config.get("cosine_min_lr_ratio"), config.get("cosine_constant_lr_ratio")
    if name not in KINDS:
        return
    if minimum and not _reads_ratio(config):
        why = "`lr_quadratic_warmup` wins" if is_quadratic(config) else f"`{name}` does not read it"
        yield problem(f"No minimum is kept: {why}.", "cosine_min_lr_ratio", "lr_scheduler")
    if constant and (name != "cosine" or not minimum or is_quadratic(config)):
        cure = "Set `cosine_min_lr_ratio` too" if name == "cosine" and not minimum else "Remove it"
        yield problem(f"This does nothing here. {cure}.", "cosine_constant_lr_ratio", "lr_scheduler")


@rule(
    Severity.IGNORED,
    fields=(
        "lr_quadratic_warmup",
        "rl",
        "lr_scheduler",
    ),
    needs=("lr_quadratic_warmup",),
    bad="lr_scheduler: linear\nlr_quadratic_warmup: true\n",
    good="lr_scheduler: cosine\nlr_quadratic_warmup: true\n",
)
def quadratic_warmup_without_effect(config: Config) -> Iterator[Problem]:
    """A quadratic warm-up is set for a schedule that has none.

    Only cosine has one, and preference trainers never get this key.
    """
    if config.get("lr_quadratic_warmup") and not is_quadratic(config):
        cause = f"`rl: {config.get('rl')}`" if config.get("rl") else f"`{schedule_name(config)}`"
        yield problem(f"The warm-up stays straight with {cause}: only `cosine` reads this key.", "lr_quadratic_warmup")


@rule(
    Severity.IGNORED,
    fields=(
        "jagged_restart_warmup_steps",
        "jagged_restart_anneal_steps",
        "jagged_restart_steps",
        "rl",
    ),
    bad="jagged_restart_warmup_steps: 10\n",
    good="jagged_restart_steps: 100\njagged_restart_warmup_steps: 10\n",
)
def restarts_without_effect(config: Config) -> Iterator[Problem]:
    """Restarts are described, but none happen.

    `jagged_restart_steps` says how often; without it, the other two do nothing. Preference trainers never get these
    keys.
    """
    names = ("jagged_restart_steps", "jagged_restart_warmup_steps", "jagged_restart_anneal_steps")
    if config.get("rl"):
        for name in names:
            if config.get(name):
                yield problem(f"No restarts under `rl: {config.get('rl')}`: remove it.", name, "rl")
    elif not config.get("jagged_restart_steps"):
        for name in names[1:]:
            if config.get(name):
                yield problem("No restarts happen: set `jagged_restart_steps`, or remove this.", name)


@rule(
    Severity.WARNING,
    fields=(
        "lr_scheduler",
        "lr_scheduler_kwargs",
    ),
    bad="lr_scheduler: greedy\nval_set_size: 0.05\neval_steps: 50\n",
    good="lr_scheduler: greedy\nlr_scheduler_kwargs:\n  min_lr: 1.0e-6\nval_set_size: 0.05\neval_steps: 50\n",
)
def greedy_only_rises(config: Config) -> Iterator[Problem]:
    """The greedy schedule's lowest rate is above the learning rate.

    Its `min_lr` is 0.001 unless `lr_scheduler_kwargs` says otherwise. A rate below it is never lowered, only raised.
    """
    rate = plan_of(config).learning_rate
    if (
        schedule_name(config) == "greedy"
        and "min_lr" not in schedule_arguments(config)
        and rate is not None
        and rate < _GREEDY_MINIMUM
    ):
        yield problem(
            "The rate can only rise: `min_lr` is 0.001 by default. Set it in `lr_scheduler_kwargs`.",
            "lr_scheduler",
            "learning_rate",
        )


@rule(
    Severity.WARNING,
    fields=(
        "lr_scheduler_kwargs",
        "lr_scheduler",
    ),
    needs=("lr_scheduler_kwargs",),
    bad="lr_scheduler: warmup_stable_decay\nmax_steps: 100\nlr_scheduler_kwargs:\n  num_decay_steps: 500\n",
    good="lr_scheduler: warmup_stable_decay\nmax_steps: 100\nlr_scheduler_kwargs:\n  num_decay_steps: 50\n",
    lengths=(100,) * 8000,
)
def decay_does_not_fit(config: Config) -> Iterator[Problem]:
    """The parts of the stable schedule do not add up to the run.

    With a decay longer than what the warm-up leaves, the rate falls at once and never stays level; with parts shorter
    than the run, the rest is trained at the lowest rate, by default 0.
    """
    plan = plan_of(config)
    steps, arguments = plan.optimizer_steps_done, schedule_arguments(config)
    decay, stable = arguments.get("num_decay_steps"), arguments.get("num_stable_steps")
    if (
        schedule_name(config) != "warmup_stable_decay"
        or not steps
        or not isinstance(decay, int)
        or plan.warmup_steps is None
    ):
        return
    left = steps - trainer_warmup(plan.warmup_steps, steps)
    if decay > left:
        yield problem(
            f"{decay:,} decay steps with only {left:,} left: the rate drops at once. Shorten it.",
            "lr_scheduler_kwargs.num_decay_steps",
        )
    elif isinstance(stable, int) and stable + decay < left:
        yield problem(
            f"The last {left - stable - decay:,} steps train at the lowest rate. Leave `num_stable_steps` out.",
            "lr_scheduler_kwargs.num_stable_steps",
        )


@rule(
    Severity.WARNING,
    fields=(
        "adam_beta1",
        "lr_scheduler",
        "lr_scheduler_kwargs",
    ),
    needs=("adam_beta1",),
    bad="lr_scheduler: one_cycle\nadam_beta1: 0.9\n",
    good="lr_scheduler: one_cycle\n",
)
def one_cycle_sets_beta(config: Config) -> Iterator[Problem]:
    """One-cycle overwrites Adam's first beta.

    It moves beta 1 from 0.95 down to 0.85 and back while the rate rises and falls, unless `cycle_momentum: false` is
    in `lr_scheduler_kwargs`.
    """
    cycles = schedule_arguments(config).get("cycle_momentum", True)
    if schedule_name(config) == "one_cycle" and config.get("adam_beta1") is not None and cycles:
        yield problem(
            "Overwritten by `one_cycle`, which moves it between 0.85 and 0.95. Remove it.", "adam_beta1", "lr_scheduler"
        )
