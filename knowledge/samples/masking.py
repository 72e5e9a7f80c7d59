"""How the first rows are masked: trained text and context text, shortened."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from knowledge.samples.case import CHOSEN, CONTEXT, REJECTED, TRAINED, Case
from knowledge.samples.issues import Issues
from knowledge.samples.readers import READERS
from knowledge.samples.report import Mask, Span

if TYPE_CHECKING:
    from knowledge.samples.case import Made

ROWS, SPANS, WIDTH = 3, 12, 160
"""Rows that are shown, spans of each, characters of each span."""


def preview(case: Case) -> tuple[Mask, ...]:
    """The first rows of a sample as Axolotl would mask them; rows that fail are left out."""
    few = replace(case, rows=case.rows[: ROWS * 2], issues=Issues())
    masks: list[Mask] = []
    for index, made in enumerate(READERS[case.kind.reads](few)):
        if made is None or made.tokens is not None:
            continue
        masks.extend(_masks(index, made))
        if len({mask.row for mask in masks}) >= ROWS:
            break
    return tuple(masks)


def _masks(index: int, made: Made) -> list[Mask]:
    sides = {part for _, part in made.pieces}
    if CHOSEN in sides or REJECTED in sides:
        return [
            Mask(row=index + 1, side=name, spans=_spans([p for p in made.pieces if p[1] in (CONTEXT, side)]))
            for name, side in (("chosen", CHOSEN), ("rejected", REJECTED))
        ]
    return [Mask(row=index + 1, spans=_spans(made.pieces))]


def _spans(pieces: list[tuple[str, int]]) -> tuple[Span, ...]:
    joined: list[tuple[str, bool]] = []
    for text, part in pieces:
        trained = part in (TRAINED, CHOSEN, REJECTED)
        if joined and joined[-1][1] == trained:
            joined[-1] = (joined[-1][0] + text, trained)
        else:
            joined.append((text, trained))
    return tuple(Span(text=shortened(text), trained=trained) for text, trained in joined[:SPANS])


def shortened(text: str, width: int = WIDTH) -> str:
    """A text with its middle left out when it is long."""
    if len(text) <= width:
        return text
    half = width // 2 - 2
    return f"{text[:half]} … {text[-half:]}"
