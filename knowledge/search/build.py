"""Making the index: which terms lead to which names and documents, and how much each tells."""

from __future__ import annotations

import json
import math
from collections import Counter
from importlib import resources
from typing import TYPE_CHECKING, Any

from knowledge.by_hand import read_yaml
from knowledge.search.words import split

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from knowledge.search.document import Document
    from knowledge.search.words import Lexicon

IN_NAMES, IN_SUMMARY, IN_TEXT = 2.0, 2.0, 1.0
"""What a term counts by where it stands: in a title or another name, in the summary, in the text."""
SATURATION, LENGTH = 1.8, 0.6
"""BM25's k1 and b."""
MOST_TOLD = 5.0
"""The most that a term tells: a word that only one document happens to have is no better clue than one of five."""
_NAMES_READ = 60
"""Names of one document that are looked at; an error of more phrases is found by these."""


def load_lexicon() -> dict[str, Any]:
    """The words of lexicon.yaml: `filler`, a list, and `same`, spelling -> what it means."""
    raw = read_yaml(resources.files("knowledge.search") / "lexicon.yaml")
    return {"filler": raw["filler"].split(), "same": raw["same"]}


def build(
    documents: Sequence[Document], lexicon: Lexicon, rarity: Callable[[str], float] | None = None
) -> dict[str, Any]:
    """The parts of an index.

    Args:
        documents: What is to be found.
        lexicon: How words are read.
        rarity: How much a term tells, where other documents have settled that. Their words are known then, too, so
            these documents add none to the vocabulary.

    Returns:
        `documents` ([kind, id, title, summary] each), `names` (the document of each name and its norm), `terms` (term
        -> [rarity, document, impact, document, impact, ...]), `in_names` (term -> names that hold it) and `vocabulary`
        (word -> how many documents have it).
    """
    names = [_named(document, lexicon) for document in documents]
    bags = [_bag(document, terms, lexicon) for document, terms in zip(documents, names, strict=True)]
    lengths = [sum(bag.values()) for bag in bags]
    usual = sum(lengths) / max(len(lengths), 1) or 1.0
    within = Counter(term for bag in bags for term in bag)

    def told(term: str) -> float:
        return min(MOST_TOLD, math.log(1 + (len(bags) - within[term] + 0.5) / (within[term] + 0.5)))

    idf = {term: (rarity or told)(term) for term in within}
    terms: dict[str, list[Any]] = {term: [round(told, 3)] for term, told in sorted(idf.items())}
    for number, bag in enumerate(bags):
        slack = SATURATION * (1 - LENGTH + LENGTH * lengths[number] / usual)
        for term, weight in bag.items():
            terms[term] += (number, round(100 * weight * (SATURATION + 1) / (weight + slack)))
    norms, in_names = _norms(names, idf)
    return {
        "documents": [[each.kind, each.id, each.title, each.summary] for each in documents],
        "names": norms,
        "terms": terms,
        "in_names": in_names,
        "vocabulary": _vocabulary(documents) if rarity is None else {},
    }


def to_text(index: Mapping[str, Any]) -> str:
    """The index as JSON with a term, a document or a word on each line, so that a change shows as small as it is."""
    parts = []
    for name, part in index.items():
        if isinstance(part, dict):
            lines = [f"{_plain(key)}:{_plain(value)}" for key, value in part.items()]
            parts.append(f"{_plain(name)}:{{\n" + ",\n".join(lines) + "\n}")
        else:
            parts.append(f"{_plain(name)}:[\n" + ",\n".join(_plain(each) for each in part) + "\n]")
    return "{" + ",\n".join(parts) + "}\n"


def _plain(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _named(document: Document, lexicon: Lexicon) -> list[frozenset[str]]:
    """The terms of each name."""
    return [frozenset(lexicon.terms(name)) for name in document.names[:_NAMES_READ]]


def _bag(document: Document, names: Iterable[frozenset[str]], lexicon: Lexicon) -> dict[str, float]:
    """Term -> how often it stands there, weighed by where; a term of many names counts for three of them."""
    found: dict[str, float] = {}
    in_names = Counter(term for terms in names for term in sorted(terms))
    parts = (
        (IN_NAMES, {term: min(amount, 3) for term, amount in in_names.items()}),
        (IN_SUMMARY, Counter(lexicon.terms(document.summary))),
        (IN_TEXT, Counter(lexicon.terms(document.text))),
    )
    for weight, counted in parts:
        for term, amount in counted.items():
            found[term] = found.get(term, 0.0) + weight * amount
    return found


def _norms(
    named: Iterable[list[frozenset[str]]], idf: Mapping[str, float]
) -> tuple[list[list[float]], dict[str, list[int]]]:
    """The document of each name with the name's norm, and term -> names that hold it."""
    names: list[list[float]] = []
    in_names: dict[str, list[int]] = {}
    for number, each in enumerate(named):
        for terms in dict.fromkeys(each):
            if terms:
                for term in sorted(terms):
                    in_names.setdefault(term, []).append(len(names))
                names.append([number, round(math.sqrt(sum(idf[term] ** 2 for term in terms)), 3)])
    return names, dict(sorted(in_names.items()))


def _vocabulary(documents: Iterable[Document]) -> dict[str, int]:
    """The whole words by how many documents hold them, for how a misspelled one was meant."""
    counted: Counter[str] = Counter()
    for document in documents:
        counted.update({word for part in (*document.names, document.summary, document.text) for word in split(part)})
    return dict(sorted(counted.items()))
