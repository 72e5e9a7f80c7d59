"""Findings that follow from the facts alone: unknown, misplaced, of a wrong type, no choice, out of bounds, missing."""

from knowledge.schema.edits import rename
from knowledge.schema.findings import schema_findings

__all__ = [
    "rename",
    "schema_findings",
]
