"""Everything that the bot knows, as documents to search: each with its names, wordings, summary and text."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING

from knowledge.by_hand import in_entry, read_yaml
from knowledge.catalog import Catalog
from knowledge.diagnosis.known import known_errors
from knowledge.faq import starter_questions
from knowledge.foreign import meaning, names_of
from knowledge.pages import PAGES
from knowledge.rules import all_rules
from knowledge.samples import load_kinds
from knowledge.search.document import Document, first_sentence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.catalog import Note


def documents() -> list[Document]:
    """All documents, in an order that does not change: by kind, then as their sources list them."""
    asked = _wordings()
    found = [*_questions(), *_concepts(), *_errors(), *_fields(), *_kinds(), *_rules()]
    unknown = set(asked) - {f"{each.kind}:{each.id}" for each in found}
    if unknown:
        raise KeyError(f"wordings for what does not exist: {', '.join(sorted(unknown))}")
    return [
        Document(
            each.kind,
            each.id,
            each.title,
            each.summary,
            (*each.names, *asked.get(f"{each.kind}:{each.id}", ())),
            each.text,
        )
        for each in found
    ]


def _wordings() -> dict[str, tuple[str, ...]]:
    """Target such as `faq:resume` -> how people ask for it."""
    found: dict[str, list[str]] = {}
    folder = resources.files("knowledge.search") / "wordings"
    for file in sorted(folder.iterdir(), key=lambda each: each.name):
        for target, wordings in read_yaml(file).items():
            with in_entry(file.name, target):
                found.setdefault(target, []).extend(wordings)
    return {target: tuple(wordings) for target, wordings in found.items()}


def _questions() -> Iterator[Document]:
    for entry in starter_questions():
        yield Document(
            "faq",
            entry.key,
            entry.title,
            first_sentence(entry.text),
            (entry.title, *entry.aliases, *entry.phrases),
            f"{entry.text} {' '.join(entry.fields)}",
        )


def _concepts() -> Iterator[Document]:
    for name, note in Catalog.load().concepts.items():
        yield Document(
            "concept", name, name, note.summary, (name, *note.words), f"{note.summary} {note.text} {note.pitfalls}"
        )


def _errors() -> Iterator[Document]:
    for known in known_errors():
        phrases = [each if isinstance(each, str) else " ".join(each) for each in known.when]
        causes = " ".join(f"{cause.text} {cause.tells}" for cause in known.causes)
        yield Document(
            "error",
            known.id,
            known.meaning,
            first_sentence(known.cure),
            (known.id.replace("-", " "), known.meaning, *phrases),
            f"{causes} {known.cure} {' '.join(known.fields)}",
        )


def _fields() -> Iterator[Document]:
    """The most used first, which decides between names that are equally like a misspelled one."""
    catalog = Catalog.load()
    others = _foreign()
    for path, facts in sorted(catalog.fields.items(), key=lambda each: (-each[1].used, each[0])):
        note = catalog.notes.get(path)
        names = [path.replace("[]", ""), *facts.aliases, *(note.words if note else ()), *others.get(path, ())]
        summary = note.summary if note else ""
        yield Document("field", path, path, summary, (*names, summary), _note_text(note) if note else "")


def _note_text(note: Note) -> str:
    return " ".join((note.raising, note.lower, note.costs, note.pitfalls, note.left_out, note.text))


def _foreign() -> dict[str, list[str]]:
    """Path -> the names that other trainers have for it."""
    found: dict[str, list[str]] = {}
    for name in names_of():
        meant = meaning(name)
        if meant is not None and meant.field:
            found.setdefault(meant.field, []).append(name)
    return found


def _kinds() -> Iterator[Document]:
    for kind in load_kinds():
        name, under = kind.names[0] if kind.names else kind.reads, f"@{kind.rl[0]}" if kind.rl else ""
        yield Document(
            "kind",
            f"{name}{under}",
            f"type: {kind.title}" if kind.names else kind.written,
            kind.summary,
            (*kind.names, kind.summary),
            " ".join((*(column.column for column in kind.columns), *kind.rl, kind.trained, *kind.traps)),
        )


def _rules() -> Iterator[Document]:
    for rule in all_rules():
        yield Document(
            "rule",
            rule.id,
            rule.title,
            first_sentence(rule.text),
            (rule.id, rule.title),
            f"{rule.text} {' '.join(rule.fields)}",
        )
    for name, page in PAGES.items():
        yield Document("rule", name, page.title, first_sentence(page.text), (name, page.title), page.text)
