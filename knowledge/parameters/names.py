"""From the name in `base_model` to what is known of the model behind it."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from knowledge.facts import read_json
from knowledge.parameters.architecture import Architecture
from knowledge.parameters.reading import read_architecture
from knowledge.pattern import expression

if TYPE_CHECKING:
    from knowledge.parameters.towers import Tower


class Parameters(NamedTuple):
    """The parameters of a base model.

    Attributes:
        total: Number of parameters.
        architecture: Its dimensions, or those of a stand-in of like size where the name alone is known.
        model: The id that the facts are filed under, or None where only the size in the name is known.
        known: "exact" (the facts hold this model, or its config does), "derived" (the name says what it was made
            from), "counted" (the Hub has counted its stored tensors) or "guessed" (the size in its name is all there
            is).
        confirmed: Whether several sources agree on the dimensions.
        tower: The vision tower before the language model, among `total`; None for a language model.
    """

    total: int
    architecture: Architecture
    model: str | None
    known: str
    confirmed: bool
    tower: Tower | None = None

    @property
    def language(self) -> int:
        """Parameters of the language model alone."""
        return self.total - (self.tower.parameters if self.tower is not None else 0)

    @property
    def note(self) -> str | None:
        """A sentence that says how sure this is; None where the model is known."""
        if self.known == "counted":
            return (
                f"The Hub counts {size(self.total)} parameters; the model's dimensions are unknown, so memory is a "
                "rough estimate from a model of similar size."
            )
        if self.known == "guessed":
            return (
                f"The name says {size(self.total)} parameters; I do not know the model itself, so this is a guess "
                "from a model of similar size."
            )
        if self.known == "derived":
            return f"Its name says it is based on {self.model}, so this uses that model's dimensions."
        return None


_LONGEST = 256
"""Characters of a name that are read, from its end: a file's name has at most 255, one of the Hub 96."""
# What a name says about training, format or release, and not about the dimensions.
_NOISE = frozenset(
    re.findall(
        r"\S+",
        """
        instruct it chat base hf pt cpt sft dpo rl rlhf orpo grpo kto thinking reasoning think coder code math prover
        text bnb unsloth dynamic gptq awq gguf exl2 fp8 bf16 fp16 nvfp4 mxfp4 4bit 8bit bits int4 int8 w4a16
        quantized dequantized original converted hub latest final preview merged meta deduped v the online speculator
        4k 8k 16k 32k 64k 128k 1m uncensored abliterated heretic safeguard
        """,
    )
)
_WORD = re.compile(r"\d+(?:\.\d+)?x\d+(?:\.\d+)?[bm]|a?\d+(?:\.\d+)?[bmkt](?![a-z])|\d+bit|\d+(?:\.\d+)?|[a-z]+")
_BETWEEN_DIGITS = re.compile(r"(?<=\d)_(?=\d)")
_DATE = re.compile(r"\d{4}|\d{6}|\d{8}")
_SIZE = expression(r"(?<!\d)(\d{1,12}(?:\.\d{1,12})?)([bm])")
_MIXTURE = expression(r"(\d+)x(\d+(?:\.\d+)?)b")
# Eight experts share their attention: 8x7B is 46.7 billion, not 56.
_MIXTURE_SHARE = 0.83
# Families without a vocabulary or norms of their own kind, so that a model of unknown family is most like them.
_PLAIN = frozenset({"llama", "mistral", "qwen2", "qwen3"})
_UNITS = {"b": 1_000_000_000, "m": 1_000_000}


@lru_cache(maxsize=1024)
def words(name: str) -> tuple[str, ...]:
    """The words of a model's name that say what it is: no owner, format, date or kind of training.

    Args:
        name: A hub id or a path; its last part is read.

    Returns:
        Lower-case words, numbers apart from letters ("llama3.1-8B" is llama, 3.1, 8b).
    """
    last = _BETWEEN_DIGITS.sub(".", name[-_LONGEST:].rstrip("/").rsplit("/", 1)[-1].lower())
    found = [word for word in _WORD.findall(last) if word not in _NOISE and not _DATE.fullmatch(word)]
    return tuple(found)


def size(total: int) -> str:
    """A parameter count as people say it: "8.03 billion"."""
    if total >= _UNITS["b"]:
        return f"{total / _UNITS['b']:.3g} billion"
    return f"{total / _UNITS['m']:.3g} million"


