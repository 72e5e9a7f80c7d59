"""Rows of a dataset by themselves: how long they are, which text of them is trained, and the block that fits them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from discord import ui

from bot.views.check.finding import finding_text
from bot.views.check.report import file_name, secret_warning
from bot.views.check.rows import NAME
from bot.views.kit import limits
from bot.views.kit.layout import Colour, colour_of, container, layout, picture, small
from bot.views.kit.wording import plural
from knowledge.finding import Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.jobs import Rows
    from knowledge.finding import Finding
    from knowledge.secrets import Secret

_BLOCK = 1200
_CHANGE = 600
_LESS = 850
_LINES = 700
_FAULTS = 900
_SECRETS = 400
_NOT_KEPT = "Only you see this, and none of it is stored."


def rows_layout(name: str, rows: Rows, *, hub: bool = False) -> tuple[ui.LayoutView, dict[str, Any]]:
    """What rows become under a config that was checked, and the files to send with it.

    Args:
        name: The name of the file with the rows, or of the dataset on the Hub.
        rows: What they become.
        hub: Whether they are the first ones of a dataset on the Hub.
    """
    items, files = _shown(rows)
    title = "The first rows on the Hub" if hub else "Your rows"
    head: ui.Item[Any] = ui.TextDisplay(f"### {title}\n{small(file_name(name))}")
    return layout(container(Colour.NEUTRAL, head, *_wrong(rows), *items), ui.TextDisplay(small(_NOT_KEPT))), files


def proposal_layout(name: str, rows: Rows, secrets: Sequence[Secret] = ()) -> tuple[ui.LayoutView, dict[str, Any]]:
    """The `datasets:` block for rows that came without a config, and the files to send with it.

    Args:
        name: The name of the file with the rows.
        rows: What they become under that block.
        secrets: What was masked in them.
    """
    warning: list[ui.Item[Any]] = (
        [ui.TextDisplay(limits.cut(secret_warning((), public=False, rows=secrets), _SECRETS))] if secrets else []
    )
    if rows.block is None:
        text = (
            f"### No dataset type of Axolotl reads these rows\n{small(file_name(name))}\n{rows.words} "
            'The simplest format that works is one JSON object per line: `{"text": "..."}` for `type: completion`, or '
            '`{"messages": [{"role": "user", "content": "..."}, {"role": "assistant", "content": "..."}]}` for '
            "`type: chat_template`. `/explain datasets[].type` shows what the other types read."
        )
        if rows.conversion:
            text = f"### {rows.words}\n{small(file_name(name))}\n{_conversion(rows, _BLOCK)}"
        return layout(*warning, container(Colour.WARNING, ui.TextDisplay(text))), {}
    items, files = _shown(rows)
    faults = _faults(rows)
    ends = any(finding.severity in (Severity.ERROR, Severity.CRASH) for finding in faults)
    title = "This fits your rows, but one of them stops the run" if ends else "This fits your rows"
    head = f"### {title}\n{small(file_name(name))}\n{limits.block(rows.block, 'yaml', _BLOCK)}"
    head += f"\n{rows.words}" if rows.words else ""
    foot = "`path` is where Axolotl will find the file. You can give `/checkconfig` a `file` and a `dataset` together. "
    colour = colour_of(finding.severity for finding in faults) if faults else Colour.CLEAN
    change: list[ui.Item[Any]] = [ui.TextDisplay(_conversion(rows, _CHANGE))] if rows.conversion else []
    view = container(colour, ui.TextDisplay(head), *change, *_wrong(rows), *items)
    return layout(*warning, view, ui.TextDisplay(small(foot + _NOT_KEPT))), files


def _conversion(rows: Rows, limit: int) -> str:
    return f"First the row as it is, then as Axolotl reads it.\n{limits.block(rows.conversion, 'json', limit)}"


def _faults(rows: Rows) -> list[Finding]:
    return [finding for finding in rows.findings if finding.severity is not Severity.ADVICE]


def _wrong(rows: Rows) -> list[ui.Item[Any]]:
    """What is wrong with the rows, as far as there is room."""
    # Without a config of the member's there is no line of theirs to point at.
    faults = [replace(each, places=(), line=None) if rows.block is not None else each for each in _faults(rows)]
    texts = [finding_text(finding) for finding in faults]
    if not texts:
        return []
    taken, _ = limits.pack(texts, _FAULTS)
    more = len(texts) - taken
    said = [*texts[:taken], f"And {plural(more, 'more finding')}."] if more else texts
    return [ui.TextDisplay("**Wrong with the rows**\n" + "\n\n".join(said)), ui.Separator()]


def _shown(rows: Rows) -> tuple[list[ui.Item[Any]], dict[str, Any]]:
    """Numbers, picture and mask, those that there are and that there is room for."""
    items: list[ui.Item[Any]] = []
    files: dict[str, Any] = {}
    if rows.lines:
        items.append(ui.TextDisplay(limits.cut("\n\n".join(rows.lines), _LINES)))
    if rows.picture is not None:
        gallery, files["file"] = picture(rows.picture.png, rows.picture.alt, NAME)
        items.append(gallery)
    if rows.mask and not (rows.conversion and len(rows.mask) > _LESS):
        items += [ui.Separator(), ui.TextDisplay(f"**What is trained in the first rows**\n{rows.mask}")]
    return items, files
