"""Older Axolotl releases: which keys of a config they would silently ignore."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from knowledge.facts import load_names
from knowledge.finding import Finding, Severity, problem, stamp
from knowledge.value import replace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.config import Config
    from knowledge.document import Steps

_OLD = (0, 12, 2)
"""Keys that came with this release or before are not worth a word: nobody runs an older image."""
_NEVER = 10**6
_RELEASE = re.compile(r"v?\d{1,4}\.\d{1,4}(?:\.\d{1,4})?")
_DEEPEST = 4
_MOST_ITEMS = 50
"""How far a config is searched for keys with a date: no field nests deeper."""
_OF_FACTS = frozenset({"unknown-key", "foreign-key", "misplaced-key", "removed-key", "plugin-not-listed"})


@lru_cache(maxsize=512)
def version(text: str) -> tuple[int, ...]:
    """`0.16.0` -> (0, 16, 0)."""
    return tuple(int(part) for part in re.findall(r"\d+", text)[:3])


def known_release(word: str) -> str | None:
    """The release that somebody means: `v0.16.0` as it is, for `0.12` or `0.12.1` the one of 0.12 that is known."""
    if not _RELEASE.fullmatch(word.strip()):
        return None
    wanted = version(word)[:2]
    return next((each for each in load_names().releases if version(each)[:2] == wanted), None)


def nearest_release(word: str) -> str:
    """The release that is nearest to one that is not known; the newest where the word is no number."""
    wanted, releases = version(word) or (_NEVER,), load_names().releases
    return next((each for each in releases if version(each) >= wanted), releases[-1])


def release_findings(config: Config, found: list[Finding], release: str | None) -> list[Finding]:
    """The findings as they hold for a release, with what that release does not know yet."""
    names = load_names()
    newer = [(version(names.since[path]), names.since[path], steps) for steps, path in _dated(config.values)]
    if release is None or version(release) >= version(names.releases[-1]):
        recent = sorted(entry for entry in newer if entry[0] > _OLD)
        if not recent:
            return found
        keys = ", ".join(f"`{steps[-1]}`" for _, _, steps in reversed(recent[-3:]))
        more = f" and {len(recent) - 3} more" if len(recent) > 3 else ""
        message = f"Needs Axolotl {recent[-1][1]} or later: an older release ignores {keys}{more}."
        each = problem(message, recent[-1][2], why="An older Axolotl drops a newer key without a message.")
        return [*found, stamp(each, "needs-release", Severity.ADVICE, config.document)]
    wanted = version(release)
    kept = [_for_release(finding, names.removed, names.since, wanted, release) for finding in found]
    result = [finding for finding in kept if finding is not None]
    for came, since, steps in newer:
        if came > wanted:
            message = f"Axolotl {release} does not know this key and drops it: it came with {since}."
            each = problem(message, steps, why="Update Axolotl, or leave the key out.")
            result.append(stamp(each, "newer-than-release", Severity.IGNORED, config.document))
    return result


def _for_release(
    finding: Finding, removed: dict[str, Any], since: dict[str, str], wanted: tuple[int, ...], release: str
) -> Finding | None:
    """A finding as it holds for a release; None where its cure is a key that the release does not have."""
    if finding.rule == "removed-key" or any(field in removed for field in finding.fields):
        return None
    if finding.rule.startswith("yaml-") or finding.rule in _OF_FACTS:
        return finding
    if any(version(since[name]) > wanted for name in re.findall(r"`(\w+)", finding.message) if name in since):
        return None
    checked = load_names().releases[-1]
    why = f"{finding.why} Checked for Axolotl {checked} only, not for {release}.".strip()
    return replace(finding, why=why)


def _dated(values: dict[Any, Any]) -> Iterator[tuple[Steps, str]]:
    """The written keys that did not come with the oldest release: where they stand, and their path in the facts."""
    since, inside = load_names().since, _dated_inside()
    for key, value in values.items():
        if key in since:
            yield (key,), key
        if key in inside and isinstance(value, (dict, list)):
            yield from ((steps, path) for steps, path in _below(value, key) if path in since)


@lru_cache(maxsize=1)
def _dated_inside() -> frozenset[str]:
    """Root keys with dated keys inside."""
    return frozenset(
        root.removesuffix("[]") for root, dot, _ in (path.partition(".") for path in load_names().since) if dot
    )


def _below(value: Any, root: str) -> Iterator[tuple[Steps, str]]:
    """Every key inside a root key's value with its path in the facts, as deep as fields go."""
    pending: list[tuple[Any, Steps, str]] = [(value, (root,), root)]
    while pending:
        here, at, path = pending.pop()
        if len(at) >= _DEEPEST:
            continue
        if isinstance(here, dict):
            for key, inner in here.items():
                yield (*at, key), f"{path}.{key}"
                if isinstance(inner, (dict, list)):
                    pending.append((inner, (*at, key), f"{path}.{key}"))
        elif isinstance(here, list):
            items = ((item, (*at, index), f"{path}[]") for index, item in enumerate(here[:_MOST_ITEMS]))
            pending.extend(item for item in items if isinstance(item[0], dict))
