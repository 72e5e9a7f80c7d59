"""A conversation as text, and which of it is trained: rendered, and every turn found by rendering it differently."""

from __future__ import annotations

import re
import time
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from knowledge.samples.conversation import THOUGHT, Turn
from knowledge.samples.sandbox import SECONDS, Refused, render
from knowledge.samples.tokens import SPECIALS, estimate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jinja2 import Template as Jinja

    from knowledge.samples.templates import Template
    from knowledge.samples.tokens import Model

Span = tuple[int, int]
Part = tuple[str, bool]

PRINTED = 64
"""As many rows are printed by the template; the length of further ones is estimated from their texts and from what the
template prints around a turn. With the model's tokenizer every row is printed."""

ALL_SECONDS, EXACT_SECONDS = 2.0, 30.0
"""All renderings of one check together take at most as long; the second where every row is counted exactly."""

_STANDINS = ("[[dummy_message]]", "zzdummymessagezz")
"""What Axolotl puts in place of a turn to find where it stands; their first and last letters differ, so that a
letter which a template adds cannot hide the edge from both."""

_NEAR = 3
"""Tokens that may stand between a turn and its end token."""

_PIECE = re.compile("|".join(sorted(map(re.escape, SPECIALS), key=len, reverse=True)) + r"|[^\W_]+|\s+|.", re.DOTALL)


@dataclass(slots=True)
class Printer:
    """A chat template with what it may read with the messages.

    Attributes:
        template: compiled, by `sandbox`.
        tokens: bos_token and eos_token, those that there are.
        extra: `chat_template_kwargs` of the config.
        counter: the model's tokenizer, None where it is not at hand.
        left: seconds that are left for rendering.
        letters, turns: what it printed around how many turns.
        tail: what it printed behind an answer, of pairs that it prints whole.
        printed: what it printed before, by template and variables; None where nothing is kept.
    """

    template: Jinja
    tokens: dict[str, str]
    extra: dict[str, Any] = field(default_factory=dict)
    counter: Any = None
    left: float = ALL_SECONDS
    letters: int = 0
    turns: int = 0
    tail: str = ""
    printed: dict[Any, str] | None = None

    def prints(self, index: int) -> bool:
        """Whether the row at a place is printed, or its length estimated."""
        return index < PRINTED or self.counter is not None

    def learn(self, text: str, said: list[str]) -> None:
        """Count what was printed around the turns of a row."""
        self.letters += len(text) - sum(map(len, said))
        self.turns += len(said)

    def around(self) -> float:
        """Letters that are printed around a turn, on average; for rows that are not printed any more."""
        return self.letters / self.turns if self.turns else 0.0

    def text(self, turns: list[Turn], tools: list[Any] | None = None, *, prompt: bool = False) -> str:
        """A conversation as it is printed.

        Args:
            turns: The messages.
            tools: The tools of the row.
            prompt: Whether the header of the next answer is printed too.

        Raises:
            Refused: the template refuses the conversation; in one sentence.
        """
        if self.left <= 0:
            raise Refused("the template takes too long", stopped=True)
        if not turns:
            raise Refused("there is no message to print")
        variables = {
            **self.tokens,
            **self.extra,
            "messages": turns,
            "tools": tools or None,
            "documents": None,
            "add_generation_prompt": prompt,
        }
        if self.printed is None:
            return self._rendered(variables)
        key = self.template, repr(variables)
        if key not in self.printed:
            self.printed[key] = self._rendered(variables)
        return self.printed[key]

    def _rendered(self, variables: dict[str, Any]) -> str:
        started = time.perf_counter()
        try:
            return render(self.template, variables, min(SECONDS, self.left))
        finally:
            self.left -= time.perf_counter() - started

    def near(self, between: str) -> bool:
        """Whether what stands between a turn and its end token is short enough for the token to be found."""
        if self.counter is not None:
            return len(self.counter.encode(between, add_special_tokens=False).ids) <= _NEAR
        pieces = [match[0] for match in _PIECE.finditer(between)]
        words = [each for each in pieces if each not in SPECIALS and not each.isspace()]
        return len(pieces) - len(words) + sum(max(1, round(estimate(each))) for each in words) <= _NEAR


