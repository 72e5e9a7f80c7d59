"""One sample against one entry of a config: everything a reader of rows needs, and what it makes of a row."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from knowledge.samples.issues import Issues
from knowledge.samples.sandbox import TEXT_LIMIT, Refused
from knowledge.samples.templates import (
    Template,
    syntax_fault,
    template_named,
    template_of_model,
    template_written,
)
from knowledge.samples.tokens import Model, model_of

if TYPE_CHECKING:
    from knowledge.config import Config
    from knowledge.samples.entry import Entry
    from knowledge.samples.kinds import Column, Kind
    from knowledge.samples.rows import Row, Sample

CONTEXT, TRAINED, CHOSEN, REJECTED = 0, 1, 2, 3
FALLBACK = "tokenizer_default_fallback_"


@dataclass(slots=True)
class Made:
    """What a row becomes: pieces of text, each context, trained, or one answer of a pair.

    Attributes:
        pieces: (text, CONTEXT | TRAINED | CHOSEN | REJECTED) in order.
        lead: tokens that are put in front, such as the start token.
        ends: trained tokens that are added at the end.
        fixed: characters of context that the type prints around them.
        broken: loading passes, but the row is malformed and training fails.
        tokens: all and trained tokens of rows that hold tokens already.
        sure: some piece is trained.
        joined: the pieces are tokenized as one text.
    """

    pieces: list[tuple[str, int]]
    lead: int = 0
    ends: int = 0
    fixed: int = 0
    broken: bool = False
    tokens: tuple[int, int] | None = None
    sure: bool = False
    joined: bool = False


Reader = Iterator[Made | None]
"""A Made for every row in turn, None for a row that fails."""


@dataclass(slots=True)
class Case:
    """A sample, the entry it belongs to, its type and the settings that decide what becomes of a row."""

    kind: Kind
    entry: Entry
    rows: list[Row]
    columns: dict[str, None]
    model: Model
    template: Template | None = None
    form: str = "JSON Lines"
    issues: Issues = field(default_factory=Issues)
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def sequence_len(self) -> int:
        """The longest row."""
        value = self.settings.get("sequence_len")
        return value if isinstance(value, int) and value > 0 else 512

    @property
    def trains_inputs(self) -> bool:
        """Whether prompts are trained too."""
        return self.settings.get("train_on_inputs") is True

    def name(self, column: Column) -> str:
        """The column's name in the rows: as the entry's key says, else the default, else another one that is there."""
        if column.key:
            renamed = self.entry.get(column.key)
            if isinstance(renamed, str) and renamed:
                return renamed
        for name in (column.column, *column.others):
            if name in self.columns:
                return name
        return column.others[-1] if column.others else column.column

    def closed(self, text: str) -> bool:
        """Whether a text ends with the end token, so that none is added."""
        return bool(self.model.eos) and text.endswith(self.model.eos or "")

    def missing(self) -> bool:
        """Whether a needed column is in no row; each one is an issue."""
        lost = False
        for column in self.kind.columns:
            if not column.optional and not column.silent and self.name(column) not in self.columns:
                self.issues.add("rows-column-missing", None, self.name(column), column.key or "")
                lost = True
        return lost


SETTINGS = (
    "sequence_len",
    "train_on_inputs",
    "excess_length_strategy",
    "min_sample_len",
    "sample_packing",
    "dataset_exact_deduplication",
    "eot_tokens",
    "chat_template",
    "chat_template_jinja",
    "pretraining_sample_concatenation",
    "skip_prepare_dataset",
    "streaming",
    "tokens",
    "special_tokens",
    "added_tokens_overrides",
    "base_model",
    "tokenizer_config",
    "tokenizer_use_mistral_common",
    "reward_model",
    "chat_template_kwargs",
    "processor_type",
    "image_size",
    "remove_unused_columns",
)


def settings_of(config: Config) -> dict[str, Any]:
    """The root fields that decide what becomes of a row."""
    settings = {name: config.get(name) for name in SETTINGS}
    if settings["chat_template"] is None and isinstance(config.raw("chat_template"), str):
        settings["chat_template"] = config.raw("chat_template")
    return settings


def model_for(settings: dict[str, Any], given: Sample | None = None) -> Model:
    """The tokenizer of the config.

    Args:
        settings: The root fields of the config.
        given: The rows, with what is known of the tokenizer from elsewhere.
    """
    if given is None:
        return model_of(settings)
    model = model_of(settings, given.tokenizer)
    model.printed = given.printed
    if given.template is not None:
        model.text, model.template = given.template, "own" if given.template else "none"
    if given.specials is not None and given.tokenizer is None:
        written: Any = settings.get("special_tokens") or {}
        model.bos, model.eos = (
            written.get(name) or own
            for name, own in (("bos_token", given.specials.bos), ("eos_token", given.specials.eos))
        )
    return model


def choose_template(entry: Entry, settings: dict[str, Any], model: Model, issues: Issues) -> Template | None:
    """The chat template that prints the rows, None (and an issue) where there is none or it cannot be used."""
    name, text = entry.get("chat_template"), entry.get("chat_template_jinja")
    if name in (None, "", "tokenizer_default"):
        name, text = settings.get("chat_template"), settings.get("chat_template_jinja")
    name = str(name or "tokenizer_default")
    if name.startswith(FALLBACK) and model.template == "none":
        name = name[len(FALLBACK) :]
    if name == "tokenizer_default" or name.startswith(FALLBACK):
        if model.template == "none":
            issues.add("rows-template-none", None)
            return None
        return _compiled(model.text, "", issues) if model.text else template_of_model(model.template, model.shown)
    if name == "jinja":
        if not isinstance(text, str) or not text.strip():
            return None
        if not re.search(r"\{[{%]", text):
            return template_of_model(None)
        return _compiled(text, "jinja", issues)
    found = template_named(name)
    if found is None:
        issues.add("rows-template-unknown", None, name)
    return found


def _compiled(text: str, name: str, issues: Issues) -> Template | None:
    """A template given as text, None (and an issue) where it is none."""
    if len(text) > TEXT_LIMIT:
        issues.add("rows-template-stopped", None, f"the template has more than {TEXT_LIMIT:,} characters")
        return None
    fault = syntax_fault(text)
    try:
        template = template_written(text) if fault is None else None
    except Refused as refused:
        template, fault = None, str(refused)
    if template is None:
        issues.add("rows-template-syntax", None, fault or "")
    else:
        template.name = name
    return template
