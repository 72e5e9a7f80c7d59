"""What rows become, for people: a picture of their lengths against `sequence_len`, and which text of them is trained.

Drawing takes about a third of a second and the first import of matplotlib as long again: call it off the event loop.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from bot.views.kit import limits
from bot.views.kit.wording import number, plural

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from knowledge.samples import Example, SampleReport

NAME: Final = "rows.png"
"""File name under which a message carries the picture."""

_PAPER: Final = "#1e1f22"
_INK: Final = "#f2f3f5"
_GRID: Final = "#4e5058"
_FITS: Final = "#5cc8ff"
_LONG: Final = "#f0b232"
_BARS: Final = 30
_BREAK: Final = "⏎"
_SHOWN: Final = 3
_PIECES: Final = 12
_WIDTH: Final = 160
"""Rows that are shown, pieces of each, characters of each piece."""


class RowsPicture(NamedTuple):
    """A PNG, and the words for those who do not see it (at most 1,024 characters)."""

    png: bytes
    alt: str


def rows_picture(sample: SampleReport) -> RowsPicture | None:
    """How long the rows of a sample are, against `sequence_len`; None where no row gives tokens."""
    lengths = [tokens_of(length) for length in sample.lengths]
    if not lengths or not sample.sequence_len:
        return None
    return RowsPicture(draw(lengths, sample), limits.cut(describe(lengths, sample), limits.DESCRIPTION))


def tokens_of(length: Any) -> int:
    """Tokens of a row; of a pair, prompt and longer answer."""
    if isinstance(length, dict):
        if "length" in length:
            return int(length["length"])
        answers = [length[key] for key in ("chosen", "rejected", "completion") if key in length]
        return int(length.get("prompt", 0) + max(answers, default=0))
    return int(length)


def describe(lengths: Sequence[int], sample: SampleReport) -> str:
    """The picture in words: how many rows, the middle, the longest, and how many are too long."""
    ordered = sorted(lengths)
    about = "" if sample.exact else "about "
    longer = sum(1 for length in ordered if length > sample.sequence_len)
    middle = number(ordered[len(ordered) // 2])
    words = [
        f"Tokens of {plural(len(ordered), 'row')}: half have {about}{middle} or fewer,",
        f"the longest {about}{number(ordered[-1])}.",
        f"{_share(longer, len(ordered))} longer than `sequence_len: {sample.sequence_len}`.",
    ]
    if not sample.exact:
        words.append("Estimated from the text.")
    return " ".join(words)


def _share(count: int, total: int) -> str:
    if not count:
        return "None is"
    return f"{number(count)} of them {'is' if count == 1 else 'are'}" if count < total else "All of them are"


def draw(lengths: Sequence[int], sample: SampleReport) -> bytes:
    """A histogram as a PNG of 1,000 by 600 pixels; bars beyond `sequence_len` are hatched as well as colored."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5, 3), dpi=200, facecolor=_PAPER)
    FigureCanvasAgg(figure)
    figure.subplots_adjust(left=0.14, right=0.96, bottom=0.2, top=0.88)
    axes = figure.add_subplot(facecolor=_PAPER)
    limit = sample.sequence_len
    edges, counts = histogram(lengths, limit)
    for left, right, count in zip(edges, edges[1:], counts, strict=False):
        long = left >= limit
        axes.bar(
            left,
            count,
            width=right - left,
            align="edge",
            color=_LONG if long else _FITS,
            hatch="//" if long else None,
            edgecolor=_PAPER,
            linewidth=0.6,
        )
    axes.axvline(limit, color=_INK, linewidth=1.4, linestyle="--")
    side = "right" if limit > edges[-1] / 2 else "left"  # the words stay inside the picture
    axes.text(limit, 1.01, f"sequence_len {limit:,}", color=_INK, fontsize=9, ha=side, va="bottom",
              transform=axes.get_xaxis_transform())  # fmt: skip
    _dress(axes, edges[-1], exact=sample.exact)
    out = io.BytesIO()
    figure.savefig(out, format="png", facecolor=_PAPER)
    return out.getvalue()


