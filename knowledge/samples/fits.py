"""Which type fits the rows: candidates for the `datasets:` entry, best first, from the columns and what they hold."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from knowledge.samples.kinds import load_kinds
from knowledge.samples.rows import MOST_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.samples.rows import Row

LOOK = 200
"""As many rows are looked at to see what a column holds."""

ROLE_KEYS = ("role", "from", "speaker", "author", "sender", "user_type")
TEXT_KEYS = ("content", "value", "text", "message", "body", "utterance")
ASKS = (
    "prompt",
    "question",
    "instruction",
    "query",
    "input",
    "user",
    "human",
    "problem",
    "task",
    "request",
    "source",
    "document",
    "text",
    "sentence",
)
SAYS = (
    "output",
    "response",
    "completion",
    "answer",
    "reply",
    "assistant",
    "bot",
    "solution",
    "target",
    "generation",
    "summary",
    "highlights",
)
_BESIDE = ("input", "context", "contexts", "passage", "article", "document", "knowledge", "history", "background")
BETTER = ("chosen", "accepted", "preferred", "better", "winner", "positive", "good", "chosen_response")
WORSE = ("rejected", "dispreferred", "worse", "loser", "negative", "bad", "rejected_response")
_LABELS = ("label", "good", "is_good", "thumbs_up", "rating", "desirable")
ROLE_TARGETS = {
    "user": ("human", "user", "customer", "prompter", "player", "client", "question", "student"),
    "assistant": (
        "gpt",
        "assistant",
        "bot",
        "model",
        "ai",
        "chatgpt",
        "agent",
        "gpt4",
        "bing",
        "bard",
        "answer",
        "function_call",
        "tool_call",
        "teacher",
        "npc",
    ),
    "system": ("system", "context", "developer", "persona"),
    "tool": ("tool", "function", "observation", "function_response", "tool_response", "ipython", "function_result"),
}
"""What other trainers call the roles."""


def is_pair(columns: dict[str, None]) -> bool:
    """Whether rows hold a better and a worse answer."""
    return any(name in columns for name in BETTER[:5]) and any(name in columns for name in WORSE[:4])


@dataclass(slots=True)
class Fit:
    """A way to read the rows: keys of the entry, keys of the root, and the words for it."""

    keys: dict[str, Any]
    root: dict[str, Any] = field(default_factory=dict)
    words: str = ""
    drops: tuple[str, ...] = ()


@dataclass(slots=True)
class Shape:
    """What the columns of a sample hold, by the first rows."""

    texts: list[str]
    lists: dict[str, list[Any]]
    objects: list[str]
    flags: list[str]
    columns: list[str]
    sizes: dict[str, int] = field(default_factory=dict)


def shape_of(rows: list[Row], columns: dict[str, None]) -> Shape:
    """Sort the columns by what they hold."""
    shape = Shape([], {}, [], [], list(columns))
    for column in islice(columns, MOST_COLUMNS):
        values = [row[column] for row in rows[:LOOK] if row.get(column) is not None]
        if not values:
            continue
        if all(isinstance(value, str) for value in values):
            parsed = [_messages_in(value) for value in values]
            if all(parsed):
                shape.lists[column] = parsed
                continue
            shape.texts.append(column)
            shape.sizes[column] = sum(map(len, values))
        elif all(isinstance(value, bool) or value in (0, 1) for value in values if not isinstance(value, (list, dict))):
            if all(isinstance(value, list) for value in values):
                shape.lists[column] = values
            elif all(isinstance(value, dict) for value in values):
                shape.objects.append(column)
            else:
                shape.flags.append(column)
    return shape


def _messages_in(text: str) -> list[Any]:
    """The messages in a cell that holds them as JSON text, which `type: chat_template` parses; none for other text."""
    if not text.startswith("["):
        return []
    try:
        items = json.loads(text)
    except (ValueError, RecursionError):
        return []
    return items if isinstance(items, list) and all(isinstance(item, dict) for item in items) else []


def fits(rows: list[Row], columns: dict[str, None], rl: str = "") -> Iterator[Fit]:
    """Every way that fits the columns, best first.

    Args:
        rows: The rows of the sample.
        columns: Their columns.
        rl: The value of `rl` that the config has; "" lets the rows decide.
    """
    shape = shape_of(rows, columns)
    if {"input_ids", "attention_mask", "labels"} <= columns.keys() and not rl:
        yield Fit({"type": "completion"}, words="The rows already contain tokens, so `type` is not used.")
    if not rl:
        yield from _segments(shape)
    yield from _pairs(shape, rl)
    if rl in ("dpo", "ipo", "simpo", "orpo", "kto", "ebft"):
        return
    yield from _steps(shape)
    yield from _chat(shape)
    yield from _instruction(shape)
    yield from _text(shape)


def _objects(values: list[Any]) -> list[dict[str, Any]]:
    items = [item for value in values for item in value]
    return items if items and all(isinstance(item, dict) for item in items) else []


def _segments(shape: Shape) -> Iterator[Fit]:
    items = _objects(shape.lists.get("segments", []))
    if items and all({"label", "text"} <= item.keys() for item in items):
        yield Fit({"type": "input_output"}, words="The rows are segments: `type: input_output`.")


def conversation_keys(items: list[dict[str, Any]]) -> tuple[str, str] | None:
    """The keys that hold role and content of messages, or None where they are not messages."""
    keys = set().union(*(item.keys() for item in items[:LOOK])) if items else set()
    role = next((key for key in ROLE_KEYS if key in keys), None)
    text = next((key for key in TEXT_KEYS if key in keys and key != role), None)
    return (role, text) if role and text else None


def role_map(items: list[dict[str, Any]], key: str) -> dict[str, list[str]] | None:
    """A `roles` map for names outside the default one; None where the default does."""
    names = dict.fromkeys(str(item.get(key)) for item in items if isinstance(item.get(key), str))
    strange = [name for name in names if name not in ("human", "user", "assistant", "gpt", "system", "tool")]
    if not strange:
        return None
    roles: dict[str, list[str]] = {}
    for target, sources in ROLE_TARGETS.items():
        found = [name for name in names if name.lower().replace("-", "_") in sources]
        if found:
            roles[target] = found
    return roles if any(name in found for found in roles.values() for name in strange) else None


def _chat(shape: Shape) -> Iterator[Fit]:
    ranked = sorted(
        shape.lists, key=lambda name: (name not in ("messages", "conversations"), shape.columns.index(name))
    )
    for column in ranked:
        items = _objects(shape.lists[column])
        keys = conversation_keys(items)
        if keys is None:
            continue
        entry: dict[str, Any] = {"type": "chat_template"}
        if column != "messages":
            entry["field_messages"] = column
        if keys != ("role", "content"):
            entry["message_property_mappings"] = {"role": keys[0], "content": keys[1]}
        roles = role_map(items, keys[0])
        if roles is not None:
            entry["roles"] = roles
        yield Fit(entry, words=f"`{column}` fits `type: chat_template`.")


def _pairs(shape: Shape, rl: str) -> Iterator[Fit]:
    better = next((name for name in BETTER if name in shape.columns), None)
    worse = next((name for name in WORSE if name in shape.columns), None)
    root = {} if rl else {"rl": "dpo"}
    if better and worse and rl in ("", "dpo", "ipo", "simpo", "orpo"):
        yield from _pair_types(shape, better, worse, root, rl)
    said = next((name for name in ("completion", *SAYS) if name in shape.columns), None)
    label = next((name for name in _LABELS if name in shape.flags), None)
    if said and label and rl in ("", "kto"):
        yield from _judged(shape, said, label, rl)
    if rl == "ebft" and ("messages" in shape.lists or "conversations" in shape.lists):
        yield Fit({"type": "ebft_reasoning.transform"}, words="The rows are conversations: `ebft_reasoning.transform`.")
    if rl == "ebft":
        yield Fit(
            {"type": "ebft_strided_structured.transform"}, words="The rows fit `ebft_strided_structured.transform`."
        )


def _pair_types(shape: Shape, better: str, worse: str, root: dict[str, Any], rl: str) -> Iterator[Fit]:
    plain = better in shape.texts and worse in shape.texts
    asks = next((name for name in ASKS if name in shape.texts), None)
    if rl == "orpo":
        if better in shape.lists and worse in shape.lists:
            yield Fit(
                {"type": "chat_template.argilla"}, words="Under orpo, whole conversations are `chat_template.argilla`."
            )
        elif plain and asks == "prompt":
            yield Fit({}, words="Leave `type` out for such rows.", drops=("type",))
        return
    if plain and "messages" in shape.columns:
        yield Fit(
            {"type": "chat_template.default"}, root, "The rows are pairs after messages: `chat_template.default`."
        )
    elif plain and asks:
        names = {
            "prompt": "chatml.prompt_pairs",
            "question": "chatml.intel",
            "input": "chatml.icr",
            "instruction": "chatml",
        }
        if better == "chosen" and worse == "rejected" and asks in names:
            yield Fit({"type": names[asks]}, root, f"The rows fit `type: {names[asks]}`.")
        mapping = {"field_prompt": asks, "field_chosen": better, "field_rejected": worse}
        yield Fit({"type": mapping}, root, "Name them in a mapping under `type:`.")
    elif better in shape.lists and worse in shape.lists:
        if "messages" in shape.lists or "messages" in shape.texts:
            yield Fit(
                {"type": "chat_template.default"}, root, "The rows are pairs after messages: `chat_template.default`."
            )
        elif asks == "prompt" and all(len(value) == 2 for value in shape.lists[better]):
            yield Fit({"type": "chatml.ultra"}, root, "The rows fit `type: chatml.ultra`.")
        if "prompt" in shape.lists and all(len(value) == 1 for value in shape.lists[better]):
            after = {"type": "chat_template.default", "field_messages": "prompt"}
            yield Fit(after, root, "The rows are pairs after messages: `chat_template.default`.")
        yield Fit({"type": "chat_template.argilla_chat"}, root, "Whole conversations are `chat_template.argilla_chat`.")
    elif better in shape.objects or "messages" in shape.columns:
        messages = "messages" if "messages" in shape.columns else next(iter(shape.lists), asks or "prompt")
        keys: dict[str, Any] = {"type": "chat_template.default"}
        if messages != "messages":
            keys["field_messages"] = messages
        yield Fit(keys, root, "The rows are pairs after messages: `chat_template.default`.")


def _judged(shape: Shape, said: str, label: str, rl: str) -> Iterator[Fit]:
    root = {} if rl else {"rl": "kto", "remove_unused_columns": False}
    asks = next((name for name in ASKS if name in shape.texts and name != said), None)
    names = {"prompt": "chatml.prompt_pairs", "question": "chatml.intel", "instruction": "chatml.argilla"}
    if said in shape.lists:
        yield Fit({"type": "chatml.argilla_chat"}, root, "Whole conversations are `chatml.argilla_chat`.")
    elif asks in names and said == "completion" and label == "label":
        yield Fit({"type": names[asks]}, root, f"The rows are judged answers: `type: {names[asks]}`.")
    if asks and said in shape.texts:
        mapping = {"field_prompt": asks, "field_completion": said, "field_label": label}
        yield Fit({"type": mapping}, root, "Name them in a mapping under `type:`.")


def _steps(shape: Shape) -> Iterator[Fit]:
    if {"prompt", "completions", "labels"} <= set(shape.columns) and "completions" in shape.lists:
        root = {"process_reward_model": True, "num_labels": 2}
        yield Fit({"type": "stepwise_supervised"}, root, "The rows are steps with labels: `type: stepwise_supervised`.")


def _instruction(shape: Shape) -> Iterator[Fit]:
    """Types whose columns are all there, the ones that read most columns first."""
    there = set(shape.columns)
    found: list[tuple[int, Fit]] = []
    for order, kind in enumerate(load_kinds()):
        if kind.reads != "instruction" or kind.rl:
            continue
        needed = [column for column in kind.columns if not column.optional]
        names = {name for column in needed for name in (column.column, *column.others) if name in there}
        if len(names) < len(needed):
            continue
        used = len(names | {column.column for column in kind.columns if column.column in there})
        words = f"The rows fit `type: {kind.names[0]}`."
        found.append((used * 100 - order, Fit({"type": kind.names[0]}, words=words)))
    yield from (fit for _, fit in sorted(found, key=lambda pair: -pair[0]))
    lower = {name.lower(): name for name in shape.texts}
    asks = next((lower[name] for name in ASKS if name in lower), None)
    answers = [lower[name] for name in SAYS if name in lower and lower[name] != asks]
    says = max(answers, key=lambda name: shape.sizes[name], default=None)
    if asks and says:
        extra = next((lower[name] for name in _BESIDE if name in lower and lower[name] not in (asks, says)), None)
        mapping: dict[str, Any] = {"field_instruction": asks, "field_output": says}
        mapping |= {"field_input": extra} if extra else {}
        both = "### Instruction:\n{instruction}\n\n### Input:\n{input}\n\n### Response:\n"
        plain = "### Instruction:\n{instruction}\n\n### Response:\n"
        mapping |= {
            "format": both if extra else "{instruction}\n",
            "no_input_format": plain if extra else "{instruction}\n",
        }
        if "system" in shape.texts:
            mapping["field_system"] = "system"
        yield Fit({"type": mapping}, words="Name the columns in a mapping under `type:`.")


def _text(shape: Shape) -> Iterator[Fit]:
    named: list[str] = [
        name for name in ("text", "content", "body", "article", "story", "document") if name in shape.texts
    ]
    if shape.lists or shape.objects or "role" in shape.columns:
        return
    if not named and len(shape.columns) == 1:
        named = shape.texts
    for column in named[:1]:
        keys: dict[str, Any] = {"type": "completion"}
        if column != "text":
            keys["field"] = column
        yield Fit(keys, words=f"The rows are plain text in `{column}`: `type: completion`.")
