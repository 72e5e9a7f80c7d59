"""Rows with images: the form of the references, placeholders against images, and the keys that a vision run needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from knowledge.samples.image_tokens import image_tokens
from knowledge.text import plural

if TYPE_CHECKING:
    from knowledge.samples.case import Case
    from knowledge.samples.conversation import Turn
    from knowledge.samples.rows import Row

IMAGE_KEYS: dict[str, Any] = {
    "processor_type": "AutoProcessor",
    "skip_prepare_dataset": True,
    "remove_unused_columns": False,
    "sample_packing": False,
}
"""What the run needs besides the data set, so that the images reach the model."""

_COLUMNS = ("images", "image")
_MARKS = ("<image>", "<|image|>", "<image_soft_token>", "<start_of_image>", "[IMG]", "<|image_pad|>")
_LOOK = 200
_USUAL_SIZE = 512


def shows_images(rows: list[Row]) -> bool:
    """Whether rows hold images: in a column, or as parts of a message."""
    return any(row.get(name) for row in rows[:_LOOK] for name in _COLUMNS) or any(_parts(row) for row in rows[:_LOOK])


def tokens_of_images(case: Case) -> int | None:
    """Tokens of each image that the run loads; None where that is not known, or it loads none."""
    if not case.settings.get("processor_type") or not shows_images(case.rows):
        return None
    return image_tokens(str(case.settings.get("base_model") or ""), case.settings.get("image_size"))


def counted_images(case: Case) -> str:
    """A sentence that says what an image counts as."""
    each = tokens_of_images(case)
    if each is not None:
        return f"Each image counts as {plural(each, 'token')}."
    sized = image_tokens(str(case.settings.get("base_model") or ""), _USUAL_SIZE) is not None
    more = " They depend on the size of each image, unless `image_size` sets one." if sized else ""
    return f"The rows contain images; their tokens are not counted.{more}"


def images_of(row: Row, column: str = "messages") -> int:
    """How many images of a row reach the model: those in its messages, else the one that its column gives."""
    return len(_parts(row, column)) or int(any(row.get(name) for name in _COLUMNS))


def turns_with_images(turns: list[Turn], row: Row, column: str) -> list[Turn]:
    """The messages as a vision run gives them to the template: every content is a list of parts.

    The first image of the column stands where a part of the row leaves a place for it, else behind the first text of
    the user's.

    Args:
        turns: The messages under the template's names, their contents as text.
        row: The row.
        column: The column of the messages.
    """
    contents = [message.get("content", message.get("value")) for message in _messages(row, column)]
    contents = [None] * (len(turns) - len(contents)) + contents
    seen: list[Turn] = []
    for turn, content in zip(turns, contents, strict=False):
        parts = content if isinstance(content, list) else [{"type": "text", "text": turn.get("content") or ""}]
        seen.append({"role": turn.get("role"), "content": [part for part in parts if isinstance(part, dict)]})
    placed = any(part.get("type") in ("image", "image_url") for turn in seen for part in turn["content"])
    if any(row.get(name) for name in _COLUMNS) and not placed:
        first = next((turn for turn in seen if turn["role"] == "user"), seen[0])
        first["content"] = [*first["content"], {"type": "image"}]
    return seen


def check_images(case: Case, column: str) -> None:
    """Note references that the run cannot take, and keys that a vision run needs."""
    rows = case.rows[:_LOOK]
    multimodal = bool(case.settings.get("processor_type"))
    if multimodal:
        for index, row in enumerate(rows):
            if _marks(row, column) and not images_of(row, column):
                case.issues.add("rows-image-missing", index, column)
    if not shows_images(rows):
        return
    for key, needed in IMAGE_KEYS.items():
        given = case.settings.get(key)
        if not (given if key == "processor_type" else bool(given) == needed):
            case.issues.add(
                "rows-image-keys", None, f"{key}: {str(needed).lower() if needed in (True, False) else needed}"
            )
    if not multimodal:
        return
    for index, row in enumerate(rows):
        name = next((each for each in _COLUMNS if each in row), "")
        if isinstance(row.get(name), str):
            case.issues.add("rows-image-text", index, name)
        elif isinstance(row.get(name), list) and len(row[name]) > 1:
            case.issues.add("rows-image-many", index, name)
        if (row.get(name) or _parts(row, column)) and _marks(row, column):
            case.issues.add("rows-image-mark", index, column)


def _messages(row: Row, column: str) -> list[dict[str, Any]]:
    value = row.get(column)
    return [message for message in value if isinstance(message, dict)] if isinstance(value, list) else []


def _parts(row: Row, column: str = "messages") -> list[dict[str, Any]]:
    """The parts of the messages that stand for an image."""
    contents = [message.get("content") for message in _messages(row, column)]
    parts = [part for content in contents if isinstance(content, list) for part in content if isinstance(part, dict)]
    return [part for part in parts if part.get("type") in ("image", "image_url")]


def _marks(row: Row, column: str) -> int:
    """Placeholders for images that are written into texts."""
    texts: list[Any] = []
    for message in _messages(row, column):
        content = message.get("content")
        parts = content if isinstance(content, list) else [content]
        texts += [part.get("text") if isinstance(part, dict) else part for part in parts]
    return sum(text.count(mark) for text in texts if isinstance(text, str) for mark in _MARKS)
