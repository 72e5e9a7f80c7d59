"""What the Hub says of the repositories that a config names: looked up elsewhere, handed in as frozen values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from knowledge.hub.names import short
from knowledge.value import field as of
from knowledge.value import value

if TYPE_CHECKING:
    from knowledge.config import Config

Status = Literal[
    "found",
    "missing",
    "gated",
    "disabled",
    "no-revision",
    "no-config",
    "no-split",
    "unreachable",
    "invalid",
    "local",
    "off",
]
"""`missing` is also what a private repository looks like to somebody who is not logged in."""


_INFINITE = {"extra": "forbid", "ser_json_inf_nan": "constants"}
"""Config files may hold Infinity, which has to survive the way to another process."""


@value
class Tokenizer:
    """The special tokens of a tokenizer.

    Attributes:
        kind: The class that it asks for.
        bos, eos, pad, unk: Beginning, end, padding, and unknown; None where it has none.
        added: Every token that was added to its vocabulary; empty where its files do not list them, as Transformers 5
            writes them.
        ids: The numbers of these tokens, in the same order.
        padding: The side on which it pads, "left" or "right"; None where its files do not say.
    """

    __pydantic_config__ = _INFINITE

    kind: str | None = None
    bos: str | None = None
    eos: str | None = None
    pad: str | None = None
    unk: str | None = None
    added: tuple[str, ...] = ()
    ids: tuple[int, ...] = ()
    padding: str | None = None


@value
class Repository:
    """A repository of a model, as far as it was read.

    Attributes:
        field: Where the config names it, such as "base_model".
        id: The name as written.
        status: What became of the look-up.
        renamed_to: The name that the Hub has moved it to.
        revision: The full hash of the commit.
        gated: Whether its files are only for those who have accepted its terms.
        files: The names of its files; None where the Hub did not list them.
        library, pipeline: What the Hub says it is made for, such as "peft" or "text-generation".
        tags: Its tags.
        tensors: Stored elements by their type, such as {"BF16": 1235814400}; empty where nothing is known.
        listing: The part of its config that the Hub's own index holds: `architectures`, `model_type` and others.
        config: `config.json`; None where it was not read.
        tokenizer: What the tokenizer's files say of its special tokens.
        template: The chat template; "" where the repository has none, None where that is not known.
        adapter: `adapter_config.json`.
        nearest: Names of repositories that exist and are like the one that does not.
        unread: Files that did not come in time, or could not be read.
    """

    __pydantic_config__ = _INFINITE

    field: str
    id: str
    status: Status = "unreachable"
    renamed_to: str | None = None
    revision: str | None = None
    gated: bool = False
    files: tuple[str, ...] | None = None
    library: str | None = None
    pipeline: str | None = None
    tags: tuple[str, ...] = ()
    tensors: dict[str, int] = of(default_factory=dict)
    listing: dict[str, Any] = of(default_factory=dict)
    config: dict[str, Any] | None = None
    tokenizer: Tokenizer | None = None
    template: str | None = None
    adapter: dict[str, Any] | None = None
    nearest: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()

    @property
    def dimensions(self) -> dict[str, Any]:
        """The whole `config.json` where it was read, else what the Hub's index holds of it."""
        return self.config if self.config is not None else self.listing


@value
class DataRepository:
    """A repository of a dataset, as one entry of the config reads it.

    Attributes:
        field: Where the config names it, such as "datasets[0]".
        id: The name as written.
        status: What became of the look-up.
        renamed_to, revision, gated, files: As in `Repository`.
        script: The Python script that builds it, which `datasets` no longer runs.
        configs: The configurations that it has; empty where they are not known.
        default_config: The configuration that is used when none is named, where one is marked.
        splits: The splits of the chosen configuration.
        config: The configuration that the entry reads, the first of several.
        also: The others, where the entry reads several.
        split: The split that the entry reads, as written: "train[:50%]".
        rows: Rows that the entry selects; None where that is not known.
        estimated: Whether `rows` is an estimate of the viewer's.
        places: For each configuration, which rows the first summand of `split` selects, from and to before; empty where
            the sizes are not known.
        columns: The columns.
        sample: The first rows, none of them cut.
        whole: Whether the sample is all the rows that the entry selects.
        left_out: Rows left out of the sample because the viewer had cut their cells.
        nearest: Names of datasets that exist and are like the one that does not.
        unread: What did not come in time, or could not be read.
    """

    __pydantic_config__ = _INFINITE

    field: str
    id: str
    status: Status = "unreachable"
    renamed_to: str | None = None
    revision: str | None = None
    gated: bool = False
    files: tuple[str, ...] | None = None
    script: str | None = None
    configs: tuple[str, ...] = ()
    default_config: str | None = None
    splits: tuple[str, ...] = ()
    config: str | None = None
    also: tuple[str, ...] = ()
    split: str | None = None
    rows: int | None = None
    estimated: bool = False
    places: tuple[tuple[int, int], ...] = ()
    columns: tuple[str, ...] = ()
    sample: tuple[dict[str, Any], ...] = ()
    whole: bool = False
    left_out: int = 0
    nearest: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()


@value
class HubFacts:
    """What was found for one config.

    Attributes:
        model: The repository of `base_model`, or why there is none to look up.
        others: The repositories of the other fields that name one.
        datasets: One for each entry with a Hub name, in the order of `datasets`, `test_datasets` and
            `pretraining_dataset`.
        late: Names that did not come before the time was up.
    """

    __pydantic_config__ = _INFINITE

    model: Repository | None = None
    others: tuple[Repository, ...] = ()
    datasets: tuple[DataRepository, ...] = ()
    late: tuple[str, ...] = ()


def remember_facts(config: Config, facts: HubFacts | None) -> None:
    """Let the numbers and rules of this check see what the Hub said."""
    config.memo[facts_of] = facts


def facts_of(config: Config) -> HubFacts | None:
    """What the Hub said of this config, or None where nobody asked it."""
    found: HubFacts | None = config.memo.get(facts_of)
    return found


def tokenizer_repository(config: Config) -> Repository | None:
    """The repository whose tokenizer the run loads; None where nobody has looked it up."""
    facts = facts_of(config)
    if facts is None:
        return None
    name = next(
        (config.get(key) for key in ("tokenizer_config", "base_model_config", "base_model") if config.get(key)), None
    )
    named = (*((facts.model,) if facts.model is not None else ()), *facts.others)
    return next((each for each in named if each.id == name), None)


def public_tokenizer(config: Config) -> Repository | None:
    """The repository of the tokenizer, where anybody may read its files."""
    found = tokenizer_repository(config)
    return found if found is not None and found.status == "found" else None


def config_repository(config: Config) -> Repository | None:
    """The base model's repository, where the run reads its `config.json` and anybody may."""
    facts = facts_of(config)
    model = facts.model if facts is not None else None
    elsewhere = config.get("base_model_config") or config.get("cls_model_config")
    return model if model is not None and model.status == "found" and not elsewhere else None


def origin_of(config: Config) -> str:
    """Where a finding comes from, in words behind its reason; "" where nobody asked the Hub."""
    facts = facts_of(config)
    if facts is None:
        return ""
    revision = facts.model.revision if facts.model is not None else None
    return f" (From the Hub, model revision {short(revision)}.)" if revision else " (From the Hub.)"
