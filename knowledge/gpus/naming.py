"""From what people write to the cards that they mean: "2x A100 80GB", "rtx4090", "Tesla V100-SXM2-32GB"."""

from __future__ import annotations

import re
from functools import lru_cache

from knowledge.gpus.cards import Card, cards
from knowledge.pattern import expression
from knowledge.value import record


@record
class Gpu:
    """The cards that a name may mean, and how many of them.

    Attributes:
        name: The name as it is best written, without the count.
        cards: The cards that it covers: several where the name leaves form or memory open.
        count: How many, where the text says so.
        asked: The text itself where it is misspelled, so that the name is a guess.
    """

    name: str
    cards: tuple[Card, ...]
    count: int | None = None
    asked: str = ""

    @property
    def guessed(self) -> bool:
        """Whether the text is misspelled."""
        return bool(self.asked)

    @property
    def assumed(self) -> str:
        """The sentence that says which card a misspelled name was read as; empty for a name that is right."""
        return f"No GPU is named {self.asked}, so this is for {self.name}." if self.asked else ""

    @property
    def usable_gib(self) -> tuple[float, float]:
        """The least and the most memory that the cards leave usable, in GiB."""
        each = [card.usable_gib for card in self.cards]
        return min(each), max(each)

    @property
    def memory_gb(self) -> tuple[int, ...]:
        """The sizes of memory that the name leaves open, in GB, smallest first."""
        return tuple(sorted({card.memory_gb for card in self.cards}))

    @property
    def link(self) -> str:
        """How several of them are joined: machines with more than one are built with NVLink where there is one."""
        return "nvlink" if any(card.link == "nvlink" for card in self.cards) else self.cards[0].link

    @property
    def bf16(self) -> bool:
        """Whether every card that the name covers computes in bf16."""
        return all(card.bf16 for card in self.cards)


class UnknownGpu(ValueError):
    """No card has that name. The message says so and names the nearest.

    Attributes:
        count: How many cards the text names, where it says so.
    """

    def __init__(self, message: str, count: int | None = None) -> None:
        super().__init__(message)
        self.count = count


_LONGEST = 80
_MOST = 4096
_NUMBERS = {"one": 1, "two": 2, "three": 3, "four": 4, "six": 6, "eight": 8, "single": 1, "dual": 2, "quad": 4}
_BEFORE = expression(r"^(\d{1,5})\s*[x×*]\s*|^(\d{1,3})\s+(?=[a-fh-z0-9])")
_AFTER = expression(r"(?:(?<=[\d\s])|(?<=gb))[x×*]\s*(\d{1,3})$")
_WORD_BEFORE = expression(rf"^({'|'.join(_NUMBERS)})\s+")
_MEMORY = expression(r"(?<![a-z0-9])(\d{1,3})\s*(?:gib|gb|g)(?![a-z0-9])")
_BARE_MEMORY = expression(r"(?<=[a-z0-9])[\s\-_]+(\d{1,3})\s*$")
_NOISE = expression(
    r"\b(?:nvidia|geforce|tesla|quadro|amd|radeon|instinct|graphics|gpus?|cards?|hbm\w*|ampere|hopper|of|an?"
    r"|(?:no |with )?nvlink|\d+ ?w)\b"
)
_FORM = expression(r"(?<![a-z])(pcie?|sxm|nvl)\d?(?![a-z])")
_FORMS = {"pci": "pcie", "pcie": "pcie", "sxm": "sxm", "nvl": "nvl"}
_PLURAL = expression(r"(?<=\d)s$")


@lru_cache(maxsize=1024)
def gpu_named(text: str) -> Gpu:
    """The cards that a text means.

    Args:
        text: A card's name, perhaps with a count before or behind it, its memory and its form.

    Returns:
        The cards. A name that leaves PCIe or SXM, or the memory, open covers all of them.

    Raises:
        UnknownGpu: No card has that name or one like it, or the card is not sold with that memory.
    """
    rest = " ".join(text[: _LONGEST + 1].lower().replace(",", " ").split())
    if not rest:
        raise UnknownGpu("The GPU's name is missing. Write it like RTX 4090, A100 80GB, or 2x H100.")
    if len(rest) > _LONGEST:
        raise UnknownGpu(f"A GPU's name has at most {_LONGEST} characters.")
    count, rest = _count(rest)
    plain = re.sub(r"[()]", " ", _NOISE.sub(" ", rest))
    memory, plain = _taken(_MEMORY, plain)
    form, plain = _taken(_FORM, plain)
    found, guessed = _lookup(plain)
    if not found and memory is None:
        memory, shorter = _taken(_BARE_MEMORY, plain.rstrip())
        found, guessed = _lookup(shorter) if memory else ((), False)
    if not found:
        raise UnknownGpu(_unknown(text, plain), count)
    model = found[0].model
    if memory is not None:
        sold = sorted({card.memory_gb for card in found})
        found = tuple(card for card in found if abs(card.memory_gb - int(memory)) <= _slack(card))
        if not found:
            raise UnknownGpu(f"{model} has {' or '.join(map(str, sold))} GB, not {memory}.", count)
    if form is not None:
        found = tuple(card for card in found if card.form == _FORMS[form]) or found
    return Gpu(_written(found), found, count, text.strip() if guessed else "")


def gpu_names() -> tuple[str, ...]:
    """Every name that autocompletion offers: models, then models with memory or form where there are several."""
    return tuple(_names())


