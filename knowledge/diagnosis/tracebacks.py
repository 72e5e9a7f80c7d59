"""Exceptions in a log: the last traceback of each process and the root one of a chain."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from knowledge.diagnosis.log import Line

_FRAME = re.compile(r"""\s{0,12}File "([^"\n]{1,400})", line (\d{1,7})(?:, in (\S{1,120}))?""")
_CELL_FRAME = re.compile(r"\s{0,12}File ([^\s:\"]{1,400}\.py):(\d{1,7}), in (\S{1,120})")
_BARE_FRAME = re.compile(r"(?:^|[\s(])((?:[\w.~-]{0,60}/){1,14}[\w-]{1,60}\.py):(\d{1,7})(?::|\s|$)(?:in (\w{1,80}))?")
_RAISED = re.compile(r"((?:[A-Za-z_]\w{0,60}\.){0,8}[A-Za-z_]\w{0,80})(?::\s?(.{0,4000}))?\s{0,4}$")
_NAMED = re.compile(
    r"(?<![\w.'\"`])((?:[a-z_]\w{0,60}\.){0,8}_?[A-Z]\w{0,60}(?:Error|Exception|Warning|Interrupt|Exit|Timeout)|"
    r"(?:[a-z_]\w{0,60}\.){1,6}(?:lib|errors?|exceptions?|exc)\.[A-Z]\w{2,60})(?::\s?(.{0,4000})|(?=\s*[(.]|\s*$))"
)
_NAMES = re.compile(r"Error|Exception|Interrupt|Timeout|\.(?:lib|errors?|exceptions?|exc)\.[A-Z]")
_CHAIN = ("During handling of the above exception", "The above exception was the direct cause")
_PACKAGES = re.compile(r"(?:site-packages|dist-packages|src)/(.{1,300})$")
_WARNINGS = ("Warning", "KeyboardInterrupt")
# What one process says because another one ended.
_FOLLOWS = re.compile(
    r"ChildFailedError|CalledProcessError|BrokenPipeError|ConnectionResetError|ConnectionAbortedError|SystemExit|"
    r"(?:DistBackendError|DistNetworkError|RuntimeError|DistStoreError|ConnectionError)\b.{0,400}(?:Connection reset|"
    r"Connection closed|closed by (?:remote )?peer|remote process exited|ncclRemoteError|Broken pipe|"
    r"recvValue failed|unexpectedly exited)"
)


@dataclass(slots=True)
class Frame:
    """One step of a traceback: file from the package on, line in it, function."""

    path: str
    line: int
    function: str


@dataclass(slots=True)
class Trace:
    """One exception: where it stands, what it says, how it came about.

    Attributes:
        type: Class as printed.
        message: Its text, later lines joined.
        first: Line of the log where its traceback, or itself, begins.
        at: Line of the log where its class stands.
        last: Last line that belongs to it.
        rank: Process, where the log says so.
        frames: Outermost first.
        root: False when it only came up while another one, above it, was handled.
        full: True when it has a traceback.
    """

    type: str
    message: str
    first: int
    at: int
    last: int
    rank: int | None = None
    frames: list[Frame] = field(default_factory=list)
    root: bool = True
    full: bool = False

    @property
    def follows(self) -> bool:
        """Whether it was only raised because something else had failed: the launcher's report, a lost connection."""
        return bool(_FOLLOWS.search(f"{self.type}: {self.message[:500]}"))

    @property
    def telling(self) -> Frame | None:
        """The frame that tells most: Axolotl's own module over a library's, the innermost of them."""
        for frame in reversed(self.frames):
            if frame.path.startswith("axolotl/") and not frame.path.startswith(
                ("axolotl/cli/main", "axolotl/cli/train", "axolotl/cli/utils")
            ):
                return frame
        return self.frames[-1] if self.frames else None


def find(lines: list[Line]) -> list[Trace]:
    """Exceptions of a log in the order in which they stand, processes apart.

    Args:
        lines: Lines without decoration.

    Returns:
        At most 400 of them; of a flood the first and the last 200.
    """
    streams: dict[int | None, list[Line]] = {}
    tagged = {line.rank for line in lines}
    for line in lines:
        streams.setdefault(line.rank if len(tagged) > 1 else None, []).append(line)
    found: list[Trace] = []
    for stream in streams.values():
        found += _of_stream(stream)
    found.sort(key=lambda trace: trace.at)
    return found if len(found) <= 400 else found[:200] + found[-200:]


