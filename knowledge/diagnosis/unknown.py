"""An error that no entry explains: what the log tells all the same, what resembles it, and what to send."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from knowledge.config import load_types
from knowledge.diagnosis.known import known_errors, words
from knowledge.diagnosis.masking import shown
from knowledge.diagnosis.model import Match, Unknown
from knowledge.diagnosis.outcome import FATAL
from knowledge.diagnosis.topics import perhaps
from knowledge.diagnosis.versions import older

if TYPE_CHECKING:
    from knowledge.diagnosis.log import Log
    from knowledge.diagnosis.model import GpuMemory
    from knowledge.diagnosis.tracebacks import Trace
    from knowledge.diagnosis.weighing import Context

OLDER = "older-release"
_VERSIONS = "`pip list | grep -iE 'axolotl|transformers|torch|trl|peft|accelerate'`"
_SEND = (
    "Send the whole traceback, from the first line `Traceback (most recent call last)` to its end, the config, "
    f"and the output of {_VERSIONS}."
)
_WORD = re.compile(r"[a-z][a-z_]{2,40}")
_COMMON = frozenset(
    (
        *(
            "the",
            "and",
            "for",
            "not",
            "with",
            "from",
            "you",
            "your",
            "are",
            "has",
            "was",
            "have",
            "this",
            "that",
            "but",
        ),
        *("please", "make", "sure", "use", "using", "set", "none", "error", "failed", "python", "line", "file", "got"),
        *("can", "only", "must", "should", "been", "does", "value", "object", "type", "when", "which", "into"),
    )
)
_LIKE, _MOST = 0.45, 3
_GPU = re.compile(
    r"\b(?:NVIDIA )?((?:A100|H100|H200|B200|L40S?|L4|A10G?|A40|A6000|V100|T4|P40|P100|RTX ?(?:PRO )?\d{4}(?: ?Ti)?|"
    r"GTX ?\d{4}|MI\d{3}X?|GH200|GB200)\b[^\s,;|)]{0,8})"
)


def unknown(log: Log, main: Trace | None, context: Context, gpu: GpuMemory | None, send: str) -> Unknown:
    """What to say of a failure that nothing explains.

    Args:
        log: The log.
        main: The exception that counts, or None.
        context: Versions, config and phase.
        gpu: The numbers of an out-of-memory message.
        send: What the nearest explanation asks for; empty for the usual.
    """
    line, quote = _line_that_matters(log, main)
    return Unknown(
        line=line,
        quote=quote,
        recognized=tuple(_recognized(log, main, context, gpu)),
        nearest=_nearest(quote),
        send=send or _SEND,
    )


def older_release(log: Log, context: Context) -> list[Match]:
    """That a log shows an older Axolotl, where nothing else explains its failure."""
    axolotl, current = context.versions.get("axolotl"), load_types().axolotl
    if not axolotl or not older(axolotl, current):
        return []
    shows = next((line for line in log.lines if axolotl in line.text), log.lines[0])
    since = sorted({known.fixed_in for known in known_errors() if known.fixed_in and older(axolotl, known.fixed_in)})
    fixed = sum(bool(known.fixed_in and older(axolotl, known.fixed_in)) for known in known_errors())
    return [
        Match(
            id=OLDER,
            kind="axolotl",
            line=shows.number,
            lines=(shows.number,),
            quote=shown(shows.text),
            meaning=f"Your Axolotl {axolotl} is older than {current}; many errors of older releases are fixed by now.",
            cure=(
                f"Update Axolotl in a fresh environment (`pip install -U axolotl`) and try again: {fixed} bugs that I "
                f"know were fixed after {axolotl}, in {len(since)} releases. Check your config for {current} first."
            ),
            conclusive=False,
        )
    ]


def _recognized(log: Log, main: Trace | None, context: Context, gpu: GpuMemory | None) -> list[str]:
    said: list[str] = []
    frame = main.frames[-1] if main and main.frames else None
    if frame is not None:
        where = shown(f"{frame.path}:{frame.line} {frame.function}", 160).replace("`", "")
        said.append(f"It broke in `{where}`.")
    if context.versions:
        named = ", ".join(f"{name} {version}" for name, version in sorted(context.versions.items()))
        said.append(f"Versions in the text: {named}.")
    card = next((found[1] for each in log.lines[-2_000:] if (found := _GPU.search(each.text[:2_000]))), None)
    if card:
        said.append(f"The GPU is {card.strip()}.")
    if gpu is not None and gpu.explanation:
        said.append(gpu.explanation)
    if hint := perhaps(main):
        said.append(hint)
    return said


@lru_cache(maxsize=1)
def _vocabularies() -> tuple[tuple[frozenset[str], str], ...]:
    """The telling words of each known message, with what it means."""
    found = []
    for known in known_errors():
        if not known.harmless and "{" not in known.meaning:
            for group in known.when:
                phrases = (group,) if isinstance(group, str) else group
                telling = frozenset(_WORD.findall(words(" ".join(phrases)))) - _COMMON
                if len(telling) >= 2:
                    found.append((telling, known.meaning))
    return tuple(found)


def _nearest(quote: str) -> tuple[str, ...]:
    """The known errors whose words stand mostly in a line, the nearest first."""
    here = frozenset(_WORD.findall(words(quote))) - _COMMON
    scored: dict[str, float] = {}
    for telling, meaning in _vocabularies():
        common = len(here & telling)
        share = common / len(telling | here) if common >= 2 else 0.0
        if share >= _LIKE and share > scored.get(meaning, 0.0):
            scored[meaning] = share
    return tuple(sorted(scored, key=lambda meaning: -scored[meaning])[:_MOST])


def _line_that_matters(log: Log, main: Trace | None) -> tuple[int | None, str]:
    """The exception's own line, else the last one that speaks of a failure."""
    if main is not None and main.type:
        return main.at, shown(f"{main.type}: {main.message}" if main.message else main.type)
    if main is not None and main.frames:
        last = main.frames[-1]
        return main.at, shown(f"{last.path}, line {last.line}, in {last.function or 'the module'}")
    for line in reversed(log.lines):
        if FATAL.search(line.text[:2_000]):
            return line.number, shown(line.text)
    return (log.lines[-1].number, shown(log.lines[-1].text)) if log.lines else (None, "")
