"""Findings that follow from the facts alone: unknown, misplaced, of a wrong type, no choice, out of bounds, missing."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from knowledge.coercion import Wrong
from knowledge.conditions import nearest
from knowledge.config import LEGACY_ATTENTION, Config, load_types
from knowledge.document import MAX_FINDINGS, Steps, join
from knowledge.facts import read_json
from knowledge.finding import Edit, Finding, Severity, make
from knowledge.rule import problem, stamp

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.config import Launcher

_DATASET_LISTS = ("datasets", "test_datasets", "pretraining_dataset")
_READ_RAW = frozenset(
    {
        *LEGACY_ATTENTION,
        *("fsdp", "inference", "model_config_type", "unsloth_cross_entropy_loss", "unsloth_lora_mlp"),
        *("unsloth_lora_qkv", "unsloth_lora_o", "unsloth_rms_norm", "unsloth_rope"),
    }
)
"""Root keys that are no field any more, but that Axolotl's raw checks still look at: rules speak of them."""
_FSDP1 = frozenset({"sharding_strategy", "forward_prefetch", "sync_module_states", "backward_prefetch"})
_FSDP1 |= {"backward_prefetch_policy", "limit_all_gathers", "use_orig_params"}
_NUMBER = re.compile(r"[-+]?[0-9][0-9_.:eE+-]*")
_LONGEST = 95
"""Characters of a message."""


class Names(NamedTuple):
    """What names mean elsewhere: other trainers' (facts/names.json), removed ones and releases (facts/history.json)."""

    foreign: dict[str, dict[str, str]]
    removed: dict[str, dict[str, Any]]
    since: dict[str, str]
    releases: list[str]


@lru_cache(maxsize=1)
def load_names() -> Names:
    """The facts about names, read once."""
    names, history = read_json("names.json"), read_json("history.json")
    return Names(names["names"], history["removed"], history["since"], history["releases"])


def schema_findings(config: Config) -> list[Finding]:
    """Everything the facts say of a config, in no particular order."""
    if config.launcher is not None:
        return _launcher_findings(config, config.launcher)
    found = list(_missing(config))
    aliases, values, root = config.types.aliases, config.values, config.types.root
    for key in config.roots:
        if len(found) > MAX_FINDINGS:
            break
        name = aliases.get(key, key)
        field = root.get(name) or config.field(name)
        if field is None:
            if key not in _READ_RAW:
                found.append(_unknown_root(config, key))
            continue
        if wrongs := config.wrong(name):
            found += [_typing_finding(config, each) for each in wrongs[: MAX_FINDINGS + 1] if each.steps[0] == key]
        value = values.get(key)
        if isinstance(value, (dict, list)):
            own = key in _DATASET_LISTS
            inside = _dataset_keys(config, key, value) if own else _inner(config, field["type"], value, (key,))
            found += islice(inside, MAX_FINDINGS + 1)
    names = list(root)
    return found + [_unknown(config, (key,), names) for key in values if not isinstance(key, str)]


def _launcher_findings(config: Config, launcher: Launcher) -> list[Finding]:
    """What the facts say of a file for `axolotl train --cloud`: that it is one, names and types."""
    found = [_is_launcher(config, launcher)]
    for key, field in launcher.fields.items():
        if field.get("required") and key not in config.values:
            message = f"Missing `{key}`: every launcher file for {_provider(launcher)} needs it. Add it."
            each = problem(message, key, why="It has no default.")
            found.append(stamp(each, "missing-field", Severity.ERROR, config))
    for key, value in config.values.items():
        if len(found) > MAX_FINDINGS:
            break
        if key in launcher.fields:
            found += [_typing_finding(config, each) for each in config.wrong(key)[: MAX_FINDINGS + 1]]
            found += islice(_inner(config, launcher.fields[key]["type"], value, (key,)), MAX_FINDINGS + 1)
        elif launcher.closed:
            found.append(_typing_finding(config, Wrong((key,), "extra", "no such key", value)))
        elif launcher.provider is not None:
            found.append(_unknown(config, (key,), list(launcher.fields)))
    return found


