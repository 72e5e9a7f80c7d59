"""The raw values while Axolotl's checks change them, step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from knowledge.config.changes_before_typing import CHANGES

if TYPE_CHECKING:
    from knowledge.document import Steps

ABSENT = object()
"""What a key has that is not there, as opposed to a blank one."""


class Raw:
    """The raw root values while the checks change them, step by step."""

    __slots__ = ("_history", "_step", "_values", "gpus", "plugins")

    def __init__(self, values: dict[Any, Any], gpus: int, plugins: frozenset[str]) -> None:
        self.gpus = gpus
        self.plugins = plugins
        self._values = values
        self._history: dict[str, list[tuple[int, Any]]] = {}
        self._step = 0

    def run(self, steps: dict[str, int]) -> dict[str, list[tuple[int, Any]]]:
        """Do all changes in the order of Axolotl's checks; what changed, as (step from which on, value)."""
        due = {
            change: steps.get(name, 0) for key in ("", *self._values) if key in CHANGES for name, change in CHANGES[key]
        }
        for change, step in sorted(due.items(), key=lambda pair: pair[1]):
            self._step = step
            change(self)
        return self._history

    def get(self, key: str) -> Any:
        """The value as it stands now, None when absent."""
        past = self._history.get(key)
        value = past[-1][1] if past else self._values.get(key)
        return None if value is ABSENT else value

    def has(self, key: str) -> bool:
        """Whether the key is there now."""
        past = self._history.get(key)
        return past[-1][1] is not ABSENT if past else key in self._values

    def set(self, key: str, value: Any) -> None:
        """From this step on the key has this value."""
        self._history.setdefault(key, []).append((self._step, value))

    def drop(self, key: str) -> None:
        """From this step on the key is gone."""
        self.set(key, ABSENT)


def walk(value: Any, steps: Steps) -> Any:
    """The value at the end of a path, `ABSENT` where the path leads nowhere."""
    for step in steps:
        if isinstance(value, dict):
            if step not in value:
                return ABSENT
            value = value[step]
        elif isinstance(value, list) and isinstance(step, int):
            if step >= len(value):
                return ABSENT
            value = value[step]
        else:
            return ABSENT
    return value
