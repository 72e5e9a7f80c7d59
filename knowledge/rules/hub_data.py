"""What the Hub says of the datasets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knowledge.finding import Severity
from knowledge.hub import DataRepository, World, facts_of, is_doubtful, is_plain
from knowledge.rule import HUB, Problem, problem, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.config import Config

_FIELDS = ("datasets", "test_datasets", "pretraining_dataset")
_SHOWN = 3


def _datasets(config: Config, status: str) -> Iterator[DataRepository]:
    facts = facts_of(config)
    for found in facts.datasets if facts is not None else ():
        if found.status == status:
            yield found


def _entry(path: str, more: str = "") -> str:
    return f"datasets:\n  - path: {path}\n    type: alpaca\n{more}"


def _data(name: str, config: str | None = None, **more: object) -> DataRepository:
    held = {"status": "found", **more}
    return DataRepository(field="", id=name, config=config, **held)  # type: ignore[arg-type]


def _listed(names: tuple[str, ...]) -> str:
    """The first names as words in code."""
    shown = [f"`{name}`" for name in names if is_plain(name)][:_SHOWN]
    return ", ".join(shown) + (f" and {len(names) - len(shown)} more" if len(names) > len(shown) else "")


@rule(
    Severity.WARNING,
    fields=_FIELDS,
    needs=(HUB,),
    bad=_entry("org/row"),
    good=_entry("org/rows"),
    hub=World(datasets=(_data("org/row", status="missing", nearest=("org/rows",)), _data("org/rows"))),
)
def dataset_not_public(config: Config) -> Iterator[Problem]:
    """No public dataset on the Hub has this name.

    To somebody who is not logged in, a private dataset looks like one that does not exist. If the name is misspelled,
    the run stops when it loads the data. If the dataset is private or yours, ignore this.
    """
    for found in _datasets(config, "missing"):
        if not is_doubtful(found.id):
            near = next(iter(found.nearest), None)
            yield problem(
                "Not public on the Hub under this name. Check its spelling.", f"{found.field}.path", suggestion=near
            )


@rule(
    Severity.ADVICE,
    fields=_FIELDS,
    needs=(HUB,),
    bad=_entry("org/gated"),
    good=_entry("org/rows"),
    hub=World(datasets=(_data("org/gated", status="gated", gated=True), _data("org/rows"))),
)
def dataset_gated(config: Config) -> Iterator[Problem]:
    """A dataset that requires accepting its terms.

    Log in to the Hub, accept the terms on the page of the dataset, create a token that can read it, and set
    `HF_TOKEN` on the training machine; otherwise, the run stops when it loads the data.
    """
    for found in _datasets(config, "gated"):
        yield problem("Gated: accept its terms on the Hub, and set `HF_TOKEN` where you train.", f"{found.field}.path")


@rule(
    Severity.ADVICE,
    fields=_FIELDS,
    needs=(HUB,),
    bad=_entry("org/before"),
    good=_entry("org/rows"),
    hub=World(datasets=(_data("org/before", renamed_to="org/rows"), _data("org/rows"))),
)
def dataset_renamed(config: Config) -> Iterator[Problem]:
    """The dataset was renamed.

    The Hub redirects from the old name to the new one until somebody else takes the old name. Write the new name.
    """
    facts = facts_of(config)
    for found in facts.datasets if facts is not None else ():
        if found.renamed_to:
            yield problem(
                f"The new name is `{found.renamed_to}`; the Hub still redirects from the old one.",
                f"{found.field}.path",
            )


@rule(
    Severity.CRASH,
    fields=_FIELDS,
    needs=(HUB,),
    bad=_entry("org/script"),
    good=_entry("org/rows"),
    hub=World(datasets=(_data("org/script", script="script.py"), _data("org/rows"))),
    says="Dataset scripts are no longer supported",
)
def dataset_of_a_script(config: Config) -> Iterator[Problem]:
    """The dataset is made by a Python script, which `datasets` no longer runs.

    Loading it stops with an error. Look for a copy as Parquet files, or make one with an older `datasets`.
    """
    facts = facts_of(config)
    for found in facts.datasets if facts is not None else ():
        if found.script:
            yield problem(
                "This dataset needs a loading script, which no longer runs: use a Parquet copy.", f"{found.field}.path"
            )


@rule(
    Severity.CRASH,
    fields=_FIELDS,
    needs=(HUB,),
    bad=_entry("org/several"),
    good=_entry("org/several", "    name: easy\n"),
    hub=World(
        datasets=(
            _data("org/several", status="no-config", configs=("easy", "hard")),
            _data("org/several", "easy", configs=("easy", "hard")),
        )
    ),
    says="Config name is missing",
)
def dataset_config_missing(config: Config) -> Iterator[Problem]:
    """The dataset has several configurations, and the entry names none that exists.

    `datasets` does not choose one by itself and stops. Name one with `name`.
    """
    for found in _datasets(config, "no-config"):
        cure = f"it has {_listed(found.configs)}" if found.configs else "it has several"
        named = "No such configuration" if found.config else "Set `name`"
        yield problem(f"{named}: {cure}.", f"{found.field}.name" if found.config else f"{found.field}.path")


@rule(
    Severity.CRASH,
    fields=_FIELDS,
    needs=(HUB,),
    bad=_entry("org/rows", "    split: dev\n"),
    good=_entry("org/other", "    split: train\n"),
    hub=World(datasets=(_data("org/rows", status="no-split", splits=("train", "test")), _data("org/other"))),
    says="Unknown split",
)
def dataset_split_missing(config: Config) -> Iterator[Problem]:
    """The dataset has no such split.

    Without `split`, an entry of `datasets` reads `train` and one of `test_datasets` reads `test`; if that split does
    not exist, loading stops. Name one of its splits.
    """
    for found in _datasets(config, "no-split"):
        yield problem(f"No such split: the dataset has {_listed(found.splits)}.", f"{found.field}.split")


@rule(
    Severity.CRASH,
    fields=_FIELDS,
    needs=(HUB,),
    bad=_entry("org/rows", "    revision: v9\n"),
    good=_entry("org/other", "    revision: main\n"),
    hub=World(datasets=(_data("org/rows", status="no-revision"), _data("org/other"))),
)
def dataset_revision_missing(config: Config) -> Iterator[Problem]:
    """The dataset has no such branch, tag, or commit.

    Axolotl then does not find the dataset on the Hub and stops. The page of the dataset lists its commits.
    """
    for found in _datasets(config, "no-revision"):
        yield problem("The Hub has no such revision of this dataset.", f"{found.field}.revision")