def _is_launcher(config: Config, launcher: Launcher) -> Finding:
    how = f"checked for {_provider(launcher)}" if launcher.provider else "not checked any further"
    message = f"Cloud launcher file, {how}. The training config is the other YAML: give it too."
    why = "`axolotl train config.yaml --cloud cloud.yaml` takes both: this one says where, the other what is trained."
    first = "provider" if "provider" in config.values else next(iter(config.values))
    return stamp(problem(message, (first,), why=why), "not-a-training-config", Severity.ADVICE, config)


def _provider(launcher: Launcher) -> str:
    """Axolotl's own cloud providers as they write themselves."""
    name = launcher.provider or ""
    return "CoreWeave" if name == "coreweave" else name.capitalize()


def _missing(config: Config) -> Iterator[Finding]:
    for key in ("base_model", "learning_rate"):
        if key not in config.values:
            message = f"Every config needs `{key}`. Add it, for example `{_EXAMPLES[key]}`."
            why = "It is one of the two fields that have no default."
            yield stamp(problem(message, key, why=why), "missing-field", Severity.ERROR, config)
    for plugin, key in _required_by_plugins():
        if plugin in config.plugins and key not in config.values:
            message = f"Missing `{key}`: {plugin} needs it. Add it, or drop the plugin."
            yield stamp(problem(message, key, "plugins", why=""), "missing-field", Severity.ERROR, config)


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


_EXAMPLES = {"base_model": "base_model: NousResearch/Llama-3.2-1B", "learning_rate": "learning_rate: 2e-4"}


# -- typing ------------------------------------------------------------------------------------------------------


def _typing_finding(config: Config, wrong: Wrong) -> Finding:
    path, shown = join(wrong.steps), _shown(wrong.value)
    name = str(wrong.steps[-1])
    if wrong.kind == "missing":
        parent = join(wrong.steps[:-1])
        message = f"Missing `{name}` in `{parent}`: it is required there."
        return stamp(problem(message, path, why="It has no default."), "missing-field", Severity.ERROR, config)
    if wrong.kind == "extra":
        suggestion = _nearest(config, name, _siblings(config, wrong.steps))
        hint = f" Did you mean `{suggestion}`?" if suggestion else " Remove it."
        what = "block" if len(wrong.steps) > 1 else "file"
        message = f"Unknown key `{name}`: this {what} takes no other keys.{hint}"
        each = problem(message, wrong.steps, why="Axolotl rejects what it does not know here.")
        edit = rename(config, wrong.steps, suggestion)
        each = each._replace(suggestion=suggestion, edit=edit)
        return stamp(each, "unknown-key-refused", Severity.ERROR, config)
    if wrong.value is None and wrong.kind in ("type", "choice"):
        message = f"Blank where {wrong.expected} is expected. Write a value, or leave `{name}` out for its default."
        each = problem(message, wrong.steps, why="A blank is null in YAML, which this field does not take.")
        return stamp(each, "wrong-type", Severity.ERROR, config)
    quoted = _unquoted_word(config, wrong)
    if quoted is not None:
        return quoted
    suggestion = None
    if wrong.kind == "choice" and isinstance(wrong.value, str):
        choices = [word for word in wrong.expected.replace("`", "").split(", ") if word]
        suggestion = _nearest(config, wrong.value, choices)
    hint = f" Did you mean `{suggestion}`?" if suggestion else ""
    head = f"Not {shown}: `{name}` takes {'one of ' * (wrong.kind == 'choice' and ',' in wrong.expected)}"
    message = f"{head}{_fitting(wrong.expected, _LONGEST - len(head) - len(hint))}.{hint}"
    ids = {"choice": "not-a-choice", "type": "wrong-type", "bound": "out-of-bounds"}
    why = f"All choices: {wrong.expected}." if wrong.kind == "choice" else "Axolotl cannot turn the value into that."
    each = problem(message, wrong.steps, why=why)._replace(suggestion=suggestion)
    return stamp(each, ids[wrong.kind], Severity.ERROR, config)


