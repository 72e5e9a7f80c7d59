"""What the argument names of other trainers mean in Axolotl, and how their values are carried over."""

from knowledge.foreign.meanings import Meaning, meaning, names_of, trainers
from knowledge.foreign.origin import Origin, origin_of
from knowledge.foreign.script import SCRIPT_NOTE, script_config

__all__ = ["SCRIPT_NOTE", "Meaning", "Origin", "meaning", "names_of", "origin_of", "script_config", "trainers"]
