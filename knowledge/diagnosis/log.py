"""From what people paste to clean lines: colours, progress bars, rank prefixes, quotes, boxes and fences removed.

Each line keeps the number it has in the text as given, so that an answer can point at it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_ESCAPE = re.compile(r"\x1b(?:\[[0-?]{0,16}[ -/]{0,4}[@-~]|\][^\x07\x1b\n]{0,256}(?:\x07|\x1b\\)?|[@-Z\\^_])")
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
_PROGRESS = re.compile(r"(?:^|[:\s])\s{0,8}\d{1,3}%\s?\|[^|]{0,400}\|?")
_BAR_STEP = re.compile(r"^\s{0,8}\d{1,3}%\s?\|[^|]{0,200}\|\s{0,4}(\d{1,9})/(\d{1,9}) \[")
_METRICS = re.compile(r"^\s{0,4}\{'(?:loss|eval_loss|train_runtime|memory/|rewards/|ppl)")
_BOX = str.maketrans("", "", "│┃║╭╮╰╯┌┐└┘━─╔╗╚╝═❱\u200b\u200c\u200d\u2060\ufeff")
_INVISIBLE = ("\u200b", "\u2060", "\ufeff", "│", "╭", "┃", "❱", "─", "━", "║")
_KEY = re.compile(r"^ {0,40}(?:- )?[\"']?[A-Za-z_][\w.-]{0,60}[\"']?\s{0,2}:(?:\s|$)")
_ITEM = re.compile(r"^ {0,40}- \S")
_MOST, _HEAD, _TAIL, _FOLLOW, _WIDE = 6_000, 1_500, 3_000, 20, 8_000
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
        step: Last optimizer step that a progress bar shows.
        total_steps: Steps that the bar counts to.
    """

    lines: list[Line] = field(default_factory=list)
    config: str | None = None
    config_line: int = 0
    effective: bool = False
    step: int | None = None
    total_steps: int | None = None


def read(text: str) -> Log:
    """Take a pasted text apart.

    Args:
        text: A log, the tail of one, a message with one in it, or a config. Anything is accepted.

    Returns:
        Its lines without decoration, and the config in it, if any.
    """
    if "\x1b" in text:
        text = _ESCAPE.sub("", text)
    if "[0m" in text or "[39m" in text or "[31m" in text:
        text = _BARE_COLOUR.sub("", text)
    if any(sign in text for sign in _INVISIBLE):
        text = text.translate(_BOX)
    log = Log()
    raw = text.replace("\r\n", "\n").split("\n")
    quoted = sum(line.startswith("> ") for line in raw[:50]) * 2 > min(len(raw), 50)
    first, last = _config_span(raw[:_HEAD] if len(raw) > _MOST else raw)
    for index in _telling(raw):
        line = raw[index]
        if first <= index < last:
            continue
        if quoted and line.startswith(">"):
            line = line[1:].removeprefix(" ")
        if "\r" in line:
            line = _overwritten(line, log)
        if len(line) > _WIDE:
            line = f"{line[: _WIDE // 2]} {line[-_WIDE // 2 :]}"
        if not line or line.isspace() or line.startswith("```"):
            continue
        if "%|" in line or "% |" in line:
            _step(line, log)
            if _PROGRESS.search(line):
                continue
        if _METRICS.match(line) and "nan" not in line and "'loss': 0.0," not in line:
            continue
        bare = _undecorated(index + 1, line)
        above = log.lines[-1] if log.lines else None
        if bare.rank is None and above and above.rank is not None and above.number == index and line[0] not in "[ \t":
            bare.rank = above.rank  # the rest of a line that a terminal wrapped
        log.lines.append(bare)
    if last > first:
        log.effective = raw[first].lstrip().startswith("{")
        body = raw[first:last]
        log.config = (
            "\n".join(line[2:] if line.startswith("> ") else line for line in body) if quoted else "\n".join(body)
        )
        log.config_line = first + 1
    return log


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


def _overwritten(line: str, log: Log) -> str:
    """What a terminal would still show of a line with carriage returns, progress bars aside."""
    shown = ""
    for part in line.split("\r"):
        if "%|" in part or "% |" in part:
            _step(part, log)
        if part and not part.isspace() and not _PROGRESS.search(part):
            shown = part
    return shown


def _step(line: str, log: Log) -> None:
    """Keep the step of the trainer's bar, the one without a name in front."""
    match = _BAR_STEP.match(line)
    if match:
        log.step, log.total_steps = int(match[1]), int(match[2])


def _config_span(raw: list[str]) -> tuple[int, int]:
    """Where the config stands: first line and the one behind its last, from 0; (0, 0) when there is none."""
    for index, line in enumerate(raw[:-1]):
        if line.endswith("config:") and raw[index + 1].strip() == "{":
            for end in range(index + 2, len(raw)):
                if raw[end].startswith("}"):
                    return index + 1, end + 1
            return 0, 0
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