def _unquoted_word(config: Config, wrong: Wrong) -> Finding | None:
    """A bare yes, 5 or 24:00:00 where text is expected: YAML has made it true or false, or a number."""
    marks = config.document.marks(wrong.steps)
    if not isinstance(wrong.value, (bool, int, float)) or wrong.expected != "text" or marks is None:
        return None
    mark, switch = marks[1], isinstance(wrong.value, bool)
    word = config.document.lines[mark.line][mark.column :].split("#")[0].strip()
    if len(word) > (5 if switch else 12) or not (word.isalpha() if switch else _NUMBER.fullmatch(word)):
        return None
    line, column = config.document.given(mark.line, mark.column)
    edit = make(Edit, line=line, column=column, end_line=line, end_column=column + len(word), replacement=f'"{word}"')
    shown = str(wrong.value).lower() if switch or ":" in word else "a number"
    message = f'Unquoted, `{word}` is {shown} in YAML, and `{wrong.steps[-1]}` takes text. Write `"{word}"`.'
    why = "reads yes, no, on, off, true and false as switches" if switch else "reads bare digits as a number"
    why += ", and those with colons in base 60" if ":" in word else ""
    each = problem(message, wrong.steps, why=f"YAML 1.1 {why}.")
    return stamp(each._replace(edit=edit), "wrong-type", Severity.ERROR, config)


def _fitting(words: str, room: int) -> str:
    """As many words of a list as there is room for."""
    return words if len(words) < room else f"{words[: max(room - 3, 20)].rpartition(',')[0]} …"


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    text = str(value)
    return f"`{text if len(text) <= 24 else text[:23] + '…'}`".replace("\n", " ")


# -- unknown keys --------------------------------------------------------------------------------------------------


def _unknown_root(config: Config, key: str) -> Finding:
    names = load_names()
    plugin = _plugin_of(key)
    if plugin is not None:
        message = f"Does nothing: list `{plugin}` in `plugins`."
        why = "A plugin's fields exist only while the plugin is listed."
        return stamp(problem(message, key, why=why), "plugin-not-listed", Severity.IGNORED, config)
    if key in names.removed:
        replacement = names.removed[key].get("replacement")
        cure = f"Use `{replacement}`." if replacement else "Remove it."
        each = problem(f"No longer a field, dropped in silence. {cure}", key, why="Axolotl had it in older releases.")
        edit = rename(config, (key,), replacement) if replacement and "." not in replacement else None
        each = each._replace(suggestion=replacement, edit=edit)
        return stamp(each, "removed-key", Severity.IGNORED, config)
    foreign = names.foreign.get(key) or names.foreign.get(key.lower())
    if foreign is not None:
        return _foreign(config, key, foreign)
    homes = _homes(key)
    if homes:
        message = f"Dropped in silence here: `{key}` belongs under `{homes[0].rpartition('.')[0]}`. Move it there."
        each = problem(message, key, why="At the top level Axolotl knows no such key.")._replace(suggestion=homes[0])
        return stamp(each, "misplaced-key", Severity.IGNORED, config)
    return _unknown(config, (key,), [*config.types.root, *config.types.aliases, *_plugin_fields(config)])


def _foreign(config: Config, key: str, foreign: dict[str, str]) -> Finding:
    means, origin = foreign["means"], foreign["from"]
    target = means if means in config.types.root or means in config.types.aliases else None
    whose = f"a name from {origin}" if origin else "a name from elsewhere"
    if target and target in config.values:
        marks = config.document.place(target)
        where = f"line {marks[0]} counts" if marks else f"`{target}` counts"
        message = f"Not an Axolotl field, dropped in silence; {where}. Did you mean `{target}`?"
    elif target:
        message = f"Not an Axolotl field, dropped in silence. Did you mean `{target}`?"
    elif means.startswith("none"):
        message = f"Not an Axolotl field, dropped in silence. Instead {means.partition(': ')[2] or 'remove it'}."
    else:
        message = f"Not an Axolotl field, dropped in silence. In Axolotl: {means}."
    each = problem(message, key, why=f"It is {whose}.")
    edit = rename(config, (key,), target) if target and target not in config.values else None
    return stamp(each._replace(suggestion=target, edit=edit), "foreign-key", Severity.IGNORED, config)


