"""What members are told when something does not work: exceptions whose text is written for the person who asked."""

from __future__ import annotations


class UserError(Exception):
    """Something that the member can change; `str(error)` is a finished sentence and becomes a private reply."""


class Busy(UserError):
    """Too much at once; the sentence names the seconds to wait."""
