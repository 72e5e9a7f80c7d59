"""The names of users in the paths of their home folders."""

from __future__ import annotations

from knowledge.pattern import expression

_PATH_PIECES = ("home/", "Users")
_HOME = expression(r"(/home/|[/\\]{1,2}Users[/\\]{1,2})([^\s/\\:\"'<>|,;)\]}]{1,64})")
_NOBODY = frozenset({"user", "ubuntu", "root", "runner", "shared", "Public", "Shared", "Default", "axolotl", "jovyan"})


def mask_paths(text: str) -> str:
    """The text with the user's name in paths of home folders replaced by `user`."""
    if not any(piece in text for piece in _PATH_PIECES):
        return text
    return _HOME.sub(lambda match: match[0] if match[2] in _NOBODY else match[1] + "user", text)
