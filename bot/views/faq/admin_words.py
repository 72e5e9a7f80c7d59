"""Sentences for those who keep the FAQ, and the names and descriptions of their commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.views.kit import limits
from bot.views.kit.escape import inert
from bot.views.kit.wording import plural

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.store import Entry, EntryContent

ADMIN = "Manage this server's FAQ"
ADD = "Write a new entry"
ADD_TITLE = "Its title, to start with"
EDIT = "Change an entry"
REMOVE = "Remove an entry; it can be restored"
RESTORE = "Bring back a removed entry, or an older version"
HISTORY = "All versions of an entry, and what differs between them"
ALIAS = "Other names that find an entry"
EXPORT = "This server's FAQ as a file"
IMPORT = "Import entries from a file or the starter pack, with a preview"
STATS = "What is read, what is not, and which searches found nothing"
SETTINGS = "Moderator role, log channel, and defaults for members"
ENTRY = "The entry"
NOTE = "Why, for the history"
VERSION = "Which version; the newest one by default"
ALIAS_ADD = "A name to add"
ALIAS_REMOVE = "A name to remove"
IMPORT_FILE = "A file from /faq-admin export"
IMPORT_SOURCE = "The starter pack, for the Axolotl release the bot knows"
EXPORT_HISTORY = "With all versions; the default"
SETTINGS_ROLE = "Role that may use /faq-admin and /rules, except settings"
SETTINGS_CHANNEL = "The channel where changes are announced"
SETTINGS_AXOLOTL = "The Axolotl release that members here use"
SETTINGS_GPUS = "GPUs a config here is for, unless a member says otherwise"
SETTINGS_GPU = "The card that configs here are for, such as RTX 4090 or 2x A100 80GB"
SETTINGS_HUB = "Whether checks look up models and datasets on the Hub"
SETTINGS_CLEAR = "A setting to clear"
SETTINGS_NAMES = {
    "moderator_role_id": "moderator role",
    "log_channel_id": "log channel",
    "axolotl": "axolotl",
    "gpus": "gpus",
    "gpu": "gpu",
    "hub": "hub",
}
"""Settings as the database names them, and as members do."""

TITLE_EXAMPLE = "Out of memory: what do I lower first?"
ALIASES_HINT = "Other names that find it, one per line"
LINKS_HINT = "One per line: fields, rule ids, entry titles, quoted errors"
TOO_MANY_LINKS = (
    "This entry has more aliases or links than a form can show. Edit it as a file instead: `/faq-admin export`, "
    "then `/faq-admin import`."
)
PREVIEW = "preview, not saved yet"
NO_CHANGE = "This is the same as what is stored."
CANCELLED = "Canceled: nothing was changed."
DRAFT_KEPT = "Your text is kept until you cancel."
DRAFT_GONE = (
    "This was already saved or canceled, or the bot has restarted since. `/faq-admin history` shows what is stored; "
    "run the command again to change it."
)
NOT_YOUR_DRAFT = (
    "This belongs to another moderator or another server, so nothing was changed. Run the command yourself."
)
CONFLICT_DIFF = "**The stored text (−) compared with yours (+)**"
CONFLICT_SAME = "You both wrote the same text."
REMOVE_QUESTION = "remove this entry? it can be restored"
RESTORE_QUESTION = "bring this version back?"
NO_VERSIONS = "There is no such version of this entry. `/faq-admin history` lists them."
NOT_REMOVED = "This entry is not removed. `version:` brings back an older version; these are the versions:"
IMPORT_SAME = "Everything in it is already here; there is nothing to import."
IMPORT_NOTHING_LEFT = "This import was already done or canceled, or the bot has restarted since. Start it again."
IMPORT_TOO_LARGE = "The file is larger than 8 MiB, so it was not read. Split it."
IMPORT_NOT_TEXT = "The file is not UTF-8 text, so it cannot be imported. Use a file from `/faq-admin export`."
IMPORT_NOT_FETCHED = "I could not download the file from Discord. Attach it again."
EXPORT_TOO_LARGE = (
    "The FAQ is too large for a Discord file (8 MiB). The bot's host can export it: `helpbot faq export FILE "
    "--guild ID`."
)
EXPORTED = "This server's FAQ as a file. `/faq-admin import` reads it, here or in another server."
EXPORTED_WITHOUT_HISTORY = (
    f"{EXPORTED} With all versions the file would be too large for Discord, so it holds the entries without them."
)
ONLY_MANAGERS = (
    "Only members with the Manage Server permission can change these settings, because they include the moderator role."
)
NOT_SET = "not set"
ROLE_HINT = (
    "-# Discord shows `/faq-admin` and `/rules` to members with the Manage Server permission. To show them to the "
    "role too, open Server Settings, Integrations, this bot, and add the role to both commands."
)
MAKE_ENTRY = "Write an entry for a search"
MAKE_ALIAS = "Find an entry by a question that it answered"
SAVE_REPLY = "Save as FAQ entry"
PROPOSAL_GONE = (
    "This wording was already added, or the bot has restarted since, so nothing was changed. `/faq-admin alias` adds "
    "it by hand."
)


def unknown_entry(name: str) -> str:
    """A moderator named an entry that is not there."""
    return (
        f"There is no entry {limits.code(name, 100)} in this server, so nothing was changed. Choose one from the list "
        "under the option; `/faq-admin restore` lists removed ones."
    )


def kept(entry: Entry) -> str:
    """Below the title of an entry that was just saved."""
    return f"version {entry.version}"


def saved(entry: Entry) -> str:
    """After the commit."""
    return f"Saved: **{inert(entry.content.title)}**, version {entry.version}. `/faq` shows it."


def removed(entry: Entry) -> str:
    """After the commit."""
    return f"Removed: **{inert(entry.content.title)}**. `/faq-admin restore` brings it back."


def restored(entry: Entry) -> str:
    """After the commit."""
    return f"Restored: **{inert(entry.content.title)}**, now version {entry.version}."


def more_pages(count: int) -> str:
    """The preview shows the first page only."""
    return f"Page 1 of {count}; members can page through it."


def conflict(current: Entry) -> str:
    """What the buttons under a conflict do."""
    return (
        f"Save makes yours version {current.version + 1}, and the other one stays in the history. Edit again opens "
        "the form with your text."
    )


def doubts(found: dict[str, str]) -> str:
    """Names that are kept, but lead nowhere."""
    shown = "; ".join(f"{limits.code(name, 60)}: {what}" for name, what in list(found.items())[:6])
    return f"Kept and listed in `/faq-admin stats`: {shown}."


def left_out(count: int) -> str:
    """Characters that nobody sees."""
    return f"{plural(count, 'invisible character')} left out: they hide or reverse the text after them."


def masked(count: int) -> str:
    """Secrets in the text of an entry."""
    return f"{plural(count, 'secret')} masked: everybody can read an entry. Revoke what is still in use."


def who(author_id: int) -> str:
    """Who made a version."""
    return f"<@{author_id}>" if author_id else "the bot's host"


def alias_changed(entry: Entry) -> str:
    """After the commit."""
    names = ", ".join(limits.code(alias, 100) for alias in entry.content.aliases[:25])
    found = f"now also found as {names}" if names else "now found only by its title"
    return f"Saved: **{inert(entry.content.title)}** is {found}."


def alias_needed(entry: Entry) -> str:
    """The aliases that there are, where neither one to add nor one to remove was named."""
    names = ", ".join(limits.code(alias, 100) for alias in entry.content.aliases)
    there = f"**{inert(entry.content.title)}** is also found as {names}." if names else "It has no aliases yet."
    return f"{there} Give an alias to `add:` or `remove:`."


def removed_title(title: str) -> str:
    """An entry that was removed, in a list of choices."""
    return limits.one_line(f"{title} (removed)", limits.OPTION)


def unknown_release(name: str, known: Sequence[str]) -> str:
    """Nothing is known of an Axolotl release."""
    return f"I do not know the release {limits.code(name)}, so nothing was changed. I know {known[0]} to {known[-1]}."


def not_an_alias(name: str, content: EntryContent) -> str:
    """There is no such alias to take away."""
    names = ", ".join(limits.code(alias, 100) for alias in content.aliases) or "none"
    return (
        f"{limits.code(name, 100)} is not an alias of **{inert(content.title)}**; nothing was changed. It has: {names}."
    )


def imported(added: int, changed: int, removed_count: int) -> str:
    """After the commit."""
    done = f"{added} added, {changed} changed, {removed_count} removed"
    return f"Imported: {done}. Everything was saved."
