"""Which cards hold a model, by method and length: the estimate of a usual config for each length."""

from __future__ import annotations

from typing import Final

from knowledge.config import read
from knowledge.gpus import sizes
from knowledge.memory.estimate import memory_of
from knowledge.value import value

LENGTHS: Final = (2048, 4096, 8192, 16384, 32768)
METHODS: Final = ("qlora", "lora", "full")
SIZES: Final = (8, 12, 16, 24, 32, 48, 80, 96, 141, 180)
"""Memory of the cards that are shown, in GB."""

_ADAPTER: Final = "lora_r: 16\nlora_alpha: 16\nlora_target_linear: true\n"
_METHOD: Final = {
    "full": "optimizer: adamw_8bit\n",
    "lora": f"adapter: lora\n{_ADAPTER}",
    "qlora": f"adapter: qlora\nload_in_4bit: true\n{_ADAPTER}",
}


@value
class FitTable:
    """Which cards hold a model.

    Attributes:
        model: The model.
        method: "qlora", "lora" or "full".
        gpus: GPUs that share the work under FSDP2, or 1.
        known: How the model is known; "guessed" by the size in its name.
        lengths: Lengths of a row that were tried.
        needs_gib: The upper end of the estimate for each length, of one GPU.
        cards: Memory of cards in GB, and which of the lengths each holds.
        experts: Whether `quantize_moe_experts: true` is counted on, without which the experts would stay in fp32.
    """

    model: str
    method: str
    gpus: int
    known: str
    lengths: tuple[int, ...]
    needs_gib: tuple[float, ...]
    cards: tuple[tuple[int, tuple[bool, ...]], ...]
    experts: bool = False


def fit_table(model: str, method: str, gpus: int = 1) -> FitTable | None:
    """Which cards hold a model with one row a GPU, gradient checkpointing and a fused loss.

    Args:
        model: A hub id.
        method: "qlora", "lora" or "full"; full training with an 8-bit optimizer.
        gpus: GPUs; more than one share the weights under FSDP2.

    Returns:
        The table; None where nothing is known of the model.
    """
    plain = memory_of(read(fit_config(model, method, LENGTHS[0], gpus), gpus))
    experts = plain is not None and plain.widened_experts
    packed = "quantize_moe_experts: true\n" if experts else ""
    found = [memory_of(read(fit_config(model, method, length, gpus) + packed, gpus)) for length in LENGTHS]
    needs = tuple(each.high_gib for each in found if each is not None)
    if found[0] is None or len(needs) < len(LENGTHS):
        return None
    usable = sizes()
    cards = tuple((size, tuple(need <= usable[size] for need in needs)) for size in SIZES)
    return FitTable(
        model=model,
        method=method,
        gpus=gpus,
        known=found[0].known,
        lengths=LENGTHS,
        needs_gib=needs,
        cards=cards,
        experts=experts,
    )


def fit_config(model: str, method: str, length: int, gpus: int = 1) -> str:
    """The config that the table stands for.

    Args:
        model: A hub id.
        method: "qlora", "lora" or "full".
        length: `sequence_len`.
        gpus: GPUs.
    """
    name = model.replace("'", "''").replace("\n", " ")
    text = (
        f"base_model: '{name}'\n{_METHOD[method]}sequence_len: {length}\nsample_packing: true\nmicro_batch_size: 1\n"
        "gradient_accumulation_steps: 1\nbf16: true\ngradient_checkpointing: true\n"
        "attn_implementation: flash_attention_2\n"
        "plugins: [axolotl.integrations.cut_cross_entropy.CutCrossEntropyPlugin]\n"
    )
    if gpus == 1:
        return text
    # FSDP2 divides the optimizer's states, which those of bitsandbytes do not allow.
    return text.replace("adamw_8bit", "adamw_torch_8bit") + "fsdp_config:\n  reshard_after_forward: true\n"
