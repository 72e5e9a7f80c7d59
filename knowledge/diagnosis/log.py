"""From what people paste to clean lines: colors, progress bars, rank prefixes, quotes, boxes and fences removed.

Each line keeps the number it has in the text as given, so that an answer can point at it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from knowledge.diagnosis.prefixes import without_prefixes
from knowledge.diagnosis.progress import BAR, Progress, Reading, Tracker, plain

if TYPE_CHECKING:
    from collections.abc import Iterable

# Colours whose escape character was lost on the way through a chat.
_BARE_COLOUR = re.compile(r"\[(?:\d{1,2};){0,3}\d{1,2}m")
_PREFIX = re.compile(
    r"\s{0,4}(?:\[?(?:rank|default|RANK:)\s?(\d{1,4})\]?\s?:|\[\d{1,3},(\d{1,4})\]<std(?:err|out)>:|"
    r"\(\w{3,40},? (?:pid|rank)=\d{1,9}[^)\n]{0,60}\)|\[(?:out|err), [^\]\n]{1,40}\]|"
    r"[\w.-]{1,40}\s{1,4}\| (?=\s{0,8}[A-Z\[(File])|"
    r"(\d{1,3}): (?=Traceback|\s{2,8}File|\[rank|\w{1,60}Error))\s?"
)
_STAMP = re.compile(r"\s{0,4}\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[.,]?\d{0,9}(?:Z|[+-]\d\d:?\d\d)?\]?\s?")
_RANK_TAG = re.compile(r"\[RANK:(\d{1,4})\]")
_BOX = str.maketrans("", "", "│┃║╭╮╰╯┌┐└┘━─╔╗╚╝═❱\u200b\u200c\u200d\u2060\ufeff")
_INVISIBLE = ("\u200b", "\u2060", "\ufeff", "│", "╭", "┃", "❱", "─", "━", "║")
_KEY = re.compile(r"^ {0,40}(?:- )?[\"']?[A-Za-z_][\w.-]{0,60}[\"']?\s{0,2}:(?:\s|$)")
_ITEM = re.compile(r"^ {0,40}- \S")
_MOST, _HEAD, _TAIL, _FOLLOW, _WIDE = 6_000, 1_500, 3_000, 20, 8_000
_ONE_LINE, _FOLDED_AT_MOST = 120, 40_000
_FOLDED = re.compile(
    r"(?<=\S) {1,8}(?=File \"[^\"]{1,300}\", line \d|Traceback \(most recent|\[rank\d{1,4}\]:|\[20\d\d-\d\d-\d\d |"
    r"During handling of the above|The above exception was|(?:[a-z_]\w{0,40}\.){0,6}[A-Z]\w{0,60}(?:Error|Exception): )"
)
_BROKEN = re.compile(r"\bnan\b|\binf\b|'loss': '?0(?:\.0{1,4})?'?,")
_SIGNS = re.compile("rror|raceback|xception|arning:|WARN|ailed|illed|ssert|annot|nable to|emory|nan")
# A text with several of these at its left edge is a config, or holds one.
_ROOT_KEYS = frozenset(
    (
        *(
            "base_model",
            "model_type",
            "tokenizer_type",
            "datasets",
            "adapter",
            "load_in_4bit",
            "load_in_8bit",
            "plugins",
        ),
        *("sequence_len", "sample_packing", "micro_batch_size", "gradient_accumulation_steps", "num_epochs", "rl"),
        *("optimizer", "lr_scheduler", "learning_rate", "bf16", "output_dir", "lora_r", "lora_alpha", "val_set_size"),
        *("lora_target_linear", "dataset_prepared_path", "gradient_checkpointing", "flash_attention", "deepspeed"),
        *("attn_implementation", "warmup_steps", "warmup_ratio", "chat_template", "fsdp_config", "wandb_project"),
        *("special_tokens", "pad_to_sequence_len", "evals_per_epoch", "saves_per_epoch", "train_on_inputs"),
        *("weight_decay", "logging_steps"),
    )
)


@dataclass(slots=True)
class Line:
    """One line: its number in the text as given, the process that printed it, its words."""

    number: int
    rank: int | None
    text: str


@dataclass(slots=True)
class Log:
    """A pasted text, taken apart.

    Attributes:
        lines: What may hold an error, in the order of the text.
        config: Text of the config that stands in it, or None.
        config_line: Its first line, from 1.
        effective: True when Axolotl printed that config itself, after it had accepted it.
        progress: How far the run came.
        readings: Its metric lines.
        advanced: Last line that shows it going on.
    """

    lines: list[Line] = field(default_factory=list)
    config: str | None = None
    config_line: int = 0
    effective: bool = False
    progress: Progress = field(default_factory=Progress)
    readings: list[Reading] = field(default_factory=list)
    advanced: int = 0


def read(text: str) -> Log:
    """Take a pasted text apart.

    Args:
        text: A log, the tail of one, a message with one in it, or a config. Anything is accepted.

    Returns:
        Its lines without decoration, and the config in it, if any.
    """
    raw = without_prefixes(_unfolded(_bare(text)).split("\n"))
    quoted = sum(line.startswith("> ") for line in raw[:50]) * 2 > min(len(raw), 50)
    folded = text.count("\n") + 1 < len(raw)
    printed = _printed_spans(raw)
    first, last = printed[-1] if printed else _config_span(raw[:_HEAD] if len(raw) > _MOST else raw)
    configs = {index for begin, end in [*printed, (first, last)] for index in range(begin, end)}
    log, tracker = Log(), Tracker()
    for index in _telling(raw):
        if index not in configs:
            line = raw[index][1:].removeprefix(" ") if quoted and raw[index].startswith(">") else raw[index]
            _take(log, tracker, line, 1 if folded else index + 1)
    log.progress, log.readings = tracker.progress(), tracker.readings
    log.advanced = 0 if folded else tracker.line
    if last > first:
        body = [line.removeprefix("> ") if quoted else line for line in raw[first:last]]
        log.effective = body[0].lstrip().startswith("{")
        log.config, log.config_line = "\n".join(body), first + 1
    return log


def _bare(text: str) -> str:
    """The text without colors, boxes and signs that nobody sees."""
    text = plain(text)
    if "[0m" in text or "[39m" in text or "[31m" in text:
        text = _BARE_COLOUR.sub("", text)
    return text.translate(_BOX) if any(sign in text for sign in _INVISIBLE) else text


def _unfolded(text: str) -> str:
    """A log whose line breaks became blanks (an option of a chat command does that), broken again where lines begin."""
    if "\n" in text.strip() or len(text) < _ONE_LINE or not _FOLDED.search(text[:_FOLDED_AT_MOST]):
        return text
    return _FOLDED.sub("\n", text[:_FOLDED_AT_MOST])


def _take(log: Log, tracker: Tracker, line: str, number: int) -> None:
    """Keep what a line says with its bars and metrics."""
    shown = ""
    for part in line.split("\r"):
        rest = tracker.take(part, number)
        if rest is not part and _BROKEN.search(part):
            rest = BAR.sub(" ", part)  # metrics that show a fault are looked at as text, too
        if rest and not rest.isspace():
            shown = rest if rest is part else rest.strip()
    if not shown or shown.startswith("```"):
        return
    if len(shown) > _WIDE:
        shown = f"{shown[: _WIDE // 2]} {shown[-_WIDE // 2 :]}"
    bare = _undecorated(number, shown)
    above = log.lines[-1] if log.lines else None
    if bare.rank is None and above and above.rank is not None and above.number == number - 1 and shown[0] not in "[ \t":
        bare.rank = above.rank  # the rest of a line that a terminal wrapped
    log.lines.append(bare)


def _telling(raw: list[str]) -> Iterable[int]:
    """Which lines are read: of a long log its head, its tail, and between them what speaks of a fault."""
    if len(raw) <= _MOST:
        return range(len(raw))
    kept: list[int] = []
    follow = 0
    for index in range(_HEAD, len(raw) - _TAIL):
        line = raw[index]
        if len(line) > 2 and _SIGNS.search(line):
            follow = _FOLLOW
        if follow:
            kept.append(index)
            follow -= 1
            if len(kept) == _MOST - _HEAD - _TAIL:
                break
    return [*range(_HEAD), *kept, *range(len(raw) - _TAIL, len(raw))]


def _undecorated(number: int, line: str) -> Line:
    """A line without the name of the process in front of it; a time stamp of a container goes too."""
    rank = None
    start = line[:1]
    if start in "[ d0123456789(" or "|" in line[:44]:
        stamped = _STAMP.match(line) if start.isdigit() or start == "[" else None
        if stamped and (named := _PREFIX.match(line[stamped.end() :].lstrip(": "))) and named[1]:
            line = line[stamped.end() :].lstrip(": ")  # a scheduler's clock stands before the name of the process
        for _ in range(2):
            match = _PREFIX.match(line)
            if not match or match.end() == 0:
                break
            found = match[1] or match[2] or match[3]
            rank = int(found) if found else rank
            line = line[match.end() :]
        stamp = _STAMP.match(line)
        if stamp and ("Error" in line or line[stamp.end() :].startswith(("Traceback", "  File", "[", " "))):
            line = line[stamp.end() :]
    if rank is None and "[RANK:" in line:
        tag = _RANK_TAG.search(line)
        rank = int(tag[1]) if tag else None
    return Line(number, rank, line)


def _printed_spans(raw: list[str]) -> list[tuple[int, int]]:
    """Where Axolotl printed a config, once for each start of the run: first line and the one behind the last."""
    spans: list[tuple[int, int]] = []
    for index, line in enumerate(raw[:-1]):
        if line.endswith("config:") and raw[index + 1].strip() == "{" and (not spans or index >= spans[-1][1]):
            end = next((place for place in range(index + 2, len(raw)) if raw[place].startswith("}")), None)
            if end is None:
                break
            spans.append((index + 1, end + 1))
    return spans


def _config_span(raw: list[str]) -> tuple[int, int]:
    """Where a config stands that somebody wrote: first line and the one behind its last; (0, 0) when there is none."""
    best, start, roots = (0, 0), -1, set[str]()
    most = 2
    blank = 0
    for index, given in enumerate([*raw, "\0"]):
        line = given.removeprefix("> ")
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            blank += start >= 0
            continue
        if _KEY.match(line) and "Error:" not in line[:60] and not stripped.startswith(("File ", "Traceback")):
            if start < 0:
                start, roots = index, set()
            name = stripped.split(":", 1)[0].strip("\"'")
            if name in _ROOT_KEYS:
                roots.add(name)
        elif start >= 0 and (_ITEM.match(line) or line[:1] in " \t-" or stripped in "[]{},"):
            pass
        else:
            if start >= 0 and len(roots) > most:
                most, best = len(roots), (start, index - blank)
            start = -1
        blank = 0
    first, last = best
    while last and first and raw[first - 1].lstrip("> ").startswith("#"):
        first -= 1
    while first < last < len(raw) and raw[last].lstrip("> ").startswith("#"):
        last += 1
    return first, last
