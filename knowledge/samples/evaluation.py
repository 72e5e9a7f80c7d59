"""Whether the rows held out for evaluation are enough to be packed, by the plan of the run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knowledge.plan import make_plan
from knowledge.samples.tokens import HIGH

if TYPE_CHECKING:
    from knowledge.config import Config
    from knowledge.samples.issues import Issues
    from knowledge.samples.lengths import Length, Tally

MOST_ROWS = 2_000
"""More rows than that are enough whatever is held out."""


def check_evaluation(config: Config, tally: Tally, issues: Issues) -> None:
    """Note an evaluation that is too small to be packed, even if every row were as long as it may be.

    Counts are estimates here; where they are exact, a rule about the plan says so.
    """
    if not config.get("val_set_size") or not config.get("sample_packing"):
        return
    if config.get("eval_sample_packing") is False or not 1 < len(tally.lengths) <= MOST_ROWS or tally.failed:
        return
    longest = [_longer(length) for length in tally.lengths]
    plan = make_plan(config, lengths=longest, of_file=True)
    if any(trouble.kind == "evaluation-too-small" for trouble in plan.troubles):
        issues.add("rows-evaluation-too-small", None)


def _longer(length: Length) -> Length:
    if isinstance(length, int):
        return round(length * HIGH)
    return {name: round(tokens * HIGH) for name, tokens in length.items()}
