"""All that was given of a run's data -> one plan, and the findings that hold however far an estimate is off."""

from __future__ import annotations

from itertools import cycle, islice
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Final

from knowledge.finding import Finding, Severity
from knowledge.hub import facts_of
from knowledge.plan import Length, OfRows, TrainingPlan, make_plan, plan_of, remember_plan
from knowledge.rules import run
from knowledge.samples.report import mean_tokens
from knowledge.samples.with_block import with_block
from knowledge.value import record, replace

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from knowledge.config import Config
    from knowledge.hub import HubFacts
    from knowledge.samples import HubRows, SampleReport

_REPEATED: Final = 20_000
"""Up to here the lengths of some rows are repeated for the others; beyond, their mean does."""
_EXAMPLE: Final = 10_000
"""Rows for which the steps are told as an example."""


@record
class DataSize:
    """What is known of the size of the data without a look at it.

    Attributes:
        lengths: tokens of every row, exact.
        rows: rows of the whole dataset.
        mean_tokens: mean tokens of a row, where only the number of rows is known.
    """

    lengths: Sequence[Length] | None = None
    rows: int | None = None
    mean_tokens: float | None = None


@record
class RunData:
    """The plan of a run with its data.

    Attributes:
        plan: what is likely.
        bounds: plans at either end of what is estimated, under which a finding has to hold as well; None where not
            even they make one sure.
    """

    plan: TrainingPlan
    bounds: tuple[TrainingPlan, ...] | None = ()


def run_data(
    config: Config,
    *,
    sample: SampleReport | None = None,
    size: DataSize | None = None,
    shown: tuple[HubRows, ...] = (),
    check: Callable[[Config], SampleReport] | None = None,
) -> RunData | None:
    """The plan with everything that is known of the data; None where nothing is.

    Where the config reads no row of a file, and the check of the rows proposes a block that does, the plan is that of
    the run with the block.

    Args:
        config: The config, which remembers what the Hub said.
        sample: What the rows of a file become.
        size: What else is known of how many rows there are, and how long.
        shown: What the rows become that the Hub has shown.
        check: Checks the rows of the file under another config.
    """
    size, facts = size or DataSize(), facts_of(config)
    if size.lengths is not None:
        return RunData(make_plan(config, lengths=size.lengths))
    if sample is not None and sample.lengths and len(config.datasets) == 1:
        return _of_sample(config, sample, size.rows or _rows_on_the_hub(facts))
    if sample is not None and check is not None and (cured := with_block(config, sample)) is not None:
        read = check(cured)
        if read.lengths and not read.rows_failed:
            return _with_block(_of_sample(cured, read, size.rows or _rows_on_the_hub(facts)))
    if size.rows is not None:
        return RunData(make_plan(config, rows=size.rows, mean_tokens=size.mean_tokens))
    return None if facts is None else _of_hub(config, facts, shown)


def findings_with(config: Config, data: RunData | None) -> list[Finding]:
    """What the rules find, the data included; the config remembers the likely plan afterwards.

    A finding that only the data show has to hold at both ends of an estimate. Where more rows may exist than were
    given, it is a piece of advice that says so.

    Args:
        config: The config, of which no plan was made yet.
        data: The plan with its data.
    """
    if data is None:
        return run(config)
    before = dict(config.memo)
    if not data.bounds and data.bounds is not None and not data.plan.condition:
        remember_plan(config, data.plan)
        return run(config)
    without = run(config)
    always = sure = set(map(_key, without))
    if data.bounds is not None:
        ends = []
        for bound in data.bounds:
            _start_again(config, before, bound)
            ends.append(set(map(_key, run(config))))
        _start_again(config, before, data.plan)
        found = run(config)
        sure = set(map(_key, found)).intersection(*ends)
    else:
        found = without
        _start_again(config, before, data.plan)
    kept = [each for each in found if _key(each) in sure or _key(each) in always]
    condition = data.plan.short_condition
    return [each if not condition or _key(each) in always else _under(condition, each) for each in kept]


def _start_again(config: Config, before: dict[Any, Any], plan: TrainingPlan) -> None:
    """Forget what was computed with another plan."""
    config.memo.clear()
    config.memo.update(before)
    remember_plan(config, plan)


def _key(finding: Finding) -> tuple[str, tuple[str, ...]]:
    return finding.rule, finding.fields


def _under(condition: str, finding: Finding) -> Finding:
    """A finding that holds only under a condition."""
    message = f"{condition}: {finding.message[:1].lower()}{finding.message[1:]}"
    return replace(finding, severity=Severity.ADVICE, message=message, edit=None)


# -- rows of a file ------------------------------------------------------------------------------------------------


