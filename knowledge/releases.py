"""Older Axolotl releases: which keys of a config they would silently ignore."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from knowledge.finding import Finding, Severity
from knowledge.rule import problem, stamp
from knowledge.schema import load_names

if TYPE_CHECKING:
    from knowledge.config import Config
    from knowledge.document import Steps

_OLD = (0, 12, 2)
"""Keys that came with this release or before are not worth a word: nobody runs an older image."""
_OF_FACTS = frozenset({"unknown-key", "foreign-key", "misplaced-key", "removed-key", "plugin-not-listed"})


def version(text: str) -> tuple[int, ...]:
    """`0.16.0` -> (0, 16, 0)."""
    return tuple(int(part) for part in re.findall(r"\d+", text)[:3])


def release_findings(config: Config, found: list[Finding], release: str | None) -> list[Finding]:
    """The findings as they hold for a release, with what that release does not know yet."""
    names = load_names()
    newer = [
        (version(names.since[path]), names.since[path], steps)
        for steps, path in _paths(config.values, ())
        if path in names.since
    ]
    if release is None or version(release) >= version(names.releases[-1]):
        recent = sorted(entry for entry in newer if entry[0] > _OLD)
        if not recent:
            return found
        keys = ", ".join(f"`{steps[-1]}`" for _, _, steps in reversed(recent[-3:]))
        more = f" and {len(recent) - 3} more" if len(recent) > 3 else ""
        message = f"Needs Axolotl {recent[-1][1]} or later: an older release ignores {keys}{more}."
        each = problem(message, recent[-1][2], why="An older Axolotl drops a newer key without a message.")
        return [*found, stamp(each, "needs-release", Severity.ADVICE, config)]
    wanted = version(release)
    kept = [_for_release(finding, names.removed, names.since, wanted, release) for finding in found]
    result = [finding for finding in kept if finding is not None]
    for came, since, steps in newer:
        if came > wanted:
            message = f"Axolotl {release} does not know this key and drops it: it came with {since}."
            each = problem(message, steps, why="Update Axolotl, or leave the key out.")
            result.append(stamp(each, "newer-than-release", Severity.IGNORED, config))
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
    why = f"{finding.why} Checked for Axolotl 0.21.0 only, not for {release}.".strip()
    return finding.model_copy(update={"why": why})


def _paths(value: Any, steps: Steps) -> list[tuple[Steps, str]]:
    """Every written key with its path in the facts, as deep as fields go."""
    found: list[tuple[Steps, str]] = []
    pending: list[tuple[Any, Steps, str]] = [(value, steps, "")]
    while pending and len(found) < 2000:
        here, at, path = pending.pop()
        if isinstance(here, dict) and len(at) < 4:
            for key, inner in here.items():
                name = f"{path}.{key}" if path else str(key)
                found.append(((*at, key), name))
                if isinstance(inner, (dict, list)):
                    pending.append((inner, (*at, key), name))
        elif isinstance(here, list) and len(at) < 4:
            pending.extend(
                (item, (*at, index), f"{path}[]") for index, item in enumerate(here[:50]) if isinstance(item, dict)
            )
    return found
