"""What is written down when something breaks: where and in which order, never the values."""

from __future__ import annotations

import secrets
import traceback

_CHAIN = 5


def number() -> str:
    """A number that a member can name and a log can be searched for."""
    return secrets.token_hex(4)


def trace(error: BaseException) -> str:
    """The traceback without messages and values: those may hold what a member wrote."""
    parts: list[str] = []
    seen: BaseException | None = error
    while seen is not None and len(parts) < _CHAIN:
        # Discord's errors carry two harmless numbers that say what it minded.
        numbers = [str(value) for name in ("status", "code") if isinstance(value := getattr(seen, name, None), int)]
        parts.append("".join(traceback.format_tb(seen.__traceback__)) + " ".join([type(seen).__qualname__, *numbers]))
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)
    return "\ncaused by\n".join(parts)
