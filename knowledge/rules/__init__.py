"""The rules, one file an area, collected without a list and indexed by the fields they look at."""

from __future__ import annotations

import importlib
import pkgutil
from functools import lru_cache
from typing import TYPE_CHECKING

from knowledge.rule import RULES, Rule

if TYPE_CHECKING:
    from knowledge.config import Config
    from knowledge.finding import Finding

__all__ = ["all_rules", "rules_of", "run"]


@lru_cache(maxsize=1)
def all_rules() -> tuple[Rule, ...]:
    """Every rule of every area."""
    for module in sorted(each.name for each in pkgutil.iter_modules(__path__)):
        importlib.import_module(f"{__name__}.{module}")
    return tuple(RULES)


@lru_cache(maxsize=1)
def _index() -> tuple[dict[str, tuple[Rule, ...]], tuple[Rule, ...]]:
    by_root: dict[str, list[Rule]] = {}
    always = []
    for rule in all_rules():
        if rule.always:
            always.append(rule)
            continue
        for root in dict.fromkeys(field.split(".")[0].split("[")[0] for field in rule.needs or rule.fields):
            by_root.setdefault(root, []).append(rule)
    return {root: tuple(rules) for root, rules in by_root.items()}, tuple(always)


def rules_of(path: str) -> tuple[Rule, ...]:
    """The rules that look at a field."""
    return tuple(rule for rule in all_rules() if path in rule.fields)


def run(config: Config) -> list[Finding]:
    """What the rules find whose fields the config holds."""
    by_root, always = _index()
    due = dict.fromkeys(always)
    for root in config.roots:
        if root in by_root:
            due.update(dict.fromkeys(by_root[root]))
    found: list[Finding] = []
    for rule in due:
        try:
            found.extend(rule.findings(config))
        except Exception:  # noqa: BLE001 - one rule's fault must not take the others' answers with it; it is said
            config.memo.setdefault("broken", []).append(rule.id)
    return found
