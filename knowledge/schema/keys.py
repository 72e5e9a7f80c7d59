"""Keys that Axolotl does not read where they stand: unknown, misplaced, of another trainer, or falling away."""

from __future__ import annotations

from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

from knowledge.coercion import Wrong, coerce
from knowledge.config import Config, load_types
from knowledge.facts import load_names
from knowledge.finding import Finding, Severity, problem, stamp
from knowledge.foreign import meaning, names_of
from knowledge.kinds_of_run import PREFERENCE
from knowledge.schema.edits import rename
from knowledge.schema.elsewhere import foreign_inside, foreign_key
from knowledge.schema.homes import bare, homes
from knowledge.schema.spelling import meant
from knowledge.schema.whole import origin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.document import Steps
    from knowledge.foreign import Meaning


_FSDP1 = frozenset(
    {
        *("sharding_strategy", "forward_prefetch", "sync_module_states", "backward_prefetch"),
        *("backward_prefetch_policy", "limit_all_gathers", "use_orig_params"),
    }
)
_DATASET_MODELS = ("SFTDataset", "DPODataset", "KTODataset", "StepwiseSupervisedDataset", "SyntheticDataset")
_COLUMNS = ("UserDefinedDPOType", "UserDefinedKTOType")
_LONG_NAME = 8
"""Letters from which a name is looked for among those of other trainers, too."""


def unknown_root(config: Config, key: str) -> Finding:
    """A root key that is not a field: another trainer's, a removed one, a plugin's, or misspelled."""
    names = load_names()
    plugin = _plugin_of(key)
    if plugin is not None:
        message = f"Does nothing: list `{plugin}` in `plugins`."
        why = "A plugin's fields exist only while the plugin is listed."
        return stamp(problem(message, key, why=why), "plugin-not-listed", Severity.IGNORED, config.document)
    if key in names.removed:
        replacement = names.removed[key].get("replacement")
        cure = f"Use `{replacement}`." if replacement else "Remove it."
        each = problem(f"No longer a field: silently ignored. {cure}", key, why="Axolotl had it in older releases.")
        edit = rename(config, (key,), replacement) if replacement and "." not in replacement else None
        each = each._replace(suggestion=replacement, edit=edit)
        return stamp(each, "removed-key", Severity.IGNORED, config.document)
    whose = origin(config)
    foreign = meaning(key, None if whose is None else whose.trainer)
    places = homes(config, key)
    online = places == [f"trl.{key}"] and config.raw("rl") in ("grpo", "gdpo")
    if _nests_settings(config, key, foreign):
        message = "Not an Axolotl field: silently ignored, with all it contains. Move its keys to the top level."
        each = problem(message, key, why="Axolotl has no block of this name around its settings.")
        return stamp(each, "misplaced-key", Severity.IGNORED, config.document)
    if foreign is not None and not online:
        return foreign_key(config, key, foreign)
    if places:
        message = f"Silently ignored here: `{key}` belongs under `{places[0].rpartition('.')[0]}`. Move it there."
        each = problem(message, key, why="Axolotl has no such key at the top level.")._replace(suggestion=places[0])
        return stamp(each, "misplaced-key", Severity.IGNORED, config.document)
    found = unknown(config, (key,), [*config.types.root, *config.types.aliases, *_plugin_fields(config)])
    elsewhere = _misspelt_elsewhere(config, key) if found.suggestion is None else None
    return found if elsewhere is None else elsewhere


def _nests_settings(config: Config, key: str, foreign: Meaning | None) -> bool:
    """Whether a block only puts a heading over settings of the top level, such as `training:`."""
    block = config.values.get(key)
    if not isinstance(block, dict) or not block or (foreign is not None and foreign.block):
        return False
    own = [name for name in block if name in config.types.root]
    if foreign is not None and foreign.kind == "field":
        return len(own) == len(block)
    known = [name for name in block if isinstance(name, str) and name not in own and meaning(name) is not None]
    return 2 * len([*own, *known]) >= len(block)


def _misspelt_elsewhere(config: Config, key: str) -> Finding | None:
    """A key that is one slip away from another trainer's name for a field; short names are too much alike."""
    name = meant(config, key, names_of(), lambda _: False) if len(key) >= _LONG_NAME else None
    known = meaning(name) if name is not None else None
    if known is None or known.kind != "field":
        return None
    message = f"Not an Axolotl field: silently ignored. Did you mean `{known.field}`?"
    each = problem(message, key, why=f"It looks like `{name}`, which other trainers call it.", suggestion=known.field)
    return stamp(each, "unknown-key", Severity.IGNORED, config.document)


