"""What an exception that no entry explains advises by itself: a package to install, settings to change.

Libraries name their own arguments. Where Axolotl has the same setting under another name, that name is said too, and
where the message gives a value for it, the lines to copy.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import yaml

from knowledge.config import load_types
from knowledge.diagnosis.masking import shown
from knowledge.diagnosis.model import Match
from knowledge.diagnosis.proposing import proposed
from knowledge.foreign import meaning
from knowledge.text import listed

if TYPE_CHECKING:
    from knowledge.diagnosis.tracebacks import Trace
    from knowledge.diagnosis.weighing import Context

ID = "library-message"
_INSTALL = re.compile(
    r"(?:pip3?|uv pip) install (?:-{1,2}[\w-]{1,20} ){0,3}[`'\"]?(?P<pip>[A-Za-z][\w.\[\]<>=~!,-]{1,60})|"
    r"[Ii]nstall (?:the )?[`'\"](?P<named>[A-Za-z][\w.-]{1,40})[`'\"]|"
    r"requires `?(?P<wanted>[A-Za-z][\w.-]{1,40}[<>=~]{1,2}\d[\d.]{0,15}\d)|"
    r"(?:[Pp]lease|[Mm]ake sure to|(?:have|need)s? to|must|should) install (?:the )?(?P<bare>[a-z][\w-]{2,40})"
    r"(?= (?:if|to|for|first|before|package|library|with `?pip)\b|[.!]?$|[.!] )|"
    r"^(?P<absent>[a-z][\w-]{2,40}) (?:package )?is not installed\b"
)
# Words that follow "install" and are no packages.
_NO_PACKAGES = frozenset(
    ("it", "them", "this", "these", "that", "one", "both", "all", "latest", "from", "again", "any", "package")
)
_NAME = re.compile(r"(?<![\w./-])(?:--)?([a-z][a-z0-9]{0,30}(?:_[a-z0-9]{1,30}){1,8}|bf16|fp16|tf32)(?![\w/(])")
_VALUE = r"(?P<{}>True|False|None|true|false|-?\d[\d_]{{0,12}}(?:\.\d{{1,8}})?|['\"][\w.-]{{1,40}}['\"])(?![\w.]*\w)"
# A setting with the value that the message asks for: "set x to True", "pass `x=False`", "use --x 4".
_SET = re.compile(
    r"\b(?:[Ss]et|[Ss]etting|[Pp]ass|[Pp]assing|[Uu]se|[Uu]sing|[Ss]pecify|[Tt]ry|[Ee]nable|[Aa]dd|with)\s"
    r"(?:the\s|argument\s|option\s|flag\s|parameter\s){0,3}[`'\"]{0,2}(?:--|\w{1,40}\.){0,2}(?P<name>[a-z]\w{1,60})"
    r"[`'\"]{0,2}(?:\s?=\s?|\s(?:to|as)\s|\s)[`'\"]{0,2}?" + _VALUE.format("value")
)
# The same for a variable of the environment, which has no field.
_VARIABLE = re.compile(
    r"\b(?:[Ss]et|[Ee]xport|[Ss]etting|[Uu]se|[Tt]ry|with|[Pp]ass)\s(?:the\s)?(?:environment variable\s|env var\s)?"
    r"[`'\"]?(?P<name>[A-Z][A-Z0-9]{1,30}(?:_[A-Z0-9]{1,30}){1,6})(?:=|\s?to\s?)[`'\"]?(?P<to>[\w.:,-]{1,40})"
)
# What a message says that tells a demand of its library, and not only that something broke.
_DEMANDS = re.compile(
    r"\b(?:must|should|shall|only|requires?d?|expect(?:s|ed)?|not (?:supported|allowed|valid|compatible|implemented)|"
    r"unsupported|invalid|incorrect|please|cannot|can't|need(?:s|ed)?|one of|at (?:least|most)|unknown|unrecognized|"
    r"too (?:many|few|long|large|small|old)|do(?:es)?(?:n't| not) (?:support|have|match|exist|fit)|incompatible|"
    r"instead|already exists)\b",
    re.IGNORECASE,
)
# What code says of itself: a name in it is one of the code, not a setting that somebody can change.
_OF_CODE = re.compile(
    r"has no attribute|unexpected keyword argument|positional arguments?\b|is not defined|cannot import name|"
    r"referenced before assignment|not associated with a value"
)
_SHORT, _MOST = 15, 4


def own_advice(main: Trace | None, context: Context) -> Match | None:
    """The message of an exception with what it names: packages, and fields of the config.

    Args:
        main: The exception that counts.
        context: Versions, config and phase.

    Returns:
        None where it names neither. It is conclusive only where it names a package to install, or a value to set: a
        setting that a message mentions need not be its cause.
    """
    if main is None or len(main.message) < _SHORT:
        return None
    packages = _packages(main.message)
    names = [] if _OF_CODE.search(main.message) else _settings(main.message)
    lines = _lines(main.message)
    variables = [f"{found['name']}={found['to']}" for found in _VARIABLE.finditer(main.message)][:_MOST]
    if not packages and not names and not lines and not variables:
        return None
    asked = ["Set in your config what it asks for:"] if lines else []
    open_names = [(field, name) for field, name in names if field.partition(".")[0] not in lines]
    cure = " ".join([*_installing(packages), *_changing(open_names), *_starting(variables), *asked])
    return Match(
        id=ID,
        kind="library",
        line=main.at,
        lines=(main.at,),
        quote=shown(f"{main.type}: {main.message}"),
        meaning=_says(main),
        cure=proposed(cure, yaml.safe_dump(lines, sort_keys=False), context.config) if lines else cure,
        fields=tuple(dict.fromkeys([*(field for field, _ in names), *lines])),
        conclusive=bool(packages or lines or variables),
    )


def demands(main: Trace) -> bool:
    """Whether a message says what its library wants, and not only that something broke."""
    return len(main.message) >= _SHORT and bool(_DEMANDS.search(main.message[:500]))


def with_demand(topic: Match, main: Trace) -> Match:
    """A topic that begins with what the library says itself."""
    return replace(topic, meaning=f"{_says(main)} {topic.meaning}")


def joined(own: Match, topic: Match) -> Match:
    """A library's message with the causes of the place where it broke, and what to try there."""
    return replace(
        own,
        causes=(*own.causes, *topic.causes),
        cure=f"{own.cure}\n{topic.cure}",
        fields=tuple(dict.fromkeys([*own.fields, *topic.fields])),
    )


