"""Readers of segments and of conversations that no chat template prints."""

from __future__ import annotations

from typing import Any

from knowledge.samples.case import CONTEXT, TRAINED, Case, Made, Reader
from knowledge.samples.instruction import type_name
from knowledge.samples.tokens import SPECIALS

_FALSE = frozenset({"false", "no", "0", "off", "none", "null"})
_ROLES = {"system": 0, "user": 0, "human": 0, "assistant": 1, "gpt": 1, "tool": 0, "ipython": 0}


def read_segments(case: Case) -> Reader:
    """Segments with a label; both special tokens have to stand in the text."""
    if case.missing():
        return
    column = case.name(case.kind.columns[0])
    all_trained = case.trains_inputs
    for index, row in enumerate(case.rows):
        value = row.get(column)
        if not isinstance(value, list):
            if value in ("", {}):
                case.issues.add("rows-gives-nothing", index, column)
                yield Made([])
                continue
            case.issues.add("rows-not-list", index, column, "text" if isinstance(value, str) else type_name(value))
            yield None
            continue
        made = Made([])
        pieces, failed = made.pieces, False
        for segment in value:
            if type(segment) is dict:
                text = segment.get("text")
                if type(text) is str and text and type(segment.get("label")) is bool:
                    pieces.append((text, TRAINED if all_trained or segment["label"] else CONTEXT))
                    continue
            if not isinstance(segment, dict):
                case.issues.add("rows-items-not-objects", index, column, type_name(segment))
                failed = True
                break
            lost = next((key for key in ("label", "text") if key not in segment), None)
            if lost is not None:
                case.issues.add("rows-key-missing", index, column, lost)
                failed = True
                break
            failed = not _segment(case, index, column, segment, made)
            if failed:
                break
        if failed:
            yield None
            continue
        if not value:
            case.issues.add("rows-gives-nothing", index, column)
        elif pieces:
            _ends(case, index, column, made)
        yield made


def _segment(case: Case, row: int, column: str, segment: dict[str, Any], made: Made) -> bool:
    label, text = segment["label"], segment["text"]
    if isinstance(label, str) and label.lower() in _FALSE:
        case.issues.add("rows-label-text", row, "label")
    if not isinstance(text, str):
        if isinstance(text, list) and all(isinstance(item, str) for item in text):
            if text:
                case.issues.add("rows-list-as-text", row, "text")
                made.broken = True
                return True
        case.issues.add("rows-null" if text is None else "rows-answer-not-text", row, f"{column}[].text", *_kind(text))
        return False
    if text:
        made.pieces.append((text, TRAINED if label or case.trains_inputs else CONTEXT))
    return True


def _ends(case: Case, row: int, column: str, made: Made) -> None:
    """The start and end token of a row of segments."""
    first, last = made.pieces[0][0], made.pieces[-1][0].rstrip()
    bos, eos = case.model.bos, case.model.eos
    if bos and first.startswith(bos * 2):
        case.issues.add("rows-start-doubled", row, column, bos)
    elif bos and case.model.adds and not first.startswith(bos):
        case.issues.add("rows-start-missing", row, column, bos)
    if eos and not last.endswith(eos):
        ends = next((token for token in SPECIALS if last.endswith(token)), None)
        if ends is None:
            case.issues.add("rows-end-missing", row, column, eos)
        else:
            case.issues.add("rows-end-foreign", row, column, ends, eos)
    if not any(part for _, part in made.pieces):
        case.issues.add("rows-labels-off", row, column)
    elif eos and last.endswith(eos) and made.pieces[-1][1] == CONTEXT:
        case.issues.add("rows-last-masked", row, column)


def _kind(value: Any) -> tuple[str, ...]:
    return () if value is None else (type_name(value),)


def read_pygmalion(case: Case) -> Reader:
    """Turns of system, human, and bot; the bot's are trained."""
    if case.missing():
        return
    column = case.name(case.kind.columns[0])
    for index, row in enumerate(case.rows):
        messages = _messages(case, index, column, row.get(column), ("role", "value"))
        if messages is None:
            yield None
            continue
        made, failed, before = Made([]), False, False
        for message in messages:
            role, text = message["role"], message["value"]
            if role in ("system", "human", "bot"):
                if not isinstance(text, str):
                    case.issues.add(
                        "rows-null" if text is None else "rows-answer-not-text", index, "value", *_kind(text)
                    )
                    failed = True
                    break
                made.pieces += _pygmalion_turn(case, role, text)
                before = True
            elif before:
                case.issues.add("rows-role-repeats", index, column, str(role))
                made.broken = True
            else:
                case.issues.add("rows-role-refused", index, column, str(role))
                failed = True
                break
        if not failed and not messages:
            case.issues.add("rows-gives-nothing", index, column)
        elif not failed and not made.broken and not any(part for _, part in made.pieces):
            case.issues.add("rows-no-bot", index, column, "bot")
        yield None if failed else made


