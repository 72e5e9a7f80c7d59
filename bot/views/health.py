"""The health of a run: what its numbers show, and a picture of loss, evaluation, learning rate and gradient norm."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final

from discord import ui

from bot.views.check.report import secret_warning
from bot.views.kit import limits
from bot.views.kit.layout import Colour, colour_of, container, layout, picture, small
from bot.views.kit.wording import number
from knowledge.duration import time_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import discord

    from knowledge.health import Health, Record
    from knowledge.secrets import Secret

NAME: Final = "health.png"
_MOST: Final = 3
_WHY: Final = 700
_SECRETS: Final = 500
_PAPER, _INK, _GRID = "#1e1f22", "#f2f3f5", "#4e5058"
_LOSS, _EVALUATION, _RATE, _NORM, _FAULT = "#5cc8ff", "#ff9ee6", "#f0b232", "#57f287", "#d83c3e"
_POINTS: Final = 2_000


def health_layout(
    found: Health,
    png: bytes,
    *,
    notes: Sequence[str] = (),
    secrets: Sequence[Secret] = (),
    public: bool = False,
) -> tuple[ui.LayoutView, discord.File]:
    """The answer to the log of a run, and the picture to send with it.

    Args:
        found: What its numbers show.
        png: Their picture.
        notes: Sentences about how the text was taken.
        secrets: What was masked in it.
        public: Whether the text is in a channel that others read.
    """
    gallery, file = picture(png, health_alt(found), NAME)
    items: list[ui.Item[Any]] = [ui.TextDisplay(limits.cut("\n".join(_head(found, notes)), 800)), gallery]
    for sign in found.findings[:_MOST]:
        first, last = sign.steps
        where = f"Step {number(first)}" if first == last else f"Steps {number(first)} to {number(last)}"
        text = f"**{limits.cut(sign.message, 200)}**\n{where}. {limits.cut(sign.why, _WHY)}"
        items += [ui.Separator(), ui.TextDisplay(text)]
    view: list[ui.Item[Any]] = []
    if secrets:
        view.append(ui.TextDisplay(limits.cut(secret_warning(secrets, public=public), _SECRETS)))
    severities = [sign.severity for sign in found.findings]
    view.append(container(colour_of(severities) if severities else Colour.CLEAN, *items))
    if found.not_judged:
        view.append(ui.TextDisplay(small(limits.cut("Not judged: " + " ".join(found.not_judged), 500))))
    return layout(*view), file


def _head(found: Health, notes: Sequence[str]) -> list[str]:
    title = f"This run's numbers {found.verdict}"
    steps = found.steps
    at = f"Step {number(steps.done)}" + (f" of {number(steps.planned)}" if steps.planned else "")
    left = f", {time_of(found.seconds_left)} left at this speed" if found.seconds_left is not None else ""
    return [f"### {title}", *(small(note) for note in notes), f"{at}{left}.", *found.numbers]


def health_alt(found: Health) -> str:
    """The picture in words."""
    said = [sign.message for sign in found.findings] or ["Nothing looks wrong."]
    return f"Loss, evaluation, learning rate, and gradient norm over the steps. {' '.join([*found.numbers, *said])}"


def draw_health(record: Record, found: Health) -> bytes:
    """Loss above, learning rate and gradient norm below, as a PNG of 1,000 by 900 pixels; faulty steps are shaded."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5, 4.5), dpi=200, facecolor=_PAPER)
    FigureCanvasAgg(figure)
    figure.subplots_adjust(left=0.13, right=0.97, bottom=0.1, top=0.94, hspace=0.42)
    rows = figure.subplots(3, 1, sharex=True, height_ratios=(2.4, 1, 1))
    evaluations = [(each.step, each.loss) for each in record.evaluations]
    _line(rows[0], record.losses, _LOSS, "loss")
    _line(rows[0], evaluations, _EVALUATION, "evaluation", marker="o")
    _line(rows[1], record.rates, _RATE, "learning rate")
    _line(rows[2], record.norms, _NORM, "gradient norm")
    for axes, title in zip(rows, ("Loss", "Learning rate", "Gradient norm"), strict=True):
        _dress(axes, title)
        for sign in found.findings[:_MOST]:
            first, last = sign.steps
            axes.axvspan(first, max(last, first + 1), color=_FAULT, alpha=0.18, linewidth=0)
    rows[2].set_xlabel("optimizer step", color=_INK, fontsize=9)
    if evaluations:
        rows[0].legend(loc="best", frameon=False, labelcolor=_INK, fontsize=8)
    out = io.BytesIO()
    figure.savefig(out, format="png", facecolor=_PAPER)
    return out.getvalue()


def _line(axes: Any, series: Sequence[tuple[int, float]], color: str, label: str, marker: str | None = None) -> None:
    """A line through the points; of very many every n-th, and what no axis can show is left out."""
    shown = [(step, height) for step, height in series if abs(height) < 1e30]
    if shown:
        stride = -(-len(shown) // _POINTS)
        steps, heights = zip(*shown[::stride], strict=True)
        single = "o" if len(steps) == 1 else None
        axes.plot(steps, heights, color=color, linewidth=1.4, label=label, marker=marker or single, markersize=3)


def _dress(axes: Any, title: str) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.set_facecolor(_PAPER)
    axes.set_title(title, color=_INK, fontsize=9, loc="left")
    axes.tick_params(colors=_INK, labelsize=8, length=0)
    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.yaxis.get_offset_text().set_color(_INK)
    axes.grid(color=_GRID, linewidth=0.5)
    for spine in axes.spines.values():
        spine.set_visible(False)
