"""knowledge/search/index.json: everything that the bot knows, as it is searched."""

from __future__ import annotations

from knowledge.catalog import Catalog
from knowledge.search.build import build, load_lexicon, to_text
from knowledge.search.documents import documents
from knowledge.search.words import Lexicon

PATH = "knowledge/search/index.json"


def render() -> str:
    """The index, a line a term."""
    lexicon = load_lexicon()
    parts = build(documents(), Lexicon(**lexicon))
    return to_text({"axolotl": {"release": Catalog.load().axolotl}, "lexicon": lexicon, **parts})