def printer_of(template: Template, model: Model, extra: Any) -> Printer | None:
    """What prints the conversations of a sample; None where no template is at hand.

    A token that nobody names is printed as empty text; one that the tokenizer is known not to have is not defined, so
    that a template which needs it fails as it does in the run.
    """
    if template.jinja is None:
        return None
    tokens = {"bos_token": model.bos, "eos_token": model.eos}
    return Printer(
        template.jinja,
        {name: token or "" for name, token in tokens.items() if token or not model.known},
        dict(extra) if isinstance(extra, dict) else {},
        model.counter,
        EXACT_SECONDS if model.exact else ALL_SECONDS,
        printed=model.printed,
    )


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of a conversation is trained.

    Attributes:
        roles: roles whose turns are trained unless a turn says otherwise.
        everything: `train_on_inputs`.
        eos, on_eos: the end token of the tokenizer and `train_on_eos`.
        eot, on_eot: the tokens that end a turn and `train_on_eot`.
    """

    roles: frozenset[str]
    everything: bool = False
    eos: str = ""
    on_eos: str = "turn"
    eot: tuple[str, ...] = ()
    on_eot: str = "turn"

    def trains(self, turn: Turn) -> bool:
        """Whether a turn is trained."""
        said = turn.get("training")
        if said is not None:
            return bool(said)
        details = [turn.get(key) for key in ("training_detail", "reasoning_training_detail")]
        if details != [None, None]:
            return any(details)
        return self.everything or turn.get("role") in self.roles


def trained_parts(printer: Printer, turns: list[Turn], tools: list[Any] | None, wanted: Wanted) -> list[Part]:
    """The text of a conversation in pieces that are trained or not; joined they are the whole text.

    Raises:
        Refused: the template refuses it, or refuses what Axolotl prints to find a turn; in one sentence.
    """
    text = printer.text(turns, tools)
    edges = _Edges(text, printer.counter)
    spans: list[Span] = []
    last: dict[str, Span] = {}
    for place, turn in enumerate(turns):
        trained = wanted.trains(turn)
        if not trained and "all" not in (wanted.on_eos, wanted.on_eot):
            continue
        span = _find(printer, turns, tools, place, edges)
        if span is None:
            continue
        if trained:
            spans += _marked(printer, turns, tools, place, edges, span)
        for tokens, when in ((wanted.eot, wanted.on_eot), ((wanted.eos,) if wanted.eos else (), wanted.on_eos)):
            end = _end_token(printer, text, span[1], tokens)
            if end is not None:
                last[f"{tokens} {when}"] = end
                if when == "all" or (when == "turn" and trained):
                    spans.append(end)
    spans += [end for name, end in last.items() if name.endswith(" last")]
    return list(_pieces(text, spans))


class _Edges:
    """Where the tokens of a text begin and end; without a tokenizer every letter is one."""

    def __init__(self, text: str, counter: Any) -> None:
        self.text = text
        self.starts: list[int] = []
        self.ends: list[int] = []
        if counter is not None:
            offsets = counter.encode(text, add_special_tokens=False).offsets
            self.starts, self.ends = [start for start, _ in offsets], [end for _, end in offsets]

    def widened(self, span: Span) -> Span | None:
        """A span of letters, widened to whole tokens."""
        if not self.starts:
            return span if span[1] > span[0] else None
        first, behind = bisect_right(self.ends, span[0]), bisect_left(self.starts, span[1])
        return (self.starts[first], self.ends[behind - 1]) if first < behind else None

    def marked(self, span: Span, letters: str, marks: list[Span], counter: Any) -> Iterator[Span]:
        """Marks of the letters that stand at a span, widened to whole tokens where a tokenizer is at hand.

        The letters are tokenized by themselves, as Axolotl does it, and their tokens counted from the span's start.
        """
        at = span[0]
        if not self.starts:
            yield from ((at + start, min(at + behind, span[1])) for start, behind in marks)
            return
        starts = [start for start, _ in counter.encode(letters, add_special_tokens=False).offsets]
        lasts = [*(start - 1 for start in starts[1:]), len(letters) - 1]
        first = bisect_left(self.starts, at)
        for start, behind in marks:
            begin, end = bisect_left(starts, start), bisect_right(lasts, behind - 1) - 1
            begin -= begin > 0 and lasts[begin - 1] > start
            end += end + 1 < len(starts) and starts[end + 1] < behind - 1
            if begin <= end and first + begin < len(self.starts):
                yield self.starts[first + begin], self.ends[min(first + end, len(self.ends) - 1)]


def _find(
    printer: Printer,
    turns: list[Turn],
    tools: list[Any] | None,
    place: int,
    edges: _Edges,
    keep: str = "",
) -> Span | None:
    """Where a turn stands in the text; `keep` names the key that stays while the rest of the turn is replaced."""
    turn, spans = turns[place], []
    for standin in _STANDINS:
        other: Turn = {"role": turn.get("role"), "content": standin}
        if keep == "content":
            other = {"role": turn.get("role"), "content": turn.get("content", ""), THOUGHT: standin}
        elif keep:
            other[keep] = turn[keep]
        changed = printer.text([*turns[:place], other, *turns[place + 1 :]], tools)
        spans.append(_difference(edges.text, changed))
    start, end = min(start for start, _ in spans), max(end for _, end in spans)
    return edges.widened((start, end)) if end > start else None


def _marked(
    printer: Printer, turns: list[Turn], tools: list[Any] | None, place: int, edges: _Edges, span: Span
) -> Iterator[Span]:
    """What of a trained turn is trained: all of it, or the letters that the row marks."""
    turn = turns[place]
    detail, thought = turn.get("training_detail"), turn.get("reasoning_training_detail")
    if not detail and not thought:
        yield span
        return
    thinks = turn.get(THOUGHT) is not None
    for letters, keep in ((detail, THOUGHT if thinks else ""), (thought if thinks else None, "content")):
        found = _find(printer, turns, tools, place, edges, keep) if letters else None
        if not found:
            continue
        marks = []
        for each in letters or ():
            if not isinstance(each, dict) or not {"begin_offset", "end_offset", "train"} <= each.keys():
                raise Refused("`begin_offset`, `end_offset`, and `train` belong to every mark of a message")
            if each["train"]:
                marks.append((int(each["begin_offset"]), int(each["end_offset"]) + 1))
        said = str(turn.get("content" if letters is detail else THOUGHT) or "")
        yield from edges.marked(found, said, marks, printer.counter)


def _end_token(printer: Printer, text: str, behind: int, tokens: tuple[str, ...]) -> Span | None:
    """The first end token behind a turn, if it is near enough."""
    places = [(at, token) for token in tokens if token and (at := text.find(token, behind)) >= 0]
    if not places:
        return None
    at, token = min(places)
    return (at, at + len(token)) if printer.near(text[behind:at]) else None


def _difference(text: str, other: str) -> Span:
    """Where a text differs from another."""
    limit = min(len(text), len(other))
    start = _agreeing(text, other, limit)
    return start, len(text) - _agreeing(text[::-1], other[::-1], limit - start)


def _agreeing(text: str, other: str, limit: int) -> int:
    """How many letters two texts begin with alike."""
    low, high = 0, limit
    while low < high:
        middle = (low + high + 1) // 2
        if text[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _pieces(text: str, spans: list[Span]) -> Iterator[Part]:
    at = 0
    for start, end in _merged(spans):
        if start > at:
            yield text[at:start], False
        yield text[start:end], True
        at = end
    if at < len(text) or not text:
        yield text[at:], False


def _merged(spans: list[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        elif end > start:
            merged.append((start, end))
    return merged
