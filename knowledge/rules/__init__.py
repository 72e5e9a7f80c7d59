"""The rules, one file an area, collected without a list and indexed by the fields they look at."""

from __future__ import annotations

import importlib
from functools import lru_cache
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING

from knowledge.config import Failure, Unreadable
from knowledge.document import MAX_FINDINGS
from knowledge.hub import facts_of
from knowledge.rule import HUB, RULES, Rule, is_of_launcher

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.config import Config
    from knowledge.finding import Finding

__all__ = ["all_rules", "rules_of", "run"]


@lru_cache(maxsize=1)
def all_rules() -> tuple[Rule, ...]:
    """Every rule of every area."""
    for area in _areas():
        importlib.import_module(f"{__name__}.{area}")
    return tuple(sorted(RULES, key=lambda rule: rule.area))


@lru_cache(maxsize=1)
def _areas() -> tuple[str, ...]:
    files = (file for folder in __path__ for file in Path(folder).iterdir())
    return tuple(sorted(file.stem for file in files if file.suffix == ".py" and not file.name.startswith("_")))


@lru_cache(maxsize=2)
def _index(launcher: bool) -> tuple[dict[str, dict[Rule, None]], dict[Rule, None]]:  # noqa: FBT001 - a key of the cache
    """The rules that each root field calls for, and those that are always due; dicts, for their order."""
    areas = [area for area in _areas() if is_of_launcher(area) is launcher]
    for area in areas:
        importlib.import_module(f"{__name__}.{area}")
    rules = sorted((rule for rule in RULES if rule.of_launcher is launcher), key=lambda rule: rule.area)
    by_root: dict[str, dict[Rule, None]] = {}
    for rule in rules:
        for field in () if rule.always else rule.needs or rule.fields:
            by_root.setdefault(_root(field), {})[rule] = None
    return by_root, dict.fromkeys(rule for rule in rules if rule.always)


def _root(field: str) -> str:
    """What has to be held: the root of a path, and below `datasets` the key of an entry, most of which are rare."""
    root, below, key = field.partition("[].")
    return f"{root}[].{key.split('.')[0]}" if below and root == "datasets" else root.split(".")[0].split("[")[0]


def _held(config: Config) -> Iterator[str]:
    yield from config.roots
    if facts_of(config) is not None:
        yield HUB
    entries = config.values.get("datasets")
    if isinstance(entries, list):
        keys = {key for entry in entries if isinstance(entry, dict) for key in entry}
        yield from (f"datasets[].{key}" for key in keys)


def rules_of(path: str) -> tuple[Rule, ...]:
    """The rules that look at a field."""
    return tuple(rule for rule in all_rules() if path in rule.fields)


def _due(config: Config) -> list[Rule]:
    """The rules whose fields a config holds; the general ones last."""
    by_root, always = _index(config.launcher is not None)
    due = dict.fromkeys(chain(always, *(by_root[held] for held in _held(config) if held in by_root)))
    general = [rule for rule in due if rule.general]
    for rule in general:
        del due[rule]
    return [*due, *general]


def run(config: Config) -> list[Finding]:
    """What the rules find whose fields the config holds."""
    found: list[Finding] = []
    told: set[str] = set()
    for rule in _due(config):
        try:
            problems = [*islice(rule.check(config), MAX_FINDINGS + 1)]
            findings = rule.stamped(problems, config) if problems else []
        except Unreadable:  # that has its own ERROR
            continue
        except Exception as error:  # noqa: BLE001 - one rule's fault must not take the others' answers with it; it is said
            config.failures.append(Failure(rule.id, type(error).__name__))
            continue
        if rule.general:
            findings = [each for each in findings if told.isdisjoint(each.fields)]
        if findings:
            told.update(field for each in findings for field in each.fields)
            found += findings
    return found