def _of_sample(config: Config, sample: SampleReport, total: int | None) -> RunData:
    total = sample.rows if total is None and _is_named(config, sample) else total
    part = None if total is not None else _part(config, sample)
    if part is not None and part.more:
        return RunData(replace(plan_of(config), of_rows=part))
    plan = _plan(config, sample, list(sample.lengths), total)
    if sample.exact:
        return RunData(replace(plan, of_rows=part))
    bounds = tuple(_plan(config, sample, _scaled(config, sample.lengths, factor), total) for factor in _ends())
    return RunData(replace(_with_range(plan, bounds), of_rows=part), bounds)


def _with_block(data: RunData) -> RunData:
    bounds = None if data.bounds is None else tuple(replace(each, with_block=True) for each in data.bounds)
    return RunData(replace(data.plan, with_block=True), bounds)


def _is_named(config: Config, sample: SampleReport) -> bool:
    """Whether the file is, by its name, the whole of the only dataset."""
    entry = config.datasets[0]
    files = entry.get("data_files")
    names = [entry.get("path"), *(files if isinstance(files, list) else [files])]
    named = {PurePath(str(name)).name for name in names if name}
    return not sample.cut and PurePath(sample.file).name in named


def _rows_on_the_hub(facts: HubFacts | None) -> int | None:
    """Rows of the only dataset, where the Hub counted them."""
    found = () if facts is None else tuple(each for each in facts.datasets if each.field == "datasets[0]")
    return next((each.rows for each in found if not each.estimated), None)


def _part(config: Config, sample: SampleReport) -> OfRows:
    example = make_plan(config, rows=_EXAMPLE, mean_tokens=mean_tokens(sample))
    return OfRows(rows=sample.rows, more=sample.cut, example=_EXAMPLE, steps=example.optimizer_steps_done)


def _plan(config: Config, sample: SampleReport, lengths: list[Length], total: int | None) -> TrainingPlan:
    """The plan of so many rows that are as long as these."""
    if total is None or total == sample.rows:
        return make_plan(config, lengths=lengths, of_file=True, notes=sample.notes)
    read = f"{sample.rows:,} rows were read; the others are assumed to be as long."
    share = len(lengths) / sample.rows
    if total <= _REPEATED:
        repeated = list(islice(cycle(lengths), round(total * share)))
        return make_plan(config, lengths=repeated, of_file=True, notes=(*sample.notes, read))
    mean = mean_tokens(replace(sample, lengths=tuple(lengths)))
    return make_plan(config, rows=round(total * share), mean_tokens=mean, notes=(*sample.notes, read))


def _ends() -> tuple[float, float]:
    from knowledge.samples.tokens import HIGH, LOW

    return LOW, HIGH


def _scaled(config: Config, lengths: Sequence[Length], factor: float) -> list[Length]:
    """Lengths at one end of their estimate. No row is dropped for a length that is not sure."""
    longest, shortest = config.get("sequence_len") or 512, config.get("min_sample_len") or 2

    def scaled(length: Length) -> Length:
        if isinstance(length, int):
            return max(min(round(length * factor), longest), shortest)
        if "length" in length:
            return {**length, "length": max(min(round(length["length"] * factor), longest), shortest)}
        return {part: min(tokens, longest // 2) for part, tokens in length.items()}

    return [scaled(each) for each in lengths]


def _with_range(plan: TrainingPlan, bounds: Sequence[TrainingPlan]) -> TrainingPlan:
    """The plan with the steps at either end of what is estimated."""
    steps = [each.optimizer_steps_done for each in (plan, *bounds)]
    known = [each for each in steps if each is not None]
    if len(known) < len(steps) or min(known) == max(known):
        return plan
    return replace(plan, total_num_steps_range=(min(known), max(known)))


# -- the Hub -------------------------------------------------------------------------------------------------------


def _of_hub(config: Config, facts: HubFacts, shown: tuple[HubRows, ...]) -> RunData | None:
    from knowledge.samples import counted_plan, plan_of_hub

    plan, counted = plan_of_hub(config, facts, shown), counted_plan(config, facts, shown)
    if plan is None:
        return None if counted is None else RunData(counted)
    if any(found.estimated for found in facts.datasets):
        return RunData(plan, None)
    if all(each.report.exact and each.found.whole for each in shown) and shown:
        return RunData(plan)
    if counted is not None:
        return RunData(plan, (counted,))
    ends = [
        plan_of_hub(config, facts, tuple(_scaled_rows(config, each, factor) for each in shown)) for factor in _ends()
    ]
    bounds = tuple(each for each in ends if each is not None)
    return RunData(_with_range(plan, bounds), bounds if len(bounds) == len(ends) else None)


def _scaled_rows(config: Config, rows: HubRows, factor: float) -> HubRows:
    lengths = tuple(_scaled(config, rows.report.lengths, factor))
    return rows._replace(report=replace(rows.report, lengths=lengths))