def suggest(text: str, limit: int = 25) -> tuple[str, ...]:
    """Names that a half-typed text may become, the likeliest first; a count at its start stays there.

    Args:
        text: What has been typed so far.
        limit: How many names at most.
    """
    typed = " ".join(text[:_LONGEST].lower().split())
    found = None if _is_card(typed) else _BEFORE.match(typed)
    lead = f"{found[found.lastindex or 1]}x " if found else ""
    rest = _compact(typed[found.end() :] if found else typed)
    names = [name for name in gpu_names() if rest in _compact(name.lower())] if rest else list(_USUAL)
    if not names:
        from rapidfuzz import fuzz, process

        near = process.extract(rest, gpu_names(), scorer=fuzz.WRatio, processor=lambda name: _compact(name.lower()))
        names = [name for name, score, _ in near if score >= _LIKE]
    return tuple(f"{lead}{name}" for name in names[:limit])


_LIKE = 60
_USUAL = (
    *("RTX 4090", "RTX 3090", "RTX 5090", "A100 80GB", "H100 80GB", "H200", "B200", "A100 40GB", "L40S", "RTX A6000"),
    *("RTX 6000 Ada", "RTX PRO 6000 Blackwell", "RTX 3060 12GB", "RTX 4060 Ti 16GB", "RTX 4070 Ti Super", "RTX 4080"),
    *("T4", "L4", "A10G", "A40", "MI300X"),
)


def _count(text: str) -> tuple[int | None, str]:
    for pattern in (_AFTER, _BEFORE):
        if (found := pattern.search(text)) and not _is_card(text):
            count = int(found[found.lastindex or 1])
            if not 1 <= count <= _MOST:
                raise UnknownGpu(f"The number of GPUs must be 1 to {_MOST}.")
            return count, (text[: found.start()] + text[found.end() :]).strip()
    if found := _WORD_BEFORE.match(text):
        return _NUMBERS[found[1]], text[found.end() :]
    return None, text


def _is_card(text: str) -> bool:
    """Whether the whole text is a card's name that begins with a number: "4090 ti", "6000 ada"."""
    return _compact(_NOISE.sub(" ", text)) in _by_key()


def _taken(pattern: re.Pattern[str], text: str) -> tuple[str | None, str]:
    """What a pattern finds, and the text without it."""
    found = pattern.search(text)
    return (None, text) if found is None else (found[1], f"{text[: found.start()]} {text[found.end() :]}")


def _compact(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text)


def _slack(card: Card) -> int:
    """How far the memory that people name may be off: an H200 is called 140 or 141, a B200 180 or 192."""
    return 12 if card.memory_gb >= 140 else 1


@lru_cache(maxsize=1)
def _by_key() -> dict[str, tuple[Card, ...]]:
    """What people may write of a model, blanks left out -> its cards."""
    found: dict[str, list[Card]] = {}
    for card in cards():
        key = _compact(card.model.lower())
        keys = {key, *card.also, *({key.removeprefix("rtx")} if key.startswith("rtx") else ()), key.removeprefix("rx")}
        for each in keys:
            found.setdefault(each, []).append(card)
    return {key: tuple(dict.fromkeys(each)) for key, each in found.items()}


def _lookup(text: str) -> tuple[tuple[Card, ...], bool]:
    """The cards under a name, and whether the name had to be guessed."""
    key, table = _compact(text), _by_key()
    for each in (key, _PLURAL.sub("", key), key.replace("gtx", "rtx")):
        if each in table:
            return table[each], False
    near = _near(key)
    return (table[near], True) if near else ((), False)


def _near(key: str) -> str | None:
    """The one name that is nearly the text; None where there is none or several.

    That is a slip of the finger away, or it has the same characters in another order, or it lacks a variant that the
    card was never made in: "rtx4095", "rxt4900", "4090ti".
    """
    if len(key) < _SHORTEST:
        return None
    from rapidfuzz.distance import OSA

    table = _by_key()
    base = _VARIANT.sub("", key)
    for close in (
        [each for each in table if OSA.distance(key, each) == 1],
        [each for each in table if sorted(each) == sorted(key)],
        [each for each in (base, f"rtx{base}") if base != key and each in table],
    ):
        if len({table[each] for each in close}) == 1:
            return close[0]
    return None


_SHORTEST = 4
_VARIANT = expression(r"(?<=\d)(?:ti|super|xtx?)+$")


def _unknown(text: str, plain: str) -> str:
    """What is said of a name that no card has; `plain` is the name without count, memory and form."""
    near = _nearest(_compact(plain))
    hint = f" Did you mean {' or '.join(near)}?" if near else " Write it like RTX 4090, A100 80GB, or 2x H100."
    return f"Unknown GPU: {text.strip()[:40]}.{hint}"


def _nearest(key: str) -> list[str]:
    """The names whose whole text is likest, at most three."""
    from rapidfuzz import fuzz, process

    models = list(dict.fromkeys(card.model for card in cards()))
    near = process.extract(key, models, scorer=fuzz.ratio, processor=lambda name: _compact(name.lower()), limit=3)
    return [name for name, score, _ in near if score >= _LIKE]


def _written(found: tuple[Card, ...]) -> str:
    """The shortest name that means just these cards."""
    if len(found) == 1:
        return found[0].name
    memory = {card.memory_gb for card in found}
    sold = {card.memory_gb for card in cards() if card.model == found[0].model}
    forms = {card.form for card in found}
    form = f" {next(iter(forms)).upper().replace('PCIE', 'PCIe')}" if len(forms) == 1 and "" not in forms else ""
    return f"{found[0].model}{form}" + (f" {memory.pop()}GB" if len(memory) == 1 and len(sold) > 1 else "")


@lru_cache(maxsize=1)
def _names() -> tuple[str, ...]:
    names: dict[str, None] = {}
    for card in cards():
        alike = [other for other in cards() if other.model == card.model]
        if len(alike) > 1:
            names[card.model] = None
            if len({other.memory_gb for other in alike}) > 1:
                names[f"{card.model} {card.memory_gb}GB"] = None
        names[card.name] = None
    return tuple(names)
