"""Installed versions against what the release of Axolotl pins: what does not fit, and the command that fixes it."""

from __future__ import annotations

import re
from typing import Final

from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from knowledge.facts import read_json
from knowledge.value import value

_LISTED: Final = re.compile(
    r"^[ \t│|]*([A-Za-z][\w.-]{1,60})(?:[ \t]*==[ \t]*|[ \t]{1,60}v?|: )(\d[\w.+!-]{0,40})(?:[ \t].{0,200})?$",
    re.MULTILINE,
)
_MOST: Final = 400_000
_LOOKED_AT: Final = 40_000
_MOSTLY: Final = 0.7


@value
class Misfit:
    """A package whose version is not what the release asks for."""

    package: str
    installed: str
    wanted: str


@value
class Versions:
    """What a list of packages says.

    Attributes:
        axolotl: The release that it is compared with.
        installed_axolotl: The one that is listed; None where none is.
        compared: How many of the listed packages the release speaks of.
        misfits: Those that do not fit.
        command: What to type; empty where everything fits.
    """

    axolotl: str
    installed_axolotl: str | None
    compared: int
    misfits: tuple[Misfit, ...]
    command: str


def compare_versions(text: str) -> Versions | None:
    """What a `pip list`, `pip freeze` or a banner says.

    Args:
        text: The text; lines that name no package are passed over.

    Returns:
        The comparison; None where fewer than two packages are listed that the release speaks of.
    """
    facts = read_json("pins.json")
    pins: dict[str, str] = facts["packages"]
    listed: dict[str, str] = {}
    for name, version in _LISTED.findall(text[:_MOST].replace("\r\n", "\n")):
        listed.setdefault(canonicalize_name(name), version)
    compared = [name for name in pins if name in listed]
    if len(compared) + ("axolotl" in listed) < 2:
        return None
    misfits = [
        Misfit(package=name, installed=listed[name], wanted=pins[name])
        for name in compared
        if _is_off(listed[name], pins[name])
    ]
    own = listed.get("axolotl")
    return Versions(
        axolotl=facts["axolotl"],
        installed_axolotl=own,
        compared=len(compared),
        misfits=tuple(misfits),
        command=_command(facts["axolotl"], own, misfits),
    )


def lists_packages(text: str) -> bool:
    """Whether a text is a list of packages, some of which Axolotl asks for, and little else."""
    lines = [line for line in text[:_LOOKED_AT].split("\n") if line.strip(" \t\r-=│|")]
    listed = sum(_LISTED.match(line.rstrip("\r")) is not None for line in lines)
    return listed >= max(2, _MOSTLY * len(lines)) and compare_versions(text) is not None


def _is_off(version: str, wanted: str) -> bool:
    try:
        return not SpecifierSet(wanted).contains(Version(version).public, prereleases=True)
    except InvalidVersion:
        return False


def _command(release: str, own: str | None, misfits: list[Misfit]) -> str:
    if own is not None and own != release:
        return f'pip install --upgrade "axolotl=={release}"'
    if not misfits:
        return ""
    return "pip install " + " ".join(f'"{each.package}{each.wanted}"' for each in misfits)
