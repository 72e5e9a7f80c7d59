"""What the generators of the facts draw from."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(slots=True, frozen=True)
class Source:
    """Where facts come from.

    `version` is the release they are for; `snapshot` what scripts/facts/installed.py printed, empty where no Axolotl
    is installed; `reference` the folder of the reference data, None where there is none; `folder` holds the facts as
    they are, which keep what nothing else can tell.
    """

    version: str
    snapshot: dict[str, Any]
    reference: Path | None
    folder: Path

    @property
    def has_snapshot(self) -> bool:
        """Whether an installed Axolotl was read."""
        return bool(self.snapshot)

    def before(self, name: str) -> dict[str, Any]:
        """A facts file as it is, empty where there is none yet."""
        file = self.folder / name
        found: dict[str, Any] = json.loads(file.read_text("utf-8")) if file.is_file() else {}
        return found


def table(file: Path) -> list[list[str]]:
    """The rows of a tab-separated file, without its head."""
    return [line.split("\t") for line in file.read_text("utf-8").splitlines()[1:] if line]
