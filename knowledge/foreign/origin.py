"""Whose config a whole config is: one that was written for another trainer is recognized by its names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from knowledge.foreign.meanings import has, meaning

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

_LEAST = 4
"""Names of another trainer from which a config can be that trainer's; fewer are slips."""
_SHARE = 0.6
"""Of the names that are not Axolotl's, so many have to be the trainer's."""
_HUGGING_FACE = ("Transformers", "PEFT", "bitsandbytes")
_READS = {
    "LLaMA-Factory": ("Transformers",),
    "ms-swift": ("Transformers",),
    "Unsloth": ("TRL", *_HUGGING_FACE),
    "TRL": _HUGGING_FACE,
    "Transformers": _HUGGING_FACE,
    "Accelerate": (),
    "DeepSpeed": (),
    "Lightning": (),
    "torchtune": (),
}
"""The trainers that a config can be written for, with those whose names they take too; on a tie the first one."""
_LIBRARIES = frozenset({"TRL", "Transformers"})
_FILES = {"DeepSpeed": "deepspeed", "Accelerate": ""}
"""Files beside the config of a training, with the field that names the file."""


class Origin(NamedTuple):
    """The trainer that a config was written for.

    `names` are the root keys that are another trainer's and not Axolotl's; `without` are those of them that have no
    counterpart in Axolotl.
    """

    trainer: str
    names: tuple[str, ...]
    without: tuple[str, ...]

    def sentences(self, translated: int) -> tuple[str, ...]:
        """What a config of another trainer is, and what of it has no counterpart.

        Args:
            translated: How many of its names the corrected copy has under Axolotl's name.
        """
        if self.trainer in _FILES:
            return (self._file(),)
        count = len(self.names)
        told = f"the corrected copy translates {translated}" if translated else "set them under Axolotl's names"
        whose = f"{_article(self.trainer)} {self.trainer} config"
        whose = f"the arguments of a {self.trainer} script" if self.trainer in _LIBRARIES else whose
        first = f"This looks like {whose}: {count} of its names are not Axolotl's; {told}."
        if not self.without:
            return (first,)
        return first, f"Without a counterpart in Axolotl: {', '.join(f'`{name}`' for name in self.without)}."

    def _file(self) -> str:
        field = _FILES[self.trainer]
        named = f"keep it in its own file, and name that file in `{field}`"
        cure = named if field else "`axolotl train` needs no such file"
        return f"This looks like {_article(self.trainer)} {self.trainer} config: {cure}."


def origin_of(values: Mapping[Any, Any], own: Collection[str]) -> Origin | None:
    """The other trainer that a config was written for; None for one of Axolotl's, foreign names in it or not.

    Args:
        values: The config, as YAML reads it.
        own: Axolotl's names.
    """
    keys = [key for key in values if isinstance(key, str)]
    foreign = [key for key in keys if key not in own and meaning(key) is not None]
    if len(foreign) < _LEAST:
        return None
    axolotls = [key for key in keys if key in own and not any(has(trainer, key) for trainer in _READS)]
    if len(foreign) <= len(axolotls):
        return None
    trainer = max(_READS, key=lambda each: (len(_read(each, foreign)), len(_own(each, keys))))
    if len(_read(trainer, foreign)) < _SHARE * len(foreign):
        return None
    known = ((key, meaning(key, trainer)) for key in foreign)
    without = tuple(key for key, each in known if each is not None and each.kind == "none")
    return Origin(trainer, tuple(foreign), without)


def _read(trainer: str, keys: list[str]) -> list[str]:
    """The keys that a trainer reads."""
    return [key for key in keys if any(has(each, key) for each in (trainer, *_READS[trainer]))]


def _own(trainer: str, keys: list[str]) -> list[str]:
    """The keys that a trainer has beyond those of the libraries below it."""
    return [key for key in keys if has(trainer, key) and not any(has(each, key) for each in _HUGGING_FACE)]


def _article(name: str) -> str:
    return "an" if name in ("Accelerate", "Unsloth", "ms-swift") else "a"
