"""A document read as Axolotl reads it: presence, the raw value as a given check sees it, the typed value.

Axolotl's stages decide a verdict: plugins, dataset entries one by one, raw checks that change values as they go,
typing, typed checks. `raw` and `typed` are the two views of a field; `written` is presence, a blank included.
"""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from knowledge.coercion import Wrong, coerce, coerce_root, default_of
from knowledge.config.changes_after_typing import LATER
from knowledge.config.entries import dataset_class, prepare_dataset, prepared_list
from knowledge.config.launcher import Launcher, launcher_of
from knowledge.config.raw import ABSENT, Raw, walk
from knowledge.config.types import load_types
from knowledge.document import Document, Mapping, masked, parse, split
from knowledge.secrets import Secret, find, mask

if TYPE_CHECKING:
    from collections.abc import Callable

_NONE_WRONG: list[Wrong] = []
_REFUSED = object()
_Value = TypeVar("_Value")


class Failure(NamedTuple):
    """A computation that raised an exception: the name of what is missing now, and the exception's type."""

    what: str
    error: str


class Unreadable(Exception):
    """The field's value is refused by Axolotl's typing, so it has no typed value."""


class Config:
    """One config as Axolotl 0.21.0 reads it.

    Args:
        document: The text with positions.
        gpus: Number of processes, one a GPU (the world size).
        secrets: What was masked in the document.

    `launcher` is set where it is not a training config but a file for `--cloud`; the fields are the provider's then.
    `roots` are the root keys that the config holds, as Axolotl has changed it.
    `memo` keeps what is computed once a check, by the function that computes it; `failures` are computations that
    raised an exception; `looked_up` counts misspelled names; `reads` collects the paths looked at, when a test asks.
    """

    def __init__(self, document: Document, gpus: int = 1, secrets: tuple[Secret, ...] = ()) -> None:
        self.document = document
        self.gpus = gpus
        self.secrets = secrets
        self.types = load_types()
        self.values: dict[Any, Any] = document.values if isinstance(document.values, Mapping) else Mapping()
        self.memo: dict[Callable[[Config], Any], Any] = {}
        self.failures: list[Failure] = []
        self.looked_up = 0
        self.reads: set[str] | None = None
        self.launcher: Launcher | None = launcher_of(self.values, self.types)
        self.plugins = _plugins(self.values.get("plugins"))
        self._history = Raw(self.values, gpus, self.plugins).run(self.types.steps)
        self.roots = [
            *(key for key in self.values if isinstance(key, str)),
            *(key for key in self._history if key not in self.values),
        ]
        self._typed: dict[str, Any] = {}
        self._read: dict[str, Any] = {}
        self._later: dict[str, list[tuple[int, Any]]] = {}
        self._wrong: dict[str, list[Wrong]] = {}
        self._datasets: tuple[dict[str, Any], ...] | None = None
        self._dataset_faults: list[Wrong] = []

    def once(self, compute: Callable[[Config], _Value]) -> _Value:
        """What a function makes of this config, computed when it is first asked for."""
        if compute not in self.memo:
            self.memo[compute] = compute(self)
        found: _Value = self.memo[compute]
        return found

    # -- raw ---------------------------------------------------------------------------------------------------

    def written(self, path: str) -> bool:
        """Whether the key stands in the text, blank included."""
        if self.reads is not None:
            self.reads.add(path)
        steps = split(path)
        if len(steps) == 1:
            return path in self.values
        return walk(self.values, steps) is not ABSENT

    def raw(self, path: str, *, at: str | None = None) -> Any:
        """The raw value, None when absent: as written, or as the raw check `at` sees it."""
        if self.reads is not None:
            self.reads.add(path)
        if "." not in path and "[" not in path and (at is None or path not in self._history):
            return self.values.get(path)
        steps = split(path)
        root = steps[0]
        value = self.values.get(root, ABSENT)
        if at is not None and root in self._history:
            rank = self.types.steps[at]
            for step, changed in self._history[root]:
                if step < rank:
                    value = changed
        if len(steps) > 1:
            value = walk(value, steps[1:])
        return None if value is ABSENT else value

    def at(self, step: str) -> Callable[[str], Any]:
        """The raw values as the check `step` sees them, as a look-up by path."""
        if self.reads is not None:
            return partial(self.raw, at=step)
        values, history = self.values, self._history

        def now(path: str) -> Any:
            if path in history or "." in path or "[" in path:
                return self.raw(path, at=step)
            return values.get(path)

        return now

    def final(self, key: str) -> Any:
        """The raw value of a root key after all raw checks, `None` when absent."""
        past = self._history.get(key)
        value = past[-1][1] if past else self.values.get(key, ABSENT)
        return None if value is ABSENT else value

    # -- typed -------------------------------------------------------------------------------------------------

    def typed(self, path: str, *, at: str | None = None) -> Any:
        """The value after Axolotl's coercion, silent changes and defaults; `at` is the typed check that looks.

        Raises:
            Unreadable: when typing refuses the value.
        """
        if self.reads is not None:
            self.reads.add(path)
        if at is not None:
            value = self._typed_at(path, at)
        else:
            value = self._read.get(path, ABSENT)
            if value is ABSENT:
                value = self._read[path] = self._typed_at(path, None)
        if value is _REFUSED:
            raise Unreadable(path)
        return value

    def _typed_at(self, path: str, at: str | None) -> Any:
        if path not in self.values and path not in self._history and path in self.types.defaults:
            return self.types.defaults[path]
        steps = split(path) if "." in path or "[" in path else (path,)
        root = self.types.aliases.get(str(steps[0]), str(steps[0]))
        value = self._root(root, at)
        for wrong in self._wrong.get(root, ()):
            common = min(len(wrong.steps), len(steps))
            if wrong.steps[1:common] == steps[1:common]:
                return _REFUSED
        if len(steps) > 1:
            value = walk(value, steps[1:])
        return None if value is ABSENT else value

    def get(self, path: str, default: Any = None) -> Any:
        """The typed value, or `default` where it is None or unreadable."""
        if self.reads is not None:
            self.reads.add(path)
        value = self._read.get(path, ABSENT)
        if value is ABSENT:
            value = self._read[path] = self._typed_at(path, None)
        return default if value is None or value is _REFUSED else value

    def _root(self, key: str, at: str | None = None) -> Any:
        if key == "datasets":
            return list(self.datasets)
        if key not in self._typed:
            self._typed[key] = self._coerced(key)
        value = self._typed[key]
        if key in LATER:
            if key not in self._later:
                self._later[key] = self._changed(key)
            rank = self.types.steps[at] if at is not None else len(self.types.steps)
            for step, changed in self._later[key]:
                if step < rank:
                    value = changed
        return value

    def _changed(self, key: str) -> list[tuple[int, Any]]:
        step, causes, change = LATER[key]
        if causes and not any(self.final(cause) is not None for cause in causes):
            return []
        view = _Later(self)
        change(view)
        return [(self.types.steps[step], view.changed[key])] if key in view.changed else []

    def before_changes(self, key: str) -> Any:
        """The typed root value as typing left it, None when it is unreadable."""
        if key not in self._typed:
            self._typed[key] = self._coerced(key)
        return None if self._wrong.get(key) else self._typed[key]

    def _coerced(self, key: str) -> Any:
        field = self.field(key)
        if field is None:
            return None
        for name in field.get("names", (key,)):
            past = self._history.get(name)
            value = past[-1][1] if past else self.values.get(name, ABSENT)
            if value is not ABSENT:
                wrong: list[Wrong] = []
                if key in ("test_datasets", "pretraining_dataset"):
                    value = prepared_list(value)
                typed = coerce_root(value, field, self.types.models, name, wrong)
                if wrong:
                    self._wrong[key] = wrong
                return typed
        return default_of(field, self.types.models)

    def field(self, key: str) -> dict[str, Any] | None:
        """The facts of a root field that is alive here: Axolotl's own, of a plugin that is listed, of a launcher."""
        if self.launcher is not None:
            return self.launcher.fields.get(key)
        return self.types.root.get(key) or self._plugin_field(key)

    def _plugin_field(self, key: str) -> dict[str, Any] | None:
        for plugin, arguments in self.types.plugins.items():
            if plugin.rpartition(".")[2] in self.plugins:
                fields = self.types.models[arguments]["fields"]
                if key in fields:
                    return fields[key]  # type: ignore[no-any-return]
        return None

    def wrong(self, key: str) -> list[Wrong]:
        """What typing refuses in a root field; for `datasets` in its entries, as their class is chosen."""
        if key == "datasets":
            _ = self.datasets
            return self._dataset_faults
        if key not in self._typed:
            self._typed[key] = self._coerced(key)
        return self._wrong.get(key, _NONE_WRONG)

    # -- datasets ----------------------------------------------------------------------------------------------

    @property
    def datasets(self) -> tuple[dict[str, Any], ...]:
        """The entries of `datasets`, typed by the class that `rl` and `type` choose; other keys have fallen away."""
        if self._datasets is None:
            entries = self.values.get("datasets")
            typed = []
            for index, entry in enumerate(entries if isinstance(entries, list) else ()):
                if isinstance(entry, dict):
                    model = self.dataset_class(entry)
                    prepared = prepare_dataset(entry) if model == "SFTDataset" else entry
                    typed.append(
                        coerce(
                            prepared,
                            {"model": model},
                            self.types.models,
                            ("datasets", index),
                            self._dataset_faults,
                        )
                    )
                else:
                    typed.append({})
            self._datasets = tuple(typed)
        return self._datasets

    def dataset_class(self, entry: dict[Any, Any]) -> str:
        """Which of Axolotl's classes reads an entry of `datasets`."""
        return dataset_class(self.values.get("rl"), entry)

    @property
    def test_datasets(self) -> tuple[dict[str, Any], ...]:
        """The typed entries of `test_datasets`."""
        entries = self.get("test_datasets")
        return tuple(entry for entry in entries or () if isinstance(entry, dict))

    @property
    def pretraining(self) -> tuple[dict[str, Any], ...]:
        """The typed entries of `pretraining_dataset`; Axolotl uses the first only."""
        entries = self.get("pretraining_dataset")
        return tuple(entry for entry in entries or () if isinstance(entry, dict))


