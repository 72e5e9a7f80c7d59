"""Which lines of a log belong together: a traceback with its message, or one logged message with its further lines.

What recognizes an error has to stand in one passage. Two words of unrelated messages, however near one another, say
nothing.
"""

from __future__ import annotations

import re
from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from knowledge.diagnosis.log import Line
    from knowledge.diagnosis.tracebacks import Trace

# A line that begins a message of its own.
_BEGINS = re.compile(
    r"\s{0,4}(?:\[?20\d\d-\d\d-\d\d|\[\w{3,8}\b[^\]]{0,60}\]|(?:INFO|WARNING|ERROR|DEBUG|CRITICAL)\b|[IWEF]\d{4} |"
    r"Killed\s{0,8}$|\S{1,80}: line \d{1,6}: |\[\d{1,3}\] {1,4}\d{1,9} [Kk]illed|"
    r"Traceback|wandb:|\S{1,120}:\d{1,6}: \w{0,40}Warning|[\w.-]{1,60}:\d{1,8}:\d{1,8} \[\d)"
)
_FEW, _FOLLOW, _CHAIN = 15, 12, 6


def passages(lines: Sequence[Line], traces: Sequence[Trace]) -> list[int]:
    """The number of the passage of each line.

    Args:
        lines: In the order in which they are searched, the lines of a process together.
        traces: Exceptions with their first and last line.

    Returns:
        As many numbers as lines, never falling. A text of a few lines without logged messages is one passage, apart
        from what stands above its traceback.
    """
    if len(lines) <= _FEW and sum(bool(_BEGINS.match(line.text)) for line in lines) <= 1:
        begins = _traceback_begins(traces)
        return list(accumulate((int(line.number >= begins) for line in lines), max))
    spans = _spans(traces)
    owner = {
        (rank, number): index
        for index, (rank, first, last) in enumerate(spans)
        for number in range(first, min(last, first + 2_000) + 1)
    }
    whole = {line.rank for line in lines}
    numbers: list[int] = []
    current, follow, above = 0, 0, None
    for line in lines:
        trace = owner.get((line.rank if len(whole) > 1 else None, line.number), owner.get((None, line.number)))
        if trace is not None:
            begins = trace != above
        else:
            begins = above is not None or follow >= _FOLLOW or bool(_BEGINS.match(line.text))
        current += bool(begins and numbers)
        follow = 0 if begins else follow + 1
        above = trace
        numbers.append(current)
    return numbers


def _traceback_begins(traces: Sequence[Trace]) -> int:
    """Line on which the first traceback begins; 0 where an exception, whose frames may follow, stands above it."""
    first = min((trace.first for trace in traces if trace.full), default=0)
    return first if all(trace.at >= first for trace in traces) else 0


def _spans(traces: Sequence[Trace]) -> list[tuple[int | None, int, int]]:
    """(rank, first line, last line) of each chain of exceptions."""
    spans: list[tuple[int | None, int, int]] = []
    for trace in sorted(traces, key=lambda each: (-1 if each.rank is None else each.rank, each.first)):
        last = spans[-1] if spans else None
        if (
            last
            and last[0] == trace.rank
            and trace.first <= last[2] + _CHAIN
            and (not trace.root or trace.first <= last[2])
        ):
            spans[-1] = (last[0], last[1], max(last[2], trace.last))
        else:
            spans.append((trace.rank, trace.first, trace.last))
    return spans
