"""Axolotl's classes and the order of its checks, as facts."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from knowledge.config.changes_after_typing import LATER
from knowledge.config.plugins import IN_BLOCKS, PLUGIN_CHECKS, REGISTER
from knowledge.facts import read_json

if TYPE_CHECKING:
    from knowledge.coercion import Models


class Types(NamedTuple):
    """Axolotl's classes (facts/types.json) and the order of its checks (facts/order.json).

    `steps` is the rank of each check; `aliases` leads from another name to the field's; `defaults` holds what an absent
    root field is, where nothing but its class decides it; `launchers` leads from a cloud provider to the class of its
    file; `names` are all root keys that a training config may have, those of plugins too.
    """

    axolotl: str
    models: Models
    root: dict[str, Any]
    plugins: dict[str, str]
    steps: dict[str, int]
    aliases: dict[str, str]
    defaults: dict[str, Any]
    launchers: dict[str, str]
    names: frozenset[str]

    def choices(self, key: str) -> frozenset[str]:
        """The closed values of a root field that takes a name, empty for none."""
        found: set[str] = set()
        pending = [self.root[key]["type"]]
        while pending:
            kind = pending.pop()
            if isinstance(kind, dict):
                found.update(
                    value for value in (*kind.get("enum", ()), *kind.get("literal", ())) if isinstance(value, str)
                )
                pending += [kind[name] for name in ("null", "of") if name in kind]
                pending += kind.get("union", ())
        return frozenset(found)


@lru_cache(maxsize=1)
def load_types() -> Types:
    """The facts, read once."""
    types, order = read_json("types.json"), read_json("order.json")
    root = types["models"][types["root"]]["fields"]
    before = list(order["before_in_run_order"])
    after_core = before.index("sync_context_parallel_size") + 1
    names = [*before[:after_core], *PLUGIN_CHECKS, *before[after_core:], *IN_BLOCKS, *order["after_in_run_order"]]
    aliases = {other: name for name, field in root.items() for other in field.get("names", ()) if other != name}
    defaults = {
        name: field.get("default")
        for name, field in root.items()
        if "names" not in field and name not in LATER and not isinstance(field.get("default"), dict)
    }
    names_of_plugins = (types["models"][arguments]["fields"] for arguments in types["plugins"].values())
    del defaults["datasets"]  # its entries are typed one by one
    return Types(
        types["axolotl"],
        types["models"],
        root,
        types["plugins"],
        {REGISTER: -1, **{name: rank for rank, name in enumerate(names)}},
        aliases,
        defaults,
        types["launchers"],
        frozenset(root).union(aliases, *names_of_plugins),
    )
