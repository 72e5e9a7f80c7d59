"""docs/rules.md: every finding that a check can make, by area, from the rules themselves and knowledge/pages.py."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from knowledge.finding import Severity
from knowledge.pages import PAGES
from knowledge.rules import all_rules
from scripts.pages.fields import AREAS as FIELD_AREAS
from scripts.pages.fields import anchor

if TYPE_CHECKING:
    from collections.abc import Iterable

    from knowledge.pages import Page
    from knowledge.rule import Rule

PATH = "docs/rules.md"

AREAS = FIELD_AREAS | {
    "learning_rate": FIELD_AREAS["schedule"],
    "schedule_build": "The learning rate's course",
    "schedule_keys": "Keys that a schedule never reads",
    "steps": "What the run comes to",
    "rows_lost": "What the run comes to: its rows",
    "best_model": "What the run comes to: its evaluations",
    "removed": "Removed keys, and settings of the run",
    "hub_model": "What the Hub says of the model",
    "hub_data": "What the Hub says of the datasets",
    "launcher": "Cloud launcher files",
    "launcher_modal": "Cloud launcher files for Modal",
    "launcher_nebius": "Cloud launcher files for Nebius",
    "launcher_coreweave": "Cloud launcher files for CoreWeave",
}
"""The files of knowledge/rules in reading order, with the headings of their chapters."""
_FACTS = "Names, types and choices"
_TEXT = "The YAML itself"


def render() -> str:
    """The page."""
    rules = sorted(all_rules(), key=lambda rule: (_rank(rule.area), rule.severity.rank, rule.id))
    chapters = [(_title(area), list(of)) for area, of in groupby(rules, key=lambda rule: rule.area)]
    ours = {name: page for name, page in PAGES.items() if not name.startswith("yaml-")}
    lines = [
        "# Findings",
        "",
        _introduction(len(rules) + len(PAGES)),
        "",
        *_table(rules),
        "",
        *(f"- [{title}](#{anchor(title)})" for title in (_FACTS, *(title for title, _ in chapters), _TEXT)),
        "",
        f"## {_FACTS}",
        "",
        *(line for name, page in ours.items() for line in _page(name, page)),
    ]
    for title, of in chapters:
        lines += [f"## {title}", "", *(line for rule in of for line in _rule(rule))]
    lines += [f"## {_TEXT}", ""]
    lines += [line for name, page in PAGES.items() if name not in ours for line in _page(name, page)]
    return "\n".join(lines).rstrip() + "\n"


def _introduction(count: int) -> str:
    return (
        f"What a check can say: {count} findings, generated from `knowledge/rules` and `knowledge/pages.py` by "
        "`scripts/write_docs.py`. `helpbot explain ID` and `/explain` say the same. A comment "
        "`# helpbot: ignore ID` on its line, or above the first key, silences one."
    )


def _table(rules: Iterable[Rule]) -> list[str]:
    severities = [*(rule.severity for rule in rules), *(page.severity for page in PAGES.values())]
    return [
        "| severity | heading | findings |",
        "|---|---|---|",
        *(f"| {each.value} | {each.heading} | {severities.count(each)} |" for each in Severity),
    ]


def _rule(rule: Rule) -> list[str]:
    looks = ", ".join(f"`{field}`" for field in rule.fields)
    on = f" · on {rule.gpus} GPUs" if rule.gpus > 1 else ""
    rows = f" · with rows of {', '.join(f'{length}' for length in rule.lengths[:4])} … tokens" if rule.lengths else ""
    asks = " · asks the Hub" if rule.hub is not None else ""
    head = f"{rule.severity.heading} · looks at {looks}{on}{rows}{asks}"
    return _entry(rule.id, head, rule.title, rule.text, rule.bad, rule.good)


def _page(name: str, page: Page) -> list[str]:
    return _entry(name, page.severity.heading, page.title, page.text, page.bad, page.good)


def _entry(name: str, head: str, title: str, text: str, bad: str, good: str) -> list[str]:
    lines = [f"### {name}", "", head, "", f"**{title}**" + (f" {text}" if text else ""), ""]
    if bad:
        lines += ["Instead of:", "", "```yaml", bad.rstrip("\n"), "```", ""]
    if good:
        lines += ["Write:", "", "```yaml", good.rstrip("\n"), "```", ""]
    return lines


def _rank(area: str) -> tuple[int, str]:
    return (list(AREAS).index(area) if area in AREAS else len(AREAS), area)


def _title(area: str) -> str:
    return AREAS.get(area, area.replace("_", " ").capitalize())
