"""Who has said that an entry helped: in memory only, so that nobody is counted twice and nobody is stored."""

from __future__ import annotations

from collections import OrderedDict

_KEPT = 50_000


class HelpfulVotes:
    """The newest votes as pairs of member and entry."""

    def __init__(self) -> None:
        self._seen: OrderedDict[tuple[int, int], None] = OrderedDict()

    def first(self, member_id: int, entry_id: int) -> bool:
        """Whether the member has not voted on the entry before; from now on they have."""
        vote = (member_id, entry_id)
        if vote in self._seen:
            return False
        self._seen[vote] = None
        if len(self._seen) > _KEPT:
            self._seen.popitem(last=False)
        return True
