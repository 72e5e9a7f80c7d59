"""From what the Hub says of the base model to what is known of its parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knowledge.hub import facts_of, stored_parameters
from knowledge.parameters.names import Parameters, parameters_like, parameters_of

if TYPE_CHECKING:
    from knowledge.config import Config
    from knowledge.hub import Repository


def looked_up_parameters(config: Config, name: str) -> Parameters | None:
    """What is known of the model that `base_model` names: by what the Hub says of it, else by its name.

    Args:
        config: The config.
        name: The value of `base_model`.
    """
    named = parameters_of(name)
    facts = facts_of(config)
    found = facts.model if facts is not None else None
    if found is None or found.status not in ("found", "gated") or config.get("base_model_config"):
        return named
    if named is None and found.renamed_to:
        named = parameters_of(found.renamed_to)
    return _of_repository(found, named)


def _of_repository(found: Repository, named: Parameters | None) -> Parameters | None:
    """What the repository says; what the facts know exactly is kept where it says the same."""
    if named is not None and named.known == "exact":
        return named
    total = stored_parameters(found)
    return named if total is None else parameters_like(found.renamed_to or found.id, total)
