"""Text from a chat or a file -> Document: values, the place of every key and value, and what is wrong with the text."""

from knowledge.document.limits import MAX_BYTES, MAX_DEPTH, MAX_FINDINGS, MAX_NEAREST, MAX_VISITS
from knowledge.document.parser import masked, parse
from knowledge.document.values import Document, Duplicate, Fault, Mapping, Mark, Sequence, Steps, join, split
from knowledge.document.writing import dump

__all__ = [
    "MAX_BYTES",
    "MAX_DEPTH",
    "MAX_FINDINGS",
    "MAX_NEAREST",
    "MAX_VISITS",
    "Document",
    "Duplicate",
    "Fault",
    "Mapping",
    "Mark",
    "Sequence",
    "Steps",
    "dump",
    "join",
    "masked",
    "parse",
    "split",
]
