"""What the instruction types print around the columns of a row, from frames.yaml."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources
from typing import Any

from knowledge.by_hand import in_entry, read_yaml
from knowledge.value import value


@value
class Frame:
    """The text around a row; columns stand in braces.

    Attributes:
        names: the values of `type` it belongs to.
        plain, with_input: the prompt of a row without and with an input.
        system: what stands before it in a row that has a system text.
        answer: the answer.
    """

    names: tuple[str, ...] = ()
    plain: str
    with_input: str = ""
    system: str = ""
    answer: str = "{answer}"

    def prompt(self, values: dict[str, Any], *, system: Any, extra: Any) -> str:
        """The prompt of a row.

        Args:
            values: The row's columns by the names that the type has for them.
            system: Its system text; left out where there is none.
            extra: Its input; left out where there is none.
        """
        before = self.system.format_map(values) if system and self.system else ""
        return before + (self.with_input if extra and self.with_input else self.plain).format_map(values)


@lru_cache(maxsize=1)
def _frames() -> dict[str, Frame]:
    frames: dict[str, Frame] = {}
    for number, written in enumerate(read_yaml(resources.files("knowledge.samples") / "frames.yaml"), start=1):
        with in_entry("frames.yaml", number):
            frame = Frame(**{**written, "names": tuple(written["names"])})
            frames |= dict.fromkeys(frame.names, frame)
    return frames


def frame_named(name: str) -> Frame:
    """The frame of a `type`; a style that the type does not have counts for nothing."""
    plain = name.removesuffix(".load").removesuffix(":instruct")
    return _frames().get(plain) or _frames()[plain.partition(":")[0]]
