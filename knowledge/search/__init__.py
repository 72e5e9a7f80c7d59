"""Asking in one's own words: one index over everything that the bot knows, one ranking, three levels of certainty."""

from knowledge.search.answering import Answer, OwnEntry, Topic, answer, complete, topic
from knowledge.search.excerpts import excerpt
from knowledge.search.grouping import grouped

__all__ = ["Answer", "OwnEntry", "Topic", "answer", "complete", "excerpt", "grouped", "topic"]
