"""Findings that follow from the facts alone: unknown, misplaced, of a wrong type, no choice, out of bounds, missing."""

from knowledge.schema.edits import rename
from knowledge.schema.findings import schema_findings
from knowledge.schema.whole import origin

__all__ = [
    "origin",
    "rename",
    "schema_findings",
]
