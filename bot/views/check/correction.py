"""The corrected copy: a file in which only mechanical faults are fixed, and what changed."""

from __future__ import annotations

import unicodedata
from pathlib import PurePath
from typing import TYPE_CHECKING

from discord import File, ui

from bot.request import PASTED
from bot.views.kit import limits
from bot.views.kit.layout import Colour, container, layout, small
from bot.views.kit.wording import plural
from knowledge.secrets import mask
from knowledge.text import listed

if TYPE_CHECKING:
    from bot.answers import Checked
    from bot.jobs import Correction

_DIFF = 2600
_NAMES = 4


def corrected_name(name: str) -> str:
    """`config.yaml` -> `config.corrected.yaml`, in the letters that Discord keeps in the name of a file."""
    path = PurePath(mask(name))
    if name == PASTED or path.suffix.lower() not in (".yml", ".yaml", ".txt", ".json"):
        return "config.corrected.yaml"
    plain = unicodedata.normalize("NFKD", path.stem).encode("ascii", "ignore").decode()
    stem = "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in plain)
    stem = stem.removesuffix(".corrected").lstrip("-_.")[:60] or "config"
    return f"{stem}.corrected{path.suffix if path.suffix != '.txt' else '.yaml'}"


def correction_layout(checked: Checked, correction: Correction, file: File) -> ui.LayoutView:
    """The diff and the file."""
    names = correction.left
    head = [f"### {plural(correction.mended, 'mechanical fault')} fixed, every other byte kept."]
    if names:
        shown = [limits.code(name) for name in names[:_NAMES]]
        more = len(names) - len(shown)
        rest = [*shown, f"{more} more"] if more > 0 else shown
        head.append(small(f"Left unchanged, because they are your decision: {listed(rest)}."))
    if checked.submission.secrets:
        head.append(small("Secrets are masked in this copy, so put in new ones yourself."))
    return layout(
        container(
            Colour.CLEAN,
            ui.TextDisplay("\n".join(head)),
            ui.TextDisplay(limits.block(_hunks(correction.diff), "diff", _DIFF)),
            ui.File(file),
        )
    )


def _hunks(diff: str) -> str:
    """The diff without its two lines of file names."""
    return "\n".join(line for line in diff.splitlines() if not line.startswith(("--- ", "+++ ")))
