"""Which repositories of the Hub a config names, and what is to be looked up of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from knowledge.hub.facts import Status
from knowledge.hub.names import is_path, is_reader, is_repository, is_revision
from knowledge.value import value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from knowledge.config import Config

Piece = Literal["config", "tokenizer"]

_OTHERS = ("base_model_config", "tokenizer_config", "processor_config", "lora_model_dir")
_PINNED = _OTHERS[:3]
"""Those that `revision_of_model` is read for too."""
_WANTED: dict[str, tuple[Piece, ...]] = {"base_model_config": ("config",), "tokenizer_config": ("tokenizer",)}
_MOST_OTHERS = 6
_MOST_DATASETS = 12
_MOST_NAMES = 50


@value
class ModelTarget:
    """A repository of a model to look up.

    Attributes:
        field: Where the config names it.
        id: The name as written.
        revision: The revision that the config asks for; None for the default one.
        status: "local" or "invalid" where there is nothing to look up.
        parts: What is wanted of it besides its metadata.
    """

    field: str
    id: str
    revision: str | None = None
    status: Status | None = None
    parts: tuple[Piece, ...] = ()


@value
class DataTarget:
    """An entry of the config that reads a dataset of the Hub.

    Attributes:
        field: The entry, such as "datasets[0]".
        id: The value of `path`.
        name: The configuration that the entry asks for; the first of several.
        names: All of them, where the entry lists them.
        split: The split that it reads, as written; Axolotl's default where it names none.
        rows: Whether the viewer serves what the entry reads; it does not where the entry names files or a revision.
        revision: The revision that the entry asks for.
    """

    field: str
    id: str
    name: str | None = None
    names: tuple[str, ...] = ()
    split: str = "train"
    rows: bool = True
    revision: str | None = None


@value
class Targets:
    """What a config names; a name that stands twice is looked up once."""

    model: ModelTarget | None = None
    others: tuple[ModelTarget, ...] = ()
    datasets: tuple[DataTarget, ...] = ()

    @property
    def any(self) -> bool:
        """Whether there is anything to look up."""
        return bool((self.model and self.model.status is None) or self.others or self.datasets)


def named(name: str, revision: str | None = None) -> Targets:
    """A name of which nobody has said whether it is a model or a dataset: both."""
    model = ModelTarget(field="", id=name, revision=revision, parts=("config", "tokenizer"))
    return Targets(model=model, datasets=(DataTarget(field="", id=name),))


def targets_of(config: Config, exists: Callable[[str], bool] = lambda _: False) -> Targets:
    """What to look up for a config.

    Args:
        config: The config.
        exists: Whether a path exists where the run is prepared; such a one is not a repository.
    """
    if not config.values or config.launcher is not None:
        return Targets()
    revision = _text(config.get("revision_of_model"))
    return Targets(
        model=_model(config, revision, exists),
        others=tuple(_others(config, revision, exists))[:_MOST_OTHERS],
        datasets=tuple(_datasets(config, exists))[:_MOST_DATASETS],
    )


def _model(config: Config, revision: str | None, exists: Callable[[str], bool]) -> ModelTarget | None:
    name = _text(config.get("base_model"))
    if name is None:
        return None
    status = _no_repository(name, exists)
    if status is None and revision is not None and not is_revision(revision):
        status = "invalid"
    return ModelTarget(
        field="base_model",
        id=name,
        revision=revision,
        status=status,
        parts=("config", "tokenizer"),
    )


def _no_repository(name: str, exists: Callable[[str], bool]) -> Status | None:
    """Why a name is not looked up; None where it is."""
    if is_path(name) or exists(name):
        return "local"
    return None if is_repository(name) else "invalid"


def _others(config: Config, revision: str | None, exists: Callable[[str], bool]) -> Iterator[ModelTarget]:
    """The other fields that name a repository; what is the same as the base model is not asked for again."""
    seen = {_text(config.get("base_model"))}
    named: list[tuple[str, Any]] = [(field, config.get(field)) for field in _OTHERS]
    rewards = config.get("trl.reward_funcs")
    named += [(f"trl.reward_funcs[{index}]", each) for index, each in enumerate(rewards or ())]
    for field, written in named:
        name = _text(written)
        # Of reward functions only what has an owner is a model; a bare name is a function of the user's own.
        if name is None or name in seen or (field.startswith("trl") and "/" not in name):
            continue
        seen.add(name)
        if _no_repository(name, exists) is None:
            wants = _WANTED.get(field, ())
            pinned = revision if field in _PINNED and revision and is_revision(revision) else None
            yield ModelTarget(field=field, id=name, revision=pinned, parts=wants)


def _datasets(config: Config, exists: Callable[[str], bool]) -> Iterator[DataTarget]:
    groups = (
        ("datasets", config.datasets, "train"),
        ("test_datasets", config.test_datasets, "test"),
        ("pretraining_dataset", config.pretraining[:1], "train"),
    )
    for root, entries, split in groups:
        for index, entry in enumerate(entries):
            name = _text(entry.get("path"))
            if name is None or is_reader(name) or _no_repository(name, exists) is not None:
                continue
            files = entry.get("data_files")
            if _are_local(files, exists):
                continue
            names = _names(entry.get("name"))
            revision = _text(entry.get("revision"))
            yield DataTarget(
                field=f"{root}[{index}]",
                id=name,
                name=names[0] if names else None,
                names=names[1:] and names,
                split=_text(entry.get("split")) or split,
                rows=not (files or revision) and len(names) <= _MOST_NAMES,
                revision=revision,
            )


def _are_local(files: Any, exists: Callable[[str], bool]) -> bool:
    """Whether `data_files` names files outside a repository."""
    if isinstance(files, dict):
        files = list(files.values())
    names = files if isinstance(files, list) else [files]
    return any(isinstance(name, str) and (name.startswith(("/", "./", "../", "~")) or exists(name)) for name in names)


def _names(value: Any) -> tuple[str, ...]:
    """The configurations that an entry reads, one after the other."""
    return tuple(name for each in (value if isinstance(value, list) else [value]) if (name := _text(each)) is not None)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
