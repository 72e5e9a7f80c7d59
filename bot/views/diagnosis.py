"""The answer to a pasted error: its cause, the line that shows it, and what to write instead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from discord import ui

from bot.views.check.finding import finding_text
from bot.views.check.report import secret_warning
from bot.views.explanation import related
from bot.views.kit import limits
from bot.views.kit.layout import Colour, container, layout, small
from bot.views.kit.wording import plural
from bot.views.versions import installed_note
from knowledge.diagnosis import headline

if TYPE_CHECKING:
    from collections.abc import Sequence

    from knowledge.diagnosis import Diagnosis, Match
    from knowledge.secrets import Secret

# Characters of each part at most. What must stand is counted first; the other matches and the findings share the rest.
_SECRETS = 500
_HEAD = 900
_FIRST = 1700
_SEND = 800
_OTHER = 350
_FINDING = 250
_OTHERS = 3
_FINDINGS = 3
_CAUSES = 4
_CAUSE = 260
_TITLES = 120  # "Also in it", "Its config", and the line that counts the findings left out


def diagnosis_layout(
    found: Diagnosis,
    owner: int,
    *,
    notes: Sequence[str] = (),
    secrets: Sequence[Secret] = (),
    public: bool = False,
    extra: Sequence[ui.Item[Any]] = (),
) -> ui.LayoutView:
    """What a log says.

    Args:
        found: The diagnosis.
        owner: Who may use the select below it.
        notes: Sentences about how the text was taken.
        secrets: What was masked in it.
        public: Whether the text is in a channel that others read.
        extra: Rows below it.
    """
    telling = [match for match in found.matches if not match.harmless]
    first = telling[0] if telling else None
    title = headline(found)
    head = [f"### {limits.cut(title, 300)}", *(small(note) for note in notes)]
    if found.happened and found.happened != title:
        head.insert(0, limits.cut(found.happened, 200))
    if first is not None:
        head.append(f"From your log, line{chr(0xA0)}{first.line}: {limits.code(first.quote, 160)}")
    elif found.unknown is not None and found.unknown.quote:
        head.append(f"The line that matters: {limits.code(found.unknown.quote, 160)}")
    warning = limits.cut(secret_warning(secrets, public=public), _SECRETS) if secrets else ""
    opening = limits.cut("\n".join(head), _HEAD)
    explained = _explained(first) if first is not None else _recognized(found)
    sent = [found.unknown.send.strip()] if found.unknown is not None else []
    if found.installed is not None:
        sent.append(installed_note(found.installed))
    send = limits.cut("\n".join(small(each) for each in sent), _SEND) if sent else ""
    room = limits.TEXT - _TITLES - sum(map(limits.length, (warning, opening, explained, send)))
    others = [_short(match) for match in [*telling[1:], *found.warnings, *_harmless(found)][:_OTHERS]]
    others, room = _fitting(others, room)
    shown = [limits.cut(finding_text(finding), _FINDING) for finding in found.findings[:_FINDINGS]]
    shown, room = _fitting(shown, room)
    items: list[ui.Item[Any]] = [ui.TextDisplay(opening)]
    if explained.strip():
        items.append(ui.TextDisplay(explained))
    if others:
        items += [ui.Separator(), ui.TextDisplay("\n\n".join(["**Also in it**\n" + others[0], *others[1:]]))]
    if found.findings:
        more = len(found.findings) - len(shown)
        rest = [f"{plural(more, 'more finding')}: `/checkconfig` shows all."] if more else []
        items += [ui.Separator(), ui.TextDisplay("**Its config**\n" + "\n\n".join([*shown, *rest]))]
    colour = Colour.ERROR if telling else Colour.WARNING if found.unknown else Colour.NEUTRAL
    view: list[ui.Item[Any]] = [container(colour, *items)]
    if warning:
        view.insert(0, ui.TextDisplay(warning))
    if send:
        view.append(ui.TextDisplay(send))
    names = [(name, "a field it involves") for match in telling for name in match.fields]
    names += [(name, "a concept behind it") for match in telling for name in match.concepts]
    names += [(name, "a rule of the config check") for match in telling for name in match.rules]
    if select := related("Explain", owner, names):
        view.append(ui.ActionRow(select))
    return layout(*view, *extra)


def _recognized(found: Diagnosis) -> str:
    """What an unknown error tells all the same, and what resembles it."""
    if found.unknown is None:
        return ""
    said = list(found.unknown.recognized)
    if found.unknown.nearest:
        said.append("Known errors with similar words, though none is certain to be this one:")
        said += [f"- {meaning}" for meaning in found.unknown.nearest]
    return limits.cut("\n".join(said), _FIRST)


def _explained(match: Match) -> str:
    """Causes and cure; a code block in the cure keeps its fence."""
    causes = "\n".join(
        f"{number}. {limits.cut(cause, _CAUSE)}" for number, cause in enumerate(match.causes[:_CAUSES], 1)
    )
    cure = match.cure.strip()
    room = _FIRST - limits.length(causes) - len("\n\n") - len("\n```\n")
    if limits.length(cure) > room:
        cure = limits.cut(cure, room)
        cure += "\n```" if cure.count("```") % 2 else ""
    # A blank line, or the cure would be read as part of the last cause.
    return "\n\n".join(part for part in (causes, cure) if part) + ("\n" if cure.endswith("```") else "")


def _fitting(pieces: list[str], room: int) -> tuple[list[str], int]:
    """(the pieces that fit whole, the characters left after them)."""
    taken, used = limits.pack(pieces, room)
    return (pieces[:taken], room - used) if used <= room else ([], room)


def _short(match: Match) -> str:
    harmless = "Harmless: " if match.harmless else ""
    return limits.cut(f"Line{chr(0xA0)}{match.line} · {harmless}{match.meaning}", _OTHER)


def _harmless(found: Diagnosis) -> list[Match]:
    return [match for match in found.matches if match.harmless]
