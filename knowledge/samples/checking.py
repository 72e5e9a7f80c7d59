"""The check of a sample: which entry, which reader, which type; then every row, its length, and the findings."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from knowledge.config import Config, prepare_dataset
from knowledge.finding import Finding, Severity
from knowledge.hub import tokenizer_repository
from knowledge.samples.candidates import Candidates
from knowledge.samples.case import Case, choose_template, model_for, settings_of
from knowledge.samples.cures import TRIED, Curer
from knowledge.samples.entry import Entry, check_split, choose_entry, file_form, resolve_kind
from knowledge.samples.evaluation import check_evaluation
from knowledge.samples.first_rows import rows_at
from knowledge.samples.images import counted_images, shows_images
from knowledge.samples.issues import Issues, Met
from knowledge.samples.lengths import Lengths, Tally, spread
from knowledge.samples.readers import READERS
from knowledge.samples.reading import read_rows, rows_given
from knowledge.samples.report import SampleReport
from knowledge.samples.rows import MOST_COLUMNS, SAMPLE_BYTES, Rows, Sample
from knowledge.samples.texts import check_special, check_texts
from knowledge.samples.unread import check_unread
from knowledge.samples.wording import Surroundings, finding, load_told, sentence
from knowledge.secrets import mask

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from knowledge.samples.kinds import Kind
    from knowledge.samples.report import Example
    from knowledge.samples.rows import Row
    from knowledge.samples.tokens import Model

_PRINTED = frozenset({"chat", "chat_pair", "orpo", "bradley_terry", "ebft_chat"})
_BEGINNING = 65_536
"""Bytes that are read again where a cure changes the reader."""

_MANY = 0.1
"""From this share on, rows left out as doubles are more than a note."""

_FAULTY = 2
"""Rows with a fault that are shown as the run reads them."""

_FEW = 3
"""Fewer rows than that may well have one label by chance."""


@dataclass(slots=True)
class Checked:
    """What reading the rows under one entry gave."""

    issues: Issues
    kind: Kind | None = None
    case: Case | None = None
    tally: Tally = field(default_factory=Tally)


def check_rows(
    config: Config,
    sample: bytes | Path | Sequence[Row] | Sample,
    *,
    name: str = "sample.jsonl",
    tokenizer: Path | None = None,
) -> SampleReport:
    """Check a sample of rows against a config. Never raises for anything in either.

    Args:
        config: The config.
        sample: The rows, or a Sample that says more of them; then the other arguments are not looked at.
        name: The name of the file.
        tokenizer: A tokenizer.json, or its folder, for exact counts; else tokens are estimated from the text.

    Returns:
        What the rows become, and what is wrong with them.
    """
    given = _with_tokenizer(config, sample if isinstance(sample, Sample) else Sample(sample, name, tokenizer))
    content, name = given.content, given.name
    if isinstance(content, Path) and name == "sample.jsonl":
        name = content.name
    data, whole = sample_bytes(content) if isinstance(content, (bytes, Path)) else (b"", True)
    issues = Issues()
    entry = choose_entry(config, name)
    if entry is None:
        return _without_entry(data, name)
    with _no_collection():
        form = file_form(entry, name, issues)
        rows = read_rows(data, form, whole=whole) if isinstance(content, (bytes, Path)) else rows_given(content)
        rows.cut = rows.cut or not given.whole
        check_split(entry, issues)
        settings = settings_of(config)
        model = model_for(settings, given)
        checked = read_entry(config, entry, settings, rows, issues, model)
        _around(entry, rows, checked)
        if checked.case is not None and not checked.case.model.exact and not rows.cut and not entry.others:
            check_evaluation(config, checked.tally, issues)
        again = partial(_read_again, data, form)
        return _report(config, entry, settings, rows, checked, name, again, given.examples)


@contextmanager
def _no_collection() -> Iterator[None]:
    """Without the cyclic garbage collector, which would go through every row again and again."""
    on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if on:
            gc.enable()


def sample_bytes(sample: bytes | Path) -> tuple[bytes, bool | None]:
    """The bytes of a sample, of a file at most as many as are read, and whether they are all."""
    if isinstance(sample, bytes):
        return sample, None
    with sample.open("rb") as file:
        head = file.read(4)
        data = head + (file.read() if head == b"PAR1" else file.read(SAMPLE_BYTES))
    return data, len(data) <= SAMPLE_BYTES or head == b"PAR1"


def read_entry(
    config: Config, entry: Entry, settings: dict[str, Any], rows: Rows, issues: Issues, model: Model | None = None
) -> Checked:
    """Read the rows as the entry's type does; `model` is the tokenizer where more than its name is known."""
    if not rows.values:
        return Checked(issues)
    kind = resolve_kind(entry, rows.columns, config, issues)
    if kind is None or kind.reads not in READERS:
        return Checked(issues, kind)
    model = model or model_for(settings)
    case = Case(kind, entry, rows.values, rows.columns, model, form=rows.form, issues=issues, settings=settings)
    if kind.reads in _PRINTED and not settings.get("tokenizer_use_mistral_common"):
        case.template = choose_template(entry, settings, case.model, issues)
    tally = Lengths(case).take(READERS[kind.reads](case))
    if tally.failed < len(rows.values) and "rows-column-missing" not in issues:
        check_unread(case)
        check_special(case)
        check_texts(case)
    return Checked(issues, kind, case, tally)


