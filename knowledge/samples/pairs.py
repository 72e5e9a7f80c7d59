"""Readers of preference data: pairs of a better and a worse answer, and answers that are judged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from knowledge.samples.case import CHOSEN, CONTEXT, REJECTED, TRAINED, Case, Made, Reader
from knowledge.samples.instruction import format_fault, type_name
from knowledge.samples.pair_texts import as_trained, form_of, prompt_of

if TYPE_CHECKING:
    from knowledge.samples.kinds import Column
    from knowledge.samples.rows import Row

_SIDE = {"chosen": CHOSEN, "rejected": REJECTED, "answer": TRAINED}


def read_pair(case: Case) -> Reader:
    """Types that print prompt and answers into a fixed form: whatever stands in a cell becomes text."""
    if case.missing():
        return
    columns = [(column, case.name(column)) for column in case.kind.columns]
    for index, row in enumerate(case.rows):
        cells = _cells(case, index, row, columns)
        yield None if cells is None else _formed(case, index, cells)


def _cells(case: Case, row: int, values: Row, columns: list[tuple[Column, str]]) -> dict[str, str] | None:
    """The texts of a row by what they are for, None where it fails."""
    cells: dict[str, str] = {}
    form = form_of(case)
    for column, name in columns:
        if column.part == "label":
            continue
        value = values.get(name)
        if column.take is not None:
            value = _taken(case, row, column, name, value)
            if value is _FAILED:
                return None
        if isinstance(value, str):
            if not value and column.part in _SIDE:
                case.issues.add("rows-pair-blank", row, name)
            elif form is not None and column.part in _SIDE and value.rstrip().endswith(form.end):
                case.issues.add("rows-end-doubled", row, name, form.end)
        elif value or not column.optional:
            case.issues.add("rows-printed", row, name, type_name(value))
        cells[column.part] = "" if not value and column.optional else str(value)
    return cells


_FAILED = object()


def _taken(case: Case, row: int, column: Column, name: str, value: Any) -> Any:
    """The content of the message that a type takes from a list."""
    take = column.take or 0
    if not isinstance(value, list) or len(value) <= take:
        short = isinstance(value, list)
        rule = "rows-too-few-turns" if short else "rows-pair-shape"
        case.issues.add(rule, row, name, *(() if short else ("text" if isinstance(value, str) else type_name(value),)))
        return _FAILED
    if len(value) > 2 and column.part == "chosen":
        case.issues.add("rows-turns-lost", row, name)
    if column.part == "rejected":
        check_prompts(case, row, case.rows[row].get("chosen"), value)
    message = value[take]
    if isinstance(message, dict) and "content" in message:
        return message["content"]
    rule = "rows-key-missing" if isinstance(message, dict) else "rows-items-not-objects"
    case.issues.add(rule, row, name, "content" if isinstance(message, dict) else type_name(message))
    return _FAILED


def check_prompts(case: Case, row: int, chosen: Any, rejected: Any) -> None:
    """Two conversations whose questions differ, though one prompt stands before both answers; answers by the user."""
    if not isinstance(chosen, list) or not isinstance(rejected, list):
        return
    asked, others = _contents(chosen[:-1]), _contents(rejected[:-1])
    if asked and others and asked != others:
        case.issues.add("rows-prompts-differ", row, "rejected")
    for name, side in (("chosen", chosen), ("rejected", rejected)):
        last = side[-1] if side else None
        if isinstance(last, dict) and last.get("role") in ("user", "human"):
            case.issues.add("rows-answer-by-user", row, name)


def _contents(messages: list[Any]) -> list[Any]:
    return [message.get("content") for message in messages if isinstance(message, dict)]


def _formed(case: Case, row: int, cells: dict[str, str]) -> Made:
    """A row in the form of its type."""
    form = form_of(case)
    turns = [("system", cells["system"])] if cells.get("system") else []
    prompt = prompt_of(form, [*turns, ("user", cells.get("prompt", ""))])
    end = form.end if form else ""
    made = as_trained(case, prompt, ((cells[part] + end, side) for part, side in _SIDE.items() if part in cells))
    _compare(case, row, made)
    return made


def _compare(case: Case, row: int, made: Made) -> None:
    """A pair whose sides are equal teaches nothing."""
    chosen = [text for text, side in made.pieces if side == CHOSEN]
    if chosen and chosen == [text for text, side in made.pieces if side == REJECTED]:
        case.issues.add("rows-pair-same", row)


def read_as_is(case: Case) -> Reader:
    """Cells that are taken as they are: an empty one stops the run."""
    needed = [(column.part, column.column) for column in case.kind.columns if column.part != "label"]
    lost = [name for _, name in needed if name not in case.columns]
    for name in lost:
        case.issues.add("rows-column-missing", None, name, "")
    if lost:
        return
    for index, row in enumerate(case.rows):
        made = Made([])
        failed = False
        for part, name in needed:
            value = row.get(name)
            if not value:
                case.issues.add("rows-pair-empty", index, name)
                failed = True
                break
            if isinstance(value, list) and all(isinstance(item, str) for item in value):
                case.issues.add("rows-list-as-text", index, name)
                made.broken = True
            elif not isinstance(value, str):
                case.issues.add("rows-answer-not-text", index, name, type_name(value))
                failed = True
                break
            made.pieces.append((str(value), _SIDE.get(part, CONTEXT)))
        if failed:
            yield None
            continue
        _compare(case, index, made)
        yield _finished(case, made)


def _finished(case: Case, made: Made) -> Made:
    """A row of texts that the type has printed, with the tokens that the trainer adds."""
    prompt = "".join(text for text, side in made.pieces if side == CONTEXT)
    done = as_trained(case, prompt, [piece for piece in made.pieces if piece[1] != CONTEXT])
    done.broken = made.broken
    return done


def read_pair_mapping(case: Case) -> Reader:
    """Your own columns and formats for pairs or judged answers."""
    mapping = case.entry.get("type")
    if case.missing():
        return
    columns = [(column, case.name(column)) for column in case.kind.columns]
    names = {column.part: name for column, name in columns}
    formats = {
        part: str(mapping.get(f"{_FORMAT[part]}_format") or f"{{{_FORMAT[part]}}}") for part in names if part in _FORMAT
    }
    for index, row in enumerate(case.rows):
        made = Made([])
        failed = False
        for part, text in formats.items():
            value = row.get(names[part])
            known: tuple[str, ...] = (_FORMAT[part],)
            if part == "prompt" and "{system}" in text and (case.entry.rl != "kto" or row.get(names["system"])):
                known = (*known, "system")
            fault = format_fault(text, known)
            if fault is not None:
                case.issues.add("rows-format", index, f"{_FORMAT[part]}_format", fault)
                failed = True
                break
            system = row.get(names["system"]) or ""
            printed = text.format(**{_FORMAT[part]: value, **({"system": system} if "system" in known else {})})
            if not printed:
                case.issues.add("rows-pair-empty", index, names[part])
                failed = True
                break
            if not isinstance(value, str):
                kept = printed == str(value) and names[part] == _FORMAT[part] and _stays(value)
                case.issues.add(
                    "rows-answer-not-text" if kept else "rows-printed", index, names[part], type_name(value)
                )
                if kept:
                    failed = True
                    break
            elif not value and part != "prompt":
                case.issues.add("rows-pair-blank", index, names[part])
            made.pieces.append((printed, _SIDE.get(part, CONTEXT)))
        if failed:
            yield None
            continue
        _compare(case, index, made)
        yield _finished(case, made)
    if "label" in names:
        check_labels(case, names["label"])


def _stays(value: Any) -> bool:
    """Whether a value that is printed by itself comes back as what it was: the column keeps its type."""
    if isinstance(value, (bool, dict)):
        return value == {}
    if isinstance(value, list):
        return all(isinstance(item, (int, float)) and not isinstance(item, bool) for item in value)
    return value is not None


_FORMAT = {"prompt": "prompt", "chosen": "chosen", "rejected": "rejected", "answer": "completion"}


def read_judged(case: Case) -> Reader:
    """A prompt, an answer and a label; the label is looked at when the trainer starts."""
    label = case.name(case.kind.columns[-1] if case.kind.columns[-1].part == "label" else _label(case))
    lost = [
        case.name(column)
        for column in case.kind.columns
        if not column.optional and column.part != "label" and case.name(column) not in case.columns
    ]
    for name in lost:
        case.issues.add("rows-column-missing", None, name, "")
    if lost:
        return
    columns = [(column, case.name(column)) for column in case.kind.columns if column.part != "label"]
    for index, row in enumerate(case.rows):
        cells = _cells(case, index, row, columns)
        yield None if cells is None else _formed(case, index, cells)
    check_labels(case, label)


def _label(case: Case) -> Column:
    return next(column for column in case.kind.columns if column.part == "label")


def check_labels(case: Case, column: str) -> None:
    """The trainer counts the labels: they have to be there and to be true or false."""
    if column not in case.columns:
        case.issues.add("rows-label-missing", None, column)
        return
    seen = set()
    for index, row in enumerate(case.rows):
        value = row.get(column)
        if not isinstance(value, (bool, int, float)):
            case.issues.add("rows-label-not-bool", index, column, "null" if value is None else type_name(value))
        else:
            seen.add(bool(value))
    if len(seen) == 1 and len(case.rows) > 1:
        case.issues.add("rows-label-one", 0, column, "true" if True in seen else "false")


def read_judged_as_is(case: Case) -> Reader:
    """Judged answers without a type: an empty cell stops the run."""
    yield from read_as_is(case)
    check_labels(case, "label")


def read_judged_chat(case: Case) -> Reader:
    """A conversation whose last message is the answer."""
    form = form_of(case)
    column = case.name(case.kind.columns[0])
    if column not in case.columns:
        case.issues.add("rows-column-missing", None, column, "")
        return
    for index, row in enumerate(case.rows):
        value = row.get(column)
        if not isinstance(value, list) or not value:
            short = value == []
            rule = "rows-no-messages" if short else "rows-pair-shape"
            case.issues.add(
                rule, index, column, *(() if short else ("text" if isinstance(value, str) else type_name(value),))
            )
            yield None
            continue
        history: list[tuple[Any, Any]] = []
        answer, failed = "", False
        for place, message in enumerate(value):
            last = place == len(value) - 1
            keys = ("content",) if last else ("role", "content")
            if not isinstance(message, dict) or any(key not in message for key in keys):
                lost = next((key for key in keys if key not in message), "") if isinstance(message, dict) else ""
                case.issues.add(
                    "rows-key-missing" if lost else "rows-items-not-objects", index, column, lost or type_name(message)
                )
                failed = True
                break
            text = message["content"]
            if not isinstance(text, str):
                case.issues.add("rows-printed", index, column, type_name(text))
            if last:
                answer = f"{text}{form.end if form else ''}"
            else:
                history.append((message["role"], text))
        if not failed and not history:
            case.issues.add("rows-prompt-bare", index, column)
        yield None if failed else as_trained(case, prompt_of(form, history), [(answer, TRAINED)])
    check_labels(case, "label")


def read_nectar(case: Case) -> Reader:
    """Ranked answers: the highest rank number is chosen, the next one rejected."""
    if case.missing():
        return
    case.issues.add("rows-rank-order", 0)
    for index, row in enumerate(case.rows):
        answers = row.get("answers")
        if not isinstance(answers, list):
            case.issues.add(
                "rows-not-list", index, "answers", "text" if isinstance(answers, str) else type_name(answers)
            )
            yield None
            continue
        lost = next(
            (key for key in ("rank", "answer") for each in answers if not isinstance(each, dict) or key not in each),
            None,
        )
        if lost is not None:
            case.issues.add("rows-key-missing", index, "answers", lost)
            yield None
            continue
        if len(answers) < 2:
            case.issues.add("rows-too-few-answers", index, "answers")
            yield None
            continue
        made = _ranked(case, index, row, answers)
        yield made


def _ranked(case: Case, row: int, values: dict[str, Any], answers: list[dict[str, Any]]) -> Made | None:
    if (
        len({type(each["rank"]) for each in answers} - {int, float, bool})
        and len({type(each["rank"]) for each in answers}) > 1
    ):
        case.issues.add("rows-answer-not-text", row, "rank", "no number")
        return None
    try:
        ordered = sorted(answers, key=lambda each: each["rank"])
    except TypeError:
        case.issues.add("rows-answer-not-text", row, "rank", "no number")
        return None
    made = Made([(f"<|system|>\n</s>\n<|user|>\n{values.get('prompt')}</s>\n<|assistant|>\n", CONTEXT)])
    for answer, side in ((ordered[-1]["answer"], CHOSEN), (ordered[-2]["answer"], REJECTED)):
        if not answer:
            case.issues.add("rows-pair-empty", row, "answer")
            return None
        if not isinstance(answer, str):
            if isinstance(answer, list) and all(isinstance(item, str) for item in answer):
                case.issues.add("rows-list-as-text", row, "answer")
                made.broken = True
                continue
            case.issues.add("rows-answer-not-text", row, "answer", type_name(answer))
            return None
        made.pieces.append((answer, side))
    _compare(case, row, made)
    return _finished(case, made)
