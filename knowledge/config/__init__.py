"""A document read as Axolotl reads it: presence, the raw value as a given check sees it, the typed value."""

from knowledge.config.changes_after_typing import SEPARATES_ROWS
from knowledge.config.changes_before_typing import LEGACY_ATTENTION, LORA_KERNELS, lora_kernels_switch_on
from knowledge.config.config import Config, Failure, Unreadable, read, read_values
from knowledge.config.entries import prepare_dataset
from knowledge.config.launcher import Launcher, is_launcher
from knowledge.config.plugins import experts_fall_back
from knowledge.config.types import Types, load_types

__all__ = [
    "LEGACY_ATTENTION",
    "LORA_KERNELS",
    "SEPARATES_ROWS",
    "Config",
    "Failure",
    "Launcher",
    "Types",
    "Unreadable",
    "experts_fall_back",
    "is_launcher",
    "load_types",
    "lora_kernels_switch_on",
    "prepare_dataset",
    "read",
    "read_values",
]