def _around(entry: Entry, rows: Rows, checked: Checked) -> None:
    """What becomes of the rows as a whole."""
    issues, tally = checked.issues, checked.tally
    total = len(rows.values)
    shards, weight = entry.get("shards"), entry.get("weight")
    if isinstance(shards, int) and shards > 1 and total:
        issues.add("rows-sharded", None, str(shards))
    if isinstance(weight, (int, float)) and weight < 1 and total and not entry.others:
        issues.add("rows-weighted", None, str(weight))
    if "rows-all-untrained" in issues:
        issues.drop("rows-untrained-dropped")
    if checked.case is None or tally.failed or not total:
        return
    if checked.kind is not None and checked.kind.reads == "completion" and tally.gone == total:
        issues.add("rows-none-left", None)
    elif tally.kept == 1 and not rows.cut and not entry.streamed:
        issues.add("rows-one-left", None)


def _report(
    config: Config,
    entry: Entry,
    settings: dict[str, Any],
    rows: Rows,
    checked: Checked,
    name: str,
    again: Callable[[str], Rows | None],
    examples: int,
) -> SampleReport:
    tally, case, total = checked.tally, checked.case, len(rows.values)
    kind = entry.get("type")
    shown_type = "a mapping" if isinstance(kind, dict) else str(kind or "")
    reads = "type:" if isinstance(kind, dict) else f"type: {kind}" if kind else f"rl: {entry.rl}"
    around = Surroundings(config, entry.path, reads, entry.rl, total)
    root = {key: config.get(key) for key in ("chat_template", "tokens")}
    curer = Curer(Candidates(entry, rows, root, tally.longest), _attempt(config, rows, settings, again))
    found = [_file_finding(fault, around) for fault in rows.faults]
    for each in checked.issues.merged():
        met = _longest(each, tally)
        found.append(finding(met, around, curer.cure(met), None, _severity(met, total, config)))
    found.sort(key=lambda each: (each.severity.rank, each.row or 0))
    exact = case.model.exact if case is not None else False

    def shown(places: Sequence[int]) -> tuple[Example, ...]:
        return () if case is None else rows_at(case, places, lambda met: sentence(met, around))

    low, high = spread(tally.trained, exact=exact)
    first = range(min(examples, total))
    faulty = _faulty(found, total)
    printed = (*shown(first), *shown([place for place in faulty if place not in first]))
    return SampleReport(
        file=name,
        form=rows.form,
        type=shown_type,
        entry=entry.path,
        rows=total,
        rows_kept=tally.kept,
        rows_failed=tally.failed,
        rows_untrained=0 if settings.get("sample_packing") else tally.untrained,
        trained_tokens=round(tally.trained),
        low=low,
        high=high,
        longest=round(tally.longest),
        sequence_len=case.sequence_len if case is not None else 0,
        exact=exact,
        cut=rows.cut,
        read=rows.read,
        columns=_columns(rows),
        notes=tuple(_notes(entry, rows, checked, name, exact=exact)),
        lengths=tuple(tally.lengths),
        examples=tuple(each for each in printed if each.row - 1 in first),
        faulty=tuple(each for place in faulty for each in printed if each.row == place + 1),
        findings=tuple(found),
    )


def _faulty(found: list[Finding], total: int) -> list[int]:
    """The places of the first rows that findings are about, the worst first."""
    rows = (each.row for each in found if each.row is not None and each.severity is not Severity.ADVICE)
    return list(dict.fromkeys(row - 1 for row in rows if row <= total))[:_FAULTY]


def _longest(met: Met, tally: Tally) -> Met:
    """The longest row belongs into the words about lengths."""
    if met.rule == "rows-too-long":
        return Met(met.rule, (*met.detail, f"about {round(tally.longest):,}"), met.row, met.rows)
    return met


def _severity(met: Met, total: int, config: Config) -> Severity | None:
    if met.rule == "rows-too-long" and config.raw("excess_length_strategy") == "drop" and met.rows * 2 <= total:
        # Whoever writes that they are dropped knows it, but hardly means most of the file.
        return Severity.ADVICE
    if met.rule == "rows-blank-line" and met.rows * 3 <= total:
        # Blank lines between paragraphs are a form of text; a few among rows are lost rows.
        return Severity.WARNING
    if met.rule == "rows-duplicates-dropped" and met.rows < _MANY * total:
        return Severity.ADVICE
    if met.rule == "rows-label-one" and total < _FEW:
        return Severity.ADVICE
    if met.rule == "rows-last-masked" and met.rows == total:
        # In some rows it is a choice; in every row, the labels are probably the wrong way round.
        return Severity.WARNING
    return None


