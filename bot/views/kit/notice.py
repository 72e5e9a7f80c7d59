"""Short private replies: what did not work and why, or that something was done."""

from __future__ import annotations

from typing import Any

from discord import ui

from bot.views.kit import limits
from bot.views.kit.layout import Colour, container, layout
from bot.views.kit.wording import plural

EXPIRED = (
    "This answer has expired: answers are kept for at most an hour and are lost when the bot restarts. Run the "
    "command again and press the button there."
)
NOT_YOURS = "This answer belongs to the member who asked for it. Run `/checkconfig` yourself to get your own."
DRAINING = "The bot is restarting. Try again in half a minute."
CUT_OFF = "The bot restarted before it finished this. Run the command again."
CHANGED = "This command changed with a new version of the bot. Restart Discord, or wait a minute, and try again."
MODERATORS_ONLY = (
    "Only moderators can do this: members with the Manage Server permission, or with the role set by `/faq-admin "
    "settings`."
)
SERVER_ONLY = "This works only inside a server, because it uses the server's settings."
NOT_YOUR_SUMMARY = "Only moderators and the member who shared this can remove it."
REPLIED = "Your answer is posted as a reply to the message."
NO_REPLY = (
    "Discord refused to post this reply. The message was deleted, the thread is archived or locked, AutoMod "
    "blocked the text, or the bot may not write here: it needs View Channel, Send Messages, and Read Message History; "
    "in a thread, also Send Messages in Threads."
)
FORM_EXPIRED = (
    "The bot restarted while this form was open, or a thousand newer forms were opened, so what you typed was not "
    "used. Your text is attached: run the command again and paste it there."
)
POSTED = "This is posted below."
FORM_TOO_LATE = (
    "The database took too long, so Discord no longer opens a form for this. Run the command again, or press the "
    "button once more."
)
MAY_NOT_POST = "Everybody in this channel would see this, so both you and the bot need permission to write here."


def notice(text: str, *, colour: Colour = Colour.NEUTRAL, buttons: tuple[ui.Item[Any], ...] = ()) -> ui.LayoutView:
    """One short text, and buttons below it."""
    items: list[ui.Item[Any]] = [container(colour, ui.TextDisplay(limits.cut(text, limits.PAGE).strip() or "…"))]
    if buttons:
        items.append(ui.ActionRow(*buttons))
    return layout(*items)


def incident(number: str) -> str:
    """What a member reads when something broke that nobody foresaw."""
    return (
        f"Something in the bot broke while it worked on this; it is not your fault. Try once more. If it "
        f"happens again, tell the server's moderators the incident number `{number}`."
    )


DISCORD_FAILED = (
    "Discord did not accept or deliver what I sent, because of a fault of its own or too many requests at once. Try "
    "again in a minute."
)


def wait(seconds: int) -> str:
    """The cooldown of a member or a server."""
    return f"That was a lot of commands in a short time. Try again in {plural(seconds, 'second')}."


def many_waiting(number: int) -> str:
    """A member has asked for more than may wait."""
    return f"{number} of your commands are still running, one after another. Try again when they are answered."


def busy(seconds: int) -> str:
    """The queue of checks is full."""
    return f"The bot is busy: its queue of checks is full. Try again in {plural(seconds, 'second')}."


def given_up(seconds: float) -> str:
    """A check took too long."""
    return (
        f"This took longer than {seconds:g} seconds, so I stopped. The file is usually very long or deeply nested: "
        "check the part you doubt on its own, or use `helpbot check` on your own machine, which has no such limit."
    )
