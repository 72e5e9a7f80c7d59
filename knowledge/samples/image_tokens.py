"""How many tokens an image becomes, where the processor of the model has a rule that needs the config alone.

The rules are those of Transformers 5.20.1; their limits are those of the checkpoints' own preprocessor_config.json.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

_LARGEST_SIDE = 1 << 16
_MOST_TILES = 12


def image_tokens(model: str, image_size: object) -> int | None:
    """Tokens that stand for one image in what the model reads.

    Args:
        model: `base_model`.
        image_size: As in the config: Axolotl pads an image to a square of that side, or stretches it to [width,
            height]. Without it an image keeps its own size.

    Returns:
        None where the rule is not known, or needs the size of the image itself.
    """
    sides = _sides(image_size)
    for family in _FAMILIES:
        if family.match.search(model.lower()):
            return family.fixed if sides is None or family.rule is None else family.rule(*sides)
    return None


def _sides(value: object) -> tuple[int, int] | None:
    """Width and height after Axolotl's own resizing."""
    match value:
        case int(width):
            height = width
        case [int(width), int(height)]:
            pass
        case _:
            return None
    return (width, height) if min(width, height) > 0 and max(width, height) <= _LARGEST_SIDE else None


def _merged(factor: int, least: int, most: int) -> Callable[[int, int], int]:
    """Qwen's processors: both sides in whole patches, the area of pixels within limits."""

    def rule(width: int, height: int) -> int:
        rows, columns = (max(factor, round(side / factor) * factor) for side in (height, width))
        if rows * columns > most:
            scale = math.sqrt(height * width / most)
            rows, columns = (max(factor, math.floor(side / scale / factor) * factor) for side in (height, width))
        elif rows * columns < least:
            scale = math.sqrt(least / (height * width))
            rows, columns = (math.ceil(side * scale / factor) * factor for side in (height, width))
        return (rows // factor) * (columns // factor)

    return rule


def _lines(patch: int, longest: int) -> Callable[[int, int], int]:
    """Pixtral's processor: a token for each patch, and one at the end of each line of them."""

    def rule(width: int, height: int) -> int:
        scale = max(width / longest, height / longest, 1)
        rows, columns = ((math.floor(side / scale) - 1) // patch + 1 for side in (height, width))
        return rows * (columns + 1)

    return rule


def _cut(across: int, tokens: int) -> Callable[[int, int], int]:
    """SmolVLM's processor: the longer side becomes so many tiles, and the whole image comes once more behind them.

    Each tile has two marks before it, each line of tiles ends, and three marks and an empty line frame the whole.
    """

    def rule(width: int, height: int) -> int:
        rows, columns = (math.ceil(across * side / max(width, height)) for side in (height, width))
        return rows * columns * (tokens + 2) + rows + tokens + 3

    return rule


def _tiled(width: int, height: int) -> int:
    """InternVL's processor: the grid of at most 12 tiles that is closest in shape, and a small image if it is cut."""
    grids = [(columns, rows) for columns in range(1, 13) for rows in range(1, 13) if columns * rows <= _MOST_TILES]
    grids.sort(key=lambda grid: grid[0] * grid[1])
    best, difference = (1, 1), math.inf
    for columns, rows in grids:
        off = abs(width / height - columns / rows)
        if off < difference or (off == difference and width * height > 448 * 448 * columns * rows / 2):
            best, difference = (columns, rows), off
    tiles = best[0] * best[1]
    return 256 * (tiles + (tiles > 1)) + 2


class _Family(NamedTuple):
    """Models whose names match: tokens of an image of any size (None: it depends), and of one of a known size."""

    match: re.Pattern[str]
    fixed: int | None
    rule: Callable[[int, int], int] | None = None


_FAMILIES = (
    _Family(re.compile(r"qwen-?2(\.5)?-?vl|qwen2(\.5)?-omni"), None, _merged(28, 56 * 56, 28 * 28 * 16384)),
    _Family(re.compile(r"qwen-?3-?vl"), None, _merged(32, 256 * 256, 4096 * 4096)),
    _Family(re.compile(r"gemma-?3(?!n|-270m|-1b)"), 260),
    _Family(re.compile(r"llama-?3\.2-\d+b-vision"), 1),
    _Family(re.compile(r"smolvlm2?-(256m|500m)"), None, _cut(4, 64)),
    _Family(re.compile(r"smolvlm2?-2\.2b|smolvlm-instruct"), None, _cut(4, 81)),
    _Family(re.compile(r"pixtral-12b"), None, _lines(16, 1024)),
    _Family(re.compile(r"mistral-small-3\.[12]|ministral-3-\d+b"), None, _lines(28, 1540)),
    _Family(re.compile(r"llava-1\.5|llava-v1\.5"), 576),
    _Family(re.compile(r"internvl-?3(\.5)?-.*hf"), None, _tiled),
)
