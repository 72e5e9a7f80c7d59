"""Values with positions, straight from libyaml's event stream: iterative, within limits, never through compose or load.

Scalars, tags, merge keys and anchors come out as PyYAML's safe loader makes them, or are refused as it refuses them.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from yaml.constructor import ConstructorError, SafeConstructor
from yaml.cyaml import CParser  # type: ignore[attr-defined]
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)
from yaml.nodes import ScalarNode
from yaml.resolver import Resolver

from knowledge.document.limits import MAX_BITS, MAX_DEPTH, MAX_REFUSALS, MAX_VISITS
from knowledge.document.values import Duplicate, Mapping, Mark, Sequence

if TYPE_CHECKING:
    from collections.abc import Callable

_NONE = object()
_MERGE = object()
_STRING = "tag:yaml.org,2002:str"
_RESOLVERS = Resolver.yaml_implicit_resolvers
_UNREADABLE = (ConstructorError, ValueError, TypeError, OverflowError, KeyError, AttributeError)
"""What the safe loader's constructors raise for a scalar that looks like a date or number and is none."""
_ANY_START = tuple(_RESOLVERS.get(None, ()))


class Refused(Exception):
    """The safe loader would refuse the document here. `kind` names the fault, the mark its place."""

    def __init__(self, kind: str, problem: str, mark: Mark) -> None:
        super().__init__(problem)
        self.kind = kind
        self.problem = problem
        self.mark = mark


@lru_cache(maxsize=8192)
def _resolved(text: str) -> Any:
    """The value of a plain scalar, as YAML 1.1 reads it: `no` is False, `2e-5` is text, `3.10` is 3.1."""
    for tag, pattern in (*_RESOLVERS.get(text[:1], ()), *_ANY_START):
        if pattern.match(text):
            return _MERGE if tag == "tag:yaml.org,2002:merge" else _tagged(tag, text)
    return text


def _tagged(tag: str, text: str) -> Any:
    if len(text) > MAX_BITS and ":" in text:  # PyYAML reads base 60 (1:30:00) in the square of the length
        raise ValueError("a number of thousands of digits")
    value = SafeConstructor().construct_object(ScalarNode(tag, text))
    if type(value) is int and value.bit_length() > MAX_BITS:
        raise ValueError("a number of thousands of digits")
    return value


class _Frame:
    """A collection that is still open."""

    __slots__ = ("container", "key", "key_mark", "mark", "merges", "tag", "visits")

    def __init__(self, container: Mapping | Sequence, mark: Mark, tag: str | None, visits: int) -> None:
        self.container = container
        self.mark = mark
        self.tag = tag
        self.visits = visits
        self.key: Any = _NONE
        self.key_mark: Mark = mark
        self.merges: list[Mapping] | None = None