def _unknown(config: Config, steps: Steps, siblings: list[str]) -> Finding:
    name = str(steps[-1])
    suggestion = _nearest(config, name, siblings)
    if len(steps) > 1 and suggestion is None and name in config.types.root:
        message = f"Dropped in silence here: `{name}` belongs at the top level. Move it there."
        each = problem(message, steps, why="This block knows no such key.")._replace(suggestion=name)
        return stamp(each, "misplaced-key", Severity.IGNORED, config)
    parent = (*steps[:-1], suggestion) if suggestion else None
    counts = config.document.place(parent) if parent else None
    hint = f" Did you mean `{suggestion}`?" if suggestion else " Check the name, or remove it."
    also = f"; line {counts[0]} counts" if counts else ""
    message = f"Not an Axolotl field, dropped in silence{also}.{hint}"
    each = problem(message, steps, why="Axolotl drops keys that it does not know without a message.")
    edit = rename(config, steps, suggestion) if suggestion and counts is None else None
    return stamp(each._replace(suggestion=suggestion, edit=edit), "unknown-key", Severity.IGNORED, config)


def _inner(config: Config, kind: Any, value: Any, steps: Steps) -> Iterator[Finding]:
    """Unknown keys inside a value, as deep as the facts know its shape."""
    kind = _bare(kind)
    if isinstance(value, list) and isinstance(kind, dict) and "list" in kind:
        for index, item in enumerate(value):
            yield from _inner(config, kind["list"], item, (*steps, index))
    if not isinstance(value, dict) or isinstance(kind, str):
        return
    model = _model_for(config, kind, value)
    if model is None or config.types.models[model]["extra"] == "forbid":
        return
    fields = config.types.models[model]["fields"]
    known = {each: field for name, field in fields.items() for each in field.get("names", (name,))}
    for key, inner in value.items():
        if key in known:
            yield from _inner(config, known[key]["type"], inner, (*steps, key))
        elif model == "FSDPConfig" and _fsdp_key(key, known):
            continue
        else:
            yield _unknown(config, (*steps, key), list(known))


def _fsdp_key(key: Any, known: dict[str, Any]) -> bool:
    """Keys of fsdp_config that a rule speaks of: with the old prefix, or of FSDP1."""
    bare = str(key).removeprefix("fsdp_")
    return bare in known or bare in _FSDP1


@lru_cache(maxsize=1)
def _dataset_fields() -> frozenset[str]:
    """Keys that some class of dataset entries has, and one that they had."""
    models = load_types().models
    return frozenset({name for model in _DATASET_MODELS for name in models[model]["fields"]} | {"train_on_split"})


def _dataset_keys(config: Config, root: str, value: Any) -> Iterator[Finding]:
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
            if key in fields:
                if isinstance(inner, (dict, list)):
                    yield from _inner(config, fields[key]["type"], inner, steps)
            elif key in every and key != "train_on_split":
                yield _fallen(config, steps, chosen)
            elif key == "train_on_split":
                each = problem("No longer a field, dropped in silence. Use `split`.", steps, why="It was renamed.")
                edit = rename(config, steps, "split") if "split" not in entry else None
                each = each._replace(suggestion="split", edit=edit)
                yield stamp(each, "removed-key", Severity.IGNORED, config)
            else:
                yield _unknown(config, steps, [*fields, *(name for name in every if name not in fields)])


_DATASET_MODELS = ("SFTDataset", "DPODataset", "KTODataset", "StepwiseSupervisedDataset", "SyntheticDataset")
_DATASET_MODELS_ALL = (*_DATASET_MODELS, "PretrainingDataset")


