"""Cures: for what was met, YAML to copy that mends it, tried on the rows before it is offered."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import yaml

from knowledge.samples.entry import Entry
from knowledge.samples.kinds import names_under
from knowledge.samples.proposal import Fit, conversation_keys, fits, role_map
from knowledge.samples.templates import template_names
from knowledge.samples.wording import load_told

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from knowledge.samples.issues import Issues, Met
    from knowledge.samples.rows import Rows

_TYPED = frozenset(
    [
        "rows-column-missing",
        "rows-type-missing",
        "rows-type-removed",
        "rows-type-unknown",
        "rows-type-style",
        "rows-rl-missing",
        "rows-pair-shape",
        "rows-answer-column",
        "rows-key-missing",
        "rows-role-refused",
        "rows-message-keys",
        "rows-printed",
        "rows-content-untrained",
        "rows-no-table",
        "rows-list-as-text",
    ]
)
"""What another type, or other names of columns, can mend."""

_OLD_KEYS: tuple[str, ...] = (
    "field",
    "field_messages",
    "message_property_mappings",
    "message_field_role",
    "message_field_content",
)
_OLD_KEYS += ("roles", "chat_template", "conversation", "field_chosen", "field_rejected", "field_human", "field_model")
TRIED = 64
"""A cure is tried on as many rows."""


@dataclass(slots=True)
class Cure:
    """What mends a fault: words for the message, YAML to copy, and the nearest name of a misspelt one."""

    words: str = ""
    mended: str = ""
    suggestion: str | None = None


@dataclass(slots=True)
class Curer:
    """Works out cures for one sample.

    `attempt` reads the first rows with another entry and other root keys and gives the issues that are left.
    """

    entry: Entry
    rows: Rows
    root: dict[str, Any]
    attempt: Callable[[Entry, dict[str, Any]], Issues | None]
    longest: float = 0
    memo: dict[str, Fit | None] = field(default_factory=dict)

    def cure(self, met: Met) -> Cure | None:
        """The cure of one fault, or None where the rows themselves have to change."""
        for fit in self.candidates(met):
            if self.mends(met, fit):
                return Cure(fit.words, self.text(fit), self.nearest(met))
        nearest = self.nearest(met)
        return Cure(f"Did you mean `{nearest}`?", suggestion=nearest) if nearest else None

    # -- candidates --------------------------------------------------------------------------------------------

    def candidates(self, met: Met) -> Iterator[Fit]:
        """Changes of the config that might mend a fault, best first."""
        rule, detail = met.rule, met.detail
        if rule in _TYPED:
            yield from self.renamed(met)
            yield from self.retyped()
        elif rule == "rows-role-unmapped":
            yield from self.mapped()
        elif rule == "rows-flags-unread":
            yield Fit({"message_field_training": detail[0]})
        elif rule == "rows-thinking-unread":
            mapping = {**self.mapping(), "reasoning_content": detail[0]}
            yield Fit({"message_property_mappings": mapping}, drops=("field_thinking",), words="Map it instead.")
        elif rule in ("rows-template-none", "rows-template-unknown", "rows-template-syntax"):
            yield from self.template(detail[0] if rule == "rows-template-unknown" else "")
        elif rule == "rows-end-untrained" and detail[0]:
            yield Fit({}, {"eot_tokens": [detail[0]]}, f'Set `eot_tokens: ["{detail[0]}"]`.')
        elif rule == "rows-eot-not-in-template":
            yield from self.ends()
        elif rule == "rows-eot-split":
            yield Fit({}, {"tokens": [*(self.root.get("tokens") or []), detail[0]]})
        elif rule == "rows-ends-conflict":
            yield Fit({}, drops=("train_on_eot",))
        elif rule == "rows-end-off":
            yield Fit({"train_on_eos": "turn"})
        elif rule in (
            "rows-too-long",
            "rows-too-long-refused",
            "rows-cut",
            "rows-cut-untrained",
            "rows-cut-pair",
        ) or rule in ("rows-cut-reward", "rows-cut-stream", "rows-split-text"):
            yield self.longer()
        elif rule == "rows-end-missing-stream":
            yield Fit({}, {"pretraining_sample_concatenation": True}, "Set `pretraining_sample_concatenation: true`.")
        elif rule == "rows-duplicates":
            yield Fit({}, {"dataset_exact_deduplication": True})
        elif rule in _DROPS:
            yield Fit({}, drops=_DROPS[rule])
        elif rule == "rows-reader-by-name":
            yield Fit({"ds_type": "json"})
        elif rule == "rows-reader-as-path":
            yield from self.plain_path()
        elif rule == "rows-streamed-file":
            yield Fit({"path": "json", "data_files": detail[0]})
        elif rule == "rows-key-unread":
            yield Fit({}, drops=(detail[0],))
        elif rule == "rows-roles-to-train":
            yield Fit({"roles_to_train": ["assistant"]})
        elif rule == "rows-input-unprinted":
            yield from self.formatted()
        elif rule == "rows-format":
            yield from self.refilled(detail[1])

    def renamed(self, met: Met) -> Iterator[Fit]:
        """The same type with the key that names the column."""
        if (met.rule == "rows-column-missing" and len(met.detail) > 1 and met.detail[1]) or (
            met.rule == "rows-answer-column" and len(met.detail) > 1 and met.detail[1]
        ):
            yield from self.named(met.detail[1], met.detail[0])
        elif met.rule in ("rows-message-keys", "rows-content-untrained", "rows-key-missing"):
            yield from self.mapped()

    def named(self, key: str, column: str) -> Iterator[Fit]:
        """Every column of the rows under the key, the likeliest first."""
        used = {str(value) for value in self.entry.values.values() if isinstance(value, str)}
        kind = self.entry.get("type")
        used |= {str(value) for value in kind.values()} if isinstance(kind, dict) else set()
        columns = [name for name in self.rows.columns if name not in used]
        close = get_close_matches(column.lower(), [name.lower() for name in columns], 1, 0.6)
        likely = sorted(columns, key=lambda name: (name.lower() not in close, _LIKELY.get(key, ()).count(name) == 0))
        for name in likely:
            if key == "field_messages":
                yield from (fit for fit in self.mapped(name))
            elif key.startswith("type.") and isinstance(kind, dict):
                keys = {**kind, key[5:]: name}
                yield Fit({"type": keys}, words=f"Set `{key[5:]}: {name}`.")
            else:
                yield Fit({key: name}, words=f"Set `{key}: {name}`.")

    def mapped(self, column: str | None = None) -> Iterator[Fit]:
        """The keys and roles of the messages in a column."""
        column = column or str(self.entry.get("field_messages") or "messages")
        items = [
            item
            for row in self.rows.values[:2_000]
            for item in (row.get(column) if isinstance(row.get(column), list) else ())  # type: ignore[union-attr]
            if isinstance(item, dict)
        ]
        keys = conversation_keys(items)
        if keys is None:
            return
        changes: dict[str, Any] = {} if column == "messages" else {"field_messages": column}
        told = [] if column == str(self.entry.get("field_messages") or "messages") else [f"`field_messages: {column}`"]
        if keys != ("role", "content"):
            extra = {name: source for name, source in self.mapping().items() if name not in ("role", "content")}
            changes["message_property_mappings"] = {"role": keys[0], "content": keys[1], **extra}
            if (self.mapping()["role"], self.mapping()["content"]) != keys:
                told.append(f"`message_property_mappings: {{role: {keys[0]}, content: {keys[1]}}}`")
        roles = role_map(items, keys[0])
        if roles is not None:
            changes["roles"] = roles
            told.append("`roles`")
        words = f"Set {' and '.join(told)}." if told else ""
        yield Fit(changes, words=words, drops=("message_field_role", "message_field_content"))

    def mapping(self) -> dict[str, Any]:
        """The mapping of message keys as it is now."""
        given = self.entry.get("message_property_mappings")
        return {"role": "role", "content": "content", **(given if isinstance(given, dict) else {})}

    def retyped(self) -> Iterator[Fit]:
        """Another type, with and without the config's `rl`."""
        rl = self.entry.rl
        for fit in fits(self.rows.values, self.rows.columns, rl):
            fit.drops = (*fit.drops, *_OLD_KEYS)
            yield from self.with_template(fit)
        if rl:
            for fit in fits(self.rows.values, self.rows.columns, "dpo" if rl == "kto" else ""):
                now = fit.root.get("rl")
                changed = "dpo" if rl == "kto" and now is None and fit.keys else now
                fit.root["rl"] = changed
                fit.drops = (*fit.drops, *_OLD_KEYS)
                fit.words = f"{fit.words} {f'Set `rl: {changed}`.' if changed else 'Remove `rl`.'}"
                yield fit

    def with_template(self, fit: Fit) -> Iterator[Fit]:
        """A chat type with a template: the entry's own, the model's, or chatml where there is none."""
        if fit.keys.get("type") != "chat_template" or self.root.get("chat_template"):
            yield fit
            return
        kept = self.entry.written.get("chat_template")
        if kept:
            fit.keys["chat_template"] = kept
        yield fit
        yield Fit({**fit.keys, "chat_template": "chatml"}, {"eot_tokens": ["<|im_end|>"]}, fit.words, fit.drops)

    def template(self, name: str) -> Iterator[Fit]:
        """A template that is there."""
        at_root = bool(self.root.get("chat_template"))
        close = get_close_matches(name, template_names(), 1, 0.5) if name else []
        for choice in [*close, "chatml"]:
            root: dict[str, Any] = {"eot_tokens": ["<|im_end|>"]} if choice == "chatml" else {}
            if at_root:
                root["chat_template"] = choice
            keys = {} if at_root else {"chat_template": choice}
            yield Fit(keys, root, f"Set `chat_template: {choice}`.", drops=("chat_template_jinja",))

    def ends(self) -> Iterator[Fit]:
        """The end token that the template prints."""
        for token in ("<|im_end|>", "<|eot_id|>", "<end_of_turn>", "<|end|>", "<|eot|>"):
            yield Fit({}, {"eot_tokens": [token]}, f'Set `eot_tokens: ["{token}"]`.')
        yield Fit({}, {"eot_tokens": None}, "Remove it.")

    def longer(self) -> Fit:
        """A `sequence_len` that holds the longest row, rounded up."""
        step = 256 if self.longest > 256 else 64
        size = int(-(-self.longest * 1.05 // step) * step)
        return Fit({}, {"sequence_len": size})

    def plain_path(self) -> Iterator[Fit]:
        """The file itself as `path`."""
        files = self.entry.get("data_files")
        if isinstance(files, list) and len(files) == 1:
            files = files[0]
        if isinstance(files, str):
            yield Fit({"path": files, "ds_type": self.entry.get("path")}, drops=("data_files",))

    def formatted(self) -> Iterator[Fit]:
        """A format that prints the input too."""
        kind = self.entry.get("type")
        if isinstance(kind, dict) and "{instruction}" in str(kind.get("format")):
            text = str(kind["format"]).replace("{instruction}", "{instruction}\n{input}", 1)
            yield Fit({"type": {**kind, "format": text}})

    def refilled(self, placeholder: str) -> Iterator[Fit]:
        """Formats with the type's own placeholder in place of an unknown one."""
        kind = self.entry.get("type")
        if not isinstance(kind, dict) or not placeholder.startswith("{"):
            return
        own = "{instruction}" if self.entry.rl == "" else "{prompt}"
        for fill in (own, ""):
            formats = {
                key: str(text).replace(placeholder, fill) for key, text in kind.items() if key.endswith("format")
            }
            yield Fit({"type": {**kind, **formats}}, words=f"Write {own}." if fill else "Remove it.")

    # -- trying ------------------------------------------------------------------------------------------------

    def changed(self, fit: Fit) -> tuple[Entry, dict[str, Any]]:
        """The entry and the root keys with a change made."""
        written = {key: value for key, value in self.entry.written.items() if key not in fit.drops}
        written.update(copy.deepcopy(fit.keys))
        return Entry(written, written, self.entry.path, str(fit.root.get("rl", self.entry.rl) or "")), fit.root

    def mends(self, met: Met, fit: Fit) -> bool:
        """Whether the fault is gone with a change, and no other one that stops the run has come."""
        entry, root = self.changed(fit)
        if entry.written == self.entry.written and not root:
            return False
        left = self.attempt(entry, root)
        if left is None or any(each.rule == met.rule and each.detail == met.detail for each in left.met.values()):
            return False
        return not any(load_told()[each.rule].severity.rank <= 1 for each in left.met.values())

    def text(self, fit: Fit) -> str:
        """A change as YAML to copy: root keys, and the whole entry where it changes."""
        block: dict[str, Any] = {key: value for key, value in fit.root.items() if value is not None}
        if fit.keys or fit.drops:
            root = self.entry.path.partition("[")[0]
            block[root] = [self.changed(fit)[0].written]
        return yaml.safe_dump(block, sort_keys=False, allow_unicode=True, width=100, default_flow_style=False)

    def nearest(self, met: Met) -> str | None:
        """The nearest name of a type or template that is not known."""
        if met.rule not in ("rows-type-unknown", "rows-type-style", "rows-template-unknown"):
            return None
        names = template_names() if met.rule == "rows-template-unknown" else names_under(self.entry.rl)
        word = ":".join(met.detail) if met.rule == "rows-type-style" else met.detail[0]
        return next(iter(get_close_matches(word.lower(), names, 1, 0.75)), None)


_DROPS = {
    "rows-split": ("split",),
    "rows-reader-unknown": ("ds_type",),
    "rows-sharded": ("shards", "shards_idx"),
    "rows-weighted": ("weight",),
}
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
