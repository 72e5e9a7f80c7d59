"""Wishes in, a proven config with its reasons out."""

from knowledge.writing.existing import wishes_of
from knowledge.writing.preference import LOSSES
from knowledge.writing.rewards import reward_file
from knowledge.writing.taste import Aim, aims
from knowledge.writing.wishes import (
    METHODS,
    TRACKERS,
    Reason,
    Unusable,
    Unwritable,
    Wishes,
    Written,
    hub_lines,
    seen_on_hub,
)
from knowledge.writing.write import write_config

__all__ = [
    "LOSSES",
    "METHODS",
    "TRACKERS",
    "Aim",
    "Reason",
    "Unusable",
    "Unwritable",
    "Wishes",
    "Written",
    "aims",
    "hub_lines",
    "reward_file",
    "seen_on_hub",
    "wishes_of",
    "write_config",
]
