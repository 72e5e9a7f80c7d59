"""Reading the starter FAQ from its YAML files."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources
from typing import NamedTuple

from knowledge.by_hand import in_entry, read_yaml


class Question(NamedTuple):
    """An entry of the starter FAQ.

    Attributes:
        key: Its name, which never changes.
        title: The question.
        text: The answer, in Markdown.
        aliases: Other names of it.
        phrases: Parts of error messages that it answers.
        fields: Fields of the config that it is about.
        rules: Rules of the check that look at the same.
    """

    key: str
    title: str
    text: str
    aliases: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()


@lru_cache(maxsize=1)
def starter_questions() -> tuple[Question, ...]:
    """All entries, by file and in the order in which they are written there."""
    found = []
    for file in sorted(resources.files(__package__).iterdir(), key=lambda item: item.name):
        if file.name.endswith(".yaml"):
            for number, written in enumerate(read_yaml(file)["entries"], start=1):
                with in_entry(file.name, written.get("key", number)):
                    several = {name: tuple(written.get(name, ())) for name in ("aliases", "phrases", "fields", "rules")}
                    found.append(Question(written["key"], written["title"], written["text"], **several))
    return tuple(found)