def _says(main: Trace) -> str:
    """The message of an exception as a sentence, with the library that it is of."""
    library = main.frames[-1].path.partition("/")[0] if main.frames and "/" in main.frames[-1].path else ""
    message = shown(main.message, 300)
    message = message if message.endswith((".", "!", "?", "…")) else f"{message}."
    return f"{library or 'A library'} stops with its own message: {message}"


def _packages(message: str) -> list[str]:
    """The packages that a message asks for."""
    named = (next(name for name in found.groups() if name) for found in _INSTALL.finditer(message))
    return [name for name in named if name.lower() not in _NO_PACKAGES]


def _settings(message: str) -> list[tuple[str, str]]:
    """(field, what the library calls it) of the settings that a message names, in their order."""
    known = load_types().root
    found: dict[str, str] = {}
    for name in _NAME.findall(message):
        if name in known:
            found.setdefault(name, name)
        elif (other := meaning(name)) is not None and other.kind == "field" and other.field:
            found.setdefault(other.field, name)
    return list(found.items())[:_MOST]


def _lines(message: str) -> dict[str, Any]:
    """Axolotl's own lines for the values that a message asks for."""
    known = load_types().root
    lines: dict[str, Any] = {}
    for found in _SET.finditer(message):
        name, value = found["name"], yaml.safe_load(found["value"].replace("None", "null"))
        if name in known:
            lines.setdefault(name, value)
        elif (other := meaning(name)) is not None:
            for root, carried in (other.carried(value) or {}).items():
                lines.setdefault(root, carried)
    return dict(list(lines.items())[:_MOST])


def _installing(packages: list[str]) -> list[str]:
    if not packages:
        return []
    longest: dict[str, str] = {}
    for name in packages:
        plain = re.split(r"[^\w.-]", name.lower())[0].rstrip(".,")
        longest[plain] = max(longest.get(plain, ""), name.rstrip(".,"), key=len)
    listed = " ".join(f"'{name}'" if set(name) & set("<>[]") else name for name in longest.values())
    return [f"Install what it asks for in the environment of Axolotl: `pip install {listed}`."]


def _changing(names: list[tuple[str, str]]) -> list[str]:
    if not names:
        return []
    told = [f"`{field}`" if field == name else f"`{name}`, which is `{field}` in Axolotl" for field, name in names]
    return [f"It names {listed(told)}: set what the message asks for, or remove the setting as a test."]


def _starting(variables: list[str]) -> list[str]:
    if not variables:
        return []
    return [f"Start with the variable that it asks for: `{' '.join(variables)} axolotl train config.yaml`."]
