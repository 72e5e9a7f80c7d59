"""`answer(question)`: what the bot knows about a question, and how sure that is."""

from __future__ import annotations

from knowledge.catalog import Choice
from knowledge.search.levels import Level
from knowledge.search.lookup import load_search
from knowledge.search.texts import text_of
from knowledge.search.words import LONGEST
from knowledge.secrets import mask
from knowledge.text import shortened
from knowledge.value import value

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
class Answer:
    """What was found for a question.

    Attributes:
        question: What was asked, secrets masked.
        level: `sure` where the first topic answers it, `perhaps` where one of them may, `unknown` where none is likely.
        answers: Up to three topics, best first.
        axolotl: The Axolotl release that they speak for.
    """

    question: str
    level: Level
    answers: tuple[Topic, ...] = ()
    axolotl: str = ""


def answer(question: str) -> Answer:
    """What the bot knows about a question in somebody's own words; no text raises.

    Args:
        question: A question, a name or the line of an error; of a longer text the beginning is read.
    """
    asked = mask(question[:LONGEST])
    search = load_search()
    found = search.find(asked)
    topics = []
    for place, hit in enumerate(found.hits[:ANSWERS]):
        kind, name, title, summary = search.index.documents[hit.number]
        whole = place == 0 and found.level == "sure"
        topics.append(Topic(kind=kind, id=name, title=title, text=text_of(kind, name) if whole else summary))
    return Answer(question=asked.strip(), level=found.level, answers=tuple(topics), axolotl=search.index.axolotl)


def complete(typed: str, limit: int = 25) -> list[Choice]:
    """What an autocomplete offers for what is typed so far: names and questions that may be meant, best first."""
    search = load_search()
    choices = []
    for number in search.complete(typed, limit):
        kind, name, title, summary = search.index.documents[number]
        label = title if kind in ("faq", "error", "rule") or not summary else f"{title} · {summary}"
        choices.append(Choice(name=shortened(label, 100), value=f"{kind}:{name}"[:100]))
    return choices
