"""What a name of another trainer means in Axolotl: a field and how its value is carried over, or why there is none."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

from knowledge.facts import read_json

Lines = dict[str, Any]
"""Root keys of Axolotl with their values."""
_OTHER = "other"


class Meaning(NamedTuple):
    """What a name means (facts/names.json).

    `kind` is "field" (Axolotl has it as `field`, a path such as `trl.beta` or `datasets[].split`), "itself" (Axolotl
    does it without being told) or "none" (it has no counterpart). `trainers` are those that have the name. `carry` is
    how a value goes over: "same", "list", "not", "entries" or "other" (it is of another kind, so it has to be written
    anew); `values` holds what single values mean; `block` the library whose names a block of this name holds, with the
    `adapter` that it asks for.
    """

    name: str
    kind: str
    field: str
    why: str
    trainers: tuple[str, ...]
    carry: str = "same"
    values: dict[str, Lines] | None = None
    block: str = ""
    adapter: str = ""

    @property
    def root(self) -> str:
        """The root key of the field."""
        return self.field.partition(".")[0].removesuffix("[]")

    @property
    def renames(self) -> bool:
        """Whether the value goes to a root field as it stands, so that the key alone is wrong."""
        plain = self.carry == "same" and self.values is None and not self.block
        return self.kind == "field" and plain and self.field == self.root

    def carried(self, value: Any) -> Lines | None:
        """Axolotl's own lines for a value.

        Args:
            value: What stands under the name, as YAML reads it.

        Returns:
            Root keys with their values; empty where Axolotl needs no line for it; None where the value has to be
            written anew, or there is no field.
        """
        if self.kind != "field":
            return None
        if isinstance(value, dict) and self.block:
            return self._carried_block(value)
        if self.values is not None:
            return self._chosen(value)
        if self.carry == _OTHER or self.block:
            return None
        carried = _as(self.carry, value)
        return None if carried is None else _nested(self.field, carried)

    def _chosen(self, value: Any) -> Lines | None:
        """The lines of a value that stands in the table, or of any other where the table has a place for it."""
        word = _word(value[0] if isinstance(value, list) and len(value) == 1 else value)
        known = self.values or {}
        if word in known:
            return dict(known[word])
        if "*" in known and isinstance(value, (str, list)):
            return {key: _filled(each, value) for key, each in known["*"].items()}
        if self.carry != "same" and self.carry != _OTHER:
            carried = _as(self.carry, value)
            return None if carried is None else _nested(self.field, carried)
        return None

    def _carried_block(self, block: dict[Any, Any]) -> Lines | None:
        """The lines of a block, each key by its own meaning; a key that is Axolotl's own stays as it is."""
        lines: Lines = {"adapter": self.adapter} if self.adapter else {}
        if self.adapter == "qlora":
            lines["load_in_4bit"] = True
        for key, value in block.items():
            if not isinstance(key, str):
                return None
            inner = meaning(key, self.block)
            more = {key: value} if inner is None else inner.carried(value)
            if more is None and inner is not None and inner.kind == "field":
                return None
            for root, carried in (more or {}).items():
                both = isinstance(carried, dict) and isinstance(lines.get(root), dict)
                lines[root] = {**lines[root], **carried} if both else carried
        return lines


@lru_cache(maxsize=1)
def _facts() -> tuple[dict[str, Any], dict[str, frozenset[str]]]:
    facts = read_json("names.json")
    return facts["names"], {trainer: frozenset(names) for trainer, names in facts["trainers"].items()}


def trainers() -> tuple[str, ...]:
    """The trainers and libraries whose names are known."""
    return tuple(_facts()[1])


def names_of(trainer: str | None = None) -> tuple[str, ...]:
    """The argument names of a trainer, those that Axolotl shares included; without one, every name with a meaning."""
    entries, by_trainer = _facts()
    return tuple(entries) if trainer is None else tuple(sorted(by_trainer.get(trainer, ())))


def has(trainer: str, name: str) -> bool:
    """Whether a name is one of a trainer's, shared with Axolotl or not."""
    return name in _facts()[1].get(trainer, ())


@lru_cache(maxsize=4096)
def meaning(name: str, trainer: str | None = None) -> Meaning | None:
    """What a name means in Axolotl.

    Args:
        name: The name as it is written; hyphens, spaces and capitals are forgiven.
        trainer: Whose name it is, one of `trainers()`; None where nobody knows.

    Returns:
        None where the name is not known, or where it means the same as Axolotl's own field of this name.
    """
    entries, by_trainer = _facts()
    plain = name if name in entries else name.strip().removeprefix("--").lower().replace("-", "_").replace(" ", "_")
    entry = entries.get(plain)
    if entry is None:
        return None
    entry = entry.get("in", {}).get(trainer, entry)
    if not {"to", "values", "block", "itself", "none"}.intersection(entry):
        return None
    owners = tuple(trainer for trainer, names in by_trainer.items() if plain in names)
    for kind in ("itself", "none"):
        if kind in entry:
            return Meaning(plain, kind, "", entry[kind], owners)
    field = entry.get("to") or _FIELD_OF_BLOCK[entry["block"]]
    return Meaning(
        plain,
        "field",
        field,
        entry.get("why", ""),
        owners,
        entry.get("as", "same"),
        entry.get("values"),
        entry.get("block", ""),
        entry.get("adapter", ""),
    )


_FIELD_OF_BLOCK = {"PEFT": "adapter", "bitsandbytes": "bnb_config_kwargs"}


def _word(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "none"}[value]
    return str(value).strip().lower()


def _as(carry: str, value: Any) -> Any:
    """A value in the shape that the field takes; None where it cannot be."""
    if value is None:
        return None
    if carry == "list":
        if isinstance(value, str):
            return [part.strip() for part in value.split(",") if part.strip()]
        return value if isinstance(value, list) else [value]
    if carry == "not":
        return not value if isinstance(value, bool) else None
    if carry == "entries":
        return _entries(value)
    return value


def _entries(value: Any) -> list[Any] | None:
    """Paths as entries of a list of datasets."""
    if isinstance(value, str):
        value = [part.strip() for part in value.split(",") if part.strip()]
    elif isinstance(value, dict):
        value = [value]
    if not isinstance(value, list) or not value:
        return None
    return [{"path": each} if isinstance(each, str) else each for each in value]


def _filled(pattern: Any, value: Any) -> Any:
    """A value of the table with `$` filled in; in a list, all parts of what was given."""
    if pattern == ["$"]:
        return _as("list", value)
    return value if pattern == "$" else pattern


def _nested(path: str, value: Any) -> Lines:
    """`trl.beta` and 0.1 -> {"trl": {"beta": 0.1}}; `datasets[].split` -> one entry."""
    head, dot, rest = path.partition(".")
    inner = _nested(rest, value) if dot else value
    return {head[:-2]: [inner]} if head.endswith("[]") else {head: inner}