def _fallen(config: Config, steps: Steps, chosen: str) -> Finding:
    rl = config.raw("rl")
    reason = {
        "DPODataset": f"under `rl: {rl}` an entry keeps only what preference data needs",
        "KTODataset": "under `rl: kto` an entry keeps only what KTO needs",
        "SyntheticDataset": "a synthetic entry has keys of its own",
        "PretrainingDataset": "an entry of `pretraining_dataset` has few keys",
    }.get(chosen, "the other keys of this entry make it another kind")
    message = f"Falls away in silence: {reason}. Remove it."
    why = "Axolotl types each entry by its kind and drops what that kind lacks. What the key did, the data can do."
    each = problem(message, steps, why=why)
    return stamp(each, "dataset-key-falls-away", Severity.WARNING, config)


def _union_class(config: Config, root: str, entry: dict[Any, Any]) -> str:
    """Which class a union of dataset classes picks for an entry: the one that reads most of its keys."""
    models = _DATASET_MODELS if root == "test_datasets" else ("PretrainingDataset", "SFTDataset")
    fields = config.types.models
    return max(models, key=lambda model: sum(key in fields[model]["fields"] for key in entry))


def _bare(kind: Any) -> Any:
    while isinstance(kind, dict) and ("null" in kind or "check" in kind):
        kind = kind["null"] if "null" in kind else kind["of"]
    return kind


def _model_for(config: Config, kind: dict[str, Any], value: dict[Any, Any]) -> str | None:
    if "model" in kind:
        return str(kind["model"])
    members = [_bare(member) for member in kind.get("union", ())]
    names = [str(member["model"]) for member in members if isinstance(member, dict) and "model" in member]
    fields = config.types.models
    return max(names, key=lambda name: sum(key in fields[name]["fields"] for key in value), default=None)


def _siblings(config: Config, steps: Steps) -> list[str]:
    if len(steps) == 1 and config.launcher is not None:
        return list(config.launcher.fields)
    kind: Any = (config.field(str(steps[0])) or {"type": "any"})["type"]
    value: Any = config.values.get(steps[0])
    for step in steps[1:-1]:
        kind = _bare(kind)
        if isinstance(kind, dict) and "list" in kind:
            kind = kind["list"]
        else:
            model = _model_for(config, kind, value) if isinstance(kind, dict) and isinstance(value, dict) else None
            kind = config.types.models[model]["fields"].get(step, {"type": "any"})["type"] if model else "any"
        value = _item(value, step)
    kind = _bare(kind)
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


@lru_cache(maxsize=1)
def _home_index() -> dict[str, list[str]]:
    """Last part of a nested path -> the paths that end in it."""
    types = load_types()
    index: dict[str, list[str]] = {}
    for root, field in types.root.items():
        kind = _bare(field["type"])
        prefix = root
        if isinstance(kind, dict) and "list" in kind:
            prefix, kind = f"{root}[]", _bare(kind["list"])
        members = kind.get("union", [kind]) if isinstance(kind, dict) else []
        for member in members:
            if isinstance(member, dict) and "model" in member:
                for name in types.models[member["model"]]["fields"]:
                    paths = index.setdefault(name, [])
                    if f"{prefix}.{name}" not in paths:
                        paths.append(f"{prefix}.{name}")
    return index


def _homes(key: str) -> list[str]:
    paths = _home_index().get(key, [])
    return paths if len(paths) == 1 or (paths and paths[0].startswith("datasets[]")) else []


def _nearest(config: Config, name: str, names: list[str]) -> str | None:
    """The field or choice that a misspelt one most likely means; they are written with underscores."""
    found = nearest(config, name.replace("-", "_").replace(" ", "_"), names, cutoff=80)
    return found if found != name else None


def rename(config: Config, steps: Steps, name: str | None) -> Edit | None:
    """The edit that puts another name in a key's place, when the key is written plainly."""
    marks = config.document.marks(steps)
    if name is None or marks is None or not isinstance(steps[-1], str):
        return None
    mark, key = marks[0], steps[-1]
    if not config.document.lines[mark.line].startswith(key, mark.column):
        return None
    line, column = config.document.given(mark.line, mark.column)
    return make(Edit, line=line, column=column, end_line=line, end_column=column + len(key), replacement=name)
