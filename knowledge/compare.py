"""Two configs: what differs between them, and what that does to the run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from knowledge.catalog import Catalog
from knowledge.check import Report, check
from knowledge.config import Unreadable, read
from knowledge.document import Steps, join
from knowledge.duration import duration_of, time_of
from knowledge.finding import Finding, Severity
from knowledge.hub import remember_facts
from knowledge.memory import fits, memory_of
from knowledge.plan import plan_of, remember_plan
from knowledge.plan.words import gigabytes
from knowledge.secrets import mask
from knowledge.text import plural, shortened
from knowledge.value import value

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from knowledge.config import Config
    from knowledge.gpus import Gpu
    from knowledge.hub import HubFacts
    from knowledge.memory import MemoryEstimate
    from knowledge.plan import TrainingPlan
    from knowledge.run_data import DataSize
    from knowledge.samples import Sample

_MOST_VISITS: Final = 20_000
_LONGEST: Final = 81


@value
class FieldChange:
    """One path whose value differs; `before` or `after` is None where it is absent.

    `reads_same` says that Axolotl reads both alike: another spelling, or the default written out. `meaning` is what
    raising or lowering the field does, or what the field is.
    """

    path: str
    before: str | None
    after: str | None
    line_before: int | None
    line_after: int | None
    reads_same: bool
    meaning: str = ""


@value
class Effect:
    """What the differences do to the run: a name with the value before and after, None where it is not known.

    `times` is how many times as much it becomes, where only that is known.
    """

    name: str
    before: str | None
    after: str | None
    note: str = ""
    times: float | None = None

    @property
    def words(self) -> str:
        """`effective batch 150 → 600 (75 × 2 × 4 = 600)`, `optimizer steps × 0.25 (on the same rows)`."""
        change = f"{self.name} {self.before or 'not known'} → {self.after or 'not known'}"
        if self.times is not None:
            change = f"{self.name} × {self.times:.3g}"
        elif self.before is None and self.after is None:
            change = self.name
        return f"{change} ({self.note})" if self.note else change


@value
class Comparison:
    """What differs between two configs, and what that does.

    Attributes:
        gpus_before, gpus_after: GPUs of either run.
        changes: the paths that differ, in the order of the first text.
        effects: what changes about the run.
        new_findings, gone_findings: findings of the second config that the first has not, and the other way around.
        verdict_before, verdict_after: what Axolotl does with either: "refused", "fails" or "runs".
        reasons_before, reasons_after: how many findings make it so; 0 where it runs.
    """

    gpus_before: int
    gpus_after: int
    changes: tuple[FieldChange, ...]
    effects: tuple[Effect, ...]
    new_findings: tuple[Finding, ...]
    gone_findings: tuple[Finding, ...]
    verdict_before: str
    verdict_after: str
    reasons_before: int
    reasons_after: int

    @property
    def verdicts(self) -> tuple[str, str]:
        """What Axolotl does with either, in a few words."""
        before = _verdict(self.verdict_before, self.reasons_before)
        return before, _verdict(self.verdict_after, self.reasons_after)

    @property
    def same(self) -> bool:
        """Whether Both make the same run."""
        return self.gpus_before == self.gpus_after and all(change.reads_same for change in self.changes)


def _verdict(verdict: str, reasons: int) -> str:
    if verdict == "refused":
        return f"Axolotl refuses it, {plural(reasons, 'reason')}"
    return f"the run fails, {plural(reasons, 'reason')}" if verdict == "fails" else "runs"


def compare(  # noqa: PLR0913 - two configs, two counts of GPUs, the card and the rows
    before: str,
    after: str,
    *,
    gpus: int = 1,
    gpus_after: int | None = None,
    gpu: Gpu | None = None,
    dataset: Sample | None = None,
    size: DataSize | None = None,
    hub: tuple[HubFacts | None, HubFacts | None] = (None, None),
) -> Comparison:
    """Compare two configs. Never raises for anything in the texts; values are masked where they are secrets.

    Args:
        before: the first config's text.
        after: the second one's.
        gpus: GPUs of the first run.
        gpus_after: GPUs of the second, the same where None.
        gpu: the card that both are for, which adds fit and time.
        dataset: rows that both are trained on.
        size: how many rows there are, where that is known.
        hub: what the Hub says of the models and datasets of either.
    """
    a, found_a = _checked(before, gpus, dataset, size, hub[0])
    b, found_b = _checked(after, gpus if gpus_after is None else gpus_after, dataset, size, hub[1])
    return Comparison(
        gpus_before=a.gpus,
        gpus_after=b.gpus,
        changes=tuple(_changes(a, b)),
        effects=(*_effects(a, b), *(_on_card(a, b, gpu) if gpu is not None else ())),
        new_findings=_only_in(found_b.findings, found_a.findings),
        gone_findings=_only_in(found_a.findings, found_b.findings),
        verdict_before=found_a.verdict,
        verdict_after=found_b.verdict,
        reasons_before=_reasons(found_a),
        reasons_after=_reasons(found_b),
    )


def _checked(
    text: str, gpus: int, dataset: Sample | None, size: DataSize | None, hub: HubFacts | None
) -> tuple[Config, Report]:
    """A config with the plan that its check made."""
    report, config = check(text, gpus=gpus, dataset=dataset, size=size, hub=hub), read(text, gpus)
    remember_facts(config, hub)
    if report.plan is not None:
        remember_plan(config, report.plan)
    return config, report


def _reasons(report: Report) -> int:
    worst = {"refused": Severity.ERROR, "fails": Severity.CRASH}.get(report.verdict)
    return 0 if worst is None else report.count(worst)


# -- fields --------------------------------------------------------------------------------------------------------


def _changes(a: Config, b: Config) -> Iterator[FieldChange]:
    leaves_a, leaves_b = dict(_leaves(a.values)), dict(_leaves(b.values))
    for steps in dict.fromkeys((*leaves_a, *leaves_b)):
        if leaves_a.get(steps, _ABSENT) == leaves_b.get(steps, _ABSENT) and (steps in leaves_a) == (steps in leaves_b):
            continue
        before = _words(leaves_a[steps], steps) if steps in leaves_a else None
        after = _words(leaves_b[steps], steps) if steps in leaves_b else None
        place_a, place_b = a.document.place(steps), b.document.place(steps)
        yield FieldChange(
            path=join(steps),
            before=before,
            after=after,
            line_before=place_a[0] if place_a else None,
            line_after=place_b[0] if place_b else None,
            reads_same=_reads_same(a, b, steps),
            meaning=_meaning(steps, leaves_a.get(steps), leaves_b.get(steps)),
        )


_ABSENT: Final = object()


def _leaves(values: Any) -> Iterator[tuple[Steps, Any]]:
    """Every value that holds no others, with its path; a value that holds itself ends the walk."""
    pending: list[tuple[Steps, Any]] = [((), values)]
    visits = 0
    while pending and visits < _MOST_VISITS:
        visits += 1
        steps, value = pending.pop()
        if isinstance(value, dict) and value and len(steps) < _MOST_STEPS:
            pending += [((*steps, str(key)), item) for key, item in reversed(list(value.items()))]
        elif isinstance(value, list) and value and len(steps) < _MOST_STEPS:
            pending += [((*steps, index), item) for index, item in reversed(list(enumerate(value)))]
        elif steps:
            yield steps, value


_MOST_STEPS: Final = 12


def _words(value: Any, steps: Steps) -> str:
    """A value as one would write it, masked and not too long."""
    text = value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
    key = f"{steps[-1]}: "
    shown = mask(f"{key}{text}").removeprefix(key)
    return shortened(shown, _LONGEST)


def _reads_same(a: Config, b: Config, steps: Steps) -> bool:
    """Whether Axolotl reads the root fields alike; what it drops without a message makes no difference either."""
    root = str(steps[0])
    name = a.types.aliases.get(root, root)
    if a.field(name) is None and b.field(name) is None:
        return root not in _READ_THOUGH_NO_FIELD
    try:
        if name == "datasets":
            return a.datasets == b.datasets
        return bool(a.typed(name) == b.typed(name))
    except Unreadable:
        return False


_READ_THOUGH_NO_FIELD: Final = frozenset({"fsdp", "dpo_beta", "rl_beta"})


def _meaning(steps: Steps, before: Any, after: Any) -> str:
    """What a field is, or what raising or lowering it does where both values are numbers."""
    path = join(tuple(step for step in steps if isinstance(step, str)))
    catalog = Catalog.load()
    resolved = catalog.resolve(str(steps[0]))[0] if len(steps) == 1 else path
    note = catalog.note(resolved or path) or catalog.note(path.replace("datasets.", "datasets[].", 1))
    if note is None:
        return ""
    if _is_number(before) and _is_number(after):
        direction = note.raising if after > before else note.lower
        return direction or note.summary
    return note.summary


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


# -- effects -------------------------------------------------------------------------------------------------------


def _effects(a: Config, b: Config) -> Iterator[Effect]:
    if not a.values or not b.values or a.launcher is not None or b.launcher is not None:
        return
    before, after = plan_of(a), plan_of(b)
    if a.gpus != b.gpus:
        yield Effect(name="GPUs", before=f"{a.gpus:,}", after=f"{b.gpus:,}")
    yield from _numbers(before, after)
    yield from _steps(a, b, before, after)
    yield from _sizes(before, after, memory_of(a), memory_of(b))


def _numbers(before: TrainingPlan, after: TrainingPlan) -> Iterator[Effect]:
    named = (
        ("effective batch", before.real_global_batch, after.real_global_batch, after.formula or ""),
        ("tokens per step", before.tokens_per_step, after.tokens_per_step, ""),
        ("epochs", before.num_epochs, after.num_epochs, ""),
        ("peak learning rate", before.learning_rate, after.learning_rate, ""),
        ("warm-up steps", before.warmup_steps, after.warmup_steps, ""),
        ("saves", before.n_saves_at_most, after.n_saves_at_most, ""),
    )
    for name, old, new, note in named:
        if old != new:
            yield Effect(name=name, before=_shown(old), after=_shown(new), note=note)
    for name, was, now in (
        ("schedule", before.lr_scheduler, after.lr_scheduler),
        ("saving", before.save_strategy, after.save_strategy),
        ("evaluation", before.eval_strategy, after.eval_strategy),
        ("batch counted in", before.unit, after.unit),
    ):
        if was != now:
            yield Effect(name=name, before=was, after=now)


def _shown(value: float | None) -> str | None:
    if value is None:
        return None
    return f"{value:,}" if isinstance(value, int) else f"{value:,.6g}"


def _steps(a: Config, b: Config, before: TrainingPlan, after: TrainingPlan) -> Iterator[Effect]:
    """Optimizer steps: their numbers where they are known, else how many times as many on the same rows."""
    old, new = before.optimizer_steps_done, after.optimizer_steps_done
    if old is not None or new is not None:
        if old != new:
            yield Effect(name="optimizer steps", before=_shown(old), after=_shown(new))
        return
    ratio = _step_ratio(a, b, before, after)
    if ratio is None:
        yield Effect(
            name="optimizer steps", before=None, after=None, note="they follow from the rows, which are not known"
        )
    elif abs(ratio - 1) > _ALIKE:
        yield Effect(name="optimizer steps", before=None, after=None, note="on the same rows", times=ratio)


_ALIKE: Final = 0.005


def _step_ratio(a: Config, b: Config, before: TrainingPlan, after: TrainingPlan) -> float | None:
    """Steps of the second run by those of the first, when both train on the same rows; None when that is unknown."""
    if a.datasets != b.datasets or before.sample_packing != after.sample_packing:
        return None
    work = (_work(a, before), _work(b, after))
    if not work[0] or not work[1]:
        return None
    return work[1] / work[0]


def _work(config: Config, plan: TrainingPlan) -> float | None:
    """What the number of steps is proportional to."""
    batch = plan.global_batch_size
    if not batch or not plan.num_epochs:
        return None
    held = config.get("val_set_size", 0.0)
    share = 1 - held if isinstance(held, float) and 0 <= held < 1 else 1.0
    length = plan.sequence_len if plan.sample_packing and plan.sequence_len else 1
    return float(plan.num_epochs) * share / (batch * length)


def _sizes(
    before: TrainingPlan, after: TrainingPlan, old: MemoryEstimate | None, new: MemoryEstimate | None
) -> Iterator[Effect]:
    if old is not None or new is not None:
        gib = tuple(None if each is None else f"{each.estimate_gib:.1f} GiB" for each in (old, new))
        if gib[0] != gib[1]:
            yield Effect(name="memory per GPU", before=gib[0], after=gib[1], note="estimated")
        trained = tuple(None if each is None else f"{each.trainable_params:,}" for each in (old, new))
        if trained[0] != trained[1]:
            yield Effect(name="trainable parameters", before=trained[0], after=trained[1])
    if before.storage is not None and after.storage is not None:
        sizes = [gigabytes(each.checkpoint_bytes) for each in (before.storage, after.storage)]
        if sizes[0] != sizes[1]:
            yield Effect(name="one checkpoint", before=sizes[0], after=sizes[1])
        peaks = [gigabytes(each.local_peak_bytes) for each in (before.storage, after.storage)]
        if peaks[0] != peaks[1]:
            yield Effect(name="disk at its peak", before=peaks[0], after=peaks[1])
        hubs = [
            gigabytes(each.hub_bytes) if each.hub_strategy else "nothing" for each in (before.storage, after.storage)
        ]
        if hubs[0] != hubs[1]:
            yield Effect(name="on the Hub at the end", before=hubs[0], after=hubs[1])


def _on_card(a: Config, b: Config, gpu: Gpu) -> Iterator[Effect]:
    """Fit and time on a card, where they differ."""
    words = {True: "yes", False: "no", None: "not known"}
    held = [words[fits(memory_of(config), gpu)] for config in (a, b)]
    if held[0] != held[1]:
        yield Effect(name=f"fits {gpu.name}", before=held[0], after=held[1])
    times = [duration_of(config, gpu) for config in (a, b)]
    for name, pair in (
        (f"a step on {gpu.name}", [None if each is None else each.per_step_s for each in times]),
        (f"the whole run on {gpu.name}", [None if each is None else each.estimate_s for each in times]),
    ):
        old, new = (None if seconds is None else time_of(seconds) for seconds in pair)
        if old != new:
            yield Effect(name=name, before=old, after=new, note="estimated")


# -- findings ------------------------------------------------------------------------------------------------------


def _only_in(these: Sequence[Finding], those: Sequence[Finding]) -> tuple[Finding, ...]:
    """Findings whose rule and fields the others have not; advice left out."""
    known = {(finding.rule, finding.fields) for finding in those}
    return tuple(
        finding
        for finding in these
        if finding.severity is not Severity.ADVICE and (finding.rule, finding.fields) not in known
    )