def histogram(lengths: Sequence[int], limit: int) -> tuple[list[float], list[int]]:
    """Edges and counts of bars; one edge is the limit, so that no bar stands on both sides of it."""
    longest = max(*lengths, limit) if len(lengths) > 1 else max(lengths[0], limit)
    below = max(round(_BARS * min(limit / longest, 1)), 1)
    width = limit / below
    bars = below + max(-(-(longest - limit) // max(int(width), 1)), 0)
    if bars > _BARS * 4:
        width = (longest - limit) / _BARS
        edges = [limit * index / below for index in range(below + 1)]
        edges += [limit + width * (index + 1) for index in range(_BARS)]
    else:
        edges = [width * index for index in range(int(bars) + 2)]
    counts = [0] * (len(edges) - 1)
    place = 0
    for length in sorted(lengths):
        while place < len(counts) - 1 and length > edges[place + 1]:
            place += 1
        counts[place] += 1
    while len(counts) > below and not counts[-1]:
        counts.pop()
        edges.pop()
    return edges, counts


def _dress(axes: Any, right: float, *, exact: bool) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axes.set_xlim(0, right * 1.02)
    axes.set_xlabel("tokens of a row" if exact else "tokens of a row, estimated", color=_INK, fontsize=10)
    axes.set_ylabel("rows", color=_INK, fontsize=10)
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.tick_params(colors=_INK, labelsize=10, length=0)
    axes.grid(axis="y", color=_GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    for spine in axes.spines.values():
        spine.set_visible(False)


def rows_lines(sample: SampleReport) -> tuple[str, ...]:
    """What becomes of the rows, in at most three lines: rows, trained tokens, and what was assumed."""
    rows = f"{plural(sample.rows, 'row')} as {sample.form}"
    if sample.from_hub:
        which = "The first rows" if sample.cut else "All rows"
        rows = f"{which} of {sample.file} on the Hub: {plural(sample.rows, 'row')}"
    if sample.rows_failed:
        stop = "stops" if sample.rows_failed == 1 else "stop"
        lines = [f"{rows}; {number(sample.rows_failed)} {stop} the run."]
    else:
        trained = sample.rows_kept - sample.rows_untrained
        refused = any(finding.rule == "rows-unreadable" for finding in sample.findings)
        once = " once the whole file can be read" if refused and trained else ""
        lines = [f"{rows}, **{number(trained) if trained else 'none'}** trained on{once}."]
    if sample.trained_tokens:
        spread = "" if sample.exact else f" ({number(sample.low)}–{number(sample.high)})"
        about = "" if sample.exact else "about "
        lines.append(
            f"Trained tokens: {about}{number(sample.trained_tokens)}{spread}; the longest row has "
            f"{about}{number(sample.longest)}."
        )
    if sample.notes:
        lines.append(" ".join(sample.notes))
    return tuple(lines)


def mask_text(sample: SampleReport, limit: int = limits.PAGE) -> str:
    """Some rows, trained text and context apart by words, those with a fault first; empty where none can be shown.

    It contains words of the member's rows: it belongs in a private reply and nowhere else.
    """
    lines = mask_lines(sample)
    return limits.block("\n".join(lines), "text", limit) if lines else ""


def mask_lines(sample: SampleReport) -> tuple[str, ...]:
    """The same as lines."""
    rows = {example.row for example in sample.faulty}
    shown = [*sample.faulty, *(example for example in sample.examples if example.row not in rows)][: 3 * _SHOWN]
    lines = [line for example in shown for line in ("", *_example(example, faulty=example.row in rows))]
    return tuple(lines[1:])


def _example(example: Example, *, faulty: bool) -> Iterator[str]:
    yield f"Row {example.row}{f', {example.part}' if example.part else ''}{', with a fault' if faulty else ''}"
    if example.error:
        yield f"        │ {example.error}"
        return
    for part in example.parts[:_PIECES]:
        yield f"{'TRAINED' if part.trained else 'context'} │ {shortened(part.text).replace(chr(10), _BREAK)}"
    if not any(part.trained for part in example.parts) and example.part != "prompt":
        yield "        │ nothing in this row is trained"


def shortened(text: str, width: int = _WIDTH) -> str:
    """A text with its middle left out when it is long."""
    half = width // 2 - 2
    return text if len(text) <= width else f"{text[:half]} … {text[-half:]}"
