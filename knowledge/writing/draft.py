"""A config in the making: what has been chosen so far, and the keys that it makes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from knowledge.writing.families import Family
    from knowledge.writing.rows import Read
    from knowledge.writing.taste import Aim
    from knowledge.writing.wishes import Wishes

CUT_CROSS_ENTROPY: Final = "axolotl.integrations.cut_cross_entropy.CutCrossEntropyPlugin"
INSTALL_CUT_CROSS_ENTROPY: Final = 'pip install "cut-cross-entropy[transformers] @ git+https://github.com/axolotl-ai-cloud/ml-cross-entropy.git@v0.1.1"'

SWANLAB: Final = "axolotl.integrations.swanlab.SwanLabPlugin"


@dataclass(slots=True)
class Draft:
    """The choices of a config.

    Attributes:
        wishes, aim, rows, family: What they follow from.
        method: "full", "lora" or "qlora".
        experts: Whether the model is a mixture of experts.
        bf16: Whether the card computes in bf16.
        attention: `attn_implementation`.
        length: `sequence_len`.
        packing: Whether rows share a sequence.
        sharded: Whether the weights are divided among the GPUs (FSDP2).
        offloaded: Whether divided weights wait in the host's memory.
        checkpointing: "no", "layers" or "offload".
        fused: Whether cut cross entropy computes the loss.
        small_state: Whether the optimizer keeps its state in 8 bits.
        micro, accumulation: The batch on one GPU.
        packed: Rows that a packed sequence holds by the plan; 0 where it has not been counted.
        held_out: Share of the rows for evaluation; 0 without.
        epochs: Passes over the rows.
        steps: `max_steps`, or None.
        vllm: Share of the card's memory for vLLM; 0 without.
        served: Whether vLLM runs as a server on one more card; `wishes` then counts the cards that train.
        generations: Answers to a prompt, in GRPO.
        kernels: Whether Axolotl's LoRA kernels can patch the model.
        fusible: Whether cut cross entropy can compute the loss of this run.
        lowered: Whether the batch is below the aim's, since the rows make too few steps otherwise.
        timed: Whether the hours that are asked for end the run.
        repeated: Whether there are more passes than usual or wanted, since even the smallest batch makes too few steps.
    """

    wishes: Wishes
    aim: Aim
    rows: Read
    family: Family
    method: str
    experts: bool
    bf16: bool
    attention: str
    length: int
    packing: bool
    sharded: bool = False
    offloaded: bool = False
    checkpointing: str = "no"
    fused: bool = False
    small_state: bool = False
    micro: int = 1
    accumulation: int = 1
    packed: float = 0.0
    held_out: float = 0.0
    epochs: float = 1.0
    steps: int | None = None
    vllm: float = 0.0
    served: bool = False
    generations: int = 8
    kernels: bool = True
    fusible: bool = False
    lowered: bool = False
    timed: bool = False
    repeated: bool = False

    @property
    def adapter(self) -> bool:
        """Whether an adapter is trained."""
        return self.method != "full"

    @property
    def optimizer(self) -> str:
        """The optimizer: FSDP2 refuses bitsandbytes' 8-bit state, and takes torchao's."""
        if not self.small_state:
            return "adamw_torch_fused"
        return "adamw_torch_8bit" if self.sharded else "adamw_8bit"


@dataclass(frozen=True, slots=True)
class Line:
    """One key of the config.

    Attributes:
        key, value: As they are written.
        why: The reason, for whoever asks.
        comment: What the file says above it; "" for nothing.
    """

    key: str
    value: Any
    why: str = ""
    comment: str = ""


def plain(lines: list[list[Line]]) -> dict[str, Any]:
    """The keys of all groups with their values."""
    return {line.key: line.value for group in lines for line in group}
