"""The pipeline: text in, Report out. Document, secrets, Config, schema, rules, plan, memory; no step looks back."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from knowledge.config import Config, Failure, read
from knowledge.document import MAX_FINDINGS, Document, Duplicate, Fault, Mapping
from knowledge.duration import Cost, Duration, cost_of
from knowledge.finding import Edit, Finding, Place, Severity
from knowledge.fixes import Reading, proven
from knowledge.hub import HubFacts, HubReport, remember_facts, report_of, unseen
from knowledge.memory import Fitting, MemoryEstimate, fits, fitting_card, memory_of, smaller_cards
from knowledge.parameters import base_parameters, known_total
from knowledge.pattern import expression
from knowledge.plan import TrainingPlan, plan_of
from knowledge.releases import release_findings
from knowledge.run_data import DataSize, RunData, findings_with, run_data
from knowledge.samples.report import SampleReport
from knowledge.schema import origin, schema_findings
from knowledge.secrets import Secret
from knowledge.value import field, replace, value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from knowledge.gpus import Gpu
    from knowledge.samples import HubRows, Sample

_Value = TypeVar("_Value")
_SILENCE = expression(r"#\s*helpbot:\s*ignore\s+([A-Za-z0-9_, -]+)")


@value
class Report:
    """What a check says of one config.

    `verdict` is "refused" (an ERROR), "fails" (a CRASH) or "runs"; `keys` counts the top-level keys; `repairs` says
    what pasting had done to the text; `silenced` counts findings that a comment in the file switched off;
    `launcher` says that it is not a training config but a file for `--cloud`; `origin` says which other trainer it was
    written for, and what of it has no counterpart; `gpu` is the card that was asked about,
    with whether it `fits`, the `duration` of the run on it and, at a price, its `cost`; `ways` are the cheapest changes
    to fit it, or the next smaller cards.
    """

    axolotl: str
    verdict: str
    findings: tuple[Finding, ...]
    plan: TrainingPlan | None = None
    memory: MemoryEstimate | None = None
    gpu: str | None = None
    duration: Duration | None = None
    fits: bool | None = None
    cost: Cost | None = None
    ways: tuple[Fitting, ...] = ()
    dataset: SampleReport | None = None
    hub: HubReport | None = None
    gpus: int = 1
    keys: int = 0
    repairs: tuple[str, ...] = ()
    silenced: int = 0
    secrets: tuple[Secret, ...] = ()
    launcher: bool = False
    origin: tuple[str, ...] = ()
    not_checked: tuple[str, ...] = ()
    # What raised an exception, for the host's log; it is no part of the JSON.
    failures: tuple[Failure, ...] = field(default=(), metadata={"exclude": True})

    def count(self, severity: Severity) -> int:
        """How many findings have a severity."""
        return sum(1 for finding in self.findings if finding.severity is severity)


def check(  # noqa: PLR0913 - everything that may be known besides the text
    text: str,
    *,
    gpus: int = 1,
    axolotl: str | None = None,
    dataset: bytes | Path | Sample | None = None,
    tokenizer: Path | None = None,
    hub: HubFacts | None = None,
    size: DataSize | None = None,
) -> Report:
    """Check one config. Never raises for anything in the text.

    Args:
        text: The YAML, as pasted or from a file.
        gpus: How many GPUs (processes) the run has.
        axolotl: An older release to answer for, such as "0.16.0"; None for the release of the facts.
        dataset: A sample of the dataset: its bytes, its path, or a Sample that says more of it.
        tokenizer: A tokenizer.json, or its folder, to count the sample's tokens with; else they are estimated.
        hub: What the Hub says of the model and the datasets; rows that it shows are checked where none are given.
        size: How many rows the dataset has, or how long they are, where that is known.
    """
    return checked(text, gpus=gpus, axolotl=axolotl, dataset=dataset, tokenizer=tokenizer, hub=hub, size=size)[0]


def checked(  # noqa: PLR0913 - as check
    text: str,
    *,
    gpus: int = 1,
    axolotl: str | None = None,
    dataset: bytes | Path | Sample | None = None,
    tokenizer: Path | None = None,
    hub: HubFacts | None = None,
    size: DataSize | None = None,
) -> tuple[Report, Config]:
    """What `check` finds, and the config as it was read, which `on_cards` asks further."""
    config = read(text, gpus)
    remember_facts(config, hub)
    document, secrets = config.document, config.secrets
    trains = bool(config.values) and config.launcher is None
    sample = None
    if dataset is not None and trains:
        sample = _attempt("rows", config, partial(_sample, dataset=dataset, tokenizer=tokenizer))
    shown: tuple[HubRows, ...] = ()
    if hub is not None and sample is None and trains:
        shown = _attempt("rows of the Hub", config, partial(_shown, hub=hub, tokenizer=tokenizer)) or ()
    samples = (sample,) if sample is not None else tuple(each.report for each in shown)
    again = None if dataset is None else partial(_sample, dataset=dataset, tokenizer=tokenizer)
    found_data = partial(run_data, sample=sample, size=size, shown=shown, check=again)
    data = _attempt("data", config, found_data) if trains else None
    found = _findings(config, axolotl, samples, data)
    if secrets:
        found = _without_edits_beside(secrets, found, document)
    found = proven(text, Reading(document.values, found), partial(_read_again, gpus=gpus, axolotl=axolotl, hub=hub))
    found, silenced = _silence(found, document)
    found.sort(key=_order)
    cut = len(found) > MAX_FINDINGS
    plan = _attempt("plan", config, plan_of) if trains else None
    memory = _attempt("memory estimate", config, memory_of) if trains else None
    report = Report(
        axolotl=axolotl or config.types.axolotl,
        verdict=_verdict(found),
        findings=tuple(found[:MAX_FINDINGS]),
        dataset=next(iter(samples), None),
        hub=_hub_report(config, hub) if hub is not None and trains else None,
        plan=plan,
        memory=memory,
        gpus=gpus,
        keys=len(config.values),
        repairs=tuple(document.repairs),
        silenced=silenced,
        secrets=secrets,
        launcher=config.launcher is not None,
        origin=_attempt("origin", config, partial(_origin, found=found)) or (),
        not_checked=_not_checked(config, hub, rows=dataset is not None, cut=cut),
        failures=tuple(dict.fromkeys(config.failures)),
    )
    return report, config


def on_cards(report: Report, config: Config, gpu: Gpu | None = None, price: float | None = None) -> Report:
    """A report that also says what makes the run fit cards, and whether it fits one and how long it takes there.

    Args:
        report: What was found in a text.
        config: The config as `checked` read it.
        gpu: The card; without it the next smaller ones that people have.
        price: Price of one such GPU for an hour, for the cost.
    """
    if report.plan is None:
        return replace(report, gpu=None if gpu is None else gpu.name)
    if gpu is None:
        return replace(report, ways=_attempt("cards", config, smaller_cards) or ())
    from knowledge.duration import duration_of

    way = _attempt("cards", config, partial(fitting_card, card_gb=gpu.memory_gb[0]))
    duration = _attempt("duration", config, partial(duration_of, gpu=gpu))
    return replace(
        report,
        gpu=gpu.name,
        duration=duration,
        fits=fits(report.memory, gpu),
        cost=cost_of(duration, price, report.gpus),
        ways=() if way is None else (way,),
    )


def _sample(config: Config, dataset: bytes | Path | Sample, tokenizer: Path | None) -> SampleReport:
    from knowledge.samples import check_rows

    return check_rows(config, dataset, tokenizer=tokenizer)


def _shown(config: Config, hub: HubFacts, tokenizer: Path | None) -> tuple[HubRows, ...]:
    """What the rows become that the Hub has shown."""
    if not any(each.rows is not None for each in hub.datasets):
        return ()
    from knowledge.samples import check_hub_rows

    return check_hub_rows(config, hub, tokenizer)


def _hub_report(config: Config, hub: HubFacts) -> HubReport:
    """What was found on the Hub; a number of parameters only where it is more than a guess by the name."""
    return report_of(hub, known_total(base_parameters(config)))


def _findings(
    config: Config, axolotl: str | None, samples: tuple[SampleReport, ...] = (), data: RunData | None = None
) -> list[Finding]:
    """What is found in a text: of the YAML, the names and types, the rows, the rules, the release."""
    document = config.document
    found = [_fault_finding(fault, document) for fault in document.faults]
    found += [_duplicate(each, document) for each in document.duplicates[: MAX_FINDINGS + 1]]
    if not isinstance(document.values, Mapping) or not document.values:
        if not any(finding.severity is Severity.ERROR for finding in found):
            found.append(_not_a_mapping(document))
        return found
    found += schema_findings(config)
    found += [finding for sample in samples for finding in sample.findings]
    found += findings_with(config, data)
    if samples:
        from knowledge.samples import replaced_rules

        needless = frozenset().union(*(replaced_rules(sample) for sample in samples))
        found = [each for each in found if each.rule not in needless]
    return found if config.launcher is not None else release_findings(config, found, axolotl)


def _read_again(text: str, *, gpus: int, axolotl: str | None, hub: HubFacts | None) -> Reading:
    """A corrected copy, checked as the text itself was."""
    config = read(text, gpus)
    remember_facts(config, hub)
    return Reading(config.document.values, _findings(config, axolotl))


def _without_edits_beside(secrets: Iterable[Secret], found: list[Finding], document: Document) -> list[Finding]:
    """No edit on the line of a secret: its columns are those of the masked text."""
    lines = {document.given(secret.line - 1, 0)[0] for secret in secrets}
    return [
        replace(finding, edit=None)
        if finding.edit and not lines.isdisjoint(range(finding.edit.line, finding.edit.end_line + 1))
        else finding
        for finding in found
    ]


def _origin(config: Config, found: list[Finding]) -> tuple[str, ...]:
    """What a config of another trainer is; nothing of one that was written for Axolotl."""
    whose = origin(config)
    translated = sum(finding.rule == "foreign-key" and finding.edit is not None for finding in found)
    return () if whose is None else whose.sentences(translated)


def _attempt(name: str, config: Config, compute: Callable[[Config], _Value]) -> _Value | None:
    """What a computation gives; None, and a word about it, where it fails on values that no field takes."""
    try:
        return compute(config)
    except Exception as error:  # noqa: BLE001 - the findings are worth more than the numbers; what is missing is said
        config.failures.append(Failure(name, type(error).__name__))
        return None


def _order(finding: Finding) -> tuple[int, int, int]:
    return finding.order


def _verdict(found: Iterable[Finding]) -> str:
    worst = min((finding.severity.rank for finding in found), default=Severity.ADVICE.rank)
    return {Severity.ERROR.rank: "refused", Severity.CRASH.rank: "fails"}.get(worst, "runs")


def _not_checked(config: Config, hub: HubFacts | None, *, rows: bool, cut: bool) -> tuple[str, ...]:
    if config.launcher is not None:
        first = "whether the image and the files next to this one exist, your account at the provider"
    else:
        first = ", ".join((*unseen(config, hub, rows=rows), "your drivers and packages"))
    broken = [f"{failure.what}, which failed on this config" for failure in dict.fromkeys(config.failures)]
    beyond = [f"anything beyond the first {MAX_FINDINGS} findings: fix those, then check again"] if cut else []
    return (first, *broken, *beyond)


def _fault_finding(fault: Fault, document: Document) -> Finding:
    line, column = document.given(min(fault.line, len(document.lines)) - 1, fault.column - 1)
    excerpt = document.lines[fault.line - 1].strip() if fault.line <= len(document.lines) else ""
    place = Place(path="", line=line, column=column, excerpt=excerpt)
    return Finding(
        rule=fault.id,
        severity=Severity.ERROR,
        line=line,
        column=column,
        message=fault.message,
        why=fault.why,
        places=(place,),
        mended=fault.mended,
        edit=_line_edit(fault, document),
    )


def _line_edit(fault: Fault, document: Document) -> Edit | None:
    """The edit of whole lines that cures a fault; none where pasting had moved the lines sideways."""
    if fault.replaces is None or document.indents != 0:
        return None
    first, last, text = fault.replaces
    start, end = document.given(first, 0), document.given(last, len(document.lines[last]))
    return Edit(line=start[0], column=start[1], end_line=end[0], end_column=end[1], replacement=text)


def _duplicate(each: Duplicate, document: Document) -> Finding:
    first, last = document.given(each.first.line, each.first.column), document.given(each.last.line, each.last.column)
    words = document.lines[each.first.line][each.first.column :].strip()
    place = Place(path=str(each.key), line=first[0], column=first[1], excerpt=words)
    return Finding(
        rule="yaml-duplicate-key",
        severity=Severity.WARNING,
        fields=(str(each.key),),
        line=first[0],
        column=first[1],
        message=f"Written twice: only line {last[0]} counts. Remove one of the two.",
        why="YAML keeps the last value of a repeated key and drops the others without a message.",
        places=(place,),
    )


def _not_a_mapping(document: Document) -> Finding:
    kind = {list: "a list", type(None): "empty", Mapping: "empty"}.get(
        type(document.values), "a list" if isinstance(document.values, list) else "a single value"
    )
    return Finding(
        rule="yaml-not-a-mapping",
        severity=Severity.ERROR,
        line=1,
        column=1,
        message=f"This is {kind}, not a config. A config is `key: value` lines, often starting with `base_model: ...`.",
        why="Axolotl reads a mapping of its fields.",
    )


def _silence(found: list[Finding], document: Document) -> tuple[list[Finding], int]:
    """Leave out what `# helpbot: ignore RULE-ID` switches off: on its line, or everywhere when above the first key."""
    if "helpbot:" not in document.text:
        return found, 0
    by_line: dict[int, set[str]] = {}
    everywhere: set[str] = set()
    seen_key = False
    for number, line in enumerate(document.lines):
        match = _SILENCE.search(line)
        before = line[: match.start()].strip() if match else line.strip()
        seen_key = seen_key or bool(before and not before.startswith("#"))
        if match:
            names = set(re.split(r"[,\s]+", match[1].strip()))
            by_line.setdefault(document.given(number, 0)[0], set()).update(names)
            if not seen_key:
                everywhere |= names
    kept = [
        finding
        for finding in found
        if finding.rule not in everywhere
        and not any(finding.rule in by_line.get(place.line, ()) for place in finding.places)
        and finding.rule not in by_line.get(finding.line or 0, ())
    ]
    return kept, len(found) - len(kept)


__all__ = ["Edit", "Report", "check", "checked", "on_cards"]