def main(traces: list[Trace], advanced: int = 0) -> Trace | None:
    """The exception that counts: the root one, of the process that failed first, not one that only follows from it.

    Args:
        traces: Exceptions in the order of the log.
        advanced: Last line that shows the run going on: what was raised above it did not end the run.
    """
    real = [trace for trace in traces if not trace.type.endswith(_WARNINGS)]
    first = [trace for trace in real if not trace.follows]
    late = [trace for trace in first if trace.at >= advanced]
    for wanted in ([t for t in late if t.full], [t for t in first if t.full], late, first, [t for t in real if t.full]):
        if wanted:
            ranked = [trace for trace in wanted if trace.rank is not None]
            last = ranked[0] if ranked and wanted[-1].rank is not None else wanted[-1]
            same = [trace for trace in wanted if trace.rank == last.rank]
            place = len(same) - 1
            while place and not same[place].root:
                place -= 1
            return same[place]
    return (real or traces)[-1] if traces else None


def _of_stream(stream: list[Line]) -> list[Trace]:
    """Exceptions of one process."""
    found: list[Trace] = []
    frames: list[Frame] = []
    first, inside, chained = 0, False, False
    for index, line in enumerate(stream):
        text = line.text
        if "Traceback (most recent call last)" in text or "Traceback most recent call last" in text:
            inside, first, frames = True, line.number, []
            continue
        if text.startswith(_CHAIN) or _CHAIN[0] in text or _CHAIN[1] in text:
            chained = True
            continue
        frame = _frame(text) if (".py" in text or "File " in text) and "Warning:" not in text else None
        if frame:
            if not frames:
                first = first if inside else line.number
            frames.append(frame)
            continue
        trace = _raised(stream, index, headed=bool(inside or frames))
        if trace:
            trace.frames, trace.full, trace.rank = frames, inside or bool(frames), line.rank
            trace.first = first or line.number
            trace.root = not chained
            found.append(trace)
            frames, inside, first, chained = [], False, 0, False
    if frames:  # the tail is missing, or the class stands above its frames
        if found and not found[-1].frames and found[-1].at <= _frames_start(stream, frames):
            found[-1].frames, found[-1].full = frames, True
        else:
            at = stream[-1].number
            whole = inside or len(frames) > 1
            found.append(Trace("", "", first, at, at, stream[-1].rank, frames, root=not chained, full=whole))
    return found


def _frames_start(stream: list[Line], frames: list[Frame]) -> int:
    """Line of the log where the first of these frames stands."""
    name = frames[0].path.rsplit("/", 1)[-1]
    return next((line.number for line in stream if name in line.text), stream[-1].number)


def _frame(text: str) -> Frame | None:
    match = _FRAME.match(text) or _CELL_FRAME.match(text) or _BARE_FRAME.search(text)
    if not match:
        return None
    path = match[1].replace("\\", "/")
    inner = _PACKAGES.search(path)
    path = inner[1] if inner else path
    return Frame(path.removeprefix("./"), int(match[2]), match[3] or "")


def _raised(stream: list[Line], index: int, *, headed: bool) -> Trace | None:
    """The exception that a line names, with the lines of its message that follow."""
    line = stream[index]
    text = line.text
    match = None
    if headed and text[:1].isalpha():
        match = _RAISED.match(text)
        if match and not (match[1][-1:].isalpha() and ("Error" in match[1] or "." in match[1] or match[2] is not None)):
            match = None
        if match and match[2] is None and not re.search(r"Error|Exception|Exit|Interrupt|Stop", match[1]):
            match = None
    if not match and _NAMES.search(text):
        match = _NAMED.search(text)
        if match and text[: match.start()].rstrip().endswith(("raise", "except", "import", "->", "class")):
            match = None
    if not match:
        return None
    message, last = [match[2] or ""], line.number
    for later in stream[index + 1 : index + 8]:
        words = later.text
        if (
            words.startswith(("[20", "Traceback", "During", "The above", "  File", "wandb:", "***"))
            or later.number > last + 3
        ):
            break
        if _NAMED.match(words.lstrip()) or _frame(words):
            break
        message.append(words.strip())
        last = later.number
    return Trace(match[1], " ".join(message).strip()[:2000], line.number, line.number, last)