NF4_BYTES = 0.515869140625
"""Bytes of a 4-bit element: half a byte, and its share of a scale that is stored in 8 bits itself."""
_STORED = (
    (expression(r"nvfp4|mxfp4"), 0.5625, True),
    (expression(r"linearized.{0,250}(?:bnb|nf4)"), NF4_BYTES, True),
    (expression(r"bnb-?4bit|nf4"), NF4_BYTES, False),
    (expression(r"gptq|awq|int4|w4a16"), 0.53125, False),
    (expression(r"fp8|int8|8bit"), 1.0, True),
)


@lru_cache(maxsize=512)
def stored_as(name: str) -> tuple[float, bool] | None:
    """How a checkpoint's own quantization packs it, read off its name.

    Args:
        name: A hub id or a path.

    Returns:
        Bytes per element of a matrix, and whether experts are packed too; None where the name says nothing.
    """
    lowered = name[-_LONGEST:].lower()
    return next(((size, experts) for pattern, size, experts in _STORED if pattern.search(lowered)), None)


@lru_cache(maxsize=512)
def parameters_of(name: str) -> Parameters | None:
    """What is known of the model that `base_model` names.

    Args:
        name: A hub id or a local path. Mirrors, quantized copies and instruction-tuned versions of a known model
            are recognized by their names.

    Returns:
        Its parameters, or None where neither the model nor a size can be read off the name.
    """
    table = _table()
    known = table["aliases"].get(name, name)
    if known in table["models"]:
        return _known(known)
    spoken, by_words = words(name), _by_words()
    if spoken in by_words:
        return _known(by_words[spoken])
    for length in range(min(len(spoken) - 1, max(map(len, by_words))), 1, -1):
        for start in range(len(spoken) - length + 1):
            part = spoken[start : start + length]
            if part in by_words and any(_SIZE.fullmatch(word) or _MIXTURE.fullmatch(word) for word in part):
                return _known(by_words[part])._replace(known="derived")
    return _guess(spoken)


def _guess(spoken: tuple[str, ...]) -> Parameters | None:
    total = 0
    for word in spoken:
        if mixture := _MIXTURE.fullmatch(word):
            total = int(float(mixture[1]) * float(mixture[2]) * _MIXTURE_SHARE * _UNITS["b"])
        elif (one := _SIZE.fullmatch(word)) and not total:
            total = int(float(one[1]) * _UNITS[one[2]])
    if not total:
        return None
    sparse = any(_MIXTURE.fullmatch(word) or re.fullmatch(r"a\d+(?:\.\d+)?b", word) for word in spoken)
    return Parameters(total, _like(total, spoken, sparse=sparse), None, "guessed", confirmed=False)


@lru_cache(maxsize=512)
def parameters_like(name: str, total: int) -> Parameters:
    """A model of which the number of parameters is known and nothing else.

    Args:
        name: Its name, by which a model of the same maker stands in for its dimensions.
        total: Its parameters.
    """
    return Parameters(total, _like(total, words(name), sparse=False), None, "counted", confirmed=False)


def _like(total: int, spoken: tuple[str, ...], *, sparse: bool) -> Architecture:
    """The dimensions of a known model of like size, of the same maker where there is one."""
    models = map(_known, _table()["models"])
    alike = [p for p in models if bool(p.architecture.experts) is sparse]
    same_maker = [p for p in alike if spoken and spoken[0] in words(p.model or "") and 0.5 < p.total / total < 2]
    plain = [p for p in alike if p.confirmed and (sparse or p.architecture.family in _PLAIN)]
    return min(same_maker or plain, key=lambda p: abs(p.total - total)).architecture


@lru_cache(maxsize=1)
def _table() -> dict[str, Any]:
    return read_json("models.json")


@lru_cache(maxsize=1)
def _by_words() -> dict[tuple[str, ...], str]:
    """The words of every id and of its other names -> the id."""
    found: dict[tuple[str, ...], str] = {}
    for name in _table()["models"]:
        found.setdefault(words(name), name)
    for other, name in _table()["aliases"].items():
        found.setdefault(words(other), name)
    return found


@lru_cache(maxsize=512)
def _known(name: str) -> Parameters:
    """A model that the facts hold."""
    entry = dict(_table()["models"][name])
    total, confirmed = entry.pop("parameters"), entry.pop("confirmed")
    if "config" in entry:
        architecture = read_architecture(entry["config"], name)
        if architecture is None:
            raise ValueError(f"{name} is of a family that families.json does not hold")
        return Parameters(total, architecture, name, "exact", confirmed)
    if "linear_dims" in entry:
        entry["linear_dims"] = tuple(entry["linear_dims"])
    return Parameters(total, Architecture(**entry), name, "exact", confirmed)
