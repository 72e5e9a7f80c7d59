"""The config of the run, given with a log or standing in it, checked as any config is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from knowledge.check import check
from knowledge.finding import Finding, Severity

if TYPE_CHECKING:
    from knowledge.diagnosis.log import Log

# What Axolotl works out and writes into the config that it prints.
_DERIVED = (
    "batch_size",
    "axolotl_config_path",
    "capabilities",
    "env_capabilities",
    "world_size",
    "local_rank",
    "device",
)


def config_of(log: Log) -> str | None:
    """The YAML of the config that stands in a log; of one that Axolotl printed without what it had worked out."""
    if log.config is None or not log.effective:
        return log.config
    try:
        printed = json.loads(log.config)
    except (ValueError, RecursionError):
        return log.config
    if not isinstance(printed, dict):
        return log.config
    return json.dumps({key: value for key, value in printed.items() if key not in _DERIVED}, indent=2)


def findings_of(text: str, gpus: int, *, accepted: bool) -> tuple[Finding, ...]:
    """What a check says of the config; of one that Axolotl has accepted only what makes the run fail."""
    found = check(text, gpus=gpus).findings
    if accepted:
        return tuple(finding for finding in found if finding.severity is Severity.CRASH)
    return found
