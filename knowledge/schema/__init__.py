"""Findings that follow from the facts alone: unknown, misplaced, of a wrong type, no choice, out of bounds, missing."""

from knowledge.schema.findings import schema_findings
from knowledge.schema.keys import rename

__all__ = [
    "rename",
    "schema_findings",
]
