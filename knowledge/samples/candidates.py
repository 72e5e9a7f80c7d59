"""Changes of the config that might fix a fault of the rows, best first. Whether they do is tried in cures.py."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from knowledge.samples.entry import file_reader
from knowledge.samples.fits import Fit, conversation_keys, fits, is_pair, role_map
from knowledge.samples.kinds import kind_named
from knowledge.samples.rows import MOST_COLUMNS
from knowledge.samples.templates import template_names
from knowledge.text import listed, nearest

if TYPE_CHECKING:
    from knowledge.samples.entry import Entry
    from knowledge.samples.issues import Met
    from knowledge.samples.rows import Rows

_LIKELIEST = 30
"""Columns that are tried under a key."""
_OLD_KEYS = (
    "field",
    "field_messages",
    "message_property_mappings",
    "message_field_role",
    "message_field_content",
    "roles",
    "chat_template",
    "conversation",
    "field_chosen",
    "field_rejected",
    "field_human",
    "field_model",
)
"""Keys of an entry that belong to its old type."""

_LIKELY: dict[str, tuple[str, ...]] = {
    "field": ("text", "content", "body", "article", "story", "document"),
    "text_column": ("text", "content", "body", "article", "story", "document"),
    "field_messages": ("messages", "conversations", "conversation", "dialogue", "dialog", "turns", "chat"),
    "type.field_instruction": ("instruction", "prompt", "question", "query", "input"),
    "type.field_output": ("output", "response", "answer", "completion", "reply", "solution"),
    "type.field_prompt": ("prompt", "question", "instruction", "input", "query"),
    "type.field_chosen": ("chosen", "accepted", "preferred", "better"),
    "type.field_rejected": ("rejected", "dispreferred", "worse"),
    "type.field_completion": ("completion", "response", "answer", "output"),
    "type.field_label": ("label", "good", "rating"),
}
_ANSWERS = ("{output}", "{response}", "{answer}", "{completion}")
_ENDS = ("<|im_end|>", "<|eot_id|>", "<end_of_turn>", "<|end|>", "<|eot|>")


@dataclass(slots=True)
class Candidates:
    """Works out changes for one sample: its entry, its rows, the root keys that matter, and the longest row."""

    entry: Entry
    rows: Rows
    root: dict[str, Any]
    longest: float = 0

    def of(self, met: Met) -> Iterator[Fit]:
        """The changes for one fault; none where the rows themselves have to change."""
        way = _WAYS.get(met.rule)
        if way is not None:
            yield from way(self, met)

    # -- columns and types -------------------------------------------------------------------------------------

    def columns(self, met: Met) -> Iterator[Fit]:
        """The same type with the key that names the column, then another type."""
        if len(met.detail) > 1 and met.detail[1] and not met.also:
            yield from self.named(met.detail[1], met.detail[0])
        yield from self.types(met)

    def keys(self, met: Met) -> Iterator[Fit]:
        """Other keys for the messages, then another type."""
        yield from self.mapped()
        yield from self.types(met)

    def types(self, met: Met) -> Iterator[Fit]:
        """Another type, with and without the config's `rl`."""
        if any(fault.rule in ("rows-separator", "rows-not-objects") for fault in self.rows.faults):
            return
        if met.rule == "rows-answer-not-text" and met.detail[1] not in ("a list", "an object"):
            return
        rl, values, columns = self.entry.rl, self.rows.values, self.rows.columns
        for fit in fits(values, columns, rl):
            fit.drops = (*fit.drops, *_OLD_KEYS)
            yield from self.with_template(fit)
        if rl and (rl == "kto" or not is_pair(columns)):
            for fit in fits(values, columns, "dpo" if rl == "kto" and is_pair(columns) else ""):
                changed = "dpo" if rl == "kto" and is_pair(columns) else fit.root.get("rl")
                words = f"{fit.words} {f'Set `rl: {changed}`.' if changed else 'Leave `rl` out.'}"
                yield Fit(fit.keys, {**fit.root, "rl": changed}, words, (*fit.drops, *_OLD_KEYS))

    def with_template(self, fit: Fit) -> Iterator[Fit]:
        """A chat type with a template: the entry's own, the model's, or chatml where there is none."""
        if fit.keys.get("type") != "chat_template" or self.root.get("chat_template"):
            yield fit
            return
        kept = self.entry.written.get("chat_template")
        yield Fit({**fit.keys, **({"chat_template": kept} if kept else {})}, fit.root, fit.words, fit.drops)
        yield Fit({**fit.keys, "chat_template": "chatml"}, {"eot_tokens": ["<|im_end|>"]}, fit.words, fit.drops)

    def named(self, key: str, column: str) -> Iterator[Fit]:
        """Every column of the rows under the key, the likeliest first."""
        kind = self.entry.written.get("type")
        used = {str(value) for value in self.entry.written.values() if isinstance(value, str)}
        used |= {str(value) for value in kind.values()} if isinstance(kind, dict) else set()
        known = kind_named(kind, self.entry.rl) if isinstance(kind, str) else None
        used |= {each.column for each in known.columns if each.key != key} if known is not None else set()
        columns = [name for name in self.rows.columns if name not in used]
        close = nearest(column, [name.lower() for name in columns[:MOST_COLUMNS]], cutoff=60)
        likely = sorted(columns, key=lambda name: (name.lower() != close, name not in _LIKELY.get(key, ())))
        for name in likely[:_LIKELIEST]:
            if key == "field_messages":
                yield from self.mapped(name)
                if self.entry.rl:
                    yield Fit({key: name}, words=f"Set `{key}: {name}`.")
            elif key.startswith("type.") and isinstance(kind, dict):
                yield Fit({"type": {**kind, key[5:]: name}}, words=f"Set `{key[5:]}: {name}`.")
            else:
                yield Fit({key: name}, words=f"Set `{key}: {name}`.")

    # -- conversations -----------------------------------------------------------------------------------------

    def roles(self, _: Met) -> Iterator[Fit]:
        """A role map that holds the names in the rows."""
        yield from self.mapped()

    def mapped(self, column: str | None = None) -> Iterator[Fit]:
        """The keys and roles of the messages in a column."""
        now = str(self.entry.get("field_messages") or "messages")
        column = column or now
        items = [item for row in self.rows.values[:2_000] for item in _objects(row.get(column))]
        keys = conversation_keys(items)
        if keys is None:
            return
        changes: dict[str, Any] = {} if column == "messages" else {"field_messages": column}
        told = [] if column == now else [f"`field_messages: {column}`"]
        if keys != ("role", "content"):
            extra = {name: source for name, source in self.mapping().items() if name not in ("role", "content")}
            changes["message_property_mappings"] = {"role": keys[0], "content": keys[1], **extra}
            if (self.mapping()["role"], self.mapping()["content"]) != keys:
                told.append(f"`message_property_mappings: {{role: {keys[0]}, content: {keys[1]}}}`")
        roles = role_map(items, keys[0])
        if roles is not None:
            changes["roles"] = roles
            told.append("`roles`")
        words = f"Set {listed(told)}." if told else ""
        yield Fit(changes, words=words, drops=("message_field_role", "message_field_content"))

    def mapping(self) -> dict[str, Any]:
        """The mapping of message keys as it is now."""
        return {"role": "role", "content": "content", **self.entry.message_keys}

    def thoughts(self, met: Met) -> Iterator[Fit]:
        """The thinking text through the mapping, which is read."""
        mapping = {**self.mapping(), "reasoning_content": met.detail[0]}
        yield Fit({"message_property_mappings": mapping}, drops=("field_thinking",), words="Map it instead.")

    def template(self, met: Met) -> Iterator[Fit]:
        """A template that is there."""
        at_root = bool(self.root.get("chat_template"))
        name = met.detail[0] if met.rule == "rows-template-unknown" else ""
        close = nearest(name, template_names(), cutoff=50) if name else None
        for choice in [close, "chatml"] if close else ["chatml"]:
            root: dict[str, Any] = {"eot_tokens": ["<|im_end|>"]} if choice == "chatml" else {}
            root |= {"chat_template": choice} if at_root else {}
            keys = {} if at_root else {"chat_template": choice}
            yield Fit(keys, root, f"Set `chat_template: {choice}`.", drops=("chat_template_jinja",))

    def end(self, met: Met) -> Iterator[Fit]:
        """The end token that the template prints."""
        if met.rule == "rows-end-untrained" and met.detail[0]:
            yield Fit({}, {"eot_tokens": [met.detail[0]]}, f'Set `eot_tokens: ["{met.detail[0]}"]`.')
        elif met.rule == "rows-eot-not-in-template":
            for token in _ENDS:
                yield Fit({}, {"eot_tokens": [token]}, f'Set `eot_tokens: ["{token}"]`.')
            yield Fit({}, {"eot_tokens": None}, "Remove it.")

    def more_tokens(self, met: Met) -> Iterator[Fit]:
        """The token added to the tokenizer."""
        yield Fit({}, {"tokens": [*(self.root.get("tokens") or []), met.detail[0]]})

    # -- the file, lengths and formats -------------------------------------------------------------------------

    def longer(self, _: Met) -> Iterator[Fit]:
        """A `sequence_len` that holds the longest row, rounded up."""
        step = 256 if self.longest > 256 else 64
        yield Fit({}, {"sequence_len": int(-(-self.longest * 1.05 // step) * step)})

    def plain_path(self, _: Met) -> Iterator[Fit]:
        """The file itself as `path`."""
        files = self.entry.get("data_files")
        if isinstance(files, list) and len(files) == 1:
            files = files[0]
        if isinstance(files, str):
            yield Fit({"path": files, "ds_type": self.entry.get("path")}, drops=("data_files",))

    def reader(self, _: Met) -> Iterator[Fit]:
        """The reader that the end of the file's name stands for."""
        form = file_reader(str(self.entry.get("path") or ""))
        yield Fit({"ds_type": form}, words=f"Set `ds_type: {form}`.")

    def formatted(self, _: Met) -> Iterator[Fit]:
        """A format that prints the input too."""
        kind = self.entry.written.get("type")
        if isinstance(kind, dict) and "{instruction}" in str(kind.get("format")):
            text = str(kind["format"]).replace("{instruction}", "{instruction}\n{input}", 1)
            yield Fit({"type": {**kind, "format": text}})

    def refilled(self, met: Met) -> Iterator[Fit]:
        """Formats with the type's own placeholder in place of an unknown one, or without it."""
        kind, placeholder = self.entry.written.get("type"), met.detail[1]
        if not isinstance(kind, dict) or not placeholder.startswith("{"):
            return
        own = "{prompt}" if self.entry.rl else "{instruction}"
        for fill in ("",) if placeholder in _ANSWERS else (own, ""):
            formats = {
                key: text.replace(placeholder, fill)
                for key, text in kind.items()
                if key.endswith("format") and isinstance(text, str)
            }
            yield Fit({"type": {**kind, **formats}}, words=f"Write {own}." if fill else "Leave it out.")


def _objects(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _without(*keys: str) -> Callable[[Candidates, Met], Iterator[Fit]]:
    return lambda _, __: iter((Fit({}, drops=keys),))


_Way = Callable[[Candidates, "Met"], Iterator[Fit]]
_WAYS: dict[str, _Way] = {
    **dict.fromkeys(("rows-column-missing", "rows-answer-column"), Candidates.columns),
    **dict.fromkeys(("rows-message-keys", "rows-content-untrained", "rows-key-missing"), Candidates.keys),
    **dict.fromkeys(
        (
            "rows-type-missing",
            "rows-type-removed",
            "rows-type-unknown",
            "rows-type-style",
            "rows-rl-missing",
            "rows-pair-shape",
            "rows-turns-lost",
            "rows-role-refused",
            "rows-printed",
            "rows-no-table",
            "rows-answer-not-text",
        ),
        Candidates.types,
    ),
    **dict.fromkeys(("rows-template-none", "rows-template-unknown", "rows-template-syntax"), Candidates.template),
    **dict.fromkeys(("rows-end-untrained", "rows-eot-not-in-template"), Candidates.end),
    **dict.fromkeys(
        (
            "rows-too-long",
            "rows-too-long-refused",
            "rows-cut",
            "rows-cut-untrained",
            "rows-cut-pair",
            "rows-cut-reward",
            "rows-cut-stream",
            "rows-split-text",
        ),
        Candidates.longer,
    ),
    "rows-role-unmapped": Candidates.roles,
    "rows-thinking-unread": Candidates.thoughts,
    "rows-eot-split": Candidates.more_tokens,
    "rows-reader-as-path": Candidates.plain_path,
    "rows-input-unprinted": Candidates.formatted,
    "rows-format": Candidates.refilled,
    "rows-flags-unread": lambda _, met: iter((Fit({"message_field_training": met.detail[0]}),)),
    "rows-streamed-file": lambda _, met: iter((Fit({"path": "json", "data_files": met.detail[0]}),)),
    "rows-reader-by-name": Candidates.reader,
    "rows-roles-to-train": lambda _, __: iter((Fit({"roles_to_train": ["assistant"]}),)),
    "rows-evaluation-too-small": lambda _, __: iter(
        (Fit({}, {"eval_sample_packing": False}, "Set `eval_sample_packing: false`."),)
    ),
    "rows-template-refuses": lambda _, met: iter(
        (Fit({"drop_system_message": True}, words="Set `drop_system_message: true`."),)
        if "system" in met.detail[1]
        else ()
    ),
    "rows-end-off": lambda _, __: iter((Fit({"train_on_eos": "turn"}),)),
    "rows-duplicates": lambda _, __: iter((Fit({}, {"dataset_exact_deduplication": True}),)),
    "rows-style-end": lambda _, __: iter((Fit({}, {"special_tokens": {"eos_token": "<|im_end|>"}}),)),
    "rows-end-missing-stream": lambda _, __: iter(
        (Fit({}, {"pretraining_sample_concatenation": True}, "Set `pretraining_sample_concatenation: true`."),)
    ),
    "rows-ends-conflict": _without("train_on_eot"),
    "rows-split": _without("split"),
    "rows-reader-unknown": _without("ds_type"),
    "rows-sharded": _without("shards", "shards_idx"),
    "rows-weighted": _without("weight"),
}
"""Rule -> what might fix it."""
