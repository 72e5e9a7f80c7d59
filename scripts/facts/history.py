"""history.json: in which release a field came, and what was removed.

The reference folder holds the history of sixteen releases. Without it a new release is added to the history as it is:
paths that are new came with it, paths that are gone were last seen in the release before.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from scripts.facts import fields
from scripts.facts.source import table

if TYPE_CHECKING:
    from scripts.facts.source import Source

NAME = "history.json"


def generate(source: Source) -> dict[str, Any]:
    """`since` (path -> release, where it is not the oldest), `gone`, `removed` (and what replaced it), `releases`."""
    before = source.before(NAME)
    if source.reference is None:
        return _continued(before, source) if source.has_snapshot else {**before, "axolotl": source.version}
    folder = source.reference / "axolotl"
    removed = json.loads((folder / "schema_facts.json").read_text("utf-8"))["removed_or_ignored_keys"]
    since, gone = {}, {}
    for path, first, last, _ in table(folder / "field_history.tsv"):
        came = None if first.endswith("or earlier") else first
        if last:
            gone[path] = {"since": came, "last": last}
        elif came:
            since[path] = came
    releases = before["releases"]
    return {"axolotl": source.version, "gone": gone, "releases": releases, "removed": removed, "since": since}


def _continued(before: dict[str, Any], source: Source) -> dict[str, Any]:
    """The history with the installed release added."""
    version, last = source.version, before["axolotl"]
    if version == last:
        return before
    old, new = source.before(fields.NAME)["fields"], fields.generate(source)["fields"]
    came = {path: version for path in new if path not in old and not path.endswith("[]")}
    went = [path for path in old if path not in new and not path.endswith("[]")]
    gone = {path: {"since": before["since"].get(path), "last": last} for path in went}
    dropped = {path: {"replacement": None, "severity": "silent", "status": "ignored"} for path in went}
    return {
        "axolotl": version,
        "gone": {path: facts for path, facts in before["gone"].items() if path not in new} | gone,
        "releases": [*before["releases"], version],
        "removed": {path: facts for path, facts in before["removed"].items() if path not in new} | dropped,
        "since": {path: release for path, release in before["since"].items() if path in new} | came,
    }