class _Later:
    """The typed values while one later change looks at them."""

    __slots__ = ("_config", "changed")

    def __init__(self, config: Config) -> None:
        self._config = config
        self.changed: dict[str, Any] = {}

    def get(self, key: str) -> Any:
        """The value as typing left it."""
        return self._config.before_changes(key)

    def set(self, key: str, value: Any) -> None:
        """What the check makes of it."""
        self.changed[key] = value


def _plugins(value: Any) -> frozenset[str]:
    """The class names of the plugins that are listed, and of the two that are always on."""
    names = {"ContextParallelPlugin", "ExpertParallelPlugin"}
    if isinstance(value, list):
        names.update(name.replace(":", ".").rpartition(".")[2] for name in value if isinstance(name, str))
    return frozenset(names)


def read_values(values: dict[str, Any], gpus: int = 1) -> Config:
    """Values at hand as a Config: written as JSON, which is YAML too and many times quicker to write and to read.

    A number that JSON writes with an exponent and without a point, such as 5e-07, is a text to YAML.
    """
    return read(json.dumps(values, ensure_ascii=False), gpus)


def read(text: str, gpus: int = 1) -> Config:
    """A text as a Config, its secrets masked: any word and value of it can be shown."""
    document = parse(text)
    secrets = find(document.text)
    if secrets:
        document = masked(document, mask(document.text, secrets))
    return Config(document, gpus, secrets)
