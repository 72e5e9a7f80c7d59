"""The FAQ as one YAML file: what a server exports and imports, and what the starter pack is written in."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any, Literal

import yaml
from pydantic import AwareDatetime, Field, ValidationError

from bot.store.entry import DEFAULT_CATEGORY, EntryContent, Stored
from bot.store.errors import InvalidEntry

FORMAT = 1
FILE_LIMIT = 8 * 1024 * 1024
"""Bytes of a file that is imported; Discord takes 10 MB."""
_DEPTH = 12


class FileVersion(Stored):
    """One change in an entry's past."""

    number: int = Field(ge=1)
    kind: Literal["added", "edited", "removed", "restored", "imported"]
    author_id: int = Field(ge=0, lt=2**63)
    made_at: AwareDatetime
    note: str = Field("", max_length=200)
    content: EntryContent


class FileEntry(Stored):
    """An entry as it stands in a file; `key` tells which entry of the server it is."""

    key: str = Field("", max_length=80)
    title: str
    text: str
    category: str = DEFAULT_CATEGORY
    aliases: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()
    see_also: tuple[str, ...] = ()
    removed: bool = False
    views: int = Field(0, ge=0, lt=2**53)
    helped: int = Field(0, ge=0, lt=2**53)
    unhelped: int = Field(0, ge=0, lt=2**53)
    history: tuple[FileVersion, ...] = ()

    @property
    def content(self) -> EntryContent:
        """What the entry says."""
        return EntryContent(**{name: getattr(self, name) for name in EntryContent.model_fields})


class FaqFile(Stored):
    """All entries of a server."""

    format: int = Field(FORMAT, ge=1, le=FORMAT)
    guild_id: int | None = None
    exported_at: AwareDatetime | None = None
    entries: tuple[FileEntry, ...]


def to_yaml(file: FaqFile) -> str:
    """The file's text; `from_yaml` reads the same from it."""
    data = file.model_dump(mode="json", exclude_defaults=True)
    body = yaml.dump(
        {"format": FORMAT, **data},
        Dumper=_Dumper,
        allow_unicode=True,
        sort_keys=False,
        width=110,
        default_flow_style=False,
    )
    return f"# The FAQ of a server. Edit it, and import it with /faq-admin import or `helpbot faq import`.\n{body}"


def from_yaml(text: str) -> FaqFile:
    """Reads a file.

    Raises:
        InvalidEntry: it is too large, no YAML, or no FAQ; the sentence says where.
    """
    if len(text.encode("utf-8", "replace")) > FILE_LIMIT:
        raise InvalidEntry(f"The file is larger than {FILE_LIMIT >> 20} MiB, so it was not read. Split it.")
    try:
        _check_shape(text)
        data = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - a safe loader
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise InvalidEntry(f"The file can't be read as YAML: {_first_line(error)}") from error
    if not isinstance(data, dict) or "entries" not in data:
        raise InvalidEntry("The file contains no FAQ: it needs a list under `entries`, each with a title and a text.")
    try:
        return FaqFile.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        place = _place(first["loc"], data)
        raise InvalidEntry(f"The file is not an FAQ that can be imported: {place}: {first['msg']}.") from error


@cache
def starter_pack() -> FaqFile:
    """The entries that a new server can start with, written for the Axolotl release that the bot speaks for."""
    folder = resources.files("knowledge").joinpath("faq")
    entries: list[FileEntry] = []
    for file in sorted(folder.iterdir(), key=lambda item: item.name):
        if file.name.endswith(".yaml"):
            entries.extend(from_yaml(file.read_text("utf-8")).entries)
    return FaqFile(entries=tuple(entries))


class _Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
    """Writes texts of several lines as blocks, so that they can be read and edited."""


def _write_text(dumper: Any, text: str) -> Any:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _write_text)


def _check_shape(text: str) -> None:
    """Looks at the events first: nesting, aliases and duplicate tricks are refused before anything is built."""
    depth = 0
    for event in yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise ValueError("anchors and aliases are not allowed in an FAQ file")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > _DEPTH:
                line = event.start_mark.line + 1 if event.start_mark else "?"
                raise ValueError(f"line {line} is nested too deeply")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _place(path: tuple[int | str, ...], data: dict[Any, Any]) -> str:
    words = [str(part) for part in path]
    if len(path) > 1 and path[0] == "entries" and isinstance(path[1], int):
        entry = data["entries"][path[1]] if isinstance(data["entries"], list) else None
        title = entry.get("title") if isinstance(entry, dict) else None
        words[0:2] = [f"entry {path[1] + 1}" + (f" (“{str(title)[:60]}”)" if title else "")]
    return ", ".join(words) or "the file"


def _first_line(error: BaseException) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error)
    where = f" (line {mark.line + 1})" if mark is not None else ""
    return f"{str(problem).splitlines()[0][:150]}{where}."
