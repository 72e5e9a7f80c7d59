"""The config's values as arithmetic can use them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from knowledge.config import Config

_LARGEST: Final = 1e15
_NUMBER: Final = (int, float)  # a union is built anew each time, and this is asked 50 times a check
LISTED: Final = 10_000
"""Steps of saves, evaluations or epochs that are listed at most; beyond, only their number is given."""


class Settings:
    """A config whose numbers are finite: what is infinite, no number or absurdly large counts as not given."""

    __slots__ = ("config", "datasets", "gpus")

    def __init__(self, config: Config) -> None:
        self.config = config
        self.gpus = config.gpus
        self.datasets = config.datasets

    def get(self, key: str, default: Any = None) -> Any:
        """The typed value of a root field, `default` where it is absent, unreadable or useless."""
        value = self.config.get(key, default)
        if isinstance(value, _NUMBER) and not -_LARGEST <= value <= _LARGEST:
            return default
        return value