def unknown(config: Config, steps: Steps, siblings: list[str]) -> Finding:
    """A key that the block around it does not know; `siblings` are the names it does."""
    name = str(steps[-1])
    foreign = meaning(name) if len(steps) > 1 and config.launcher is None else None
    if foreign is not None and name not in config.types.root:
        return foreign_inside(config, steps, foreign, siblings)
    suggestion = meant(config, name, siblings, partial(_takes, config, name) if len(steps) == 1 else None)
    if len(steps) > 1 and suggestion is None and name in config.types.root:
        message = f"Silently ignored here: `{name}` belongs at the top level. Move it there."
        each = problem(message, steps, why="This block has no such key.")._replace(suggestion=name)
        return stamp(each, "misplaced-key", Severity.IGNORED, config.document)
    parent = (*steps[:-1], suggestion) if suggestion else None
    counts = config.document.place(parent) if parent else None
    hint = f" Did you mean `{suggestion}`?" if suggestion else " Check the name, or remove it."
    also = f"; line {counts[0]} counts" if counts else ""
    message = f"Not an Axolotl field: silently ignored{also}.{hint}"
    each = problem(message, steps, why="Axolotl silently drops keys that it does not know.")
    edit = rename(config, steps, suggestion) if suggestion and counts is None else None
    return stamp(each._replace(suggestion=suggestion, edit=edit), "unknown-key", Severity.IGNORED, config.document)


def _takes(config: Config, key: str, name: str) -> bool:
    """Whether a root field takes the value that stands under another key."""
    field = config.field(config.types.aliases.get(name, name))
    wrong: list[Wrong] = []
    if field is not None:
        coerce(config.values.get(key), field["type"], config.types.models, (name,), wrong)
    return not wrong


def keys_inside(config: Config, kind: Any, value: Any, steps: Steps) -> Iterator[Finding]:
    """Unknown keys inside a value, as deep as the facts know its shape."""
    kind = bare(kind)
    if isinstance(value, list) and isinstance(kind, dict) and "list" in kind:
        for index, item in enumerate(value):
            yield from keys_inside(config, kind["list"], item, (*steps, index))
    if not isinstance(value, dict) or isinstance(kind, str):
        return
    model = _model_for(config, kind, value)
    if model is None or config.types.models[model]["extra"] == "forbid":
        return
    fields = config.types.models[model]["fields"]
    known = {each: field for name, field in fields.items() for each in field.get("names", (name,))}
    for key, inner in value.items():
        if key in known:
            yield from keys_inside(config, known[key]["type"], inner, (*steps, key))
        elif model == "FSDPConfig" and _fsdp_key(key, known):
            continue
        else:
            yield unknown(config, (*steps, key), list(known))


def _fsdp_key(key: Any, known: dict[str, Any]) -> bool:
    """Keys of fsdp_config that a rule speaks of: with the old prefix, or of FSDP1."""
    bare = str(key).removeprefix("fsdp_")
    return bare in known or bare in _FSDP1


@lru_cache(maxsize=1)
def _dataset_fields() -> frozenset[str]:
    """Keys that some class of dataset entries has, and one that they had."""
    models = load_types().models
    return frozenset({name for model in _DATASET_MODELS for name in models[model]["fields"]} | {"train_on_split"})


def dataset_keys(config: Config, root: str, value: Any) -> Iterator[Finding]:
    """Keys of dataset entries that their class does not keep, or that nobody knows."""
    if not isinstance(value, list):
        return
    models = config.types.models
    every = _dataset_fields()
    for index, entry in enumerate(value):
        if not isinstance(entry, dict):
            continue
        chosen = config.dataset_class(entry) if root == "datasets" else _union_class(config, root, entry)
        fields = models[chosen]["fields"]
        for key, inner in entry.items():
            steps = (root, index, key)
            if key == "type" and root == "test_datasets" and _columns_of_pairs(config, inner):
                continue
            if key in fields:
                if isinstance(inner, (dict, list)):
                    yield from keys_inside(config, fields[key]["type"], inner, steps)
            elif key in every and key != "train_on_split":
                yield _fallen(config, steps, chosen)
            elif key == "train_on_split":
                each = problem("No longer a field: silently ignored. Use `split`.", steps, why="It was renamed.")
                edit = rename(config, steps, "split") if "split" not in entry else None
                each = each._replace(suggestion="split", edit=edit)
                yield stamp(each, "removed-key", Severity.IGNORED, config.document)
            else:
                yield unknown(config, steps, [*fields, *(name for name in every if name not in fields)])


