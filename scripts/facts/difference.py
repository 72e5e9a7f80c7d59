"""What differs between the facts of two releases, as Markdown for a pull request."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_SHOWN = {
    "type": "type",
    "default": "default",
    "enum": "choices",
    "enum_open": "other values",
    "checked_values": "checked values",
    "constraints": "bounds",
    "plugin": "plugin",
    "required": "required",
    "deprecated": "deprecated",
    "replacement": "replaced by",
    "aliases": "other names",
}


def difference(old: Path, new: Path) -> str:
    """Added, removed and changed fields, checks and names of values between two folders of facts."""
    before, after = _read(old, "fields.json"), _read(new, "fields.json")
    sections = [
        *_fields(before["fields"], after["fields"]),
        *_named("Checks", _checks(old), _checks(new)),
        *_order(_read(old, "order.json"), _read(new, "order.json")),
        *_values(_read(old, "values.json"), _read(new, "values.json")),
        *_named("Plugins", before["plugins"], after["plugins"]),
        *_evidence(_read(old, "evidence.json"), _read(new, "evidence.json")),
    ]
    title = f"# Axolotl {before['axolotl']} → {after['axolotl']}"
    return "\n\n".join([title, *(sections or ["Nothing differs in fields, checks, values and plugins."])]) + "\n"


def _read(folder: Path, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / name).read_text("utf-8"))
    return found


def _evidence(before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    """The notes whose source changed: they are to be read again."""
    changed = {
        name: [place for place, digest in places.items() if before["notes"].get(name, {}).get(place, digest) != digest]
        for name, places in after["notes"].items()
    }
    lines = [f"`{name}`: {', '.join(f'`{place}`' for place in places)}" for name, places in changed.items() if places]
    if lines:
        yield _section("Notes to read again, since their source changed", lines)


def _fields(before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    added = [path for path in after if path not in before]
    removed = [path for path in before if path not in after]
    changed = {
        path: list(_changes(before[path], after[path]))
        for path in after
        if path in before and any(before[path].get(key) != after[path].get(key) for key in _SHOWN)
    }
    if added:
        yield _section("Fields added", (f"`{path}`: {_described(after[path])}" for path in added))
    if removed:
        yield _section("Fields removed", (f"`{path}`" for path in removed))
    if changed:
        yield _section("Fields changed", (f"`{path}`: {'; '.join(words)}" for path, words in changed.items()))


def _described(facts: dict[str, Any]) -> str:
    words = [" or ".join(facts["type"])]
    words += [f"{word} {_shown(facts[key])}" for key, word in _SHOWN.items() if key != "type" and facts.get(key)]
    return ", ".join(words)


def _changes(before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    for key, word in _SHOWN.items():
        old, new = before.get(key), after.get(key)
        if old == new:
            continue
        if isinstance(old, list) and isinstance(new, list):
            signs = [*(f"+{_shown(each)}" for each in new if each not in old)]
            signs += [f"−{_shown(each)}" for each in old if each not in new]
            yield f"{word} {' '.join(signs) or 'in another order'}"
        else:
            yield f"{word} {_shown(old)} → {_shown(new)}"


def _shown(value: Any) -> str:
    return "none" if value is None else f"`{json.dumps(value, ensure_ascii=False)}`"


def _checks(folder: Path) -> list[str]:
    """Checks of the whole config, and those around one field's type."""
    order = _read(folder, "order.json")
    models = _read(folder, "types.json")["models"]
    whole = [name for key, names in order.items() if key != "axolotl" for name in names]
    return list(dict.fromkeys([*whole, *_inside(models)]))


def _inside(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("check"), str):
            yield value["check"]
        for inner in value.values():
            yield from _inside(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _inside(inner)


def _order(before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    """Whether checks that both have run in another order, which decides which refusal comes first."""
    moved = []
    for key in before:
        if isinstance(before[key], list):
            shared = [
                [name for name in each if name in other] for each, other in _both(before[key], after.get(key, []))
            ]
            moved += [f"`{old}` now runs where `{new}` ran" for new, old in zip(*shared, strict=True) if new != old][:1]
    if moved:
        yield _section("Checks in another order", moved)


def _both(old: list[str], new: list[str]) -> list[tuple[list[str], list[str]]]:
    return [(old, new), (new, old)]


def _values(before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    lines = []
    for name, old in _lists(before, ""):
        new = dict(_lists(after, "")).get(name, [])
        signs = [f"+`{each}`" for each in new if each not in old] + [f"−`{each}`" for each in old if each not in new]
        if signs:
            lines.append(f"`{name}`: {' '.join(signs)}")
    if lines:
        yield _section("Values", lines)


def _lists(value: dict[str, Any], path: str) -> Iterator[tuple[str, list[Any]]]:
    for key, inner in value.items():
        if isinstance(inner, list):
            yield f"{path}{key}", inner
        elif isinstance(inner, dict):
            yield from _lists(inner, f"{path}{key}.")


def _named(title: str, before: Iterable[str], after: Iterable[str]) -> Iterator[str]:
    old, new = list(before), list(after)
    added, removed = [name for name in new if name not in old], [name for name in old if name not in new]
    if added:
        yield _section(f"{title} added", (f"`{name}`" for name in added))
    if removed:
        yield _section(f"{title} removed", (f"`{name}`" for name in removed))


def _section(title: str, lines: Iterable[str]) -> str:
    listed = [f"- {line}" for line in lines]
    return "\n".join([f"## {title} ({len(listed)})", "", *listed])