class Builder:
    """Builds the values of one document; what was read before a fault stays in `root`.

    `refusals` holds what the safe loader would refuse and after which the rest can still be read.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.root: Any = None
        self.duplicates: list[Duplicate] = []
        self.refusals: list[Refused] = []
        self._stack: list[_Frame] = []
        self._anchors: dict[str, Any] = {}
        self._sizes: dict[int, int] = {}
        self._visits = 0

    def run(self) -> None:
        """Read to the end.

        Raises:
            Refused: where the safe loader would refuse, or a limit is met.
            yaml.MarkedYAMLError: where the text is not YAML.
        """
        next_event: Callable[[], Any] = CParser(self.text).get_event
        resolved, stack = _resolved, self._stack
        documents = 0
        while True:
            event = next_event()
            kind = type(event)
            if kind is ScalarEvent:
                # Nine of ten events: what the methods below do, without calling them where nothing is special.
                mark = event.start_mark
                self._visits += 1
                if self._visits > MAX_VISITS:
                    self._count(mark, 0)
                try:
                    value = resolved(event.value) if event.tag is None and event.implicit[0] else self._scalar(event)
                except _UNREADABLE:
                    value = self._scalar(event)
                if event.anchor is not None:
                    self._anchor(event, value)
                frame = stack[-1] if stack else None
                if frame and frame.key is _NONE and value.__class__ is str and frame.container.__class__ is Mapping:
                    frame.key, frame.key_mark = value, mark
                else:
                    self._deliver(value, mark)
            elif kind is MappingStartEvent or kind is SequenceStartEvent:
                self._open(event, Mapping() if kind is MappingStartEvent else Sequence())
            elif kind is MappingEndEvent or kind is SequenceEndEvent:
                self._close()
            elif kind is AliasEvent:
                self._alias(event)
            elif kind is DocumentStartEvent:
                documents += 1
                if documents > 1:
                    raise Refused("several-documents", "a second document begins", event.start_mark)
            elif kind is StreamEndEvent:
                return

    def _count(self, mark: Mark, visits: int = 1) -> None:
        self._visits += visits
        if self._visits > MAX_VISITS:
            raise Refused("too-large", f"more than {MAX_VISITS:,} values", mark)

    def _scalar(self, event: Any) -> Any:
        tag = event.tag
        if tag is None or tag == "!":
            if not event.implicit[0]:
                return event.value
            tag = None
        try:
            return _resolved(event.value) if tag is None else _tagged(tag, event.value)
        except ConstructorError as error:
            self._refuse("tag", str(error.problem), event.start_mark)
        except _UNREADABLE as error:
            self._refuse("value", str(error), event.start_mark)
        return event.value

    def _refuse(self, kind: str, problem: str, mark: Mark) -> None:
        self.refusals.append(Refused(kind, problem, mark))
        if len(self.refusals) > MAX_REFUSALS:
            raise Refused("too-many-faults", f"more than {MAX_REFUSALS} values that YAML refuses", mark)

    def _anchor(self, event: Any, value: Any) -> None:
        if event.anchor in self._anchors:
            self._refuse("anchor", f"the anchor `&{event.anchor}` is defined twice", event.start_mark)
        self._anchors[event.anchor] = value

    def _open(self, event: Any, container: Mapping | Sequence) -> None:
        if len(self._stack) >= MAX_DEPTH:
            raise Refused("too-deep", f"more than {MAX_DEPTH} levels inside one another", event.start_mark)
        self._count(event.start_mark)
        if event.anchor is not None:
            self._anchor(event, container)
        if not self._stack and self.root is None:
            self.root = container
        tag = event.tag if event.tag not in (None, "!") else None
        self._stack.append(_Frame(container, event.start_mark, tag, self._visits))

    def _close(self) -> None:
        frame = self._stack.pop()
        container: Any = frame.container
        self._sizes[id(container)] = self._visits - frame.visits + 1
        if frame.merges:
            _merge(container, frame.merges)
        if frame.tag is not None:
            container = self._retagged(container, frame.tag, frame.mark)
            if not self._stack:
                self.root = container
        if self._stack:
            self._deliver(container, frame.mark)

    def _alias(self, event: Any) -> None:
        if event.anchor not in self._anchors:
            self._refuse("alias", f"no anchor `&{event.anchor}` is defined before this", event.start_mark)
            self._deliver(None, event.start_mark)
            return
        value = self._anchors[event.anchor]
        if any(frame.container is value for frame in self._stack):
            self._refuse("self-reference", f"`&{event.anchor}` contains itself", event.start_mark)
            self._deliver(None, event.start_mark)
            return
        self._count(event.start_mark, self._sizes.get(id(value), 1))
        self._deliver(value, event.start_mark)

    def _deliver(self, value: Any, mark: Mark) -> None:
        if not self._stack:
            self.root = value
            return
        frame = self._stack[-1]
        container = frame.container
        if isinstance(container, Sequence):
            if value is _MERGE:
                self._refuse("tag", "`<<` is where a value belongs", mark)
                value = "<<"
            container.append(value)
            container.marks.append(mark)
        elif frame.key is _NONE:
            if isinstance(value, (dict, list, set)):
                self._refuse("key", "a list or mapping is used as a key", mark)
                value = str(value)
            frame.key = value
            frame.key_mark = mark
        else:
            self._pair(frame, container, value, mark)

    def _pair(self, frame: _Frame, container: Mapping, value: Any, mark: Mark) -> None:
        key = frame.key
        frame.key = _NONE
        if key is _MERGE:
            merged = list(reversed(value)) if isinstance(value, Sequence) else [value]
            if not all(isinstance(each, Mapping) for each in merged):
                self._refuse("tag", "`<<` expects a mapping or a list of mappings", mark)
                return
            frame.merges = [*(frame.merges or ()), *merged]
            return
        if value is _MERGE:
            self._refuse("tag", "`<<` is where a value belongs", mark)
            value = "<<"
        if key in container:
            self.duplicates.append(Duplicate(key, container.marks[key][0], frame.key_mark))
        container[key] = value
        container.marks[key] = (frame.key_mark, mark)

    def _retagged(self, container: Mapping | Sequence, tag: str, mark: Mark) -> Any:
        """A collection with an explicit tag, as the safe loader's constructor for that tag makes it."""
        match tag.removeprefix("tag:yaml.org,2002:"), container:
            case ("map", Mapping()) | ("seq", Sequence()):
                return container
            case "set", Mapping():
                return set(container)
            case (("omap" | "pairs"), Sequence()) if all(
                isinstance(each, dict) and len(each) == 1 for each in container
            ):
                return [next(iter(each.items())) for each in container]
        self._refuse("tag", f"could not determine a constructor for the tag `{tag}`", mark)
        return container


def _merge(container: Mapping, merges: list[Mapping]) -> None:
    """Fold merged mappings in below the container's own keys, which win."""
    own, marks = dict(container), dict(container.marks)
    container.clear()
    container.marks.clear()
    for merged in merges:
        container.update(merged)
        container.marks.update(merged.marks)
    container.update(own)
    container.marks.update(marks)
