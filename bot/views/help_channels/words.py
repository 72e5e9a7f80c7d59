"""Sentences of help channels: offers, reminders, secrets, and what moderators read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knowledge.text import listed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.help_channels.contents import Contents
    from knowledge.secrets import Secret

GROUP = "Channels where the bot reads along and helps"
ADD = "Let the bot help in a channel"
ADD_CHANNEL = "A text channel or a forum"
ADD_MODE = "quiet: a reaction; offer: a button; answer: a public reply"
ADD_REMINDERS = "Ask once for a config, log, and versions if a post has none"
ADD_TAGS = "Add the forum's own tags that fit, such as config or memory"
ADD_SOLVED = "A Solved button under forum answers; on by default"
ADD_SECRETS = "Delete messages that show a token, after telling the author"
LIST = "The help channels, missing permissions, and waiting posts"
REMOVE = "Stop helping in a channel"
PAUSE = "Pause helping in a channel, or resume"
STATS = "What happened to the posts the bot saw"

SEE = "Show me what you found"
SEE_ALL = "All of it, only for you"
SOLVED = "Solved"
WRONG = "This is wrong"
LOOK = "🔎"
"""The reaction in the mode quiet."""
PERHAPS = "I may know something about this. The button shows it only to you."
GREETING = (
    "If you have a config, a log, or some rows of your dataset, mention me here in a message with it, and I will "
    "check it. `/checkconfig` does the same privately."
)
REMINDER = (
    "To get help faster, send what others need to see: your config, the last 30 lines of the log as text, your GPUs, "
    "and your Axolotl version. I check configs and logs as soon as they are here."
)
NOTHING = (
    "I read configs and logs for the fine-tuning tool Axolotl, and know answers to common questions about it. "
    "Mention me with one of them, or use `/checkconfig` and `/ask`, whose answers only you can see."
)
CLOSED = "This thread is closed as solved. Write in it to open it again."
MARKED = "Marked as solved. I cannot close the thread here because I lack the Manage Threads permission."
NOT_CLOSED = "Marked as solved. Discord did not close the thread: close it from its own menu."
NOT_THE_AUTHOR = "Only the author of the post and moderators can press this."
TOLD_WRONG = "Noted and removed. I will not answer this post again."
NOT_REMOVED = (
    "Noted: I will not answer this post again. Discord did not let me remove my answer; a moderator can delete it."
)
GONE = "The message is gone, or I can no longer read it."
NOTHING_LEFT = "This message no longer contains anything I can check."
LEAVE = "Do not answer unless I ask"
LEFT = "I no longer answer your messages in help channels unless you ask me. Run `/about` again to change this."
BACK = "Answer me in help channels"
CAME_BACK = "I answer your messages in help channels again."
NONE = (
    "This server has no help channels, so the bot answers only when asked. `/help-channels add` names a channel "
    "where it reads along."
)
NO_READING = (
    "The host of this bot has not turned on reading (`HELPBOT_HELP_CHANNELS=on`). It sees the titles of new forum "
    "posts and messages that mention it, but no other text."
)
NOT_ONE = "This channel is not a help channel. `/help-channels list` shows which are."


def offer(contents: Contents) -> str:
    """What the author of a message reads with the button."""
    kinds = [
        word
        for word, there in (
            ("config", contents.configs),
            ("log", contents.logs),
            ("dataset", contents.samples),
            ("list of packages", contents.packages),
        )
        if there
    ]
    return f"I have read your {listed(kinds)}. The button shows what I found, only to you."


def secret(secrets: Iterable[Secret], jump: str) -> str:
    """What the author of a message that shows a secret reads in private."""
    kinds = sorted({each.kind for each in secrets})
    revoke = " ".join(dict.fromkeys(each.revoke for each in secrets))
    return (
        f"Your message {jump} shows a secret that everybody in the channel can read: {listed(kinds)}. "
        f"Anyone who copied it can use it, so revoke it now, even if you delete the message. {revoke}"
    )


def public_secret(secrets: Iterable[Secret]) -> str:
    """The same as a reply, where the author takes no private messages."""
    kinds = sorted({each.kind for each in secrets})
    revoke = " ".join(dict.fromkeys(each.revoke for each in secrets))
    return f"This message shows a secret that everybody here can read: {listed(kinds)}. Revoke it now. {revoke}"


def added(channel_id: int, mode: str, missing: Iterable[str], *, reading: bool) -> str:
    """A channel has become a help channel."""
    what = {
        "quiet": f"I add {LOOK} to a message that contains a config, a log, or rows; whoever clicks it gets the "
        "answer as a private message.",
        "offer": "I reply with a button that only the author can press, and remove it after an hour if nobody does.",
        "answer": "I reply with the verdict and the findings, but never show the config.",
    }[mode]
    said = [f"<#{channel_id}> is now a help channel in **{mode}** mode. {what}"]
    if lacking := list(missing):
        said.append(f"I lack {listed(lacking)} there, and will not answer until I have it.")
    if not reading:
        said.append(NO_READING)
    return "\n\n".join(said)


def removed(channel_id: int) -> str:
    """It is an ordinary channel again."""
    return f"I no longer read <#{channel_id}>. I still answer anyone who mentions me there."


def paused(channel_id: int, *, on: bool) -> str:
    """It was paused, or goes on."""
    return (
        f"I will not answer in <#{channel_id}> until you use `/help-channels pause` again."
        if on
        else (f"I am helping in <#{channel_id}> again.")
    )


def silent(channel_id: int, missing: Iterable[str]) -> str:
    """The line for moderators where the bot could not help."""
    return (
        f"I could not help in <#{channel_id}>: I lack {listed(list(missing))} there. I will not answer until I have it."
    )
