"""Sentences of help channels: offers, reminders, secrets, and what moderators read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.views.kit.wording import listed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.help_channels.contents import Contents
    from knowledge.secrets import Secret

GROUP = "Channels in which the bot reads along and helps"
ADD = "Let the bot help in a channel"
ADD_CHANNEL = "A text channel or a forum"
ADD_MODE = "quiet: a reaction; offer: a button for the author; answer: a reply that everybody sees"
ADD_REMINDERS = "Ask once for config, log and versions under a forum post that has none"
ADD_TAGS = "Put the forum's own tags that fit, such as config, memory or solved"
ADD_SOLVED = "A button Solved under answers in a forum; on unless you turn it off"
ADD_SECRETS = "Delete a message that shows a token, after telling its author"
LIST = "The help channels, what the bot may not do there, and posts that wait"
REMOVE = "Leave a channel alone"
PAUSE = "Keep quiet in a channel, or go on"
STATS = "What became of the posts that the bot saw"

SEE = "Show me what you found"
SEE_ALL = "All of it, for you alone"
SOLVED = "Solved"
WRONG = "This is wrong"
LOOK = "🔎"
"""The reaction in the mode quiet."""
PERHAPS = "I may know something about this. The button shows it to you alone."
GREETING = (
    "If you have a config, a log, or some rows of your dataset, mention me here in a message with it, "
    "and I check it. `/checkconfig` does the same for you alone."
)
REMINDER = (
    "To get help faster, send what others need to see: your config, the last 30 lines of the log as text, your GPUs, "
    "and your Axolotl version. I check configs and logs as soon as they are here."
)
NOTHING = (
    "I read configs and logs for the fine-tuning tool Axolotl, and know answers to common questions about it. "
    "Mention me with one of them, or use `/checkconfig` and `/ask`, whose answers only you see."
)
CLOSED = "This thread is closed as solved. Write in it to open it again."
MARKED = "Noted as solved. I may not close the thread here: that needs the permission Manage Threads."
NOT_THE_AUTHOR = "Only the author of the post and moderators can press this."
TOLD_WRONG = "Noted and removed. I keep quiet about this post from now on."
GONE = "The message is gone, or I may no longer read it."
NOTHING_LEFT = "There is nothing left in this message that I can check."
LEAVE = "Do not answer me unasked"
LEFT = "I no longer answer your messages in help channels unless you ask me. Run `/about` again to change this."
BACK = "Answer me in help channels"
CAME_BACK = "I answer your messages in help channels again."
NONE = (
    "There is no help channel in this server: the bot answers only who asks it. `/help-channels add` names a channel "
    "in which it reads along."
)
NO_READING = (
    "The host of this bot has not turned on reading (`HELPBOT_HELP_CHANNELS=on`): it sees titles of new forum posts "
    "and messages that mention it, but no other text."
)
NOT_ONE = "This channel is not a help channel. `/help-channels list` shows which are."


def offer(contents: Contents) -> str:
    """What the author of a message reads beside the button."""
    kinds = [
        word
        for word, there in (("config", contents.configs), ("log", contents.logs), ("dataset", contents.samples))
        if there
    ]
    return f"I have read your {listed(kinds)}. The button shows what I found, to you alone."


def secret(secrets: Iterable[Secret], jump: str) -> str:
    """What the author of a message that shows a secret reads in private."""
    kinds = sorted({each.kind for each in secrets})
    revoke = " ".join(dict.fromkeys(each.revoke for each in secrets))
    return (
        f"Your message {jump} shows a secret that everybody in the channel can read: {listed(kinds)}. "
        f"Whoever copies it can use it, so make it worthless now, even if you delete the message. {revoke}"
    )


def public_secret(secrets: Iterable[Secret]) -> str:
    """The same as a reply, where the author takes no private messages."""
    kinds = sorted({each.kind for each in secrets})
    revoke = " ".join(dict.fromkeys(each.revoke for each in secrets))
    return f"This message shows a secret that everybody here can read: {listed(kinds)}. Make it worthless now. {revoke}"


def added(channel_id: int, mode: str, missing: Iterable[str], *, reading: bool) -> str:
    """A channel has become a help channel."""
    what = {
        "quiet": f"I put {LOOK} on a message that holds a config, a log or rows; who presses it gets the answer as a "
        "private message.",
        "offer": "I reply with a button that only the author can press, and remove it after an hour if nobody does.",
        "answer": "I reply with the verdict and the findings, never with the config.",
    }[mode]
    said = [f"<#{channel_id}> is a help channel now, in the mode **{mode}**. {what}"]
    if lacking := list(missing):
        said.append(f"I lack {listed(lacking)} there, and stay silent until I have it.")
    if not reading:
        said.append(NO_READING)
    return "\n\n".join(said)


def removed(channel_id: int) -> str:
    """It is an ordinary channel again."""
    return f"I leave <#{channel_id}> alone from now on. Who mentions me there is still answered."


def paused(channel_id: int, *, on: bool) -> str:
    """It was paused, or goes on."""
    return (
        f"I keep quiet in <#{channel_id}> until `/help-channels pause` is used again."
        if on
        else (f"I help in <#{channel_id}> again.")
    )


def silent(channel_id: int, missing: Iterable[str]) -> str:
    """The line for moderators where the bot could not help."""
    return f"I could not help in <#{channel_id}>: I lack {listed(list(missing))} there. I stay silent until I have it."
