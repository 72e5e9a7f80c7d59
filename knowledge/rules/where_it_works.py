"""Fields that this kind of run does not read, as the notes say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from knowledge.finding import Severity
from knowledge.kinds_of_run import fields_of_some_kinds, ignoring, working_elsewhere
from knowledge.modes import phrase
from knowledge.rule import Problem, problem, rule
from knowledge.text import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.config import Config
    from knowledge.modes import Mode


_DECIDE = (
    *("sample_packing", "streaming", "pretraining_dataset", "rl", "reward_model", "process_reward_model", "adapter"),
    *("load_in_4bit", "load_in_8bit", "fsdp_config", "fsdp", "deepspeed", "processor_type", "ebft"),
    "test_datasets",
)
"""The fields that make a config one kind of run or another."""

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
        if not isinstance(path, str) or path not in fields_of_some_kinds() or not _asks_for_something(config, path):
            continue
        if path in _FOR_EVALUATION and config.typed("test_datasets"):
            continue
        if mode := ignoring(config, path):
            yield problem(f"Nothing reads this {phrase(mode)}: remove it.", path)
        elif only := working_elsewhere(config, path):
            yield problem(f"This works only {_where(only)}: remove it.", path)


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
