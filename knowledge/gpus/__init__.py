"""Graphics cards: their memory, speed and names."""

from knowledge.gpus.cards import Card, cards, sizes, usable_gib
from knowledge.gpus.naming import Gpu, UnknownGpu, gpu_named, gpu_names, suggest

__all__ = ["Card", "Gpu", "UnknownGpu", "cards", "gpu_named", "gpu_names", "sizes", "suggest", "usable_gib"]