def _columns_of_pairs(config: Config, value: Any) -> bool:
    """Whether a block names only columns of preference data, in preference training: a rule says which count."""
    known = {name for model in _COLUMNS for name in config.types.models[model]["fields"]}
    return config.raw("rl") in PREFERENCE and isinstance(value, dict) and bool(value) and known >= value.keys()


def _fallen(config: Config, steps: Steps, chosen: str) -> Finding:
    rl = config.raw("rl")
    reason = {
        "DPODataset": f"under `rl: {rl}` an entry keeps only what preference data needs",
        "KTODataset": "under `rl: kto` an entry keeps only what KTO needs",
        "SyntheticDataset": "a synthetic entry has its own keys",
        "PretrainingDataset": "an entry of `pretraining_dataset` has only a few keys",
    }.get(chosen, "the other keys of this entry make it another kind")
    message = f"Silently ignored: {reason}. Remove it."
    why = (
        "Axolotl types each entry by its kind and drops what that kind lacks. Prepare the data itself to get the "
        "same effect."
    )
    each = problem(message, steps, why=why)
    return stamp(each, "dataset-key-falls-away", Severity.WARNING, config.document)


def _union_class(config: Config, root: str, entry: dict[Any, Any]) -> str:
    """Which class a union of dataset classes picks for an entry: the one that reads most keys, in its blocks too.

    Of classes that read as many it is the first. The class of supervised rows reads one more than an entry has, as
    Axolotl writes `message_property_mappings` into it.
    """
    if root != "test_datasets":
        return max(("PretrainingDataset", "SFTDataset"), key=lambda model: _read_by(config, model, entry))
    written = "message_property_mappings" not in entry
    return max(_DATASET_MODELS, key=lambda model: _read_by(config, model, entry) + (written and model == "SFTDataset"))


def _read_by(config: Config, model: str, block: dict[Any, Any]) -> int:
    """How many keys of a block a class reads, those of the blocks inside counted too."""
    fields = config.types.models[model]["fields"]
    count = 0
    for key, value in block.items():
        if key not in fields:
            continue
        kind = bare(fields[key]["type"])
        inner = _model_for(config, kind, value) if isinstance(value, dict) and isinstance(kind, dict) else None
        count += 1 + (_read_by(config, inner, value) if inner else 0)
    return count


def _model_for(config: Config, kind: dict[str, Any], value: dict[Any, Any]) -> str | None:
    if "model" in kind:
        return str(kind["model"])
    members = [bare(member) for member in kind.get("union", ())]
    names = [str(member["model"]) for member in members if isinstance(member, dict) and "model" in member]
    fields = config.types.models
    return max(names, key=lambda name: sum(key in fields[name]["fields"] for key in value), default=None)


def names_beside(config: Config, steps: Steps) -> list[str]:
    """The names that the block around a key knows."""
    if len(steps) == 1 and config.launcher is not None:
        return list(config.launcher.fields)
    kind: Any = (config.field(str(steps[0])) or {"type": "any"})["type"]
    value: Any = config.values.get(steps[0])
    for step in steps[1:-1]:
        kind = bare(kind)
        if isinstance(kind, dict) and "list" in kind:
            kind = kind["list"]
        else:
            model = _model_for(config, kind, value) if isinstance(kind, dict) and isinstance(value, dict) else None
            kind = config.types.models[model]["fields"].get(step, {"type": "any"})["type"] if model else "any"
        value = _item(value, step)
    kind = bare(kind)
    model = _model_for(config, kind, value) if isinstance(kind, dict) and isinstance(value, dict) else None
    return list(config.types.models[model]["fields"]) if model else []


def _item(value: Any, step: str | int) -> Any:
    if isinstance(value, dict):
        return value.get(step)
    return value[step] if isinstance(value, list) and isinstance(step, int) and step < len(value) else None


@lru_cache(maxsize=1)
def _plugin_index() -> dict[str, str]:
    types = load_types()
    return {field: plugin for plugin, arguments in types.plugins.items() for field in types.models[arguments]["fields"]}


def _plugin_of(key: str) -> str | None:
    return _plugin_index().get(key)


def _plugin_fields(config: Config) -> list[str]:
    return [key for key, plugin in _plugin_index().items() if plugin.rpartition(".")[2] in config.plugins]
