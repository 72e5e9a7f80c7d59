"""From what the Hub says of the base model to what is known of its parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knowledge.hub import facts_of, stored_parameters
from knowledge.parameters.families import layout
from knowledge.parameters.names import Parameters, parameters_like, parameters_of
from knowledge.parameters.reading import read_architecture
from knowledge.parameters.stored import reconcile

if TYPE_CHECKING:
    from knowledge.config import Config
    from knowledge.hub import Repository


def looked_up_parameters(config: Config, name: str) -> Parameters | None:
    """What is known of the model that `base_model` names: by what the Hub says of it, else by its name.

    Args:
        config: The config.
        name: The value of `base_model`.
    """
    facts = facts_of(config)
    found = facts.model if facts is not None else None
    if found is None or config.get("base_model_config"):
        return parameters_of(name)
    return parameters_of_repository(found)


def parameters_of_repository(found: Repository) -> Parameters | None:
    """What is known of a model that was looked up; by its name alone where nothing was found.

    Args:
        found: The repository.
    """
    named = parameters_of(found.id) or (parameters_of(found.renamed_to) if found.renamed_to else None)
    if found.status not in ("found", "gated"):
        return named
    name, stored = found.renamed_to or found.id, stored_parameters(found)
    architecture = read_architecture(found.config, name) if found.config is not None else None
    if architecture is not None and architecture.layers > 0:
        loaded = layout(architecture).parameters
        total = loaded if stored is None else reconcile(architecture, stored).parameters
        # What the facts hold of the same size is counted once for all checks, not once for each.
        if named is not None and named.known == "exact" and named.total == loaded:
            return named
        return Parameters(total, architecture, name, "exact", confirmed=total == stored)
    if named is not None and named.known == "exact":
        return named
    return named if stored is None else parameters_like(name, stored)


def known_total(base: Parameters | None) -> int | None:
    """The parameters of a model where they are more than a guess by its name."""
    return base.total if base is not None and base.known in ("exact", "counted") else None
