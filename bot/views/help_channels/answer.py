"""What everybody sees under a post: verdict and findings, a log's cause, the block for rows. Never the config."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from discord import ui

from bot.views.check.report import file_name
from bot.views.check.share import summary_box
from bot.views.kit import limits
from bot.views.kit.layout import Colour, colour_of, container, layout, small
from bot.views.kit.wording import plural
from knowledge.diagnosis import headline

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.answers import Checked
    from bot.jobs import Rows
    from knowledge.diagnosis import Diagnosis, Match
    from knowledge.health import Health

_ROOM = 3500
_FEWEST = 500
_CAUSES = 2
_CAUSE = 260
_BLOCK = 900


def config_box(checked: Checked, room: int) -> ui.Container[Any]:
    """Verdict and findings; since the last edit of the post, what became of them."""
    about = f"{file_name(checked.submission.name)} · {plural(checked.gpus, 'GPU')}"
    if (progress := checked.progress) is not None:
        about += f" · since the last version: {progress.mended} fixed, {progress.left} left, {progress.new} new"
    return summary_box(checked, small(about), max(_FEWEST, room - 500))


def log_box(found: Diagnosis, room: int) -> ui.Container[Any]:
    """What happened, the line that shows it, why, and what to change."""
    first = telling(found)
    title = headline(found)
    head = [] if not found.happened or found.happened == title else [limits.cut(found.happened, 200)]
    head.append(f"### {limits.cut(title, 300)}")
    if first is not None:
        head.append(f"From the log, line{chr(0xA0)}{first.line}: {limits.code(first.quote, 160)}")
    text = "\n".join(head)
    if first is not None:
        text += "\n" + "\n".join(f"- {limits.cut(cause, _CAUSE)}" for cause in first.causes[:_CAUSES])
        text += f"\n{_cure(first, max(_FEWEST, room - limits.length(text) - 20))}"
    elif found.unknown is not None:
        text += f"\n{limits.cut(found.unknown.send.strip(), _FEWEST)}"
    return container(Colour.ERROR if found.failed else Colour.NEUTRAL, ui.TextDisplay(text))


def health_box(found: Health, room: int) -> ui.Container[Any]:
    """How a run that no error has ended is doing, by its numbers."""
    title = f"This run's numbers {found.verdict}"
    steps = f"Step {found.steps.done}" + (f" of {found.steps.planned}" if found.steps.planned else "")
    said = [f"### {title}", small(steps), *found.numbers]
    said += [f"- **{limits.cut(sign.message, 200)}** {limits.cut(sign.why, _FEWEST)}" for sign in found.findings]
    severities = [sign.severity for sign in found.findings]
    colour = colour_of(severities) if severities else Colour.CLEAN
    return container(colour, ui.TextDisplay(limits.cut("\n".join(said), room)))


def rows_box(name: str, rows: Rows) -> ui.Container[Any]:
    """The block that fits rows."""
    block = limits.block(rows.block or "", "yaml", _BLOCK)
    said = f"\n{limits.cut(rows.words, 300)}" if rows.words else ""
    text = f"### This block reads your rows\n{small(file_name(name))}\n{block}{said}"
    return container(Colour.CLEAN, ui.TextDisplay(text))


def answer_layout(boxes: Sequence[ui.Item[Any]], buttons: Sequence[ui.Item[Any]]) -> ui.LayoutView:
    """Boxes with buttons below them."""
    return layout(*boxes, ui.ActionRow(*buttons)) if buttons else layout(*boxes)


def room_for(pieces: int) -> int:
    """Characters that each of so many boxes may have."""
    return _ROOM // max(pieces, 1)


def telling(found: Diagnosis) -> Match | None:
    """The explanation that counts."""
    return next((match for match in found.matches if not match.harmless), None)


def _cure(match: Match, room: int) -> str:
    """What to change; a code block that is cut keeps its fence."""
    cure = match.cure.strip()
    if limits.length(cure) > room:
        cure = limits.cut(cure, room)
        cure += "\n```" if cure.count("```") % 2 else ""
    return cure
