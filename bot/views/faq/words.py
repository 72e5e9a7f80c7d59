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
FAQ_TOPIC = "A few letters of what you look for; without it the list of all topics"
FAQ_MEMBER = "A member to answer, in this channel, where everybody sees it"
ANSWER = "Answer with FAQ"

THANKS = "Counted, without who. Thanks."
NOT_HELPED = (
    "Counted, without who. Try other words with `/faq`, or show your config to `/checkconfig`: it looks at your case, "
    "not at the usual one."
)
GONE = "This entry was removed, or belongs to another server. `/faq` lists what there is."
NO_ENTRY_HERE = "No entry is left in this category."
LIST_CHANGED = "The FAQ changed since this list was made. Run `/faq` again."
EMPTY = (
    "This server's FAQ has no entries yet. Moderators write one with `/faq-admin add`, or take the starter pack with "
    "`/faq-admin import`."
)
NO_MEMBER_HERE = "An answer to a member is posted in a channel of a server; here there is none."
PICK = "### Which entry answers this message?\nIt is posted as a reply, where everybody sees it."
PICK_SEARCH = "Search"
PICK_EMPTY = "Nothing in the FAQ fits the words of this message. Search by other words:"
POSTED = "Posted as a reply."


def nothing(topic: str) -> str:
    """Nobody has written about it."""
    return (
        f"**Nothing in this server's FAQ fits {limits.code(topic, 100)}.** The search was counted, without who, so "
        "that moderators see what is missing. `/faq` without a topic lists everything; `/ask` looks in all that the "
        "bot knows."
    )


def near(topic: str) -> str:
    """Nothing fits all of it."""
    return f"**Nothing fits {limits.code(topic, 100)} exactly.** Near it:"


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
