"""Graphics cards: their memory, speed and names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knowledge.doors import later
from knowledge.gpus.cards import Card, cards, sizes, usable_gib

if TYPE_CHECKING:
    from knowledge.gpus.naming import Gpu, UnknownGpu, gpu_named, gpu_names, suggest

__all__ = ["Card", "Gpu", "UnknownGpu", "cards", "gpu_named", "gpu_names", "sizes", "suggest", "usable_gib"]

__getattr__ = later(__name__, {"naming": ("Gpu", "UnknownGpu", "gpu_named", "gpu_names", "suggest")})
