"""What of a config decides the memory per GPU, read once into plain numbers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from knowledge.parameters import (
    NF4_BYTES,
    Adapter,
    Architecture,
    Parameters,
    Tensor,
    adapter_of,
    base_parameters,
    given,
    keeps_wide_embeddings,
    stored_as,
    trainable_parameters,
    weight_size,
)
from knowledge.pattern import expression

if TYPE_CHECKING:
    from knowledge.config import Config

_ZERO = expression(r"zero_?(?:stage_?)?([123])", re.IGNORECASE)
PAIRED = frozenset({"dpo", "ipo", "orpo", "simpo", "kto"})
_REFERENCE = frozenset({"dpo", "ipo", "kto"})
_DIVIDES_WEIGHTS = 3
# Tokens of one micro batch beyond which no number makes sense, and floating point gives up.
_MOST_TOKENS = 10**12
# Bytes of a tower's parameter under 4 bits: its linear layers packed, its embeddings and norms not.
_PACKED_TOWER = 0.54
# Bytes per hidden element that a layer of the tower keeps: its input alone, or everything.
_HALF, _KEPT_BY_TOWER = 2, 34
_KERNELS = ("lora_mlp_kernel", "lora_qkv_kernel", "lora_o_kernel")


class Shape(NamedTuple):
    """What decides the bytes of a token and of the weights, whatever the batch: the key of what is computed once.

    Attributes:
        architecture: The base model's dimensions.
        method: "full", "lora" (frozen weights in 16 bits), "int8" or "qlora" (frozen weights in 8 or 4 bits).
        adapter: The LoRA settings, or None.
        half: Bytes per element of the weights as loaded.
        packed: Bytes per element of a quantized weight, its scales included.
        packed_experts: Whether expert tensors are packed too.
        unpacks_experts: Whether packed experts are unpacked whole, layer by layer.
        prepared: Whether what stays unquantized is raised to fp32 while the model is prepared for 4 or 8 bits.
        wide: Whether embeddings, head, and norms are kept in fp32.
        kernels: Whether Axolotl's LoRA kernels replace MLP, query/key/value and output projections.
        dropout: Whether `lora_dropout` is above 0.
    """

    architecture: Architecture
    method: str
    adapter: Adapter | None
    half: int
    packed: float
    packed_experts: bool
    unpacks_experts: bool
    prepared: bool
    wide: bool
    kernels: tuple[bool, bool, bool]
    dropout: bool

    @property
    def widened_experts(self) -> bool:
        """Whether expert tensors stay unquantized with quantized weights, and are raised to fp32."""
        return bool(self.architecture.experts) and self.quantized and self.prepared and not self.packed_experts

    @property
    def full(self) -> bool:
        """Whether the base model's own weights are trained."""
        return self.adapter is None

    @property
    def quantized(self) -> bool:
        """Whether frozen weights are packed into 4 or 8 bits."""
        return self.method in {"qlora", "int8"}


class Run(NamedTuple):
    """One training step on one GPU.

    Attributes:
        base: The base model.
        shape: The model as it is loaded and trained.
        tensors: The trainable tensors.
        trained: Trainable parameters.
        micro_batch: Rows of a micro batch that go through the model.
        sequence: Tokens of a row.
        context: GPUs that share a row.
        tensor: GPUs that share every matrix.
        accumulation: Micro batches of one optimizer step.
        checkpointing: "no", "layers" or "offload".
        loss: "plain", "chunked", "liger" or "fused".
        loss_evaluation: The same during evaluation.
        evaluation: Rows of an evaluation batch, 0 without evaluation.
        eager: Whether attention computes its whole matrix of sequence x sequence.
        optimizer: Name of the optimizer.
        ranks: GPUs over which optimizer state, gradients, and weights are divided, if `stage` divides them.
        stage: 0 (nothing is divided), 1 (optimizer state), 2 (and gradients) or 3 (and weights).
        sharding: "none", "ddp", "deepspeed" or "fsdp".
        optimizer_offload: Optimizer state lies in the host's memory.
        weight_offload: Divided weights lie in the host's memory.
        reference: Whether a second, frozen copy of the model is held.
        padded: Whether every row is filled up to the full length.
        rl: `rl`, or None.
        images: Whether the rows hold images.
    """

    base: Parameters
    shape: Shape
    tensors: tuple[Tensor, ...]
    trained: int
    micro_batch: int
    sequence: int
    context: int
    tensor: int
    accumulation: int
    checkpointing: str
    loss: str
    loss_evaluation: str
    evaluation: int
    eager: bool
    optimizer: str
    ranks: int
    stage: int
    sharding: str
    optimizer_offload: bool
    weight_offload: bool
    reference: bool
    padded: bool
    rl: str | None
    images: bool

    @property
    def tokens(self) -> int:
        """Tokens of a micro batch on this GPU."""
        return self.micro_batch * self.sequence // self.context

    @property
    def tower_bytes(self) -> float:
        """Bytes of a vision tower and its projector as they are loaded; their linear layers are packed too."""
        if self.base.tower is None:
            return 0.0
        packed = self.shape.quantized and not self.shape.full
        return self.base.tower.parameters * (_PACKED_TOWER if packed else float(self.shape.half))

    @property
    def image_bytes(self) -> float:
        """Bytes that the images of a micro batch leave in the tower for its backward pass, which a frozen one has too.

        One image of the processor's usual size a row.
        """
        tower = self.base.tower
        if tower is None or not self.images:
            return 0.0
        each = _HALF if self.checkpointing != "no" else _KEPT_BY_TOWER
        return float(each * tower.depth * tower.width * tower.patches * self.micro_batch)

    @property
    def paired(self) -> bool:
        """Whether chosen and rejected rows go through the model together."""
        return self.rl in PAIRED

    @property
    def absurd(self) -> bool:
        """Whether the batch is so large that no number makes sense, and floating point gives up."""
        return max(self.tokens, self.evaluation * self.sequence, self.context, self.tensor) > _MOST_TOKENS


