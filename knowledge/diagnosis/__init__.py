"""A pasted error to its cause: `diagnose(text, config=None) -> Diagnosis`, pure, nothing kept."""

from knowledge.diagnosis.diagnose import diagnose
from knowledge.diagnosis.happening import headline
from knowledge.diagnosis.model import Diagnosis, Follow, GpuMemory, Match, Raised, Unknown
from knowledge.diagnosis.progress import Bar, Progress, Reading, readings

__all__ = [
    "Bar",
    "Diagnosis",
    "Follow",
    "GpuMemory",
    "Match",
    "Progress",
    "Raised",
    "Reading",
    "Unknown",
    "diagnose",
    "headline",
    "readings",
]
