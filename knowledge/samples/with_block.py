"""The config with the block that a check of its rows proposes, where its own entry reads none of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knowledge.config import read
from knowledge.document import Mapping, dump
from knowledge.hub import facts_of, remember_facts

if TYPE_CHECKING:
    from knowledge.config import Config
    from knowledge.samples.report import SampleReport


def with_block(config: Config, sample: SampleReport) -> Config | None:
    """The config as it is once the proposed block stands in it; None where there is no need of one, or none.

    Args:
        config: A config with one dataset.
        sample: What its rows become.
    """
    if sample.lengths or not sample.rows or len(config.datasets) != 1:
        return None
    for finding in sample.findings:
        block = read(finding.mended).document.values if finding.mended else None
        if isinstance(block, Mapping) and "datasets" in block:
            cured = read(dump({**config.document.values, **block}), config.gpus)
            remember_facts(cured, facts_of(config))
            return cured
    return None
