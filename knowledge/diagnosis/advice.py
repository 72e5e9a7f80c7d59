"""What an exception that no entry explains advises by itself: a package to install, settings to change.

Libraries name their own arguments. Where Axolotl has the same setting under another name, that name is said too.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from knowledge.config import load_types
from knowledge.diagnosis.masking import shown
from knowledge.diagnosis.model import Match
from knowledge.foreign import meaning

if TYPE_CHECKING:
    from knowledge.diagnosis.tracebacks import Trace

ID = "library-message"
_INSTALL = re.compile(
    r"(?:pip3?|uv pip) install (?:-{1,2}[\w-]{1,20} ){0,3}[`'\"]?(?P<pip>[A-Za-z][\w.\[\]<>=~!,-]{1,60})|"
    r"[Ii]nstall (?:the )?[`'\"](?P<named>[A-Za-z][\w.-]{1,40})[`'\"]|"
    r"requires `?(?P<wanted>[A-Za-z][\w.-]{1,40}[<>=~]{1,2}\d[\d.]{0,15}\d)"
)
_NAME = re.compile(r"(?<![\w./-])(?:--)?([a-z][a-z0-9]{0,30}(?:_[a-z0-9]{1,30}){1,8}|bf16|fp16|tf32)(?![\w/(])")
_SHORT, _MOST = 15, 4


def own_advice(main: Trace | None) -> Match | None:
    """The message of an exception with what it names: packages, and fields of the config.

    Args:
        main: The exception that counts.

    Returns:
        None where it names neither. It is conclusive only where it names a package to install: a setting that a
        message mentions need not be its cause.
    """
    if main is None or len(main.message) < _SHORT:
        return None
    packages = [found["pip"] or found["named"] or found["wanted"] for found in _INSTALL.finditer(main.message)]
    names = _settings(main.message)
    if not packages and not names:
        return None
    library = main.frames[-1].path.partition("/")[0] if main.frames and "/" in main.frames[-1].path else ""
    message = shown(main.message, 300)
    message = message if message.endswith((".", "!", "?", "…")) else f"{message}."
    return Match(
        id=ID,
        kind="library",
        line=main.at,
        lines=(main.at,),
        quote=shown(f"{main.type}: {main.message}"),
        meaning=f"{library or 'A library'} stops with a message of its own: {message}",
        cure=" ".join([*_installing(packages), *_changing(names)]),
        fields=tuple(dict.fromkeys(field for field, _ in names)),
        conclusive=bool(packages),
    )


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
    listed = told[0] if len(told) == 1 else f"{', '.join(told[:-1])} and {told[-1]}"
    return [f"It names {listed}: set what the message asks for, or remove the setting as a test."]
