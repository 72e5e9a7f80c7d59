"""What the Hub holds of a config's models and datasets: the names, the facts, and what follows from them."""

from knowledge.hub.facts import DataRepository, HubFacts, Repository, Status, Tokenizer, facts_of, remember_facts
from knowledge.hub.names import is_doubtful, is_repository, short
from knowledge.hub.splits import Part, parts_of, rows_of
from knowledge.hub.targets import DataTarget, ModelTarget, Targets, targets_of

__all__ = [
    "DataRepository",
    "DataTarget",
    "HubFacts",
    "ModelTarget",
    "Part",
    "Repository",
    "Status",
    "Targets",
    "Tokenizer",
    "facts_of",
    "is_doubtful",
    "is_repository",
    "parts_of",
    "remember_facts",
    "rows_of",
    "short",
    "targets_of",
]
