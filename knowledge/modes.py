"""Under which kinds of run a field works: a vocabulary, and the one sentence that an explanation shows."""

from __future__ import annotations

from enum import StrEnum

from knowledge.text import listed
from knowledge.value import value


class Mode(StrEnum):
    """A kind of run, named as a note names it. What makes a config one of a kind stands in `knowledge.kinds_of_run`."""

    PACKED = "packed"
    UNPACKED = "unpacked"
    STREAMING = "streaming"
    PACKED_STREAMING = "packed streaming"
    UNPACKED_STREAMING = "unpacked streaming"
    SUPERVISED = "supervised"
    PREFERENCE = "preference"
    DPO = "dpo"
    IPO = "ipo"
    SIMPO = "simpo"
    KTO = "kto"
    ORPO = "orpo"
    ONLINE = "online"
    GRPO = "grpo"
    EBFT = "ebft"
    STRUCTURED_EBFT = "structured ebft"
    STRIDED_EBFT = "strided ebft"
    REWARD_MODEL = "reward model"
    ADAPTER = "adapter"
    FULL = "full"
    QUANTIZED = "quantized"
    ONE_GPU = "one GPU"
    SEVERAL_GPUS = "several GPUs"
    FSDP = "FSDP"
    DEEPSPEED = "DeepSpeed"
    TEXT = "text"
    MULTIMODAL = "multimodal"


_PHRASES = {
    Mode.PACKED: "with `sample_packing`",
    Mode.UNPACKED: "without `sample_packing`",
    Mode.STREAMING: "when rows are streamed",
    Mode.PACKED_STREAMING: "when rows are streamed and packed",
    Mode.UNPACKED_STREAMING: "when rows are streamed without packing",
    Mode.SUPERVISED: "in supervised training (no `rl`)",
    Mode.PREFERENCE: "in preference training (`rl: dpo`, `ipo`, `simpo`, `kto`)",
    Mode.DPO: "under `rl: dpo`",
    Mode.IPO: "under `rl: ipo`",
    Mode.SIMPO: "under `rl: simpo`",
    Mode.KTO: "under `rl: kto`",
    Mode.ORPO: "under `rl: orpo`",
    Mode.ONLINE: "in reinforcement learning (`rl: grpo`, `gdpo`, `ebft`)",
    Mode.GRPO: "under `rl: grpo` or `gdpo`",
    Mode.EBFT: "under `rl: ebft`",
    Mode.STRUCTURED_EBFT: "under `rl: ebft` in structured mode",
    Mode.STRIDED_EBFT: "under `rl: ebft` in strided mode",
    Mode.REWARD_MODEL: "in reward-model training",
    Mode.ADAPTER: "with an adapter",
    Mode.FULL: "in full training (no adapter)",
    Mode.QUANTIZED: "with quantized weights",
    Mode.ONE_GPU: "on one GPU",
    Mode.SEVERAL_GPUS: "on several GPUs",
    Mode.FSDP: "with FSDP",
    Mode.DEEPSPEED: "with DeepSpeed",
    Mode.TEXT: "in text-only training",
    Mode.MULTIMODAL: "in multimodal training (`processor_type`)",
}


@value
class Modes:
    """What happens to a field in which kinds of run; those not named are as usual.

    `only`: it works in these alone and is ignored elsewhere. `ignored`: nothing reads it. `overruled`: something else
    decides. `refused`: Axolotl rejects the combination or crashes on it.
    """

    only: tuple[Mode, ...] = ()
    ignored: tuple[Mode, ...] = ()
    overruled: tuple[Mode, ...] = ()
    refused: tuple[Mode, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.only or self.ignored or self.overruled or self.refused)

    @property
    def sentence(self) -> str:
        """The line of an explanation; "" where the field works everywhere."""
        told = (
            ("Works only", self.only),
            ("Ignored", self.ignored),
            ("Overruled", self.overruled),
            ("Refused", self.refused),
        )
        return " ".join(f"{label} {_listed(modes)}." for label, modes in told if modes)


def phrase(mode: Mode) -> str:
    """A kind of run in words that continue a sentence: "with an adapter"."""
    return _PHRASES[mode]


def _listed(modes: tuple[Mode, ...]) -> str:
    return listed([phrase(mode) for mode in modes])
