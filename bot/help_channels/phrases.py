"""Words by which anybody tells the bot to be quiet."""

from __future__ import annotations

import re

_TOLD = frozenset(
    {"bad bot", "be quiet", "quiet", "stop", "shut up", "go away", "not now", "stop it", "silence", "leave us alone"}
)
_OUT_OF_THE_BLUE = frozenset({"bad bot", "be quiet", "shut up bot", "be quiet bot", "quiet bot", "stop bot"})
"""Those that are meant for the bot although they neither mention it nor reply to it."""
_MENTION = re.compile(r"<@!?\d+>")


def tells_to_be_quiet(text: str, *, addressed: bool) -> bool:
    """Whether a message tells the bot to be quiet."""
    words = " ".join(re.findall(r"[a-z]+", _MENTION.sub(" ", text[:200]).lower()))
    words = words.removeprefix("please ").removesuffix(" please")
    return words in _OUT_OF_THE_BLUE or (addressed and words.removesuffix(" bot") in _TOLD)
