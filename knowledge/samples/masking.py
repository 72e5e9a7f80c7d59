"""How the first rows are masked: trained text and context text, shortened and without secrets."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from knowledge.samples.case import CHOSEN, CONTEXT, REJECTED, TRAINED, Case
from knowledge.samples.issues import Issues
from knowledge.samples.readers import READERS
from knowledge.samples.report import Mask, Span
from knowledge.secrets import mask as mask_secrets

if TYPE_CHECKING:
    from knowledge.samples.case import Made

ROWS, SPANS, WIDTH = 3, 12, 160
"""Rows that are shown, spans of each, characters of each span."""

END = "⟨end⟩"
"""Stands for an end token that is put behind the text."""

_TOKEN = re.compile(r"\s*(<[^<>\s]{1,40}>|\[\|?[A-Za-z_/]+\|?\])")


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
    return [Mask(row=index + 1, spans=_spans(_with_ends(made)))]


def _with_ends(made: Made) -> list[tuple[str, int]]:
    """The pieces with the end tokens that are trained: taken from the text behind a turn, or as a sign."""
    if not made.ends:
        return made.pieces
    pieces: list[tuple[str, int]] = []
    for text, part in made.pieces:
        if pieces and part == CONTEXT and pieces[-1][1] == TRAINED:
            token = _TOKEN.match(text)
            pieces.append((token[0] if token else END, TRAINED))
            text = text[token.end() :] if token else text
        pieces.append((text, part))
    if pieces and pieces[-1][1] == TRAINED:
        pieces.append((END, TRAINED))
    return pieces


def _spans(pieces: list[tuple[str, int]]) -> tuple[Span, ...]:
    joined: list[tuple[str, bool]] = []
    for text, part in pieces:
        trained = part in (TRAINED, CHOSEN, REJECTED)
        if joined and joined[-1][1] == trained:
            joined[-1] = (joined[-1][0] + text, trained)
        else:
            joined.append((text, trained))
    return tuple(Span(text=shortened(mask_secrets(text)), trained=trained) for text, trained in joined[:SPANS])


def shortened(text: str, width: int = WIDTH) -> str:
    """A text with its middle left out when it is long."""
    if len(text) <= width:
        return text
    half = width // 2 - 2
    return f"{text[:half]} … {text[-half:]}"