def read_run(config: Config) -> Run | None:
    """The run that a config describes, read once a check.

    Args:
        config: The config.

    Returns:
        The run, or None where the base model, the batch or what is trained cannot be read.
    """
    return config.once(_read_run)


def _read_run(config: Config) -> Run | None:
    base, trainable = base_parameters(config), trainable_parameters(config)
    micro, sequence = config.get("micro_batch_size"), config.get("sequence_len", 512)
    if base is None or trainable is None or not _counts(micro) or not _counts(sequence):
        return None
    rl, sharing = given(config, "rl"), _sharing(config)
    loss, adapter = _loss(config), adapter_of(config)
    tensor = _whole(given(config, "tensor_parallel_size"))
    return Run(
        base=base,
        shape=_shape(config, base, adapter, divided=sharing.kind == "fsdp" or sharing.stage >= _DIVIDES_WEIGHTS),
        tensors=trainable.tensors,
        trained=trainable.total,
        micro_batch=micro * 2 if rl in PAIRED else micro,
        sequence=sequence,
        context=_whole(given(config, "context_parallel_size")),
        tensor=tensor,
        accumulation=_whole(given(config, "gradient_accumulation_steps")),
        checkpointing=_checkpointing(config),
        loss=loss,
        # Liger's fused loss works on training batches only.
        loss_evaluation="plain" if loss == "fused" and "CutCrossEntropyPlugin" not in config.plugins else loss,
        evaluation=_evaluation(config, micro),
        eager=given(config, "attn_implementation") == "eager",
        optimizer=str(config.get("optimizer", "adamw_torch_fused")),
        ranks=max(1, config.gpus // tensor),
        stage=sharing.stage,
        sharding=sharing.kind if sharing.stage else ("ddp" if config.gpus > 1 else "none"),
        optimizer_offload=sharing.optimizer_offload,
        weight_offload=sharing.weight_offload,
        reference=rl in _REFERENCE and adapter is None,
        padded=bool(given(config, "sample_packing") or given(config, "pad_to_sequence_len")),
        rl=rl if isinstance(rl, str) else None,
        images=bool(given(config, "processor_type")),
    )


def _shape(config: Config, base: Parameters, adapter: Adapter | None, *, divided: bool) -> Shape:
    """The model as the config loads and trains it; `divided` where its weights are shared among GPUs."""
    four, eight = bool(given(config, "load_in_4bit")), bool(given(config, "load_in_8bit"))
    method = "full"
    if adapter is not None:
        method = "qlora" if config.get("adapter") == "qlora" else "int8" if eight else "lora"
    # A checkpoint that is quantized itself stays so under an adapter, whatever the config asks for.
    stored = stored_as(str(config.get("base_model"))) if adapter is not None else None
    if stored is not None and method == "lora":
        method = "qlora" if stored[0] < 1 else "int8"
    experts = bool(given(config, "quantize_moe_experts"))
    return Shape(
        architecture=base.architecture,
        method=method,
        adapter=adapter,
        half=weight_size(config),
        packed=stored[0] if stored is not None else _packed(config) if method == "qlora" else 1.0,
        packed_experts=experts or (stored is not None and stored[1]),
        unpacks_experts=experts,
        prepared=(four or eight) and not divided and not experts,
        wide=keeps_wide_embeddings(config),
        kernels=_kernels(config, adapter),
        dropout=bool(adapter and given(config, "lora_dropout")),
    )


def _evaluation(config: Config, micro: int) -> int:
    """Rows of an evaluation batch; 0 without rows held out."""
    held_out = given(config, "val_set_size") or given(config, "test_datasets")
    rows = given(config, "eval_batch_size") or micro
    return int(rows) if held_out and _counts(rows) else 0


def deepspeed_stage(value: Any) -> tuple[int, bool, bool]:
    """What a `deepspeed` value says.

    Args:
        value: A path, whose name tells (`zero3_bf16_cpuoffload_all.json`), or the settings themselves.

    Returns:
        The ZeRO stage, whether optimizer state and whether weights are kept in the host's memory.
    """
    if isinstance(value, dict):
        zero = value.get("zero_optimization")
        settings = zero if isinstance(zero, dict) else {}
        stage = settings.get("stage", 0)
        return (
            stage if isinstance(stage, int) else 0,
            _on_host(settings.get("offload_optimizer")),
            _on_host(settings.get("offload_param")),
        )
    if not isinstance(value, str) or not (found := _ZERO.search(value.rsplit("/", 1)[-1])):
        return (0, False, False)
    name, stage = value.rsplit("/", 1)[-1].lower(), int(found[1])
    everything = "offload_all" in name
    # Axolotl's own zero2.json keeps the optimizer in the host's memory; its name does not say so.
    optimizer = everything or (stage == 2 and name == "zero2.json") or "offload_optimizer" in name
    return (stage, optimizer, everything or "offload_param" in name)


class _Sharing(NamedTuple):
    """How GPUs share the work: "fsdp" or "deepspeed", the stage that divides, and what lies in the host's memory."""

    kind: str
    stage: int
    optimizer_offload: bool
    weight_offload: bool


def _sharing(config: Config) -> _Sharing:
    if not (given(config, "fsdp_config") or given(config, "fsdp")):
        return _Sharing("deepspeed", *deepspeed_stage(given(config, "deepspeed")))
    settings = given(config, "fsdp_config")
    offload = bool(settings.get("offload_params")) if isinstance(settings, dict) else False
    reshard = settings.get("reshard_after_forward", True) if isinstance(settings, dict) else True
    # Without resharding the weights stay whole from the forward pass on, as in ZeRO 2.
    return _Sharing("fsdp", 2 if reshard in {False, "SHARD_GRAD_OP"} else _DIVIDES_WEIGHTS, offload, offload)


def _loss(config: Config) -> str:
    # The plugin's own switch is on unless the config turns it off.
    if "CutCrossEntropyPlugin" in config.plugins and config.get("cut_cross_entropy"):
        return "fused"
    if given(config, "liger_fused_linear_cross_entropy"):
        return "fused"
    if given(config, "chunked_cross_entropy"):
        return "chunked"
    return "liger" if given(config, "liger_cross_entropy") else "plain"


def _checkpointing(config: Config) -> str:
    # As written: Axolotl turns "offload" into two other keys.
    if config.final("gradient_checkpointing") in ("offload", "offload_disk") or given(config, "activation_offloading"):
        return "offload"
    if given(config, "gradient_checkpointing"):
        return "layers"
    settings = given(config, "fsdp_config")
    return "layers" if isinstance(settings, dict) and settings.get("activation_checkpointing") else "no"


def _kernels(config: Config, adapter: Adapter | None) -> tuple[bool, bool, bool]:
    if adapter is None:
        return (False, False, False)
    mlp, qkv, output = (bool(given(config, key)) for key in _KERNELS)
    return (mlp, qkv, output)


def _packed(config: Config) -> float:
    """Bytes of a 4-bit element: half a byte and its share of a scale, itself in 8 bits unless the config says not."""
    settings = given(config, "bnb_config_kwargs")
    double = settings.get("bnb_4bit_use_double_quant", True) if isinstance(settings, dict) else True
    return NF4_BYTES if double else 0.5625


def _on_host(value: Any) -> bool:
    return isinstance(value, dict) and value.get("device") in {"cpu", "nvme"}


def _counts(value: Any) -> bool:
    return isinstance(value, int) and value > 0


def _whole(value: Any) -> int:
    return value if isinstance(value, int) and value > 0 else 1