def _pygmalion_turn(case: Case, role: str, text: str) -> list[tuple[str, int]]:
    """A turn with its sign; of a bot's turn the sign is not trained."""
    if role == "system":
        start = case.model.bos if case.model.adds else None
        return [(f"{start or ''}<|system|>Persona: {text.removesuffix(chr(10) + '<START>').strip()}", CONTEXT)]
    if role == "human":
        return [(f"<|user|> {text.strip()}", CONTEXT)]
    return [("<|model|>", CONTEXT), (f" {text.strip()}{case.model.eos or ''}", TRAINED)]


def _messages(case: Case, row: int, column: str, value: Any, keys: tuple[str, ...]) -> list[dict[str, Any]] | None:
    """A list of objects that hold the keys, or None and an issue."""
    if value in ("", {}):
        return []
    if not isinstance(value, list):
        case.issues.add("rows-not-list", row, column, "text" if isinstance(value, str) else type_name(value))
        return None
    for message in value:
        if not isinstance(message, dict):
            case.issues.add("rows-items-not-objects", row, column, type_name(message))
            return None
        lost = next((key for key in keys if key not in message), None)
        if lost is not None:
            case.issues.add("rows-key-missing", row, column, lost)
            return None
    return value


_LLAMA2_SYSTEM = (
    "You are a helpful, respectful and honest assistant. Always answer as helpfully as possible, while being safe. "
    "Your answers should not include any harmful, unethical, racist, sexist, toxic, dangerous, or illegal content. "
    "Please ensure that your responses are socially unbiased and positive in nature.\n\n"
    "If a question does not make any sense, or is not factually coherent, explain why instead of answering something "
    "not correct. If you don't know the answer to a question, please don't share false information."
)
"""Llama 2's own system text, which a conversation without one gets."""


def read_llama2_chat(case: Case) -> Reader:
    """Turns of human and gpt that alternate, after an optional system text; padded to `sequence_len`."""
    if case.missing():
        return
    column = case.name(case.kind.columns[0])
    for index, row in enumerate(case.rows):
        value = row.get(column)
        if value == []:
            case.issues.add("rows-too-few-turns", index, column)
            yield None
            continue
        messages = _messages(case, index, column, value, ("from",))
        yield None if messages is None else _llama2_row(case, index, column, messages)


def _llama2_row(case: Case, row: int, column: str, messages: list[dict[str, Any]]) -> Made | None:
    made = Made([], lead=1 if case.model.adds else 0)
    system: Any = _LLAMA2_SYSTEM
    if not messages:
        case.issues.add("rows-not-list", row, column, "text")
        return None
    if messages[0]["from"] == "system":
        if "value" not in messages[0]:
            case.issues.add("rows-key-missing", row, column, "value")
            return None
        system = messages[0]["value"]
        messages = messages[1:]
    if len(messages) < 2:
        case.issues.add("rows-too-few-turns", row, column)
        return None
    wrong = next((each["from"] for each in messages if each["from"] not in ("human", "gpt")), None)
    if wrong is not None:
        case.issues.add("rows-role-refused", row, column, str(wrong))
        return None
    if messages[0]["from"] == "gpt":
        messages = messages[1:]
    spoken: list[tuple[int, str]] = []
    for place, message in enumerate(messages):
        if message["from"] != ("human", "gpt")[place % 2]:
            case.issues.add("rows-turn-order", row, column, "llama2_chat")
            return None
        text = message.get("value")
        if "value" not in message or (text and not isinstance(text, str)):
            rule = "rows-key-missing" if "value" not in message else "rows-answer-not-text"
            case.issues.add(
                rule,
                row,
                column if rule == "rows-key-missing" else "value",
                *(("value",) if rule == "rows-key-missing" else _kind(text)),
            )
            return None
        if text:
            spoken.append((place % 2, text.strip()))
        else:
            case.issues.add("rows-turn-empty", row, column, message["from"])
    made.pieces = _llama2_pieces(f"[INST] <<SYS>>\n{system}\n<</SYS>>\n\n", spoken)
    return made


