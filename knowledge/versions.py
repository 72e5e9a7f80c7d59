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
_NUMBER: Final = r"(\d[\w.+!-]{0,40})"
# What `axolotl --version`, `pip show` and `transformers env` print.
_STATED: Final = tuple(
    re.compile(form, re.MULTILINE)
    for form in (
        rf"^(axolotl), version {_NUMBER}[ \t]*$",
        rf"^Name: ([A-Za-z][\w.-]{{1,60}})\nVersion: {_NUMBER}[ \t]*$",
        rf"^- `?([A-Za-z][\w-]{{1,40}})`? version(?: \([^)\n]{{1,40}}\))?: {_NUMBER}(?: \(\w{{1,20}}\))?[ \t]*$",
    )
)
# What Axolotl itself prints above a run: until 0.16 a table, and the config with what it found on the machine.
_TABLE: Final = re.compile(r"Axolotl Dependency Versions[ *]{0,60}\n((?:[^\n:]{1,60}: {0,20}[^\n]{0,80}\n){1,20})")
_HEADER: Final = re.compile(rf'"env_capabilities": ?\{{[^{{}}]{{0,400}}?"torch_version": ?"{_NUMBER}"')
_ALSO_CALLED: Final = {"pytorch": "torch"}
_SHORT: Final = 60
"""Lines of a text that states versions and is not a log."""
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
    """What a `pip list`, `pip freeze`, `pip show`, `axolotl --version`, `transformers env` or a banner says.

    Args:
        text: The text; lines that name no package are passed over.

    Returns:
        The comparison; None where fewer than two packages are listed that the release speaks of.
    """
    text = text[:_MOST].replace("\r\n", "\n")
    stated = _stated(text)
    listed = _named(_LISTED.findall(text)) | stated
    fewest = 1 if stated else 2
    found = _compared(listed)
    return found if found.compared + ("axolotl" in listed) >= fewest else None


def versions_in_log(text: str) -> Versions | None:
    """What Axolotl and its tools print of versions above a run, and nothing that an error message mentions.

    Returns:
        The comparison; None where the log states no versions, or all of them fit.
    """
    text = text[:_MOST].replace("\r\n", "\n")
    listed = _named([("torch", version) for version in _HEADER.findall(text)]) | _stated(text)
    for table in _TABLE.findall(text):
        listed |= _named(_LISTED.findall(table))
    found = _compared(listed)
    return found if found.misfits or found.command else None


def _stated(text: str) -> dict[str, str]:
    return {name: of for form in _STATED for name, of in _named(form.findall(text)).items()}


def _named(pairs: list[tuple[str, str]]) -> dict[str, str]:
    """Name as pip writes it -> the first version that is given for it."""
    found: dict[str, str] = {}
    for called, version in pairs:
        name = canonicalize_name(called)
        found.setdefault(_ALSO_CALLED.get(name, name), version)
    return found


def _compared(listed: dict[str, str]) -> Versions:
    facts = read_json("pins.json")
    pins: dict[str, str] = facts["packages"]
    compared = [name for name in pins if name in listed]
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
    mostly = listed >= max(2, _MOSTLY * len(lines))
    stated = len(lines) <= _SHORT and "Traceback" not in text and bool(_stated(text.replace("\r\n", "\n")))
    return (mostly or stated) and compare_versions(text) is not None


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
