"""Asking in one's own words: one index over everything that the bot knows, one ranking, three levels of certainty."""

from knowledge.search.answering import Answer, Topic, answer, complete

__all__ = ["Answer", "Topic", "answer", "complete"]
