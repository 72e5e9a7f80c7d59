"""A time in words."""

from __future__ import annotations

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_MOST_DAYS = 3650


def time_of(seconds: float) -> str:
    """A time as people say it: "0.4 s", "12 min", "3 h 40 min", "2.5 days"."""
    if seconds < 10:
        return f"{seconds:.2g} s"
    if seconds < 2 * _MINUTE:
        return f"{seconds:.0f} s"
    if seconds < 2 * _HOUR:
        return f"{seconds / _MINUTE:.0f} min"
    if seconds < 2 * _DAY:
        hours, minutes = divmod(round(seconds / _MINUTE), 60)
        return f"{hours} h {minutes:02} min"
    days = seconds / _DAY
    return f"{days:,.1f} days" if days < _MOST_DAYS else f"{days / 365:,.0f} years"
