"""What a model's `config.json` says, key by key, with the defaults of its family; hostile values are left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from knowledge.parameters.expressions import ERRORS, evaluate

_LARGEST = 2**40
"""No dimension is larger; what is, is not believed."""
_LONGEST = 1024
"""Items of a list, one a layer at most."""
_MOST_LETTERS = 200
_KINDS_OF_LAYERS = frozenset({"layer_types", "layers_block_type"})
_OLD_KINDS = {"attention": "full_attention", "mamba": "linear_attention"}
"""Names of kinds of layers before Transformers 5, which it still reads."""
_RULES = frozenset({"=", "each", "null"})


class Settings:
    """The keys of one `config.json`, nested ones by dotted names such as `text_config.hidden_size`.

    A value that is not a plain one, or of another kind than the family's default, counts as absent.
    """

    def __init__(
        self,
        config: Mapping[str, object],
        defaults: Mapping[str, Any],
        aliases: Mapping[str, str] | None = None,
        parts: Mapping[str, Settings] | None = None,
    ) -> None:
        """Look at a config.

        Args:
            config: The parsed file.
            defaults: Key to its default: a value; `["=", expression]`, also where the file says null;
                `["each", expression, count]` for a list with one item a layer; or `["null", value, expression]` where
                absence and null mean different things.
            aliases: Other name to the name that the defaults use.
            parts: Settings of the parts whose own family has other defaults, such as those of `vision_config`.
        """
        self._parts = parts or {}
        self._config = config
        self._defaults = defaults
        self._others: dict[str, list[str]] = {}
        for other, key in (aliases or {}).items():
            self._others.setdefault(key, []).append(other)
        self._names = dict(aliases or {})
        self._found: dict[str, Any] = {}

    def __contains__(self, key: str) -> bool:
        return self._names.get(key, key) in self._defaults

    def read(self, key: str) -> Any:
        """The value of a key: as the file has it, else the default; None where there is neither.

        Raises:
            ArithmeticError, IndexError, TypeError, ValueError: The default cannot be computed from the other keys.
        """
        key = self._names.get(key, key)
        part, _, inner = key.partition(".")
        if part in self._parts and inner in self._parts[part]:
            return self._parts[part].read(inner)
        if key not in self._found:
            # While a default is computed from other keys, a key that leads back to itself has no value.
            self._found[key] = None
            self._found[key] = self._given_or_default(key)
        return self._found[key]

    def whole(self, key: str) -> int:
        """A key's value where it is a positive whole number, else 0."""
        try:
            value = self.read(key)
        except ERRORS:
            return 0
        return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0

    def _given_or_default(self, key: str) -> Any:
        default: Any = self._defaults.get(key)
        rule = default[0] if isinstance(default, list) and default and default[0] in _RULES else ""
        literal = default[1] if rule == "null" else default
        for name in (key, *self._others.get(key, ())):
            present, value = self._look(name)
            if not present:
                continue
            if value is None:
                if not rule:
                    return None
                if rule == "null":
                    return evaluate(default[2], self.read)
            elif rule == "=" and isinstance(value, str):
                break  # "auto"
            elif rule in {"=", "each"} or literal is None or _alike(value, literal):
                return value
        if rule == "=":
            return evaluate(default[1], self.read)
        if rule == "each":
            count = evaluate(default[2], self.read)
            return [evaluate(default[1], self.read, index) for index in range(min(count, _LONGEST))]
        return literal

    def _look(self, name: str) -> tuple[bool, Any]:
        """Whether the file has the key, and its value."""
        place: Any = self._config
        *blocks, last = name.split(".")
        for depth, block in enumerate(blocks):
            inner = place.get(block)
            # Files of older releases hold the text model's keys at the root.
            if inner is None and depth == 0 and block == "text_config":
                continue
            if not isinstance(inner, Mapping):
                return False, None
            place = inner
        if last not in place or not _is_plain(place[last]):
            return False, None
        value = place[last]
        if last in _KINDS_OF_LAYERS and isinstance(value, list):
            value = [_OLD_KINDS.get(kind, kind) if isinstance(kind, str) else kind for kind in value]
        return True, value


def _is_plain(value: object) -> bool:
    if isinstance(value, list):
        return len(value) <= _LONGEST and all(not isinstance(item, list) and _is_plain(item) for item in value)
    if isinstance(value, str):
        return len(value) <= _MOST_LETTERS
    if isinstance(value, (int, float)):
        return abs(value) <= _LARGEST
    return value is None


def _alike(value: object, default: object) -> bool:
    if isinstance(default, bool) or isinstance(value, bool):
        return isinstance(value, bool) and isinstance(default, bool)
    if isinstance(default, (int, float)):
        return isinstance(value, (int, float)) and (isinstance(default, float) or isinstance(value, int))
    return isinstance(value, type(default))
