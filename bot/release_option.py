"""An option that takes an Axolotl release, completed while it is typed."""

from __future__ import annotations

from discord import app_commands

from bot.views.kit import limits
from knowledge.facts import load_names


async def complete_release(_interaction: object, typed: str) -> list[app_commands.Choice[str]]:
    """The releases that are known and begin so, the newest first."""
    found = [release for release in reversed(load_names().releases) if release.startswith(typed.strip())]
    return [app_commands.Choice(name=release, value=release) for release in found[: limits.OPTIONS]]
