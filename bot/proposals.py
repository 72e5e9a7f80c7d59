"""Members' own wordings of what an entry answers: in memory only, until a moderator makes one an alias of the entry."""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import blake2b

from cachetools import FIFOCache

from bot.store.content import TITLE_LIMIT, clean_line
from knowledge.search import terms_of
from knowledge.secrets import mask

_QUESTIONS = 5_000
_PROPOSED = 2_000


@dataclass(frozen=True, slots=True)
class Proposal:
    """A wording that an entry answered.

    Attributes:
        entry_id: The entry.
        digest: The digest of the question.
        wording: The question, on one line, secrets masked.
        times: How many members it helped.
    """

    entry_id: int
    digest: str
    wording: str
    times: int


def digest_of(question: str) -> str:
    """What the votes on the answers to a question are known by: a hash of its terms, so that no word is kept."""
    return blake2b(" ".join(sorted(terms_of(question))).encode(), digest_size=6).hexdigest()


class Proposals:
    """The newest questions that were answered, and the wordings that somebody was helped by."""

    def __init__(self) -> None:
        self._questions: FIFOCache[str, str] = FIFOCache(_QUESTIONS)
        self._proposed: FIFOCache[tuple[int, int, str], Proposal] = FIFOCache(_PROPOSED)

    def asked(self, question: str) -> str:
        """Remembers a question that is short enough for an alias; returns its digest, which finds it again."""
        digest, wording = digest_of(question), clean_line(mask(question))
        if wording and len(wording) <= TITLE_LIMIT:
            self._questions[digest] = wording
        return digest

    def helped(self, guild_id: int, entry_id: int, digest: str) -> None:
        """Proposes the wording of a question that an entry helped with, if the question is still remembered."""
        key = (guild_id, entry_id, digest)
        known, wording = self._proposed.get(key), self._questions.get(digest)
        if known is not None:
            self._proposed[key] = replace(known, times=known.times + 1)
        elif wording is not None:
            self._proposed[key] = Proposal(entry_id, digest, wording, 1)

    def of(self, guild_id: int) -> tuple[Proposal, ...]:
        """The wordings that are proposed to a server, those that helped most members first."""
        found = [proposal for (guild, _, _), proposal in self._proposed.items() if guild == guild_id]
        return tuple(sorted(found, key=lambda proposal: -proposal.times))

    def find(self, guild_id: int, entry_id: int, digest: str) -> Proposal | None:
        """One that is still open."""
        return self._proposed.get((guild_id, entry_id, digest))

    def drop(self, guild_id: int, entry_id: int, digest: str) -> None:
        """Forgets one that a moderator has decided on."""
        self._proposed.pop((guild_id, entry_id, digest), None)
