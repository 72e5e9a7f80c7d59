"""Rows of a dataset against a config: what each type reads, what the rows become, and what is wrong with them."""

from __future__ import annotations

from knowledge.samples.checking import check_rows, propose
from knowledge.samples.kinds import Column, Kind, explain_kind, load_kinds
from knowledge.samples.report import Mask, SampleReport, Span
from knowledge.samples.rows import SAMPLE_BYTES

__all__ = [
    "SAMPLE_BYTES",
    "Column",
    "Kind",
    "Mask",
    "SampleReport",
    "Span",
    "check_rows",
    "explain_kind",
    "load_kinds",
    "propose",
]
