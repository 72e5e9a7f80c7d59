"""What a container platform writes in front of each line: the time, the stream, the name of a pod or a service.

Such prefixes have no common form, so they are learned from the text: what stands in front of a line that can only begin
a line (a traceback, one of Axolotl's log lines), and in front of many others too.
"""

from __future__ import annotations

import re
from collections import Counter

# Nothing is ever printed before these by the program itself, except for the name of a process.
_BEGINS = re.compile(
    r"Traceback \(most recent call last\)|\[20\d\d-\d\d-\d\d \d\d:\d\d:\d\d[,.\d]{0,5}\] \[[A-Z]{4,8}\]"
)
_PROCESS = re.compile(r"\[?(?:rank|default|RANK:)\s?\d{1,4}\]?\s?:\s?$|\[\d{1,3},\d{1,4}\]<std(?:err|out)>:\s?$")
# Names of processes, which tell ranks apart, and bars are read elsewhere.
_OWN = re.compile(r"\s{0,4}\d{1,3}: $|\(\w{3,40},? (?:pid|rank)=[^)\n]{1,80}\)\s?$|.{0,100}%")
_DIGITS = re.compile(r"\d{1,120}")
_LONGEST, _MOST, _FEWEST, _LOOKED_AT = 120, 16, 3, 20_000


def without_prefixes(lines: list[str]) -> list[str]:
    """The same lines without what a platform wrote in front of them.

    Args:
        lines: The lines of a text; where several machines wrote, each has a prefix of its own.

    Returns:
        As many lines. Those without a prefix stay as they are.
    """
    seen: Counter[str] = Counter()
    for line in lines[:_LOOKED_AT]:
        if ("Traceback" in line or "[20" in line) and (found := _BEGINS.search(line[: _LONGEST + 60])):
            before = _PROCESS.sub("", line[: found.start()])
            if any(sign.isalnum() for sign in before) and len(before) <= _LONGEST and not _OWN.match(before):
                seen[_DIGITS.sub("0", before)] += 1
    for shape, _ in seen.most_common(_MOST):
        pattern = re.compile(r"\d{1,120}".join(map(re.escape, shape.split("0"))))
        ends = [(found.end() if (found := pattern.match(line)) else 0) for line in lines]
        if sum(end > 0 for end in ends) >= _FEWEST:
            lines = [line[end:] for line, end in zip(lines, ends, strict=True)]
    return lines
