"""`answer(question)`: what the bot knows about a question, and how sure that is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knowledge.catalog import Choice
from knowledge.search.document import Document, first_sentence
from knowledge.search.figures import figures
from knowledge.search.foreign_names import foreign_names
from knowledge.search.levels import Level
from knowledge.search.lookup import load_search
from knowledge.search.texts import text_of
from knowledge.search.words import LONGEST
from knowledge.secrets import mask
from knowledge.text import shortened
from knowledge.value import value

if TYPE_CHECKING:
    from collections.abc import Sequence

ANSWERS = 3


@value
class Topic:
    """Something that the bot knows.

    Attributes:
        kind: `faq`, `field`, `concept`, `kind` (a dataset type), `error` or `rule`.
        id: How it is named among its kind, such as `resume` or `datasets[].type`.
        title: What it is called.
        text: What it says, in Markdown: all of it where the answer is sure and it comes first, else its beginning.
    """

    kind: str
    id: str
    title: str
    text: str


@value
class OwnEntry:
    """An entry of a server's own FAQ.

    Attributes:
        key: Its name in the server.
        title: The question.
        text: The answer, in Markdown.
        names: Other names of it, and the errors that it answers.
    """

    key: str
    title: str
    text: str
    names: tuple[str, ...] = ()

    @property
    def document(self) -> Document:
        """The entry as it is searched."""
        return Document("faq", self.key, self.title, first_sentence(self.text), (self.title, *self.names), self.text)


@value
class Answer:
    """What was found for a question.

    Attributes:
        question: What was asked, secrets masked.
        level: `sure` where the first topic answers it, `perhaps` where one of them may, `unknown` where none is likely.
        answers: Up to three topics, best first.
        figures: What is said of what the question names: names of other trainers, and what arithmetic says of its
            numbers, with what was assumed; empty without them.
        axolotl: The Axolotl release that they speak for.
    """

    question: str
    level: Level
    answers: tuple[Topic, ...] = ()
    figures: str = ""
    axolotl: str = ""


def answer(question: str, own: Sequence[OwnEntry] = ()) -> Answer:
    """What the bot knows about a question in somebody's own words; no text raises.

    Args:
        question: A question, a name or the line of an error; of a longer text the beginning is read.
        own: Entries of a server that may answer it; each stands in for the starter entry of the same key.
    """
    asked = mask(question[:LONGEST])
    search = load_search()
    found = search.find(asked, [each.document for each in own])
    texts = {each.key: each.text for each in own}
    topics = []
    for place, hit in enumerate(found.hits[:ANSWERS]):
        document = hit.document
        whole = place == 0 and found.level == "sure"
        text = document.summary
        if whole:
            text = texts[document.id] if document.kind == "faq" and document.id in texts else text_of(document)
        topics.append(Topic(kind=document.kind, id=document.id, title=document.title, text=text))
    told = "\n\n".join(part for part in (foreign_names(asked), figures(asked)) if part)
    level: Level = "perhaps" if told and found.level == "unknown" else found.level
    return Answer(
        question=asked.strip(), level=level, answers=tuple(topics), figures=told, axolotl=search.index.axolotl
    )


def topic(kind: str, name: str) -> Topic | None:
    """All that a topic says, by its kind and id; None where there is none of that name."""
    for document in load_search().index.documents:
        if document.kind == kind and document.id == name:
            return Topic(kind=kind, id=name, title=document.title, text=text_of(document))
    return None


def asked_as(document: Document) -> str:
    """What to ask for to get a document: its name where it has one that is written, else its title."""
    return document.id if document.kind in ("field", "concept", "rule") else document.title


def complete(typed: str, limit: int = 25) -> list[Choice]:
    """What an autocomplete offers for what is typed so far: names and questions that may be meant, best first."""
    choices = []
    for found in load_search().complete(typed, limit):
        alone = found.kind in ("faq", "error", "rule") or not found.summary
        label = found.title if alone else f"{found.title} · {found.summary}"
        choices.append(Choice(name=shortened(label, 100), value=asked_as(found)[:100]))
    return choices
