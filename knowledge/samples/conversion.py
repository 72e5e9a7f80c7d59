"""Rows that no type reads whole, turned into rows that one does."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from knowledge.samples.fits import ASKS, BETTER, ROLE_KEYS, ROLE_TARGETS, SAYS, TEXT_KEYS, WORSE
from knowledge.samples.unread import SPOKEN, TELLING, texts_in

if TYPE_CHECKING:
    from collections.abc import Iterable

    from knowledge.samples.rows import Row

Turns = list[dict[str, Any]]

_LABELS = ("label", "good", "is_good", "thumbs_up", "desirable")
_TALKS = ("messages", "conversations", "conversation", "dialogue", "dialog", "turns", "utterances", "contents", "chat")
_EARLIER = ("history", "chat_history", "previous")
_SYSTEM = ("system", "system_prompt", "system_message", "persona")
_THOUGHTS = (
    *("thinking", "thought", "thoughts", "reasoning", "reasoning_content", "rationale", "cot"),
    *("thought_process", "chain_of_thought", "scratchpad"),
)
_CHOICES = ("choices", "options")
_LATER = ("final_answer", "explanation")
_CLASSES = ("label", "labels", "category", "class", "sentiment", "intent")
_VERDICTS = ("winner", "preference", "better", "best")
_SCORED = ("ground_truth", "reward_model")
_IMAGES = ("image", "image_path", "image_url")
_CAPTIONS = ("caption", "captions", "description")
_KEPT = ("tools", "images")
_TOLD = re.compile(r"\n\nAssistant:\s*")
_MARK = re.compile(r"\A(?:Human|Assistant):|<image>")
_ENDING = re.compile(r"[_-]?(a|b|0|1|2)$", re.IGNORECASE)


def converted(row: Row) -> Row | None:
    """A row in a form that a type reads; None where it cannot be told what its columns mean."""
    row = _lifted(row)
    parts = _Parts.of(row)
    label = next((row[name] for name in _LABELS if isinstance(row.get(name), (bool, int))), None)
    pair = _pair_of(row)
    if pair is not None:
        return parts.preferred(*pair)
    if label is not None and parts.asked() and parts.told:
        return {"prompt": parts.asked(), "completion": parts.told, "label": bool(label)}
    picture = next((row[name] for name in _IMAGES if isinstance(row.get(name), str)), None)
    return parts.talk(picture)


def left_out(row: Row, change: Row) -> tuple[str, ...]:
    """The columns of a row whose text is not in the converted one, of those by whose name the model is to see them."""
    there = "\n".join(texts_in(change, 2_000))
    return tuple(
        column
        for column in row
        if column.lower() in SPOKEN
        and not isinstance(row[column], bool)
        and any(
            len(line) > TELLING and line not in there
            for text in texts_in(_parsed(row[column]))
            for line in (_MARK.sub("", each).strip() for each in text.split("\n"))
        )
    )


def for_functions(row: Row) -> bool:
    """Whether a row holds what a reward function compares with, in the place of an answer."""
    return any(row.get(name) for name in _SCORED) and not any(row.get(name) for name in SAYS)


@dataclass(slots=True)
class _Parts:
    """What the columns of a row are for.

    Attributes:
        system: the system text.
        turns: a conversation, with what stands before it.
        beside: what the question is about.
        question, told: the question and its answer.
        row: the row.
    """

    row: Row
    system: str = ""
    turns: Turns = field(default_factory=list)
    beside: list[str] = field(default_factory=list)
    question: str = ""
    told: str = ""

    @classmethod
    def of(cls, row: Row) -> _Parts:
        """Sort the columns of a row."""
        parts = cls(row)
        parts.system = "\n\n".join(_texts(row, _SYSTEM))
        talk = next((turns for name in _TALKS if (turns := turns_of(row.get(name), plain=True))), [])
        asks = next((name for name in ASKS if row.get(name) and name not in _EARLIER), "")
        asked = turns_of(row.get(asks))
        parts.turns = [turn for name in _EARLIER for turn in turns_of(row.get(name), plain=True)] + (talk or asked)
        answers = [name for name in SAYS if name != asks and _said(row.get(name))]
        others = (name for name in ("answers", *_CAPTIONS, *_CLASSES) if _said(row.get(name)))
        says = max(answers, key=lambda name: len(_said(row[name])), default="") or next(others, "")
        if says in _CLASSES and not asks:
            asks = next((name for name in ("text", "sentence", "content", "premise") if row.get(name)), "")
        used = {asks, says, "answers", *SAYS, *_LATER, *_SYSTEM, *_EARLIER, *_TALKS, *_THOUGHTS, *_CHOICES}
        used |= {*_IMAGES, *_KEPT, *BETTER, *WORSE, *_LABELS}
        if not asked:
            choices = [_listed(row[name]) for name in _CHOICES if row.get(name)]
            parts.question = "\n".join(each for each in (str(row.get(asks) or ""), *choices) if each)
        parts.told = _with_thoughts(row, _said(row.get(says)), says)
        parts.beside = [_listed(row[name]) for name in row if name.lower() in SPOKEN and name not in used]
        if not (parts.turns or parts.question or parts.told):
            texts = [value for name, value in row.items() if isinstance(value, str) and value and name not in used]
            if len(texts) == 2:
                parts.question, parts.told, parts.beside = texts[0], texts[1], []
        return parts

    def asked(self) -> str:
        """The question with what it is about, as one text."""
        earlier = [str(turn["content"]) for turn in self.turns if turn["role"] != "assistant"]
        return "\n\n".join(each for each in (*self.beside, *earlier, self.question) if each)

    def conversation(self) -> Turns:
        """The turns before the answer, the system text first."""
        turns = [dict(turn) for turn in self.turns]
        first = "\n\n".join(each for each in self.beside if each)
        if self.question:
            turns.append({"role": "user", "content": self.question})
        user = next((turn for turn in turns if turn["role"] == "user" and isinstance(turn["content"], str)), None)
        if first and user is not None:
            user["content"] = f"{first}\n\n{user['content']}"
        if self.system and turns and turns[0]["role"] != "system":
            turns.insert(0, {"role": "system", "content": self.system})
        return turns

    def talk(self, picture: str | None) -> Row | None:
        """The row as a conversation, the first question about a picture where there is one."""
        turns = self.conversation()
        if picture and not turns and self.told:
            turns = [{"role": "user", "content": "Describe the picture."}]
        if self.told and turns and turns[-1]["role"] != "assistant":
            turns.append({"role": "assistant", "content": self.told})
        if not turns or turns[-1]["role"] != "assistant":
            return None
        if picture:
            shown = next(turn for turn in turns if turn["role"] == "user")
            text = str(shown["content"]).replace("<image>", "").strip()
            shown["content"] = [{"type": "image", "path": picture}, {"type": "text", "text": text}]
            turns = [
                turn | {"content": [{"type": "text", "text": turn["content"]}]}
                if isinstance(turn["content"], str)
                else turn
                for turn in turns
            ]
        kept = {name: self.row[name] for name in _KEPT if self.row.get(name) and not picture}
        if isinstance(kept.get("images"), str):
            kept["images"] = [kept["images"]]
        return {"messages": turns} | kept

    def preferred(self, prompt: Turns, chosen: str, rejected: str) -> Row | None:
        """The row as a prompt with a better and a worse answer."""
        turns = [turn for turn in self.conversation() if turn["role"] != "assistant" or turn["content"] != chosen]
        turns = turns if self.turns or self.question else prompt
        if not turns or not chosen or not rejected:
            return None
        system = [turn["content"] for turn in turns if turn["role"] == "system"]
        rest = [turn for turn in turns if turn["role"] != "system"]
        if len(rest) == 1:
            before = {"system": system[0]} if system else {}
            return before | {"prompt": rest[0]["content"], "chosen": chosen, "rejected": rejected}
        answers = ({"role": "assistant", "content": text} for text in (chosen, rejected))
        return {"messages": turns} | dict(zip(("chosen", "rejected"), answers, strict=True))


def turns_of(value: Any, *, plain: bool = False) -> Turns:
    """Messages in whatever form a cell holds them; empty where it holds none.

    Args:
        value: The cell.
        plain: Whether bare texts are turns too, of the user and the assistant in turn.
    """
    value = _parsed(value)
    items = [value] if isinstance(value, dict) else value if isinstance(value, list) else []
    if plain and items and all(isinstance(item, str) for item in items):
        return [{"role": ("user", "assistant")[place % 2], "content": text} for place, text in enumerate(items)]
    turns: Turns = []
    for item in items:
        turns += _turn(item)
        if not turns:
            return []
    return turns


def _turn(item: Any) -> Turns:
    """One message, or a question and its answer."""
    if isinstance(item, list) and len(item) == 2 and all(isinstance(text, str) for text in item):
        return turns_of(item, plain=True)
    if not isinstance(item, dict):
        return []
    role = next((key for key in ROLE_KEYS if isinstance(item.get(key), str)), None)
    if role is None:
        asks, says = (next((key for key in keys if isinstance(item.get(key), str)), None) for keys in (ASKS, SAYS))
        return turns_of([item[asks], item[says]], plain=True) if asks and says else []
    text = next((key for key in (*TEXT_KEYS, "parts") if key in item and key != role), None)
    rest = {key: each for key, each in item.items() if key not in (role, text)}
    name = str(item[role])
    known = next((target for target, sources in ROLE_TARGETS.items() if name.lower() in sources), name)
    content = item.get(text) if text else ""
    return [{"role": known, "content": _listed(content) if text == "parts" else content, **rest}]


def _pair_of(row: Row) -> tuple[Turns, str, str] | None:
    """The turns before two answers, the better one and the worse one."""
    ranked = _ranked(row) or _compared(row)
    if ranked is not None:
        return [], *ranked
    better, worse = (next((row[name] for name in names if row.get(name)), None) for names in (BETTER, WORSE))
    if better is None or worse is None:
        return None
    if isinstance(better, str) and isinstance(worse, str):
        prompts = [_TOLD.split(each) for each in (better, worse)]
        if all(len(parts) > 1 for parts in prompts):
            asked = better[: better.rindex(prompts[0][-1])].removeprefix("\n\nHuman:")
            spoken = re.split(r"\n\n(?:Human|Assistant):", asked.strip())
            return (
                turns_of([text.strip() for text in spoken if text.strip()], plain=True),
                prompts[0][-1],
                prompts[1][-1],
            )
        return [], better, worse
    said = [turns_of(each) for each in (better, worse)]
    if not all(said):
        return None
    return said[0][:-1], str(said[0][-1]["content"]), str(said[1][-1]["content"])


def _ranked(row: Row) -> tuple[str, str] | None:
    """The best and the worst of several ranked answers; rank 1 is the best."""
    answers = row.get("answers")
    items = [each for each in answers if isinstance(each, dict)] if isinstance(answers, list) else []
    items = [
        each for each in items if isinstance(each.get("rank"), (int, float)) and isinstance(each.get("answer"), str)
    ]
    if len(items) < 2:
        return None
    items.sort(key=lambda each: float(each["rank"]))
    return items[0]["answer"], items[-1]["answer"]


def _compared(row: Row) -> tuple[str, str] | None:
    """Two answers in columns such as `response_a`, and a column that names the better one."""
    verdict = next((str(row[name]) for name in _VERDICTS if isinstance(row.get(name), (str, int))), None)
    answers = {
        found[1].lower(): value
        for name, value in row.items()
        if isinstance(value, str) and (found := _ENDING.search(name)) and name[: found.start()].lower() in SAYS
    }
    end = _ENDING.search(verdict) if verdict is not None else None
    if len(answers) != 2 or end is None or end[1].lower() not in answers:
        return None
    best = answers.pop(end[1].lower())
    return best, next(iter(answers.values()))


def _lifted(row: Row) -> Row:
    """What stands one level deeper, lifted to the top: the columns of the only object."""
    inner = [value for value in row.values() if isinstance(value, dict)]
    texts = [value for value in row.values() if isinstance(value, (str, list)) and len(str(value)) > TELLING]
    return dict(inner[0]) if len(inner) == 1 and not texts else row


def _said(value: Any) -> str:
    """The answer in a cell: its text, the last message, or the first of several texts."""
    if isinstance(value, str):
        return value
    turns = turns_of(value)
    if turns:
        return str(turns[-1]["content"]) if turns[-1]["role"] == "assistant" else ""
    texts = value.get("text") if isinstance(value, dict) else value if isinstance(value, list) else None
    first = texts[0] if isinstance(texts, list) and texts else texts
    return first if isinstance(first, str) else ""


def _with_thoughts(row: Row, told: str, says: str) -> str:
    """An answer with what else was said: thoughts before it, between the tags of thinking models; the rest behind."""
    if not told:
        return ""
    thoughts = "\n\n".join(_texts(row, _THOUGHTS))
    behind = [text for text in _texts(row, (*_LATER, *SAYS)) if text not in told and row.get(says) != text]
    answer = "\n\n".join([told, *behind])
    return f"<think>\n{thoughts}\n</think>\n\n{answer}" if thoughts else answer


def _texts(row: Row, names: Iterable[str]) -> list[str]:
    return [row[name] for name in names if isinstance(row.get(name), str) and row[name]]


def _listed(value: Any) -> str:
    """A cell as text: a list as lines, an object by its texts."""
    return value if isinstance(value, str) else "\n".join(reversed(list(texts_in(value))))


def _parsed(value: Any) -> Any:
    """The value of a JSON text; any other value as it is."""
    if isinstance(value, str) and value[:1] in ("[", "{"):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value
