"""Other people's words in a line of text: shown as they were written, never as format, link or mention."""

from __future__ import annotations

import re

_FORMAT = re.compile(r"[\\*`~|<\[\]@]|(?<![^\W_])_|_(?![^\W_])|^(?=[#>-])", re.MULTILINE)
_ADDRESS = re.compile(r"\b(https?)://", re.IGNORECASE)


def inert(text: str) -> str:
    """The text with a backslash before whatever Discord would take for format.

    An underline between letters is none (`micro_batch_size`), so names of fields stay findable.
    """
    escaped = _FORMAT.sub(lambda match: "\\" + match[0], text)
    return _ADDRESS.sub(r"\1:\\//", escaped)