def _file_finding(fault: Any, around: Surroundings) -> Finding:
    met = Met(fault.rule, fault.detail, None)
    return finding(met, around, None, fault.line, None)


def _read_again(data: bytes, form: str, other: str) -> Rows | None:
    """The beginning of a file by another reader; None for the reader it was read by."""
    return None if other == form else read_rows(data[:_BEGINNING], other, whole=len(data) <= _BEGINNING)


def _attempt(
    config: Config, rows: Rows, settings: dict[str, Any], again: Callable[[str], Rows | None]
) -> Callable[[Entry, dict[str, Any]], Issues | None]:
    """A function that reads the first rows with another entry, for cures to be tried."""
    few = Rows(rows.values[:TRIED], rows.lines, rows.form, [], rows.read, cut=True, columns=rows.columns)

    def attempt(entry: Entry, root: dict[str, Any]) -> Issues | None:
        typed = entry.values
        if entry.rl in ("", "orpo", "ebft"):
            entry.values = prepare_dataset(typed)
        else:
            kept = (
                "path",
                "split",
                "type",
                "data_files",
                "revision",
                "field_messages",
                "field_chosen",
                "field_rejected",
            )
            entry.values = {key: value for key, value in typed.items() if key in kept}
        issues = Issues()
        other = again(file_form(entry, str(entry.get("path") or ""), issues)) or few
        check_split(entry, issues)
        checked = read_entry(config, entry, {**settings, **root}, other, issues)
        _around(entry, other, checked)
        if checked.kind is None or (checked.case is not None and checked.tally.failed):
            return None
        return issues

    return attempt


def _notes(entry: Entry, rows: Rows, checked: Checked, name: str, *, exact: bool) -> list[str]:
    notes = []
    if entry.others and not entry.by_name:
        notes.append(f"No dataset in the config has the file name {name}, so the first one was used.")
    if rows.cut:
        read = f"{rows.read / 1_048_576:.1f} MiB" if rows.read else f"{len(rows.values):,} rows"
        notes.append(f"Only the first {read} were read.")
    if not exact and checked.case is not None and checked.tally.lengths:
        notes.append(
            "Tokens are estimated from the text; `helpbot check --tokenizer` counts them with the model's own."
        )
    if checked.kind is None and rows.values and entry.rl in ("grpo", "gdpo"):
        notes.append("With this `rl`, your own functions read the rows, so they were not checked.")
    if checked.case is not None:
        notes += _unknown(checked.case)
        if checked.case.kind.reads == "tokenized" and not exact:
            notes.append("The rows hold tokens, whose text is shown only with the tokenizer: `--tokenizer`.")
        if shows_images(checked.case.rows):
            notes.append(counted_images(checked.case))
    return notes


def _unknown(case: Case) -> Iterator[str]:
    """What is not known of the model's tokenizer, so that the first rows may be printed otherwise in the run."""
    template, model = case.template, case.model
    if template is not None and not template.certain:
        shown = f" Rows are shown with `{template.shown}`, which is close to it." if template.shown else ""
        yield f"The tokenizer's own chat template is not available here, so what it refuses was not checked.{shown}"
    lost = [name for name, token in (("start", model.bos), ("end", model.eos)) if not token]
    if lost and not model.known:
        yield (
            f"Nothing names the {' and the '.join(lost)} token, so the rows are shown without"
            f" {'it' if len(lost) == 1 else 'them'}: set `special_tokens`."
        )


def _without_entry(data: bytes, name: str) -> SampleReport:
    rows = read_rows(data, "csv" if name.endswith(".csv") else "json")
    return SampleReport(
        file=name,
        form=rows.form,
        type="",
        entry="",
        rows=len(rows.values),
        rows_kept=0,
        cut=rows.cut,
        read=rows.read,
        columns=_columns(rows),
        notes=("The config has no dataset, so the rows were only read.",),
    )


def _columns(rows: Rows) -> tuple[str, ...]:
    """The columns to show."""
    return tuple(mask(name) for name in islice(rows.columns, MOST_COLUMNS))


def _with_tokenizer(config: Config, given: Sample) -> Sample:
    """The sample with what the Hub says of the tokenizer, where it says nothing of it itself."""
    own = tokenizer_repository(config)
    if own is None or given.template is not None or given.specials is not None:
        return given
    return replace(given, template=own.template, specials=own.tokenizer)


def replaced_rules(sample: SampleReport) -> frozenset[str]:
    """Rules about the config that a check of rows makes needless: it says the same, and knows the rows."""
    told = load_told()
    replaced = {rule for each in sample.findings for rule in told[each.rule].replaces}
    if sample.type.startswith("bradley_terry") and sample.rows:
        replaced.add("reward-rows-need-a-system-column")
    return frozenset(replaced)
