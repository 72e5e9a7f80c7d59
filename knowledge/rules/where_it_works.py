"""Fields that this kind of run does not read, as the notes say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from knowledge.conditions import OF_THE_TRAINING_ENTRY, PREFERENCE_STEMS
from knowledge.finding import Severity
from knowledge.kinds_of_run import fields_of_some_kinds, ignoring, is_kind, working_elsewhere
from knowledge.modes import Mode, phrase
from knowledge.rule import Problem, problem, rule
from knowledge.text import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.config import Config


_DECIDE = (
    *("sample_packing", "streaming", "pretraining_dataset", "rl", "reward_model", "process_reward_model", "adapter"),
    *("load_in_4bit", "load_in_8bit", "fsdp_config", "fsdp", "deepspeed", "processor_type", "ebft"),
    "test_datasets",
)
"""The fields that make a config one kind of run or another."""

_SOME_KINDS = frozenset(fields_of_some_kinds())
_FOR_EVALUATION = ("sample_packing_group_size", "sample_packing_sequentially", "sample_packing_mp_start_method")
"""What the packing of a test set reads, which is not streamed even where the training rows are."""
_ROOM = 66
"""Characters of a message that are left for the kinds of run."""


@rule(
    Severity.WARNING,
    fields=tuple(dict.fromkeys((*fields_of_some_kinds(), *_DECIDE))),
    needs=fields_of_some_kinds(),
    general=True,
    bad="rl: dpo\nneftune_noise_alpha: 5\ndatasets:\n  - path: org/pairs\n    type: chat_template.default\n",
    good="rl: dpo\ndatasets:\n  - path: org/pairs\n    type: chat_template.default\n",
)
def not_read_in_this_kind_of_run(config: Config) -> Iterator[Problem]:
    """A field that this kind of run does not read.

    Axolotl accepts the key, but nothing in this kind of run reads it, so it changes nothing. Remove it, or switch to
    the kind of run that reads it; `/explain` says where it works.
    """
    for path in config.values:
        if path not in _SOME_KINDS or not _asks_for_something(config, path):
            continue
        if path in _FOR_EVALUATION and config.typed("test_datasets"):
            continue
        if mode := ignoring(config, path):
            yield problem(f"Nothing reads this {phrase(mode)}: remove it.", path)
        elif only := working_elsewhere(config, path):
            yield problem(f"This works only {_where(only)}: remove it.", path)


_ENTRIES = ("datasets", "test_datasets")
_MOVED = ("message_field_role", "message_field_content")
"""Keys that the schema turns into `message_property_mappings` before it looks for unknown ones."""


@rule(
    Severity.WARNING,
    fields=("datasets", "test_datasets", "rl", "sample_packing", "streaming", "pretraining_dataset"),
    needs=_ENTRIES,
    general=True,
    bad="rl: orpo\ndatasets:\n  - path: org/pairs\n    type: chat_template.argilla\n    field_messages: chat\n",
    good="rl: orpo\ndatasets:\n  - path: org/pairs\n    type: chat_template.argilla\n",
)
def entry_key_not_read_in_this_kind_of_run(config: Config) -> Iterator[Problem]:
    """A key of a dataset's entry that this kind of run does not read.

    Axolotl accepts the key, but the code that loads this entry in this kind of run never looks at it. Remove it, and
    prepare the rows themselves to get the same effect; `/explain` says where the key works.
    """
    for name in _ENTRIES:
        written = config.values.get(name)
        for index, entry in enumerate(written if isinstance(written, list) else ()):
            if not isinstance(entry, dict) or (config.typed("rl") and _is_own_function(entry.get("type"))):
                continue
            for key, value in _written(entry):
                if value in (None, False, "") or not _is_kept(config, name, entry, key):
                    continue
                mode = ignoring(config, f"{name}[].{key}")
                if mode is not None and not _is_told_elsewhere(config, name, key, mode):
                    yield problem(f"Nothing reads this {phrase(mode)}: remove it.", (name, index, *key.split(".")))


def _written(entry: dict[Any, Any]) -> Iterator[tuple[str, Any]]:
    """The keys of an entry and of its own prompt format, with their values."""
    for key, value in entry.items():
        if key == "type" and isinstance(value, dict):
            yield from ((f"type.{inner}", each) for inner, each in value.items())
        elif isinstance(key, str):
            yield key, value


def _is_told_elsewhere(config: Config, name: str, key: str, mode: Mode) -> bool:
    """Whether a rule of its own speaks of a key: `weight` in streams, and what pairs share with the training set."""
    if name == "datasets":
        return key == "weight" and mode is Mode.STREAMING
    return key in OF_THE_TRAINING_ENTRY and mode is Mode.PREFERENCE and not is_kind(config, Mode.KTO)


def _is_own_function(kind: Any) -> bool:
    """Whether the type of an entry names a function of the user's, which may read any key."""
    return isinstance(kind, str) and "." in kind and kind.split(".")[0] not in PREFERENCE_STEMS


def _is_kept(config: Config, name: str, entry: dict[Any, Any], key: str) -> bool:
    """Whether the schema keeps a key; those that it drops are named as such."""
    kind = config.dataset_class(entry) if name == "datasets" else "SFTDataset"
    return kind == "SFTDataset" and (key in _MOVED or key.partition(".")[0] in config.types.models[kind]["fields"])


def _where(modes: tuple[Mode, ...]) -> str:
    """All the kinds of run that a field works in where a message has room for them, otherwise the first."""
    phrases = [phrase(mode) for mode in modes]
    every = listed(phrases, "or")
    return every if len(every) <= _ROOM else phrases[0]


def _asks_for_something(config: Config, path: str) -> bool:
    """Whether a value is written that would do something if it were read: not blank, off, or the default."""
    value: Any = config.typed(path)
    field = config.field(path)
    default = field.get("default") if field is not None else None
    return value not in (None, False, 0, "", default) and value != [] and value != {}
