"""Readers of preference data that a chat template prints, of reward pairs, and of what EBFT compares with."""

from __future__ import annotations

from typing import Any

from knowledge.samples.case import CHOSEN, CONTEXT, REJECTED, Case, Made, Reader
from knowledge.samples.instruction import type_name
from knowledge.samples.pair_texts import as_trained, completion
from knowledge.samples.pairs import check_prompts
from knowledge.samples.printing import Printer, printer_of
from knowledge.samples.refusal import Turn, refusal
from knowledge.samples.sandbox import Refused
from knowledge.samples.templates import Template

_KNOWN = frozenset({"user", "assistant", "system", "tool"})
_AROUND = 20
"""Letters that a template prints around a turn, about, where it is not at hand."""
Turns = list[tuple[str, Any]]


def read_chat_pair(case: Case) -> Reader:
    """Messages with two answers, or two whole conversations."""
    if case.missing():
        return
    names = {column.part: case.name(column) for column in case.kind.columns}
    messages = next((case.name(column) for column in case.kind.columns if column.key == "field_messages"), None)
    template = case.template or Template("")
    printer = printer_of(template, case.model, None)
    if template.bos and case.model.adds and case.entry.rl in ("dpo", "ipo"):
        case.issues.add("rows-start-doubled-by-template", 0, case.model.bos or "")
        case.issues.met["rows-start-doubled-by-template", case.model.bos or ""].rows = len(case.rows)
    for index, row in enumerate(case.rows):
        chosen, rejected = row.get(names["chosen"]), row.get(names["rejected"])
        if messages is None:
            prompt: Any = chosen[:-1] if isinstance(chosen, list) else chosen
            plain = {names[side]: row.get(names[side]) for side in ("chosen", "rejected")}
            shape = next((name for name, value in plain.items() if not isinstance(value, list) or not value), None)
            if shape is not None:
                rule = "rows-no-messages" if plain[shape] == [] else "rows-pair-shape"
                case.issues.add(
                    rule,
                    index,
                    shape,
                    *(
                        ("text" if isinstance(plain[shape], str) else type_name(plain[shape]),)
                        if plain[shape] != []
                        else ()
                    ),
                )
                yield None
                continue
            check_prompts(case, index, chosen, rejected)
        else:
            prompt = row.get(messages)
        yield _pair(
            case,
            index,
            (messages or names["chosen"], prompt),
            (names["chosen"], chosen),
            (names["rejected"], rejected),
            (template, printer),
        )


def _pair(
    case: Case,
    row: int,
    prompt: tuple[str, Any],
    chosen: tuple[str, Any],
    rejected: tuple[str, Any],
    printing: tuple[Template, Printer | None],
) -> Made | None:
    template, printer = printing
    turns = _turns(case, row, prompt[0], prompt[1], whole=True)
    if turns is None:
        return None
    answers: list[tuple[str, Any]] = []
    for name, value in (chosen, rejected):
        if isinstance(value, str):
            answers.append(("assistant", value))
            continue
        last = value if isinstance(value, dict) else value[-1:] if isinstance(value, list) else None
        if last is None:
            case.issues.add("rows-pair-shape", row, name, type_name(value))
            return None
        if last == []:
            case.issues.add("rows-no-messages", row, name)
            return None
        got = _turns(case, row, name, [last] if isinstance(last, dict) else last, whole=False)
        if got is None:
            return None
        answers.extend(got)
    if not turns:
        case.issues.add("rows-no-messages", row, prompt[0])
        return None
    for each in (turns, [("user", "x"), answers[0]], [("user", "x"), answers[1]]):
        told = refusal(template, [(role, _shape(text)) for role, text in each])
        if told is not None:
            case.issues.add(told[0], row, *told[1:])
            return None
    for (name, _), (_, text) in zip((chosen, rejected), answers, strict=True):
        if text is not None and not isinstance(text, str):
            case.issues.add("rows-printed", row, name, type_name(text))
        elif not text:
            case.issues.add("rows-pair-blank", row, name)
    if answers[0][1] == answers[1][1] and answers[0][1]:
        case.issues.add("rows-pair-same", row)
    if turns[-1] == answers[0] and turns[-1][0] == "assistant":
        case.issues.add("rows-answer-in-prompt", row, prompt[0])
    return _printed(case, row, printer, turns, answers)


