"""What the Hub holds of a config's models and datasets: the names, the facts, and what follows from them."""

from knowledge.hub.facts import (
    DataRepository,
    HubFacts,
    Repository,
    Status,
    Tokenizer,
    facts_of,
    origin_of,
    remember_facts,
)
from knowledge.hub.names import is_doubtful, is_plain, is_repository, is_revision, short
from knowledge.hub.reading import (
    architecture_name,
    context_length,
    has_template,
    has_weights,
    is_known,
    is_no_generator,
    kernels_rewrite,
    kind_of,
    quantization_of,
    quantized_as,
    stored_parameters,
    text_part,
)
from knowledge.hub.report import HubDataset, HubModel, HubReport, dataset_report, model_report, report_of
from knowledge.hub.splits import Part, parts_of, rows_of
from knowledge.hub.targets import DataTarget, ModelTarget, Targets, named, targets_of
from knowledge.hub.unseen import unseen
from knowledge.hub.world import World, found_model

__all__ = [
    "DataRepository",
    "DataTarget",
    "HubDataset",
    "HubFacts",
    "HubModel",
    "HubReport",
    "ModelTarget",
    "Part",
    "Repository",
    "Status",
    "Targets",
    "Tokenizer",
    "World",
    "architecture_name",
    "context_length",
    "dataset_report",
    "facts_of",
    "found_model",
    "has_template",
    "has_weights",
    "is_doubtful",
    "is_known",
    "is_no_generator",
    "is_plain",
    "is_repository",
    "is_revision",
    "kernels_rewrite",
    "kind_of",
    "model_report",
    "named",
    "origin_of",
    "parts_of",
    "quantization_of",
    "quantized_as",
    "remember_facts",
    "report_of",
    "rows_of",
    "short",
    "stored_parameters",
    "targets_of",
    "text_part",
    "unseen",
]
