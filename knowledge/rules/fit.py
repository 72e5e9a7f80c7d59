"""Memory: settings that take far more of it than they seem to, and runs that no card holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knowledge.examples import LINEAR, LORA, QLORA
from knowledge.finding import Severity
from knowledge.memory import CARDS, memory_of
from knowledge.parameters import GUESSED
from knowledge.rule import Problem, problem, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.config import Config

WIDE_LORA, WIDE_QLORA = f"{LORA}{LINEAR}", f"{QLORA}{LINEAR}"
MIXTURE = "base_model: Qwen/Qwen3-30B-A3B\n"
LONG = "sequence_len: 16384\nsample_packing: true\nattn_implementation: flash_attention_2\n"
# GiB from which a saving is worth a line, and the share of the whole that it must be.
LARGE = 4.0
MUCH = 0.3


@rule(
    Severity.WARNING,
    fields=("adapter", "load_in_4bit", "load_in_8bit", "gptq", "base_model"),
    needs=("load_in_4bit",),
    bad=f"{WIDE_LORA}load_in_4bit: true\n",
    good=WIDE_QLORA,
)
def lora_in_4bit(config: Config) -> Iterator[Problem]:
    """`adapter: lora` with `load_in_4bit` does not load the model in 4 bits.

    Axolotl quantizes to 4 bits for `adapter: qlora` only. With `lora`, it loads the whole model and then raises its
    frozen matrices to fp32, twice the memory of LoRA without the key. Beside `load_in_8bit`, the model is loaded in 8
    bits.
    """
    if config.get("adapter") == "lora" and config.get("load_in_4bit") and not config.get("gptq"):
        name = str(config.raw("base_model")).lower()
        if not any(part in name for part in ("4bit", "nf4", "awq", "gptq")):
            message = "Loaded unquantized, then raised to fp32: write `adapter: qlora`, or remove this."
            if config.get("load_in_8bit"):
                message = "Loaded in 8 bits, as `load_in_8bit` says: remove this, or write `adapter: qlora` for 4 bits."
            yield problem(message, "load_in_4bit", "adapter")


@rule(
    Severity.WARNING,
    fields=("adapter", "load_in_4bit", "load_in_8bit", "quantize_moe_experts", "base_model", "lora_target_linear"),
    bad=f"{MIXTURE}{WIDE_QLORA}",
    good=f"{MIXTURE}{WIDE_QLORA.replace('lora_target_linear: true', 'lora_target_modules: [q_proj, v_proj]')}"
    "quantize_moe_experts: true\n",
)
def experts_not_quantized(config: Config) -> Iterator[Problem]:
    """The experts of a mixture-of-experts model stay unquantized.

    In Transformers 5 the experts are stacked tensors, which `load_in_4bit` and `load_in_8bit` skip; the preparation
    that follows raises them to fp32. `quantize_moe_experts: true` packs them as well.
    """
    quantized = config.get("load_in_4bit") or config.get("load_in_8bit")
    if not quantized or config.get("adapter") not in {"lora", "qlora"} or config.get("quantize_moe_experts"):
        return
    memory = memory_of(config)
    if memory is not None and memory.known not in GUESSED and memory.widened_experts:
        key = "load_in_4bit" if config.get("load_in_4bit") else "load_in_8bit"
        message = f"Experts stay unquantized, about {memory.parts.weights:.0f} GiB: set `quantize_moe_experts: true`"
        if not config.get("lora_target_linear"):
            yield problem(f"{message}.", key, "base_model")
            return
        targets = "quantize_moe_experts: true\nlora_target_modules: [q_proj, k_proj, v_proj, o_proj]"
        yield problem(f"{message}, and name targets.", key, "base_model", "lora_target_linear", mended=targets)


@rule(
    Severity.ADVICE,
    fields=("deepspeed",),
    bad="deepspeed: deepspeed_configs/zero2.json\n",
    good="deepspeed: deepspeed_configs/zero1.json\n",
    gpus=2,
)
def zero_two_offloads(config: Config) -> Iterator[Problem]:
    """Axolotl's `zero2.json` keeps the optimizer's state in host memory.

    Its name does not say so. The optimizer then steps on the CPU, which is slower and needs 16 bytes of host memory
    per parameter. `zero1.json` and `zero3_bf16.json` keep the state on the GPUs.
    """
    value = config.get("deepspeed")
    if isinstance(value, str) and value.rsplit("/", 1)[-1] == "zero2.json":
        yield problem("Keeps the optimizer in host memory, which is slower; `zero1.json` does not.", "deepspeed")


@rule(
    Severity.ADVICE,
    fields=("eval_batch_size", "micro_batch_size", "val_set_size", "test_datasets"),
    needs=("eval_batch_size",),
    bad="val_set_size: 0.1\neval_batch_size: 16\n",
    good="val_set_size: 0.1\neval_batch_size: 2\n",
)
def evaluation_needs_more(config: Config) -> Iterator[Problem]:
    """Evaluation needs more memory than training.

    Its batch builds the logits of all its tokens at once. The run trains, and may run out of memory at the first
    evaluation.
    """
    batch, micro = config.get("eval_batch_size"), config.get("micro_batch_size")
    held_out = config.get("val_set_size") or config.get("test_datasets")
    if not held_out or not isinstance(batch, int) or not isinstance(micro, int) or batch <= micro:
        return
    memory = memory_of(config)
    if memory is not None and memory.known not in GUESSED and memory.peak_phase == "evaluation":
        message = f"Evaluation needs the most memory, about {memory.estimate_gib:.0f} GiB: lower `eval_batch_size`."
        yield problem(message, "eval_batch_size", "micro_batch_size")


@rule(
    Severity.ADVICE,
    fields=("sequence_len", "micro_batch_size", "plugins", "chunked_cross_entropy", "rl"),
    bad=f"{LONG}gradient_checkpointing: true\n",
    good=f"{LONG}gradient_checkpointing: true\n"
    "plugins:\n  - axolotl.integrations.cut_cross_entropy.CutCrossEntropyPlugin\n",
)
def logits_take_most(config: Config) -> Iterator[Problem]:
    """The loss's logits take a large part of the memory.

    For every token, the loss keeps one number for each entry of the vocabulary, several times over. Cut cross entropy
    computes the same loss without them: add `axolotl.integrations.cut_cross_entropy.CutCrossEntropyPlugin` to the
    list `plugins`.
    """
    if config.get("chunked_cross_entropy") or config.get("rl"):
        return
    memory = memory_of(config)
    if memory is not None and memory.known not in GUESSED and memory.peak_phase == "backward_loss":
        logits = memory.parts.loss
        if logits > LARGE and logits > MUCH * memory.estimate_gib and "CutCrossEntropyPlugin" not in config.plugins:
            message = f"Logits use {logits:.0f} of {memory.estimate_gib:.0f} GiB: `CutCrossEntropyPlugin` avoids them."
            yield problem(message, "sequence_len", "micro_batch_size")


@rule(
    Severity.ADVICE,
    fields=("gradient_checkpointing", "sequence_len", "micro_batch_size"),
    bad=LONG,
    good=f"{LONG}gradient_checkpointing: true\n",
)
def activations_take_most(config: Config) -> Iterator[Problem]:
    """Without gradient checkpointing, the layers' activations use most of the memory.

    `gradient_checkpointing: true` keeps one tensor per layer and computes the rest again: the same result, about a
    third slower.
    """
    if config.get("gradient_checkpointing"):
        return
    memory = memory_of(config)
    if memory is not None and memory.known not in GUESSED:
        kept = memory.parts.activations
        if kept > LARGE and kept > MUCH * memory.estimate_gib:
            message = (
                f"Activations use {kept:.0f} of {memory.estimate_gib:.0f} GiB: set `gradient_checkpointing: true`."
            )
            yield problem(message, "gradient_checkpointing", "sequence_len", "micro_batch_size")


@rule(
    Severity.WARNING,
    fields=(
        "base_model",
        "micro_batch_size",
        "sequence_len",
        "fsdp_config",
        "deepspeed",
        "tensor_parallel_size",
    ),
    bad="base_model: meta-llama/Llama-3.1-70B\n",
    good=f"base_model: meta-llama/Llama-3.1-70B\n{WIDE_QLORA}",
)
def fits_no_card(config: Config) -> Iterator[Problem]:
    """A GPU would need more memory than any card has.

    The largest card has 288 GB. The plan's memory part says what uses it. `adapter: qlora` trains on 4-bit weights;
    FSDP and DeepSpeed ZeRO 3 divide the model among several GPUs. If it is already divided, more GPUs, `offload_params:
    true` in `fsdp_config`, or an 8-bit optimizer lowers the memory of each.
    """
    if config.gpus == 1 and any(config.raw(key) for key in ("fsdp_config", "deepspeed", "tensor_parallel_size")):
        # Meant for several GPUs, whose number was not given.
        return
    memory = memory_of(config)
    if memory is not None and memory.known not in GUESSED and memory.low_gib > CARDS[-1]:
        divided = config.gpus > 1 and any(config.raw(key) for key in ("fsdp_config", "deepspeed"))
        cure = "Use more GPUs, or offload" if divided else "Use QLoRA, or divide it"
        message = f"Needs about {memory.estimate_gib:,.0f} GiB per GPU; no card has over {CARDS[-1]} GB. {cure}."
        yield problem(message, "base_model", "micro_batch_size", "sequence_len")
