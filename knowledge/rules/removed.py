"""Removed keys and settings of the run that fit no other area."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knowledge.finding import Severity
from knowledge.rule import Problem, problem, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.config import Config


@rule(
    Severity.ERROR,
    fields=("max_packed_sequence_len",),
    says="`max_packed_sequence_len` is no longer supported",
    bad="max_packed_sequence_len: 2048\n",
    good="sample_packing: true\nattn_implementation: flash_attention_2\n",
)
def packed_length_removed(config: Config) -> Iterator[Problem]:
    """`max_packed_sequence_len` was removed.

    Packing is `sample_packing: true`, its length `sequence_len`.
    """
    if config.typed("max_packed_sequence_len"):
        yield problem(
            "Removed: use `sample_packing: true`, `sequence_len`, and `attn_implementation: flash_attention_2`.",
            "max_packed_sequence_len",
        )


@rule(
    Severity.ERROR,
    fields=("s2_attention", "flash_attn_rms_norm"),
    says=("`s2_attention` (shifted-sparse attention) is no", "`flash_attn_rms_norm` is no longer supported"),
    bad="s2_attention: true\nattn_implementation: flash_attention_2\n",
    good="attn_implementation: flash_attention_2\n",
)
def attention_removed(config: Config) -> Iterator[Problem]:
    """An attention option that was removed.

    `s2_attention` and `flash_attn_rms_norm` no longer exist.
    """
    for name in ("s2_attention", "flash_attn_rms_norm"):
        if config.typed(name):
            yield problem("Removed: delete the line.", name)


UNSLOTH = {
    "unsloth_cross_entropy_loss": None,
    "unsloth_lora_mlp": "lora_mlp_kernel",
    "unsloth_lora_qkv": "lora_qkv_kernel",
    "unsloth_lora_o": "lora_o_kernel",
    "unsloth_rms_norm": None,
    "unsloth_rope": None,
}


@rule(
    Severity.ERROR,
    fields=tuple(UNSLOTH),
    says="Please use `lora_mlp_kernel`, `lora_qkv_kernel`, `lora_o_kernel` instead",
    bad="unsloth_lora_mlp: true\nadapter: lora\nlora_r: 8\nlora_alpha: 16\n",
    good="lora_mlp_kernel: true\nadapter: lora\nlora_r: 8\nlora_alpha: 16\n",
)
def unsloth_removed(config: Config) -> Iterator[Problem]:
    """The `unsloth_*` switches were removed.

    Axolotl has its own kernels: `lora_mlp_kernel`, `lora_qkv_kernel`, `lora_o_kernel`.
    """
    now = config.at("check_deprecated_unsloth_fields")
    for name, new in UNSLOTH.items():
        if now(name):
            cure = f"Use `{new}`." if new else "Delete the line."
            yield problem(f"Removed. {cure}", name, suggestion=new)


@rule(
    Severity.WARNING,
    fields=("save_total_limit",),
    bad="save_total_limit: 0\n",
    good="save_total_limit: 1\n",
)
def save_limit_zero(config: Config) -> Iterator[Problem]:
    """`save_total_limit: 0` is not "none".

    Axolotl treats 0 as unset and keeps 4 checkpoints.
    """
    if config.typed("save_total_limit") == 0:
        yield problem("0 counts as unset: 4 checkpoints are kept. Write 1 to keep the fewest.", "save_total_limit")
