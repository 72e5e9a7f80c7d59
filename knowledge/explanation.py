"""`explain(name)`: a field, a concept or a rule, with the rules that look at it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knowledge.catalog import Catalog, Explanation
from knowledge.pages import PAGES
from knowledge.rules import all_rules, rules_of
from knowledge.secrets import mask

if TYPE_CHECKING:
    from knowledge.rule import Rule


def explain(name: str) -> Explanation:
    """Everything known of a name; `kind` is None, with near names, when there is none. A secret is not said back."""
    catalog, name = Catalog.load(), mask(name)
    wanted = name.strip().strip("`").lower()
    for rule in all_rules():
        if rule.id == wanted:
            return _of_rule(name, rule, catalog)
    if wanted in PAGES:
        page = PAGES[wanted]
        return Explanation(
            name=name,
            kind="rule",
            path=wanted,
            summary=page.title,
            text=page.text,
            type=page.severity.heading,
            example=f"# so not\n{page.bad}# but so\n{page.good}" if page.bad else "",
            axolotl=catalog.axolotl,
        )
    found = catalog.explain(name)
    if found.kind == "field" and found.path is not None:
        looking = tuple(rule.id for rule in rules_of(found.path))
        return found.model_copy(update={"rules": looking})
    return found


def _of_rule(name: str, rule: Rule, catalog: Catalog) -> Explanation:
    return Explanation(
        name=name,
        kind="rule",
        path=rule.id,
        summary=rule.title,
        text=rule.text,
        type=rule.severity.heading,
        example=f"# so not\n{rule.bad}# but so\n{rule.good}",
        see=tuple(dict.fromkeys(field for field in rule.fields if field in catalog.fields)),
        axolotl=catalog.axolotl,
    )
