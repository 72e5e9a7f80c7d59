"""Who has said that an entry helped: in memory only, so that nobody is counted twice and nobody is stored."""

from __future__ import annotations

from cachetools import FIFOCache

_KEPT = 50_000


class HelpfulVotes:
    """The newest votes as pairs of member and entry."""

    def __init__(self) -> None:
        self._seen: FIFOCache[tuple[int, int], None] = FIFOCache(_KEPT)

    def first(self, member_id: int, entry_id: int) -> bool:
        """Whether the member has not voted on the entry before; from now on they have."""
        vote = (member_id, entry_id)
        if vote in self._seen:
            return False
        self._seen[vote] = None
        return True
