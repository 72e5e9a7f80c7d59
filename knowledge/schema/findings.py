"""Findings that follow from the facts alone: unknown, misplaced, of a wrong type, no choice, out of bounds, missing."""

from __future__ import annotations

from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING

from knowledge.config import LEGACY_ATTENTION, Config, load_types
from knowledge.document import MAX_FINDINGS
from knowledge.finding import Finding, Severity, problem, stamp
from knowledge.schema.keys import dataset_keys, keys_inside, unknown, unknown_root
from knowledge.schema.launcher import launcher_findings
from knowledge.schema.values import typing_finding
from knowledge.schema.whole import foreign_name_of

if TYPE_CHECKING:
    from collections.abc import Iterator


_DATASET_LISTS = ("datasets", "test_datasets", "pretraining_dataset")
_READ_RAW = frozenset(
    {
        *LEGACY_ATTENTION,
        *("fsdp", "inference", "model_config_type", "unsloth_cross_entropy_loss", "unsloth_lora_mlp"),
        *("unsloth_lora_qkv", "unsloth_lora_o", "unsloth_rms_norm", "unsloth_rope"),
    }
)
"""Root keys that are not field any more, but that Axolotl's raw checks still look at: rules speak of them."""
_EXAMPLES = {"base_model": "base_model: NousResearch/Llama-3.2-1B", "learning_rate": "learning_rate: 2e-4"}


def schema_findings(config: Config) -> list[Finding]:
    """Everything the facts say of a config, in no particular order."""
    if config.launcher is not None:
        return launcher_findings(config, config.launcher)
    found = list(_missing(config))
    aliases, values, root = config.types.aliases, config.values, config.types.root
    for key in config.roots:
        if len(found) > MAX_FINDINGS:
            break
        name = aliases.get(key, key)
        field = root.get(name) or config.field(name)
        if field is None:
            if key not in _READ_RAW:
                found.append(unknown_root(config, key))
            continue
        if wrongs := config.wrong(name):
            found += [typing_finding(config, each) for each in wrongs[: MAX_FINDINGS + 1] if each.steps[0] == key]
        value = values.get(key)
        if isinstance(value, (dict, list)):
            own = key in _DATASET_LISTS
            inside = dataset_keys(config, key, value) if own else keys_inside(config, field["type"], value, (key,))
            found += islice(inside, MAX_FINDINGS + 1)
    names = list(root)
    return found + [unknown(config, (key,), names) for key in values if not isinstance(key, str)]


def _missing(config: Config) -> Iterator[Finding]:
    for key in ("base_model", "learning_rate"):
        if key not in config.values:
            message = f"Every config needs `{key}`. Add it, for example `{_EXAMPLES[key]}`."
            why = "It is one of the two fields without a default."
            if (other := foreign_name_of(config, key)) is not None:
                message = f"Every config needs `{key}`: rename `{other[0]}` on line {other[1]}."
            yield stamp(problem(message, key, why=why), "missing-field", Severity.ERROR, config.document)
    for plugin, key in _required_by_plugins():
        if plugin in config.plugins and key not in config.values:
            message = f"Missing `{key}`: {plugin} needs it. Add it, or remove the plugin."
            yield stamp(problem(message, key, "plugins", why=""), "missing-field", Severity.ERROR, config.document)


@lru_cache(maxsize=1)
def _required_by_plugins() -> tuple[tuple[str, str], ...]:
    """The class names of plugins with the fields that they demand."""
    types = load_types()
    return tuple(
        (plugin.rpartition(".")[2], key)
        for plugin, arguments in types.plugins.items()
        for key, field in types.models[arguments]["fields"].items()
        if field.get("required") and key not in types.root
    )
