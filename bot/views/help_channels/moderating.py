"""What moderators read of help channels: the list of them, posts that wait, and the figures of weeks."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import discord
from discord import ui

from bot.views.help_channels import words
from bot.views.kit import limits
from bot.views.kit.layout import Colour, container, layout, picture, small
from bot.views.kit.wording import plural
from knowledge.text import listed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.store import HelpChannel, HelpPost, Week

NAME: Final = "help_channels.png"
UNANSWERED = timedelta(days=1)
"""A post is listed after this long without another member's answer."""
_PAPER, _INK = "#1e1f22", "#f2f3f5"
_BARS: Final = (("seen", "#4e5058"), ("answered", "#5cc8ff"), ("solved", "#3ba55d"))
_ROOM = 1600
_SWITCHES: Final = {
    "solved": "a Solved button in forums",
    "reminders": "a reminder to send config, log, and versions",
    "tags": "tags by what was found",
    "delete_secrets": "messages that show a token are deleted",
}


def list_layout(
    channels: Sequence[HelpChannel],
    lacking: Mapping[int, Sequence[str]],
    waiting: Sequence[HelpPost],
    *,
    reading: bool,
) -> ui.LayoutView:
    """The help channels of a server.

    Args:
        channels: The channels.
        lacking: Channel -> permissions that the bot lacks there.
        waiting: Posts that no other member answered for a day.
        reading: Whether the host lets the bot read messages.
    """
    lines = [_line(channel, lacking.get(channel.channel_id, ())) for channel in channels]
    taken, _ = limits.pack(lines, _ROOM, gap=1)
    shown = lines[:taken] + ([f"… and {len(lines) - taken} more."] if taken < len(lines) else [])
    items: list[ui.Item[Any]] = [
        ui.TextDisplay("\n".join([f"### {plural(len(channels), 'help channel')}", *shown])),
    ]
    if waiting:
        posts = [f"<#{post.post_id}> {discord.utils.format_dt(post.seen_at, 'R')}" for post in waiting]
        items += [ui.Separator(), ui.TextDisplay("\n".join(["**Posts that only I have answered**", *posts]))]
    notes: list[ui.Item[Any]] = [] if reading else [ui.TextDisplay(small(words.NO_READING))]
    return layout(container(Colour.NEUTRAL, *items), *notes)


def stats_layout(
    weeks: Sequence[Week], helped: Sequence[tuple[str, int]], png: bytes
) -> tuple[ui.LayoutView, dict[str, Any]]:
    """The figures of weeks, and the file to send with them."""
    gallery, file = picture(png, alt(weeks), NAME)
    seen, answered, used, solved, wrong = (
        sum(getattr(week, name) for week in weeks) for name in ("seen", "answered", "used", "solved", "wrong")
    )
    said = (
        f"### Help channels, the last {plural(len(weeks), 'week') if len(weeks) > 1 else 'week'}\n"
        f"- **{plural(seen, 'post')}** seen, **{answered:,}** answered by me\n"
        f"- **{plural(used, 'answer')}** opened with the button or 🔎\n"
        f"- **{plural(solved, 'post')}** marked solved after my answer, with no reply from another member\n"
        f"- **{plural(wrong, 'answer')}** marked wrong"
    )
    if helped:
        named = [f"{limits.code(topic, 60)} ({times:,})" for topic, times in helped]
        said += f"\n\nWhat helped most: {listed(named)}."
    foot = small("Counted without names. In text channels, only messages with something to check are counted.")
    return layout(container(Colour.NEUTRAL, ui.TextDisplay(said), gallery), ui.TextDisplay(foot)), {"file": file}


def alt(weeks: Sequence[Week]) -> str:
    """The picture in words."""
    said = [f"{week.begins:%d %b}: {week.seen} seen, {week.answered} answered, {week.solved} solved" for week in weeks]
    return limits.cut("Posts by week. " + "; ".join(said) + ".", limits.DESCRIPTION)


def draw(labels: Sequence[str], seen: Sequence[int], answered: Sequence[int], solved: Sequence[int]) -> bytes:
    """Bars by week as a PNG: posts seen, answered and solved, each in front of the one before."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(5, 2.6), dpi=200, facecolor=_PAPER)
    FigureCanvasAgg(figure)
    figure.subplots_adjust(left=0.09, right=0.98, bottom=0.14, top=0.95)
    axes = figure.add_subplot(facecolor=_PAPER)
    for (name, colour), values, width in zip(_BARS, (seen, answered, solved), (0.8, 0.55, 0.3), strict=True):
        axes.bar(range(len(values)), values, width=width, color=colour, label=name)
    axes.set_ylim(0, max([*seen, 4]) * 1.2)
    axes.set_xticks(range(len(labels)), labels, fontsize=6)
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.tick_params(colors=_INK, length=0)
    axes.tick_params(axis="y", labelsize=7)
    axes.legend(loc="upper left", ncols=3, frameon=False, labelcolor=_INK, fontsize=7)
    for spine in axes.spines.values():
        spine.set_visible(False)
    out = io.BytesIO()
    figure.savefig(out, format="png", facecolor=_PAPER)
    return out.getvalue()


def _line(channel: HelpChannel, lacking: Sequence[str]) -> str:
    on = [text for name, text in _SWITCHES.items() if getattr(channel, name)]
    head = f"<#{channel.channel_id}> · **{channel.mode}**{' · paused' if channel.paused else ''}"
    said = [small(f"with {listed(on)}")] if on else []
    if lacking:
        said.append(f"I lack {listed(list(lacking))} there, so I do not answer.")
    return "\n".join([head, *said])