def _printed(case: Case, row: int, printer: Printer | None, turns: Turns, answers: Turns) -> Made | None:
    """A pair as the template prints it; its texts alone where the template is not at hand."""
    sides = (CHOSEN, REJECTED)
    if printer is not None and printer.prints(row):
        try:
            prompt = printer.text(_messages(turns), prompt=True)
            texts = [completion(printer, each) for each in _messages(answers)]
        except Refused as refused:
            if refused.stopped or case.template is None or not case.template.certain:
                printer = None
            else:
                case.issues.add("rows-template-raises", row, str(refused))
                return None
        else:
            printer.learn(prompt, [str(text) for _, text in turns])
            return as_trained(case, prompt, zip(texts, sides, strict=True))
    asked = "".join(str(text) for _, text in turns if text)
    made = as_trained(case, asked, [(str(text), side) for (_, text), side in zip(answers, sides, strict=True) if text])
    made.fixed = round((printer.around() if printer is not None else _AROUND) * len(turns))
    return made


def _messages(turns: Turns) -> list[dict[str, Any]]:
    return [{"role": role, "content": content} for role, content in turns]


def _shape(text: Any) -> str:
    return "text" if isinstance(text, str) else "missing" if text is None else "number"


def _turns(case: Case, row: int, name: str, value: Any, *, whole: bool) -> Turns | None:
    """Role and content of messages; role and content keys have to be there, and the roles to be known."""
    if isinstance(value, str) and whole:
        return [("user", value)]
    if not isinstance(value, list):
        case.issues.add("rows-not-list", row, name, type_name(value))
        return None
    turns: Turns = []
    for message in value:
        if not isinstance(message, dict):
            case.issues.add("rows-items-not-objects", row, name, type_name(message))
            return None
        lost = next((key for key in ("role", "content") if key not in message), None)
        if lost is not None:
            case.issues.add("rows-key-missing", row, name, lost)
            return None
        role = message["role"]
        if not isinstance(role, str) or role not in _KNOWN:
            case.issues.add("rows-role-refused", row, name, str(role))
            return None
        turns.append((role, message["content"]))
    return turns


def read_orpo(case: Case) -> Reader:
    """Whole conversations, taken by place: user, assistant, user, assistant."""
    if case.missing():
        return
    printer = printer_of(case.template, case.model, None) if case.template is not None else None
    for index, row in enumerate(case.rows):
        chosen, rejected = row.get("chosen"), row.get("rejected")
        shape = next((n for n, v in (("chosen", chosen), ("rejected", rejected)) if not isinstance(v, list)), None)
        if shape is not None or not isinstance(chosen, list) or not isinstance(rejected, list):
            shape = shape or "chosen"
            value = row.get(shape)
            case.issues.add("rows-pair-shape", index, shape, "text" if isinstance(value, str) else type_name(value))
            yield None
            continue
        if not chosen or not rejected:
            case.issues.add("rows-no-messages", index, "chosen" if not chosen else "rejected")
            yield None
            continue
        if len(chosen) % 2:
            case.issues.add("rows-odd-turns", index, "chosen")
            yield None
            continue
        check_prompts(case, index, chosen, rejected)
        yield _orpo_row(case, index, row, (chosen, rejected), printer)


def _orpo_row(
    case: Case, row: int, values: dict[str, Any], answers: tuple[list[Any], list[Any]], printer: Printer | None
) -> Made | None:
    chosen, rejected = answers
    count = len(chosen) // 2
    asked = "prompt" in case.columns
    needed = [
        ("chosen", message)
        for place, message in enumerate(chosen[: 2 * count])
        if not (asked and place % 2 == 0) or place == len(chosen) - 1
    ]
    needed += [("chosen", chosen[-1]), ("rejected", rejected[-1])]
    for name, message in needed:
        if not isinstance(message, dict) or "content" not in message:
            rule = "rows-key-missing" if isinstance(message, dict) else "rows-items-not-objects"
            case.issues.add(rule, row, name, "content" if isinstance(message, dict) else type_name(message))
            return None
        if not isinstance(message["content"], str):
            case.issues.add(
                "rows-content-null" if message["content"] is None else "rows-answer-not-text",
                row,
                name,
                *(() if message["content"] is None else (type_name(message["content"]),)),
            )
            return None
    for name in ("system", "prompt"):
        value = values.get(name)
        if (
            name in case.columns
            and (value is not None or name == "prompt")
            and not isinstance(value, str)
            and (value or name == "prompt")
        ):
            case.issues.add("rows-answer-not-text", row, name, type_name(value))
            return None
    if isinstance(chosen[0], dict) and chosen[0].get("role") == "assistant":
        case.issues.add("rows-pair-order", row, "chosen")
    if chosen[-1]["content"] == rejected[-1]["content"]:
        case.issues.add("rows-pair-same", row)
    for side, messages in ((CHOSEN, chosen), (REJECTED, rejected)):
        if not messages[-1]["content"]:
            case.issues.add("rows-pair-blank", row, "chosen" if side == CHOSEN else "rejected")
    return _orpo_printed(case, row, values, answers, printer)


