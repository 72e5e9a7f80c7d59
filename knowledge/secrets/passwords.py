"""Passwords where an address, a command line or XML holds them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knowledge.pattern import expression
from knowledge.secrets.named import is_placeholder

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from knowledge.secrets.secret import Span

_AT, _CURL, _ADD, _MACHINE = "@", "curl", "<add", "machine"
_ADDRESS = expression(r"://(?:[^\s/@:\"'<>]{0,128}:(?!\d{1,5}/)([^\s@\"'<>]{1,256})|([^\s/@:\"'<>]{16,256}))@")
_USER = expression(r"-u(?:ser)?[ \t=]{0,5}[\"']?[^\s:\"']{0,64}:([^\s\"']{3,128})")
_NETRC = expression(
    r"\bmachine\s{1,8}[^\s.]{1,64}\.\S{1,128}\s{1,8}login\s{1,8}\S{1,128}\s{1,8}password\s{1,8}(\S{3,256})"
)
_XML = expression(r"password\"[ \t]{1,8}value=\"([^\"\n]{6,256})\"")


PLACES = (_AT, _CURL, _ADD, _MACHINE)
"""A piece of each place where a password may stand."""


def passwords(text: str, low: str, pieces: Collection[str]) -> list[Iterator[Span]]:
    """The passwords of a text.

    Args:
        text: The text.
        low: The same in lower case, character by character.
        pieces: Those of `PLACES` that stand in it.
    """
    found: list[Iterator[Span]] = []
    if _AT in pieces:
        found.append(_addresses(text))
    if _CURL in pieces:
        found.append(("password", *match.span(1)) for match in _USER.finditer(low) if not is_placeholder(match[1]))
    if _ADD in pieces:
        found.append(("password", *match.span(1)) for match in _XML.finditer(low))
    if _MACHINE in pieces:
        found.append(("password", *match.span(1)) for match in _NETRC.finditer(low) if not is_placeholder(match[1]))
    return found


def _addresses(text: str) -> Iterator[Span]:
    """Passwords and tokens in front of the host of an address."""
    for match in _ADDRESS.finditer(text):
        group = 1 if match[1] is not None else 2
        if not is_placeholder(match[group].lower()):
            yield "password in an address", match.start(group), match.end(group)
