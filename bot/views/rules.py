"""Muted rules: what is said when a moderator changes them, and the list of them."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import discord
from discord import ui

from bot.views.kit import limits
from bot.views.kit.escape import inert
from bot.views.kit.layout import Colour, container, layout, small
from bot.views.kit.wording import plural
from knowledge.pages import PAGES
from knowledge.rules import all_rules

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.store import Mute

_ROOM = 3200
NONE_MUTED = "Every rule is active in this server. `/rules mute` mutes one, with a reason that members see."


@cache
def titles() -> dict[str, str]:
    """Every rule's id and title, those that no single function makes included."""
    return {rule.id: rule.title for rule in all_rules()} | {name: page.title for name, page in PAGES.items()}


def muted(mute: Mute) -> str:
    """A rule has been muted."""
    reason = limits.one_line(inert(mute.reason), 150)
    return (
        f"{limits.code(mute.rule, 60)} is muted in this server{_until(mute)}. Members see under their answers that "
        f"it is muted here, and why: {reason}. What Axolotl does with a config does not change."
    )


def unmuted(rule: str) -> str:
    """A rule speaks again."""
    return f"{limits.code(rule, 60)} is active in this server again."


def not_muted(rule: str) -> str:
    """There was nothing to unmute."""
    return f"{limits.code(rule, 60)} is not muted in this server. `/rules list` shows which rules are."


def unknown_rule(rule: str) -> str:
    """No rule has that id."""
    return (
        f"There is no rule named {limits.code(rule, 60)}. Type a few letters and choose from the list; the Explain "
        "menu under an answer names the rules of its findings."
    )


def mutes_layout(mutes: Sequence[Mute]) -> ui.LayoutView:
    """All muted rules with their reasons."""
    lines = [_line(mute) for mute in mutes]
    taken, _ = limits.pack(lines, _ROOM, gap=1)
    shown = lines[:taken] + ([f"… and {len(lines) - taken} more."] if taken < len(lines) else [])
    head = f"### {plural(len(mutes), 'rule')} muted in this server"
    return layout(container(Colour.NEUTRAL, ui.TextDisplay("\n".join([head, *shown]))))


def _line(mute: Mute) -> str:
    reason = limits.one_line(inert(mute.reason), 200)
    by = small(f"by <@{mute.author_id}>, {discord.utils.format_dt(mute.at, 'R')}")
    return f"{limits.code(mute.rule, 60)}{_until(mute)} · {reason}\n{by}"


def _until(mute: Mute) -> str:
    return f" until {discord.utils.format_dt(mute.until, 'D')}" if mute.until is not None else ""
