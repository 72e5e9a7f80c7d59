"""Facts joined with notes: look a name up, search for one, explain it."""

from knowledge.catalog.catalog import Catalog
from knowledge.catalog.entries import Choice, Explanation, Field, Note

__all__ = [
    "Catalog",
    "Choice",
    "Explanation",
    "Field",
    "Note",
]
