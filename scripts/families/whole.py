"""Parts of a model that are one module to the facts: image tokenizers and audio codecs, which nobody publishes varied.

Their parameters are those of the class's own dimensions; only their linear layers, which take LoRA, stand apart.
"""

from __future__ import annotations

import math
from typing import Any

_WHOLE = {
    "chameleon+": ("model.vqmodel", "vq_config", "True"),
    "emu3+": ("model.vqmodel", "vq_config", "True"),
    "janus+": ("model.vqmodel", "vq_config", "True"),
    "kyutai_speech_to_text+": ("codec_model", "codec_config", "True"),
    "qwen2_5_omni+": ("token2wav", "token2wav_config", "enable_audio_output"),
}
"""The dotted name of the part, the key of its config, and when it is there."""


def without_whole(family: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The samples without the part, which needs no explanation."""
    if family not in _WHOLE:
        return rows
    stem, part, _ = _WHOLE[family]
    return [
        {
            **row,
            "tensors": [each for each in row["tensors"] if not each[0].startswith(f"{stem}.")],
            "lists": {name: each for name, each in row["lists"].items() if not name.startswith(f"{stem}.")},
            "nested": {key: each for key, each in row["nested"].items() if key != part},
        }
        for row in rows
    ]


def add_whole(family: str, row: dict[str, Any], facts: dict[str, Any]) -> None:
    """Add the part to the facts, from the sample with the class's defaults."""
    if family in _WHOLE:
        stem, _, when = _WHOLE[family]
        total, linear = 0, []
        for name, shape, _, kind in row["tensors"]:
            if not name.startswith(f"{stem}."):
                continue
            if kind == "linear" and name.endswith(".weight"):
                linear.append([name.removesuffix(".weight"), kind, when, *map(str, shape)])
            else:
                total += math.prod(shape)
        facts["modules"] += [[stem, "other", when, str(total), "1"], *linear]
