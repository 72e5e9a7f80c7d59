"""Rows of a sample as the run reads them: their text, and which of it is trained."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby, pairwise
from operator import itemgetter
from typing import TYPE_CHECKING

from knowledge.finding import Severity
from knowledge.samples.case import CHOSEN, CONTEXT, REJECTED, TRAINED, Case
from knowledge.samples.issues import Issues
from knowledge.samples.lengths import PIECES
from knowledge.samples.readers import READERS
from knowledge.samples.report import Example, Part
from knowledge.samples.wording import load_told
from knowledge.secrets import mask

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from knowledge.samples.case import Made
    from knowledge.samples.issues import Met
    from knowledge.samples.rows import Row
    from knowledge.samples.tokens import Model

_MASKED = -100
"""The label of a token that is not trained."""

_IDS = 1 << 32
"""A token's number is below; the tokenizer library reads no larger one."""


def rows_at(case: Case, places: Sequence[int], words: Callable[[Met], str]) -> tuple[Example, ...]:
    """Some rows of a sample.

    Args:
        case: The sample and how it is read.
        places: Which rows, from 0.
        words: Puts what was met in a row into words.
    """
    few = replace(case, rows=[case.rows[place] for place in places], issues=Issues())
    examples: list[Example] = []
    for index, made in enumerate(READERS[case.kind.reads](few)):
        if made is None:
            met = _stopping(few.issues, index)
            told = words(_here(met, places[index])) if met else "The run stops at this row."
            examples.append(Example(row=places[index] + 1, error=told))
        elif made.tokens is None and case.kind.reads == "completion" and case.model.exact and made.pieces:
            examples += [
                Example(row=places[index] + 1, parts=(Part(text=mask(text), trained=True),))
                for text in _cut(case, made)
            ]
        elif made.tokens is not None:
            examples += _decoded(case, places[index], made)
        else:
            row = case.rows[places[index]]
            examples.extend(_examples(places[index] + 1, _judged(case, row, made), case.model))
    return tuple(examples)


def _stopping(issues: Issues, row: int) -> Met | None:
    """Why the run stops at a row: what was met in it, before what holds of the whole file; warnings do not stop."""
    told = load_told()
    stops = [each for each in issues.met.values() if told[each.rule].severity in (Severity.ERROR, Severity.CRASH)]
    return next((each for each in stops if each.row == row), next(reversed(stops), None))


def _here(met: Met, row: int) -> Met:
    """What was met, told of one row by its number in the sample; what holds of the whole file stays as it is."""
    return met if met.row is None else replace(met, row=row, rows=1)


def _decoded(case: Case, row: int, made: Made) -> list[Example]:
    """A row that holds tokens already, as text; there is none without the tokenizer."""
    ids, labels = case.rows[row]["input_ids"], case.rows[row]["labels"]
    if not case.model.exact or made.broken or not all(0 <= token < _IDS for token in ids):
        return []
    parts: list[Part] = []
    pairs = zip(ids, (label != _MASKED for label in labels), strict=True)
    for trained, run in groupby(pairs, key=itemgetter(1)):
        text = case.model.counter.decode([token for token, _ in run], skip_special_tokens=False)
        parts.append(Part(text=mask(text), trained=trained))
    return [Example(row=row + 1, parts=tuple(parts))]


def _cut(case: Case, made: Made) -> list[str]:
    """A text of `completion` in the pieces that the run makes of it, by the tokens of the model."""
    text, limit = made.pieces[0][0], case.sequence_len
    starts = [start for start, _ in case.model.counter.encode(text, add_special_tokens=False).offsets]
    most = PIECES * limit - made.lead
    whole = len(starts) + made.ends <= most
    edges = [0, *(starts[at] for at in range(limit - made.lead, min(len(starts), most), limit))]
    edges.append(len(text) if len(starts) <= most else starts[most])
    pieces = [text[start:end] for start, end in pairwise(edges)]
    pieces[0] = (case.model.bos or "") * made.lead + pieces[0]
    if whole:
        pieces[-1] += (case.model.eos or "") * made.ends
    return pieces


def _judged(case: Case, row: Row, made: Made) -> Made:
    """A judged answer is a chosen one or a rejected one, as its label says."""
    label = next((case.name(column) for column in case.kind.columns if column.part == "label"), None)
    if case.entry.rl != "kto":
        return made
    side = CHOSEN if row.get(label or "label") else REJECTED
    return replace(made, pieces=[(text, side if part == TRAINED else part) for text, part in made.pieces])


def _examples(row: int, made: Made, model: Model) -> list[Example]:
    sides = {part for _, part in made.pieces}
    if not sides & {CHOSEN, REJECTED}:
        start = [(model.bos or "", made.pieces[0][1] if made.pieces else CONTEXT)] * made.lead
        ends = [(model.eos or "", TRAINED)] * made.ends
        return [
            Example(row=row, parts=_joined((text, part == TRAINED) for text, part in [*start, *made.pieces, *ends]))
        ]
    return [
        Example(
            row=row, part=name, parts=_joined((text, side != CONTEXT) for text, part in made.pieces if part == side)
        )
        for name, side in (("prompt", CONTEXT), ("chosen", CHOSEN), ("rejected", REJECTED))
        if side in sides
    ]


def _joined(pieces: Iterable[tuple[str, bool]]) -> tuple[Part, ...]:
    """Neighbors that are trained alike become one piece."""
    joined: list[tuple[str, bool]] = []
    for text, trained in pieces:
        if joined and joined[-1][1] == trained:
            joined[-1] = (joined[-1][0] + text, trained)
        elif text:
            joined.append((text, trained))
    return tuple(Part(text=mask(text), trained=trained) for text, trained in joined)