def _orpo_printed(
    case: Case,
    row: int,
    values: dict[str, Any],
    answers: tuple[list[Any], list[Any]],
    printer: Printer | None,
) -> Made | None:
    """A pair of conversations as the template prints them: what follows the prompt is the answer."""
    chosen = answers[0]
    turns: Turns = [("system", values["system"])] if values.get("system") else []
    for place in range(0, len(chosen), 2):
        turns.append(("user", values["prompt"] if "prompt" in case.columns else chosen[place].get("content")))
        if place + 2 < len(chosen):
            turns.append(("assistant", chosen[place + 1].get("content")))
    said = [str(each[-1]["content"]) for each in answers]
    sides = (CHOSEN, REJECTED)
    if printer is not None and printer.prints(row):
        try:
            prompt = printer.text(_messages(turns), prompt=True)
            texts = [printer.text(_messages([*turns, ("assistant", each)]))[len(prompt) :] for each in said]
        except Refused as refused:
            if not refused.stopped and case.template is not None and case.template.certain:
                case.issues.add("rows-template-raises", row, str(refused))
                return None
        else:
            printer.learn(prompt, [str(text) for _, text in turns])
            printer.tail = texts[0].partition(said[0])[2]
            return as_trained(case, prompt, zip(texts, sides, strict=True))
    around, tail = (printer.around(), printer.tail) if printer is not None else (_AROUND, "")
    made = as_trained(
        case,
        "".join(str(text) for _, text in turns),
        ((text + tail, side) for text, side in zip(said, sides, strict=True)),
    )
    made.fixed = round(around * len(turns))
    return made


def read_bradley_terry(case: Case) -> Reader:
    """A question with two answers; null is taken out before the row is read, so it counts as missing."""
    if case.missing():
        return
    template = case.template or Template("")
    printer = printer_of(template, case.model, None)
    for index, row in enumerate(case.rows):
        lost = next((name for name in ("system", "input", "chosen", "rejected") if row.get(name) is None), None)
        if lost is not None:
            case.issues.add("rows-null", index, lost)
            yield None
            continue
        shapes: list[Turn] = [
            ("system", _shape(row["system"])),
            ("user", _shape(row["input"])),
            ("assistant", _shape(row["chosen"])),
        ]
        told = refusal(template, shapes)
        wrong = next(
            (name for name in ("system", "input", "chosen", "rejected") if not isinstance(row[name], str)), None
        )
        if told is not None and told[0] != "rows-content-not-text":
            case.issues.add(told[0], index, *told[1:])
            yield None
            continue
        if wrong is not None:
            case.issues.add("rows-printed", index, wrong, type_name(row[wrong]))
        if not row["system"]:
            case.issues.add("rows-system-empty", index, "system")
        for name in ("chosen", "rejected"):
            if row[name] == "":
                case.issues.add("rows-pair-blank", index, name)
        if row["chosen"] == row["rejected"]:
            case.issues.add("rows-pair-same", index)
        yield _reward(case, index, row, printer)


def _reward(case: Case, index: int, row: dict[str, Any], printer: Printer | None) -> Made | None:
    """A question with each of its answers as a conversation of its own."""
    asked: Turns = [("system", row["system"]), ("user", row["input"])]
    sides = (("chosen", CHOSEN), ("rejected", REJECTED))
    if printer is not None and printer.prints(index):
        try:
            texts = [printer.text(_messages([*asked, ("assistant", row[name])])) for name, _ in sides]
        except Refused as refused:
            if case.template is not None and case.template.certain and not refused.stopped:
                case.issues.add("rows-template-raises", index, str(refused))
                return None
        else:
            return Made([(text, side) for text, (_, side) in zip(texts, sides, strict=True)])
    pieces = [(str(text), CONTEXT) for _, text in asked]
    return Made([*pieces, *((str(row[name]), side) for name, side in sides)], fixed=80)
