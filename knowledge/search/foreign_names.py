"""Names of other trainers within a question: what Axolotl calls them, since it never reads them."""

from __future__ import annotations

import re
from functools import lru_cache

from knowledge.catalog import Catalog
from knowledge.foreign import meaning
from knowledge.text import listed

_NAME = re.compile(r"(?<![\w.\[/-])[A-Za-z]\w{0,60}_\w{1,60}(?![\w/-])")
_MOST = 2
_LOOKED_AT = 600


def foreign_names(question: str) -> str:
    """A sentence for each name in a question that another trainer reads and Axolotl does not; empty without any."""
    said: list[str] = []
    for name in dict.fromkeys(_NAME.findall(question[:_LOOKED_AT])):
        known = None if name in _own() else meaning(name)
        if known is None or known.kind != "field" or not known.trainers:
            continue
        whose = listed(known.trainers[:2])
        said.append(
            f"**Axolotl never reads `{name}`**: it is a name from {whose}. Axolotl calls it `{known.field}`."
            if known.renames
            else f"**Axolotl never reads `{name}`**: it is a name from {whose}. In Axolotl, set `{known.field}`."
        )
    return "\n\n".join(said[:_MOST])


@lru_cache(maxsize=1)
def _own() -> frozenset[str]:
    """The last parts of the paths of Axolotl's own fields."""
    return frozenset(path.rpartition(".")[2].removesuffix("[]") for path in Catalog.load().fields)
