"""What the notes say is what the runs of Axolotl show: the words stand on the pages."""

from __future__ import annotations

import pytest
from scripts.check_claims import claims

from knowledge.catalog import Catalog

CATALOG = Catalog.load()


@pytest.mark.parametrize("claim", claims(), ids=lambda claim: claim["note"])
def test_the_page_says_what_the_run_shows(claim: dict[str, str]) -> None:
    found = CATALOG.explain(claim["note"])
    said = " ".join((found.modes, found.summary, found.raising, found.lower, found.pitfalls))
    assert claim["says"] in said
    assert "shown = " in claim["shows"]
