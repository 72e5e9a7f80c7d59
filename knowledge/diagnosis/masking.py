"""Words of a log in the form in which an answer may repeat them."""

from __future__ import annotations

from knowledge.secrets import mask, mask_paths


def shown(text: str, most: int = 300) -> str:
    """Words of a log as they may be repeated: secrets and user names masked, blanks made single, cut."""
    words = " ".join(mask_paths(mask(text[: 4 * most])).split())
    return words if len(words) <= most else words[: most - 1] + "…"
