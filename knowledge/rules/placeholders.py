"""Placeholders that a written config leaves for its reader."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knowledge.finding import Severity
from knowledge.rule import Problem, problem, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.config import Config

MARK = "YOUR_"
ROOT = ("base_model", "hub_model_id", "wandb_project", "mlflow_experiment_name", "comet_project_name")
MORE = ("swanlab_project", "trackio_project_name")


@rule(
    Severity.ADVICE,
    fields=("datasets[].path", *ROOT, *MORE),
    bad="datasets:\n  - path: YOUR_DATASET\n    type: alpaca\n",
    good="datasets:\n  - path: org/rows\n    type: alpaca\n",
)
def placeholder_left(config: Config) -> Iterator[Problem]:
    """A placeholder such as YOUR_DATASET is still to be filled in.

    A generated config marks what only you can know this way. Axolotl looks for a dataset of that name and stops.
    """
    found = [key for key in (*ROOT, *MORE) if _marked(config.raw(key))]
    entries = config.raw("datasets")
    for index, entry in enumerate(entries if isinstance(entries, list) else ()):
        if isinstance(entry, dict) and _marked(entry.get("path")):
            found.append(f"datasets[{index}].path")
    for key in found:
        yield problem("Fill this in: it is a placeholder.", key)


def _marked(value: object) -> bool:
    return isinstance(value, str) and value.startswith(MARK)
