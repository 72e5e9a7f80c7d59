"""Wishes in, a proven config with its reasons out."""

from knowledge.writing.rewards import reward_file
from knowledge.writing.taste import Aim, aims
from knowledge.writing.wishes import METHODS, TRACKERS, Reason, Unusable, Unwritable, Wishes, Written
from knowledge.writing.write import write_config

__all__ = [
    "METHODS",
    "TRACKERS",
    "Aim",
    "Reason",
    "Unusable",
    "Unwritable",
    "Wishes",
    "Written",
    "aims",
    "reward_file",
    "write_config",
]
