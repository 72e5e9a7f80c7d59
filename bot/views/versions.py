"""Installed packages against what Axolotl asks for: what does not fit, and the command that fixes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from discord import ui

from bot.views.kit import limits
from bot.views.kit.layout import Colour, container, layout, small
from bot.views.kit.wording import plural

if TYPE_CHECKING:
    from knowledge.versions import Versions

_SHOWN = 15
_NAMED = 4
_COMMAND = 250
"""Characters of the command inside a sentence."""


def versions_layout(found: Versions) -> ui.LayoutView:
    """The answer to a list of packages."""
    return layout(*versions_boxes(found))


def versions_boxes(found: Versions) -> tuple[ui.Item[Any], ...]:
    """What the answer shows."""
    own = found.installed_axolotl
    says = [f"### {_title(found)}"]
    if own is not None and own != found.axolotl:
        says.append(
            f"You have Axolotl {limits.code(own, 40)}; I compare with what {found.axolotl} requires. The command "
            "installs that release with what it needs."
        )
    says += [
        f"- {limits.code(each.package, 60)} {limits.code(each.installed, 40)}: Axolotl requires "
        f"{limits.code(each.wanted, 60)}"
        for each in found.misfits[:_SHOWN]
    ]
    if len(found.misfits) > _SHOWN:
        says.append(f"… and {len(found.misfits) - _SHOWN} more.")
    items: list[ui.Item[Any]] = [ui.TextDisplay("\n".join(says))]
    if found.command:
        items.append(ui.TextDisplay(limits.block(found.command, "sh", limits.PAGE // 3)))
    if not found.compared:
        return (container(Colour.WARNING if found.command else Colour.CLEAN, *items),)
    foot = small(
        f"Compared: {plural(found.compared, 'package')} whose version Axolotl {found.axolotl} names. Others are free."
    )
    return container(Colour.WARNING if found.command else Colour.CLEAN, *items), ui.TextDisplay(foot)


def installed_note(found: Versions) -> str:
    """What a log tells of the installed versions, with the command that fixes it."""
    return f"{installed_text(found)} Run {limits.code(found.command, _COMMAND)}."


def installed_text(found: Versions) -> str:
    """What a log tells of the installed versions, in a sentence."""
    own = found.installed_axolotl
    listed = ", ".join(f"{each.package} {each.installed}" for each in found.misfits[:_NAMED])
    more = f" and {len(found.misfits) - _NAMED} more" if len(found.misfits) > _NAMED else ""
    if own is not None and own != found.axolotl:
        return f"This log is from Axolotl {own}, and I answer for {found.axolotl}."
    return f"Axolotl {found.axolotl} requires other versions than this log shows: {listed}{more}."


def _title(found: Versions) -> str:
    if found.misfits:
        return f"{plural(len(found.misfits), 'package')} {'does' if len(found.misfits) == 1 else 'do'} not match"
    if found.compared:
        return "Another release of Axolotl" if found.command else "Everything listed matches"
    return "Another release of Axolotl" if found.command else f"Axolotl {found.axolotl}, the release that I know"
