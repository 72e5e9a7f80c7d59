"""Rows of a dataset against a config: what each type reads, what the rows become, and what is wrong with them.

The names come from their modules when they are first asked for: a check without rows must not pay for them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from knowledge.doors import later

if TYPE_CHECKING:
    from knowledge.samples.checking import check_rows, replaced_rules
    from knowledge.samples.datasets_block import Proposal, propose, propose_block
    from knowledge.samples.from_hub import HubRows, check_hub_rows, counted_plan, plan_of_hub
    from knowledge.samples.kinds import Column, Kind, explain_kind, load_kinds
    from knowledge.samples.report import Example, Part, SampleReport
    from knowledge.samples.rows import SAMPLE_BYTES, Sample

__all__ = [
    "SAMPLE_BYTES",
    "Column",
    "Example",
    "HubRows",
    "Kind",
    "Part",
    "Proposal",
    "Sample",
    "SampleReport",
    "check_hub_rows",
    "check_rows",
    "counted_plan",
    "explain_kind",
    "load_kinds",
    "plan_of_hub",
    "propose",
    "propose_block",
    "replaced_rules",
]

__getattr__ = later(
    __name__,
    {
        "checking": ("check_rows", "replaced_rules"),
        "from_hub": ("HubRows", "check_hub_rows", "counted_plan", "plan_of_hub"),
        "kinds": ("Column", "Kind", "explain_kind", "load_kinds"),
        "datasets_block": ("Proposal", "propose", "propose_block"),
        "report": ("Example", "Part", "SampleReport"),
        "rows": ("SAMPLE_BYTES", "Sample"),
    },
)
