"""Who has said that an entry helped: in memory only, so that nobody is counted twice and nobody is stored."""

from __future__ import annotations

from cachetools import FIFOCache

_KEPT = 50_000


class HelpfulVotes:
    """The newest votes as pairs of a member and what they voted on."""

    def __init__(self) -> None:
        self._seen: FIFOCache[tuple[int, str], None] = FIFOCache(_KEPT)

    def first(self, member_id: int, subject: str) -> bool:
        """Whether the member has not voted on an entry, or on it as an answer, before; from now on they have."""
        vote = (member_id, subject)
        if vote in self._seen:
            return False
        self._seen[vote] = None
        return True
