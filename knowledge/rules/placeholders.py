"""Placeholders that a written config leaves for its reader."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knowledge.conditions import is_placeholder
from knowledge.finding import Severity
from knowledge.rule import Problem, problem, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.config import Config

ENTRY = ("path", "type", "field", "field_messages")
ROOT = ("base_model", "hub_model_id", "wandb_project", "mlflow_experiment_name", "comet_project_name")
MORE = ("swanlab_project", "trackio_project_name")


@rule(
    Severity.ADVICE,
    fields=(*(f"datasets[].{key}" for key in ENTRY), *ROOT, *MORE),
    bad="datasets:\n  - path: YOUR_DATASET\n    type: alpaca\n",
    good="datasets:\n  - path: org/rows\n    type: alpaca\n",
)
def placeholder_left(config: Config) -> Iterator[Problem]:
    """A placeholder such as YOUR_DATASET is still to be filled in.

    A generated config marks what only you can know this way. Axolotl looks for a dataset of that name and stops.
    """
    found = [key for key in (*ROOT, *MORE) if is_placeholder(config.raw(key))]
    entries = config.raw("datasets")
    for index, entry in enumerate(entries if isinstance(entries, list) else ()):
        if isinstance(entry, dict):
            found += [f"datasets[{index}].{key}" for key in ENTRY if is_placeholder(entry.get(key))]
    for key in found:
        yield problem("Fill this in: it is a placeholder.", key)
