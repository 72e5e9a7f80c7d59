"""A pasted error to its cause: `diagnose(text, config=None) -> Diagnosis`, pure, nothing kept."""

from knowledge.diagnosis.diagnose import diagnose
from knowledge.diagnosis.model import Diagnosis, GpuMemory, Match, Raised, Unknown

__all__ = [
    "Diagnosis",
    "GpuMemory",
    "Match",
    "Raised",
    "Unknown",
    "diagnose",
]
