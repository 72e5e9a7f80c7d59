"""What several rules ask of a config."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from knowledge import text
from knowledge.config import SEPARATES_ROWS
from knowledge.document import MAX_NEAREST
from knowledge.facts import read_json
from knowledge.pattern import expression

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from knowledge.config import Config

ATTENTION = (
    "attn_implementation",
    "xformers_attention",
    "sage_attention",
    "flex_attention",
    "flash_attention",
    "sdp_attention",
    "eager_attention",
    "gemma4_hybrid_attn_impl",
)
"""The fields that decide the attention backend."""
NO_VARIABLE = "No variable can have that name: letters, digits, and `_`, no digit first."
"""What is said of a name for which `is_variable` does not hold."""
_VARIABLE = expression(r"[A-Za-z_][A-Za-z0-9_]*")
_LONGEST_NAME = 200
"""Characters of a name that may be a misspelled one."""

PREFERENCE_STEMS = frozenset({"chat_template", "chatml", "llama3", "zephyr", "user_defined", "passthrough"})
"""What Axolotl's own types for preference data begin with; any other dotted name is a function of the user's."""

OF_THE_TRAINING_ENTRY = (
    *("field_messages", "field_chosen", "field_rejected", "message_property_mappings", "message_field_role"),
    *("message_field_content", "roles", "chat_template", "chat_template_jinja"),
)
"""What the preference loaders read from `datasets` for both splits (dpo.chat_template, dpo and kto.user_defined)."""


def attention(config: Config) -> str | None:
    """The attention backend as Axolotl resolves it, without revision or kernel name; None when none is chosen."""
    chosen = config.typed("attn_implementation")
    return chosen.split(":", 1)[0].split("@", 1)[0].strip() if isinstance(chosen, str) else None


def separates_rows(config: Config) -> bool:
    """Whether the backend works on rows of different lengths in one sequence by itself."""
    return attention(config) in SEPARATES_ROWS


def block(config: Config, name: str) -> dict[str, Any]:
    """A typed block, empty when it is absent."""
    value = config.typed(name)
    return value if isinstance(value, dict) else {}


def raw_block(value: Any) -> dict[Any, Any]:
    """A raw block, empty when it is absent or no mapping."""
    return value if isinstance(value, dict) else {}


def more_than_one(value: Any) -> bool:
    """Whether a raw or typed size is a number above 1."""
    return isinstance(value, (int, float)) and value > 1


def entries(config: Config, name: str) -> Iterator[tuple[int, dict[Any, Any]]]:
    """The raw entries of a dataset list that are mappings, with their index."""
    value = config.raw(name)
    for index, entry in enumerate(value if isinstance(value, list) else ()):
        if isinstance(entry, dict):
            yield index, entry


def is_placeholder(value: object) -> bool:
    """Whether a value stands for what a written config leaves to its reader, such as YOUR_DATASET."""
    return isinstance(value, str) and value.startswith("YOUR_")


def nearest(config: Config, name: str, known: Sequence[str], *, cutoff: float = 75) -> str | None:
    """The known name that a misspelled one most likely means.

    Args:
        config: The config that holds the name; it counts how many were looked for.
        name: What is written, compared in lower case.
        known: The names that exist.
        cutoff: Likeness from 0 to 100 below which nothing is near.

    Returns:
        None when nothing is near, or too much was looked for in this config already.
    """
    config.looked_up += 1
    if config.looked_up > MAX_NEAREST or len(name) > _LONGEST_NAME:
        return None
    return text.nearest(name, known, cutoff=cutoff)


def is_variable(name: str) -> bool:
    """Whether an environment variable can have a name."""
    return _VARIABLE.fullmatch(name) is not None


def provider(config: Config) -> str | None:
    """Whose a cloud launcher file is; None where nobody's rules hold, and for a training config."""
    return config.launcher.provider if config.launcher is not None else None


@lru_cache(maxsize=1)
def supervised_types() -> tuple[str, ...]:
    """The dataset types of supervised training (facts/values.json)."""
    known = read_json("values.json")["dataset_type"]
    return (*known["sft_modules"], *known["sft_handlers"], "user_defined", "bradley_terry", "chat_template")
