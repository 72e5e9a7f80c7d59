"""What the argument names of other trainers mean in Axolotl, and how their values are carried over."""

from knowledge.foreign.meanings import Meaning, meaning, names_of, trainers
from knowledge.foreign.origin import Origin, origin_of

__all__ = ["Meaning", "Origin", "meaning", "names_of", "origin_of", "trainers"]
