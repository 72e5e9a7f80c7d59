"""What was found on the Hub, as scripts read it: the part `hub` of a report."""

from __future__ import annotations

from knowledge.hub.facts import DataRepository, HubFacts, Repository, Status
from knowledge.hub.reading import Kind, architecture_name, context_length, has_template, kind_of, quantized_as
from knowledge.value import value


@value
class HubModel:
    """The base model.

    Attributes:
        id: The name as written.
        renamed_to: The name that the Hub has moved it to.
        status: What became of the look-up.
        revision: The full hash of the commit that was read.
        params: Parameters that are loaded, tied ones once.
        architecture: The class that its config names.
        context_length: The longest text that it was made for, in tokens.
        chat_template: Whether its tokenizer has one; None where that is not known.
        quantized: How its weights are stored, where they are quantized.
        kind: What kind of repository it is.
    """

    id: str
    renamed_to: str | None = None
    status: Status
    revision: str | None = None
    params: int | None = None
    architecture: str | None = None
    context_length: int | None = None
    chat_template: bool | None = None
    quantized: str | None = None
    kind: Kind = "other"


@value
class HubDataset:
    """A dataset of the config.

    Attributes:
        id: The name as written.
        status: What became of the look-up.
        config: The configuration that the entry reads; several are separated by commas.
        split: The split that it reads.
        rows: Rows that the entry selects.
        columns: The columns.
    """

    id: str
    status: Status
    config: str | None = None
    split: str | None = None
    rows: int | None = None
    columns: tuple[str, ...] = ()


@value
class HubReport:
    """What was found; datasets in the order of `datasets`, `test_datasets`, `pretraining_dataset`."""

    model: HubModel | None = None
    datasets: tuple[HubDataset, ...] = ()


def report_of(facts: HubFacts, parameters: int | None) -> HubReport:
    """What a report says of the facts.

    Args:
        facts: What was found.
        parameters: Parameters of the base model, where they are known.
    """
    return HubReport(
        model=None if facts.model is None else model_report(facts.model, parameters),
        datasets=tuple(dataset_report(each) for each in facts.datasets),
    )


def model_report(found: Repository, parameters: int | None) -> HubModel:
    """One model."""
    if found.status not in ("found", "gated"):
        return HubModel(id=found.id, status=found.status, renamed_to=found.renamed_to, revision=found.revision)
    return HubModel(
        id=found.id,
        renamed_to=found.renamed_to,
        status=found.status,
        revision=found.revision,
        params=parameters,
        architecture=architecture_name(found),
        context_length=context_length(found),
        chat_template=has_template(found),
        quantized=quantized_as(found),
        kind=kind_of(found),
    )


def dataset_report(found: DataRepository) -> HubDataset:
    """One dataset."""
    return HubDataset(
        id=found.id,
        status=found.status,
        config=None if found.config is None else ", ".join((found.config, *found.also)),
        split=found.split,
        rows=found.rows,
        columns=found.columns,
    )
