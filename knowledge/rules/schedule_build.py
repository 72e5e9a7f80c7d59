"""Learning-rate schedules that pass validation and cannot be built."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knowledge.finding import Severity
from knowledge.plan import plan_of, trainer_warmup
from knowledge.rule import Problem, problem, rule
from knowledge.schedule import (
    ARGUMENT_FIELDS,
    FOLLOWS_EVALUATION,
    KINDS,
    arguments_read,
    failure_of,
    is_quadratic,
    schedule_arguments,
    schedule_name,
    schedule_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.config import Config

_MINIMUM = ("cosine_with_min_lr", "cosine_warmup_with_min_lr")
_WORDS = {"warmup_type", "decay_type", "anneal_strategy", "mode", "threshold_mode"}
_SWITCHES = {"cycle_momentum", "three_phase", "verbose", "smooth"}
_DIES_OF_WARMUP = ("rex", "one_cycle")
_LONG_WARMUP = 20


@rule(
    Severity.CRASH,
    fields=("lr_scheduler",),
    bad="lr_scheduler: cosine_annealing\n",
    good="lr_scheduler: cosine\n",
    says="is not a valid SchedulerType",
)
def unknown_schedule(config: Config) -> Iterator[Problem]:
    """The trainer does not know a schedule of this name.

    Axolotl's validation accepts any name; the trainer refuses it when it is built, after the data is prepared. Use
    one of Transformers' names, or Axolotl's own rex and one_cycle.
    """
    name = schedule_name(config)
    if name not in KINDS:
        near = min(KINDS, key=lambda known: (not known.startswith(name[:6]), abs(len(known) - len(name))))
        suggestion = near if near.startswith(name[:4]) else None
        cure = f"Did you mean `{suggestion}`?" if suggestion else "Use `cosine`, `linear`, or `constant`."
        yield problem(
            f"No schedule has this name: the trainer cannot be built. {cure}", "lr_scheduler", suggestion=suggestion
        )


@rule(
    Severity.CRASH,
    fields=("lr_scheduler",),
    bad="lr_scheduler: reduce_lr_on_plateau\n",
    good="lr_scheduler: reduce_lr_on_plateau\nval_set_size: 0.05\nevals_per_epoch: 4\n",
    says="requires an eval strategy",
)
def schedule_needs_evaluation(config: Config) -> Iterator[Problem]:
    """The schedule follows the evaluation loss, and nothing is evaluated.

    `reduce_lr_on_plateau` and `greedy` change the rate after an evaluation. Hold rows out with `val_set_size` and say
    how often to evaluate with `eval_steps` or `evals_per_epoch`.
    """
    if schedule_name(config) in FOLLOWS_EVALUATION and plan_of(config).eval_strategy == "no":
        yield problem(
            "Without evaluation, this schedule cannot start: set `val_set_size` and `evals_per_epoch`.", "lr_scheduler"
        )


@rule(
    Severity.CRASH,
    fields=(
        "lr_scheduler",
        "lr_scheduler_kwargs",
    ),
    bad="lr_scheduler: warmup_stable_decay\n",
    good="lr_scheduler: warmup_stable_decay\nlr_scheduler_kwargs:\n  num_decay_steps: 100\n",
    says=(
        "missing 1 required positional argument: 'num_decay_steps'",
        "One of min_lr or min_lr_rate should be set",
        "Only one of min_lr or min_lr_rate should be set",
    ),
)
def schedule_needs_an_argument(config: Config) -> Iterator[Problem]:
    """The schedule needs an argument that is missing from `lr_scheduler_kwargs`.

    `warmup_stable_decay` must be told how many steps the decay takes, and the cosine schedules with a minimum what
    the minimum is, as a rate (`min_lr`) or as a share (`min_lr_rate`), not both. Validation does not ask; the trainer
    does.
    """
    name, arguments = schedule_name(config), schedule_arguments(config)
    fields = ("lr_scheduler", "lr_scheduler_kwargs")
    if name == "warmup_stable_decay" and arguments.get("num_decay_steps") is None:
        yield problem("Training stops at the start: add `num_decay_steps` to `lr_scheduler_kwargs`.", *fields)
    if name in _MINIMUM:
        given = [key for key in ("min_lr", "min_lr_rate") if arguments.get(key) is not None]
        if not given:
            yield problem("Training stops at the start: add `min_lr_rate: 0.1` to `lr_scheduler_kwargs`.", *fields)
        elif len(given) > 1:
            yield problem("Training stops at the start: keep one of `min_lr` and `min_lr_rate`.", *reversed(fields))


@rule(
    Severity.CRASH,
    fields=ARGUMENT_FIELDS,
    needs=("lr_scheduler_kwargs",),
    bad="lr_scheduler: linear\nlr_scheduler_kwargs:\n  power: 2\n",
    good="lr_scheduler: linear\n",
    says="got an unexpected keyword argument",
)
def schedule_takes_no_such_argument(config: Config) -> Iterator[Problem]:
    """This schedule does not accept one of the arguments in `lr_scheduler_kwargs`.

    The arguments go to the schedule's builder as they are, and it refuses unknown ones when training starts.
    """
    taken = arguments_read(config)
    if taken is None:
        return
    for name in schedule_arguments(config):
        if name not in taken:
            takes = ", ".join(f"`{known}`" for known in sorted(taken)[:3]) or "no arguments"
            yield problem(
                f"Training stops at the start: `{schedule_name(config)}` accepts {takes}. Remove this one.",
                f"lr_scheduler_kwargs.{name}",
            )


@rule(
    Severity.CRASH,
    fields=ARGUMENT_FIELDS,
    needs=("lr_scheduler_kwargs",),
    bad="lr_scheduler: cosine_with_min_lr\nlr_scheduler_kwargs:\n  min_lr: 1e-6\n",
    good="lr_scheduler: cosine_with_min_lr\nlr_scheduler_kwargs:\n  min_lr: 1.0e-6\n",
    says="unsupported operand type(s) for /: 'str' and 'float'",
)
def schedule_argument_is_text(config: Config) -> Iterator[Problem]:
    """A number in `lr_scheduler_kwargs` is text for YAML.

    YAML 1.1 reads `1e-6` as text: a number needs a decimal point, `1.0e-6`. Axolotl turns such text into numbers for
    its own fields, but passes these arguments on as they are.
    """
    taken = arguments_read(config) or frozenset()
    for name, value in schedule_arguments(config).items():
        if isinstance(value, str) and name in taken and name not in _WORDS | _SWITCHES:
            yield problem(
                f"YAML reads this as text, so training stops at the start: write `{_with_point(value)}`.",
                f"lr_scheduler_kwargs.{name}",
            )


def _with_point(text: str) -> str:
    mantissa, mark, exponent = text.partition("e")
    return f"{mantissa}.0e{exponent}" if mark and "." not in mantissa else text.strip("\"' ")


@rule(
    Severity.CRASH,
    fields=(
        "cosine_min_lr_ratio",
        "cosine_constant_lr_ratio",
        "lr_scheduler",
        "lr_quadratic_warmup",
        "rl",
    ),
    needs=("cosine_min_lr_ratio", "cosine_constant_lr_ratio"),
    bad="lr_scheduler: cosine\ncosine_min_lr_ratio: 10\n",
    good="lr_scheduler: cosine\ncosine_min_lr_ratio: 0.1\n",
    says=("cosine_min_lr_ratio must be between 0.0 and 1.0", "cosine_constant_lr_ratio must be between 0.0 and 1.0"),
)
def ratio_out_of_range(config: Config) -> Iterator[Problem]:
    """A share of the learning rate or of the steps is outside 0 to 1. Both ratios are shares: 0.1 is a tenth.

    Validation accepts any number, and the trainer then stops at the start.
    """
    if schedule_name(config) not in {"cosine", "rex"} or is_quadratic(config):
        return
    minimum, constant = config.get("cosine_min_lr_ratio"), config.get("cosine_constant_lr_ratio")
    if minimum is not None and not 0 <= minimum <= 1:
        yield problem("Outside 0 to 1: training stops at the start. A tenth is 0.1.", "cosine_min_lr_ratio")
    if minimum and constant and schedule_name(config) == "cosine" and not 0 <= constant <= 1:
        yield problem("Outside 0 to 1: training stops at the start. Four fifths is 0.8.", "cosine_constant_lr_ratio")


@rule(
    Severity.CRASH,
    fields=(
        "jagged_restart_steps",
        "rl",
        "lr_scheduler",
    ),
    needs=("jagged_restart_steps",),
    bad="lr_scheduler: one_cycle\njagged_restart_steps: 100\n",
    good="lr_scheduler: cosine\njagged_restart_steps: 100\n",
)
def restarts_around_this_schedule(config: Config) -> Iterator[Problem]:
    """Restarts are wrapped around a schedule that does not support them.

    `one_cycle` refuses the one step that the restarts run ahead, at the very end of the run; the two schedules that
    follow the evaluation have no rate that could be multiplied, and fail at the start.
    """
    if not config.get("jagged_restart_steps") or config.get("rl"):
        return
    if schedule_name(config) == "one_cycle":
        yield problem(
            "Training crashes at its last step with `one_cycle`: use `cosine`.", "jagged_restart_steps", "lr_scheduler"
        )
    elif schedule_name(config) in FOLLOWS_EVALUATION:
        yield problem(
            f"Training stops at the start with `{schedule_name(config)}`: use `cosine`.",
            "jagged_restart_steps",
            "lr_scheduler",
        )


@rule(
    Severity.CRASH,
    fields=(
        "lr_scheduler",
        "max_steps",
        "warmup_steps",
        "warmup_ratio",
        "jagged_restart_steps",
        "lr_scheduler_kwargs",
        "learning_rate",
        "cosine_min_lr_ratio",
        "cosine_constant_lr_ratio",
        "lr_quadratic_warmup",
        "rl",
        "jagged_restart_warmup_steps",
        "jagged_restart_anneal_steps",
    ),
    bad="lr_scheduler: rex\nmax_steps: 30\nwarmup_steps: 50\n",
    good="lr_scheduler: rex\nmax_steps: 30\nwarmup_ratio: 0.1\n",
    says=("must be less than or equal to total_steps", "Expected float between 0 and 1 pct_start"),
    lengths=(100,) * 4000,
)
def schedule_cannot_be_built(config: Config) -> Iterator[Problem]:
    """The schedule cannot be built for the number of steps of this run.

    This is known where `max_steps` or the data gives the steps. Usually the warm-up is longer than the run: some
    schedules then refuse to start, or divide by nothing at the last step.
    """
    plan = plan_of(config)
    name = schedule_name(config)
    told = plan.trainer_max_steps
    steps = told if isinstance(told, int) and told > 0 else plan.optimizer_steps_done
    if not steps or plan.warmup_steps is None or name not in KINDS or name in FOLLOWS_EVALUATION:
        return
    if schedule_arguments(config) or config.get("jagged_restart_steps"):
        return  # their own rules speak
    warmup = trainer_warmup(plan.warmup_steps, steps)
    schedule = schedule_of(config, total=steps, warmup=warmup)
    if schedule is not None and failure_of(schedule) and warmup >= steps:
        yield problem(
            f"Warm-up of {warmup:,} steps in a run of {steps:,}: `{name}` crashes. Set `warmup_ratio: 0.1`.",
            "warmup_steps" if config.written("warmup_steps") else "lr_scheduler",
            "lr_scheduler",
        )


@rule(
    Severity.WARNING,
    fields=(
        "lr_scheduler",
        "warmup_steps",
    ),
    bad="lr_scheduler: rex\nwarmup_steps: 100\n",
    good="lr_scheduler: rex\nwarmup_ratio: 0.1\n",
)
def warmup_may_outlast_the_run(config: Config) -> Iterator[Problem]:
    """A fixed warm-up with a schedule that crashes when the run is shorter.

    With other schedules, a short run only fails to reach its rate; `rex` and `one_cycle` refuse to start. A share of
    the steps, `warmup_ratio`, cannot outlast them.
    """
    warmup = config.get("warmup_steps")
    dies = schedule_name(config) in _DIES_OF_WARMUP
    if dies and warmup and warmup >= _LONG_WARMUP and plan_of(config).trainer_max_steps is None:
        yield problem(
            f"Below {warmup:,} steps `{schedule_name(config)}` crashes on this warm-up: use `warmup_ratio: 0.1`.",
            "warmup_steps",
            "lr_scheduler",
        )


@rule(
    Severity.CRASH,
    fields=(
        "lr_scheduler",
        "optimizer",
        "lr_scheduler_kwargs",
    ),
    bad="lr_scheduler: one_cycle\noptimizer: adafactor\n",
    good="lr_scheduler: one_cycle\noptimizer: adafactor\nlr_scheduler_kwargs:\n  cycle_momentum: false\n",
    says="optimizer must support momentum or beta1 with `cycle_momentum` option enabled",
)
def one_cycle_needs_momentum(config: Config) -> Iterator[Problem]:
    """One-cycle tries to move a momentum that this optimizer does not have.

    Set `cycle_momentum: false` in `lr_scheduler_kwargs`, or use an optimizer of the Adam family.
    """
    cycles = schedule_arguments(config).get("cycle_momentum", True)
    if schedule_name(config) == "one_cycle" and config.get("optimizer") == "adafactor" and cycles:
        yield problem(
            "Training stops at the start: `adafactor` has no momentum for it. Set `cycle_momentum: false`.",
            "lr_scheduler",
            "optimizer",
        )
