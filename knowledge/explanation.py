"""`explain(name)`: a field, a concept, a dataset type or a rule; `search(prefix)`: what an autocomplete offers."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from knowledge.catalog import Catalog, Choice, Explanation
from knowledge.pages import PAGES
from knowledge.rules import all_rules, rules_of
from knowledge.samples import explain_kind, load_kinds
from knowledge.secrets import mask
from knowledge.text import alike

if TYPE_CHECKING:
    from knowledge.rule import Rule
    from knowledge.samples import Column, Kind

TYPE = "datasets[].type"
_MARK = "type:"
"""Written before a name, it says that a dataset type is meant: `chat_template` alone is the field."""
_TYPES_OFFERED = 8
_NEAR = 5


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
            example=f"# wrong\n{page.bad}# right\n{page.good}" if page.bad else "",
            axolotl=catalog.axolotl,
        )
    kind = wanted.removeprefix(_MARK).strip()
    if kinds := () if wanted in catalog.fields else explain_kind(kind):
        return _of_type(name, kind, kinds, catalog)
    found = catalog.explain(name)
    if found.kind is None:
        near = [_asked(each, catalog) for each in _near_types(kind)]
        return replace(found, nearest=tuple(dict.fromkeys([*near, *found.nearest]))[:_NEAR])
    if found.kind == "field" and found.path is not None:
        looking = tuple(rule.id for rule in rules_of(found.path))
        return replace(found, rules=looking)
    return found


def search(prefix: str, limit: int = 25) -> list[Choice]:
    """What an autocomplete shows: fields and concepts, and the dataset types that begin with what was typed."""
    catalog = Catalog.load()
    found = catalog.search(prefix, limit)
    wanted = prefix.strip().strip("`").lower().removeprefix(_MARK).strip()
    names = [name for name in _type_names() if wanted and name.startswith(wanted)][:_TYPES_OFFERED]
    types = [
        Choice(name=f"type: {name} · {explain_kind(name)[0].summary}"[:100], value=_asked(name, catalog))
        for name in names
    ]
    fields = sum(choice.value.startswith(wanted) for choice in found[: limit - len(types)])
    return [*found[:fields], *types, *found[fields:]][:limit]


@lru_cache(maxsize=1)
def _type_names() -> tuple[str, ...]:
    return tuple(sorted({name for kind in load_kinds() for name in kind.names}))


def _near_types(name: str) -> list[str]:
    """Dataset types that hold a name, else those that a misspelled one may mean."""
    names = _type_names()
    holding = [each for each in names if name and name in each]
    return holding[:_NEAR] or [each for _, each in alike(name, {each: each for each in names}, limit=_NEAR, cutoff=75)]


def _asked(name: str, catalog: Catalog) -> str:
    """How a dataset type is asked for, where a field has the same name."""
    return f"{_MARK} {name}" if name in catalog.fields else name


def _of_type(name: str, kind_name: str, kinds: tuple[Kind, ...], catalog: Catalog) -> Explanation:
    kind = kinds[0]
    rl = f"rl: {kind.rl[0]}\n" if kind.rl else ""
    key = "pretraining_dataset" if kind.reads == "pretrain" else "datasets"
    keys = [f"datasets[].{column.key}" for each in kinds for column in each.columns if column.key]
    return Explanation(
        name=name,
        kind="dataset type",
        path=f"{_MARK} {kind_name}",
        summary=kind.summary[:1].upper() + kind.summary[1:],
        text="\n\n".join(_reads(each) + (f" {' '.join(each.traps)}" if len(kinds) > 1 else "") for each in kinds),
        pitfalls=" ".join(kind.traps) if len(kinds) == 1 else "",
        example=f"{rl}{key}:\n  - path: rows.jsonl\n    type: {kind_name}\n# a row: {kind.good}\n",
        see=tuple(dict.fromkeys([TYPE, *(each for each in keys if each in catalog.fields), *(["rl"] if rl else [])])),
        axolotl=catalog.axolotl,
    )


def _reads(kind: Kind) -> str:
    """The columns, what is trained of them, and the tokens around it."""
    under = f"With {', '.join(f'`rl: {each}`' for each in kind.rl)}: reads" if kind.rl else "Reads"
    columns = ", ".join(_column(column) for column in kind.columns) or "no column of its own"
    return f"{under} {columns}. Trained: {kind.trained}. Start and end: {kind.ends}."


def _column(column: Column) -> str:
    names = " or ".join(f"`{each}`" for each in (column.column, *column.others))
    words = [] if column.part == column.column else [column.part]
    words += [f"another name by `{column.key}`"] if column.key else []
    words += ["may be left out"] if column.optional else []
    return f"{names} ({'; '.join(words)})" if words else names


def _of_rule(name: str, rule: Rule, catalog: Catalog) -> Explanation:
    return Explanation(
        name=name,
        kind="rule",
        path=rule.id,
        summary=rule.title,
        text=rule.text,
        type=rule.severity.heading,
        example=f"# wrong\n{rule.bad}# right\n{rule.good}",
        see=tuple(dict.fromkeys(field for field in rule.fields if field in catalog.fields)),
        axolotl=catalog.axolotl,
    )
