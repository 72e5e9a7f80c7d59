"""A run's numbers to what they show: `health_of(text, config=None) -> Health | None`, pure, nothing kept."""

from knowledge.health.judge import health_of, judge
from knowledge.health.model import Health, Sign, Steps
from knowledge.health.reading import read_run
from knowledge.health.record import Evaluation, Point, Record

__all__ = ["Evaluation", "Health", "Point", "Record", "Sign", "Steps", "health_of", "judge", "read_run"]
