"""What the argument names of other trainers mean in Axolotl, and how their values are carried over."""

from knowledge.foreign.meanings import Meaning, meaning, names_of, trainers

__all__ = ["Meaning", "meaning", "names_of", "trainers"]
