"""Sentences of the FAQ, and the names and descriptions of its commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.views.kit import limits
from bot.views.kit.wording import plural
from knowledge.facts import load_names

if TYPE_CHECKING:
    from datetime import datetime

    from bot.store import Entry

FAQ = "Answers that this server's moderators keep"
FAQ_TOPIC = "A few letters of a topic; leave it out to list all topics"
FAQ_MEMBER = "A member to answer publicly in this channel"
ANSWER = "Answer with FAQ"

THANKS = "Counted anonymously. Thanks."
NOT_HELPED = (
    "Counted anonymously. Try other words with `/faq`, or give your config to `/checkconfig`, which looks at your "
    "own case."
)
GONE = "This entry was removed, or belongs to another server. `/faq` lists what exists."
NO_ENTRY_HERE = "This category has no entries left."
LIST_CHANGED = "The FAQ has changed since this list was made. Run `/faq` again."
EMPTY = (
    "This server's FAQ has no entries yet. Moderators can write one with `/faq-admin add`, or import the starter "
    "pack with `/faq-admin import`."
)
NO_MEMBER_HERE = "An answer to a member can only be posted in a server channel."
PICK = "### Which entry answers this message?\nIt is posted as a reply that everybody can see."
PICK_SEARCH = "Search"
PICK_EMPTY = "No FAQ entry fits the words of this message. Search with other words:"
POSTED = "Posted as a reply."
FIND_BY_THESE = "Find the entry by these words"


def nothing(topic: str) -> str:
    """Nobody has written about it."""
    return (
        f"**No entry in this server's FAQ fits {limits.code(topic, 100)}.** The search was counted anonymously, so "
        "moderators can see what is missing. `/faq` without a topic lists everything; `/ask` searches everything "
        "the bot knows."
    )


def near(topic: str) -> str:
    """Nothing fits all of it."""
    return f"**Nothing fits {limits.code(topic, 100)} exactly.**Closest:"


def keeper(entry: Entry, now: datetime) -> str:
    """Whose words an entry is, and how old."""
    if entry.origin is not None and not entry.edited:
        return f"starter entry, written for Axolotl {load_names().releases[-1]}"
    return f"kept by this server's moderators, changed {ago(entry.changed_at, now)}"


def ago(then: datetime, now: datetime) -> str:
    """`3 days ago`."""
    seconds = max(0, int((now - then).total_seconds()))
    for size, noun in ((86400 * 365, "year"), (86400 * 30, "month"), (86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            return f"{plural(seconds // size, noun)} ago"
    return "just now"
