"""values.json: the names that matter where Axolotl's classes only say text: optimizers, schedules, dataset types.

Enums and constants come from the installed Axolotl and Transformers. Dataset types, and which accepted names fail when
the trainer is built, are known from reading and trying; they are kept.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scripts.facts.source import Source

NAME = "values.json"


def generate(source: Source) -> dict[str, Any]:
    """Field -> its names."""
    found = _known(source)
    installed = source.snapshot["values"]
    failing = found["optimizer"]["accepted_but_fail_when_the_trainer_is_built"]
    for name, values in installed.items():
        found[name] = {**found[name], **values} if name in ("optimizer", "lr_scheduler") else values
    found["optimizer"]["axolotl"] = [name for name in installed["optimizer"]["axolotl"] if name not in failing]
    return {**found, "axolotl": source.snapshot["axolotl"], "transformers": source.snapshot["transformers"]}


def _known(source: Source) -> dict[str, Any]:
    if source.reference is None:
        return source.before(NAME)
    found: dict[str, Any] = json.loads((source.reference / "axolotl" / "value_facts.json").read_text("utf-8"))
    return found
