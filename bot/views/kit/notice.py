"""Short private replies: what did not work and why, or that something was done."""

from __future__ import annotations

from typing import Any

from discord import ui

from bot.views.kit import limits
from bot.views.kit.layout import Colour, container, layout

EXPIRED = (
    "This answer has expired: it was kept for an hour at most and not across a restart. Run the command again and "
    "press the button there."
)
NOT_YOURS = "This answer belongs to the member who asked for it. Run `/checkconfig` yourself to get your own."
DRAINING = "The bot is being restarted. Try again in half a minute."
CUT_OFF = "The bot was restarted before it had finished this. Run the command again."
CHANGED = "This command changed with a new version of the bot. Restart Discord, or wait a minute, and try again."
MODERATORS_ONLY = (
    "Only moderators can do this: members who may manage the server, or who have the role that was set with "
    "`/faq-admin settings`."
)
SERVER_ONLY = "This works inside a server only, because it belongs to a server's settings."
NOT_YOUR_SUMMARY = "Only the member who shared this and moderators can remove it."
REPLIED = "The author has your answer, as a reply to the message."
NO_REPLY = (
    "Discord does not post this reply. Either the message was deleted, the thread is archived or locked, AutoMod "
    "stopped the text, or the bot may not write here: it needs View Channel, Send Messages and Read Message History, "
    "in a thread also Send Messages in Threads."
)
FORM_EXPIRED = (
    "The bot was restarted while this form was open, or a thousand newer forms were opened, so what you typed was not "
    "used. It is attached: run the command again and paste it there."
)
MAY_NOT_POST = "Everybody in this channel would see this, so you and the bot both need the right to write here."


def notice(text: str, *, colour: Colour = Colour.NEUTRAL, buttons: tuple[ui.Item[Any], ...] = ()) -> ui.LayoutView:
    """One short text, and buttons below it."""
    items: list[ui.Item[Any]] = [container(colour, ui.TextDisplay(limits.cut(text, limits.PAGE).strip() or "…"))]
    if buttons:
        items.append(ui.ActionRow(*buttons))
    return layout(*items)


def incident(number: str) -> str:
    """What a member reads when something broke that nobody foresaw."""
    return (
        f"Something in the bot broke while it worked on this; nothing of yours is at fault. Try once more. If it "
        f"happens again, tell the server's moderators the incident number `{number}`."
    )


def wait(seconds: int) -> str:
    """The cooldown of a member or a server."""
    return f"That was many commands in a short time. Try again in {seconds} s."


def many_waiting(number: int) -> str:
    """A member has asked for more than may wait."""
    return (
        f"{number} of your commands are still being worked on, one after the other. Try again when they are answered."
    )


def busy(seconds: int) -> str:
    """The queue of checks is full."""
    return f"The bot is busy: its queue of checks is full. Try again in {seconds} s."


def given_up(seconds: float) -> str:
    """A check took too long."""
    return (
        f"This took longer than {seconds:g} s, so it was given up. Usually the file is very long or deeply nested: "
        "check the part you doubt on its own, or use `helpbot check` on your own machine, which has no such limit."
    )
