"""Asking in one's own words: one index over everything that the bot knows, one ranking, three levels of certainty."""

from knowledge.search.answering import Answer, OwnEntry, Topic, answer, complete, topic
from knowledge.search.document import first_sentence
from knowledge.search.excerpts import excerpt
from knowledge.search.grouping import grouped, terms_of

__all__ = [
    "Answer",
    "OwnEntry",
    "Topic",
    "answer",
    "complete",
    "excerpt",
    "first_sentence",
    "grouped",
    "terms_of",
    "topic",
]