def _llama2_pieces(system: str, spoken: list[tuple[int, str]]) -> list[tuple[str, int]]:
    """The turns in Llama 2's format: what closes an answer is trained, and a last question is left out.

    Args:
        system: What stands before the first turn.
        spoken: 0 for a question or 1 for an answer, with its text, of every turn that has one.
    """
    pieces: list[tuple[str, int]] = []
    last = len(spoken) - 1
    for place, (answers, text) in enumerate(spoken):
        if place == last and not answers:
            break
        gap = " </s><s>" if place % 2 else " "
        if place == 0:
            pieces.append((system + text, CONTEXT))
        elif answers:
            pieces += [("[/INST]", CONTEXT), (f" {text}{gap}", TRAINED)]
        else:
            pieces.append((f"[INST] {text}{gap}", CONTEXT))
    return pieces


def read_messages(case: Case) -> Reader:
    """The older reader of conversations: fixed roles, chatml or llama3 form."""
    column = case.name(case.kind.columns[0])
    if column not in case.columns:
        case.issues.add("rows-column-missing", None, column, "field_messages")
        return
    mapping = case.entry.message_keys
    role_key, text_key = str(mapping.get("role") or "role"), str(mapping.get("content") or "content")
    flag = case.entry.get("message_field_training")
    for index, row in enumerate(case.rows):
        value = row.get(column)
        if not isinstance(value, list) or not value or not isinstance(value[0], dict):
            case.issues.add(
                "rows-no-messages" if value == [] else "rows-not-list",
                index,
                column,
                *(() if value == [] else ("null" if value is None else type_name(value),)),
            )
            yield None
            continue
        flags = [flag] if isinstance(flag, str) else ["train", "weight"]
        flag_key = next((key for key in flags if key in value[0]), None)
        yield _message_row(case, index, column, value, (role_key, text_key, flag_key))


def _framed(case: Case, role: str, *, first: bool) -> tuple[str, str, str]:
    """What the older reader prints around a message: ChatML or the form of Llama 3, else nothing."""
    named = {"human": "user", "gpt": "assistant"}.get(role, role)
    form = str(case.entry.get("chat_template") or case.settings.get("chat_template") or "chatml")
    if form.startswith("llama3"):
        start = "<|begin_of_text|>" if first else ""
        return (
            f"{start}<|start_header_id|>{'ipython' if named == 'tool' else named}<|end_header_id|>\n\n",
            "<|eot_id|>",
            "",
        )
    return (f"<|im_start|>{named}\n", "<|im_end|>", "\n") if form == "chatml" else ("", "", "")


def _message_row(
    case: Case, row: int, column: str, messages: list[Any], keys: tuple[str, str, str | None]
) -> Made | None:
    role_key, text_key, flag_key = keys
    made = Made([])
    for message in messages:
        if not isinstance(message, dict):
            case.issues.add("rows-items-not-objects", row, column, type_name(message))
            return None
        lost = next((key for key in (role_key, text_key, flag_key) if key and key not in message), None)
        if lost is not None:
            case.issues.add("rows-message-keys" if lost != flag_key else "rows-key-missing", row, column, lost)
            return None
        role, text = message[role_key], message[text_key]
        trained: Any = _ROLES.get(role) if isinstance(role, str) else None
        if trained is None:
            case.issues.add("rows-role-refused", row, column, str(role))
            return None
        if flag_key:
            trained = message[flag_key]
            if not isinstance(trained, (bool, int, float)) and not str(trained).strip().lstrip("-").isdigit():
                case.issues.add("rows-flag-text", row, flag_key)
                return None
        if text == []:
            text = ""
        if not isinstance(text, str):
            case.issues.add(
                "rows-content-null" if text is None else "rows-answer-not-text", row, text_key, *_kind(text)
            )
            return None
        before, behind, gap = _framed(case, str(role), first=not made.pieces)
        part = TRAINED if trained or case.trains_inputs else CONTEXT
        made.pieces += [(before, CONTEXT), (text, part), (behind, TRAINED if trained else CONTEXT), (gap, CONTEXT)]
    if not any(part for _, part in made.pieces):
        case.issues.add("rows-no-answer" if flag_key is None else "rows-flag-off", row, flag_key or column)
    return made
