"""GRPO, EBFT and vLLM: training on what the model writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from knowledge.conditions import ATTENTION, block, more_than_one, raw_block
from knowledge.examples import GRPO
from knowledge.finding import Severity
from knowledge.rule import Problem, problem, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.config import Config


@rule(
    Severity.ERROR,
    fields=("rl", "trl.use_liger_loss", "context_parallel_size", "sequence_parallel_degree"),
    says="GRPO + SP + Liger not currently supported",
    bad=f"{GRPO}context_parallel_size: 2\ntrl:\n  use_liger_loss: true\n",
    good=f"{GRPO}trl:\n  use_liger_loss: true\n",
    gpus=2,
)
def grpo_liger_context_parallel(config: Config) -> Iterator[Problem]:
    """GRPO with Liger's loss and context parallelism.

    The three do not work together.
    """
    now = config.at("check_grpo_liger_context_parallel")
    if now("rl") == "grpo" and raw_block(now("trl")).get("use_liger_loss"):
        if now("context_parallel_size") is None and config.written("context_parallel_size"):
            yield problem("A blank stops Axolotl with a TypeError: remove the line.", "context_parallel_size")
        if more_than_one(now("context_parallel_size")):
            yield problem(
                "Incompatible with GRPO and Liger's loss: remove one of them.",
                "context_parallel_size",
                "trl.use_liger_loss",
            )


@rule(
    Severity.ERROR,
    fields=("rl", "trl.multi_objective_aggregation"),
    says="`multi_objective_aggregation` value set as `sum_then_normalize`",
    bad="rl: gdpo\ndatasets:\n  - path: org/prompts\n    type: rewards.transform\ntrl:\n"
    "  multi_objective_aggregation: sum_then_normalize\n",
    good="rl: gdpo\ndatasets:\n  - path: org/prompts\n    type: rewards.transform\ntrl:\n"
    "  multi_objective_aggregation: normalize_then_sum\n",
)
def gdpo_aggregation(config: Config) -> Iterator[Problem]:
    """GDPO with the aggregation of GRPO.

    GDPO normalizes each reward before it adds them; `sum_then_normalize` does what `rl: grpo` does.
    """
    inner = raw_block(config.at("check_gdpo")("trl"))
    if config.raw("rl") == "gdpo" and inner.get("multi_objective_aggregation") == "sum_then_normalize":
        yield problem("That is GRPO: use `rl: grpo`, or remove this.", "trl.multi_objective_aggregation", "rl")


@rule(
    Severity.ERROR,
    fields=("rl", "trl"),
    says="'NoneType' object has no attribute 'get'",
    bad="rl: gdpo\ndatasets:\n  - path: org/prompts\n    type: rewards.transform\ntrl:\n",
    good="rl: gdpo\ndatasets:\n  - path: org/prompts\n    type: rewards.transform\n",
)
def trl_no_block(config: Config) -> Iterator[Problem]:
    """`trl` is blank or a single value under GRPO or GDPO.

    Axolotl reads the block before it checks types, and stops with a bare AttributeError.
    """
    rl, value = config.raw("rl"), config.raw("trl")
    if rl == "gdpo" and config.written("trl") and not isinstance(value, dict):
        yield problem("A block of keys is expected: fill it, or remove the line.", "trl")
    elif rl == "grpo" and value and not isinstance(value, dict):
        yield problem("A block of keys is expected: `key: value` lines below it.", "trl")


@rule(
    Severity.ERROR,
    fields=(
        *("rl", "trl.num_generations", "trl.generation_batch_size"),
        *("micro_batch_size", "gradient_accumulation_steps", "world_size", "use_ray"),
    ),
    needs=("trl",),
    says=(
        "GRPO requires `trl.num_generations >= 2`",
        "GRPO: generation batch size must be divisible",
        "GRPO with world_size",
    ),
    bad=f"{GRPO}micro_batch_size: 2\ngradient_accumulation_steps: 1\ntrl:\n  num_generations: 4\n",
    good=f"{GRPO}micro_batch_size: 2\ngradient_accumulation_steps: 2\ntrl:\n  num_generations: 4\n",
)
def grpo_generations(config: Config) -> Iterator[Problem]:
    """GRPO's batch does not contain whole groups of generations.

    Each prompt is answered `num_generations` times (2 at least), and micro batch times accumulation times GPUs must
    be a multiple of it, with a group for each GPU.
    """
    now = config.at("check_grpo_batch_size_divisibility")
    inner = raw_block(now("trl"))
    count = inner.get("num_generations")
    if now("rl") != "grpo" or count is None:
        return
    if not isinstance(count, (int, float)):
        yield problem("Axolotl stops with a TypeError: write the number without quotes.", "trl.num_generations")
        return
    if count < 2:
        yield problem("The minimum is 2: with one answer, there is nothing to compare.", "trl.num_generations")
        return
    world = config.gpus if not config.raw("use_ray") else whole_number(config.raw("world_size")) or 1
    explicit = inner.get("generation_batch_size")
    if explicit is not None:
        batch, named = whole_number(explicit), "trl.generation_batch_size"
    else:
        micro = whole_number(now("micro_batch_size") or 1)
        accumulation = whole_number(now("gradient_accumulation_steps") or 1)
        batch = micro * accumulation * world if micro and accumulation else None
        named = "gradient_accumulation_steps"
    if batch is None:
        return
    if batch % count:
        message = f"A batch of {batch} is not a multiple of {count:g} generations: change one of them."
        yield problem(message, "trl.num_generations", named)
    elif world > 1 and batch < count * world:
        message = f"A batch of {batch} is less than {count:g} generations × {world} GPUs: raise it."
        yield problem(message, "trl.num_generations", named)


def whole_number(value: Any) -> int | None:
    """What Python's int() makes of a raw value, None where it fails."""
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return None


@rule(
    Severity.WARNING,
    fields=("trl.use_vllm", "trl.vllm_mode"),
    says="vllm_mode must be set to either `server` or `colocate`",
    bad=f"{GRPO}trl:\n  use_vllm: true\n",
    good=f"{GRPO}trl:\n  use_vllm: true\n  vllm_mode: server\n",
)
def vllm_without_mode(config: Config) -> Iterator[Problem]:
    """`trl.use_vllm` without `vllm_mode`.

    Axolotl then uses server mode, which expects a vLLM server that is already running on other GPUs.
    """
    inner = raw_block(config.raw("trl"))
    if block(config, "trl").get("use_vllm") and not inner.get("vllm_mode"):
        yield problem("Expects a running server: write `vllm_mode: server` or `colocate`.", "trl.use_vllm")


COLOCATE = ("trl.use_vllm", "trl.vllm_mode", "trl.vllm_lora_sync", "trl.async_prefetch", "trl.use_data_producer")


@rule(
    Severity.ERROR,
    fields=(*COLOCATE, "context_parallel_size", "adapter"),
    needs=("trl",),
    says=(
        "`vllm_mode: colocate` is not supported with",
        "`vllm_lora_sync: true` requires",
        "`vllm_mode: colocate` with an adapter",
    ),
    bad=f"{GRPO}trl:\n  use_vllm: true\n  vllm_mode: colocate\n  vllm_lora_sync: true\nvllm:\n  max_model_len: 2048\n",
    good=f"{GRPO}trl:\n  use_vllm: true\n  vllm_mode: colocate\nvllm:\n  max_model_len: 2048\n",
)
def vllm_colocate(config: Config) -> Iterator[Problem]:
    """A vLLM on the training GPUs together with something that needs a server.

    `vllm_mode: colocate` excludes context parallelism, LoRA sync, and with an adapter asynchronous generation.
    """
    inner = block(config, "trl")
    if not (inner.get("use_vllm") and inner.get("vllm_mode") == "colocate"):
        return
    if (config.typed("context_parallel_size") or 1) > 1:
        yield problem(
            "Incompatible with a colocated vLLM: use `vllm_mode: server`.", "context_parallel_size", "trl.vllm_mode"
        )
    if inner.get("vllm_lora_sync"):
        yield problem("Needs `vllm_mode: server`: remove it.", "trl.vllm_lora_sync", "trl.vllm_mode")
    for name in ("async_prefetch", "use_data_producer"):
        if inner.get(name) and config.typed("adapter"):
            yield problem("With an adapter, it needs `vllm_mode: server`.", ("trl", name), "trl.vllm_mode", "adapter")


@rule(
    Severity.WARNING,
    fields=(*COLOCATE, "vllm"),
    says="Set `vllm.max_model_len`",
    bad=f"{GRPO}trl:\n  use_vllm: true\n  vllm_mode: colocate\n",
    good=f"{GRPO}trl:\n  use_vllm: true\n  vllm_mode: colocate\nvllm:\n  max_model_len: 2048\n",
)
def vllm_length(config: Config) -> Iterator[Problem]:
    """A colocated vLLM without `vllm.max_model_len`.

    It then reserves memory for the model's whole context on the GPU that trains.
    """
    inner = block(config, "trl")
    if (
        inner.get("use_vllm")
        and inner.get("vllm_mode") == "colocate"
        and not block(config, "vllm").get("max_model_len")
    ):
        message = "Reserves memory for the whole context: add `vllm.max_model_len`."
        yield problem(message, "trl.vllm_mode")


@rule(
    Severity.ERROR,
    fields=("rl", "ebft"),
    says="`ebft` config section is required",
    bad="rl: ebft\n",
    good="rl: ebft\nebft:\n  mode: structured\n",
)
def ebft_without_block(config: Config) -> Iterator[Problem]:
    """`rl: ebft` without the `ebft` block, or with something else in its place.

    Add it with at least `mode: structured` or `strided`.
    """
    now = config.at("check_ebft_config_required")
    if now("rl") == "ebft" and not now("ebft"):
        yield problem("Needs an `ebft` block with `mode: structured` or `strided`.", "rl", "ebft")
    elif now("rl") == "ebft" and not isinstance(now("ebft"), dict):
        yield problem("A block of keys is expected: `mode: structured` below it.", "ebft")


@rule(
    Severity.ERROR,
    fields=("rl", "ebft.mode", "torch_compile", "gradient_checkpointing", "activation_offloading", *ATTENTION),
    needs=("ebft",),
    says=("EBFT strided mode: `torch_compile: true` with", "EBFT strided mode: `activation_offloading: true`"),
    bad="rl: ebft\nebft:\n  mode: strided\ntorch_compile: true\ngradient_checkpointing: true\n",
    good="rl: ebft\nebft:\n  mode: strided\ngradient_checkpointing: true\n",
)
def ebft_strided_conflicts(config: Config) -> Iterator[Problem]:
    """Strided EBFT with compilation and checkpointing, or with offloading on flex attention.

    The recomputed attention masks differ from the first ones.
    """
    if config.raw("rl") != "ebft" or raw_block(config.raw("ebft")).get("mode") != "strided":
        return
    now = config.at("check_ebft_torch_compile")
    if now("torch_compile") is True and now("gradient_checkpointing"):
        yield problem(
            "Incompatible with checkpointing here: remove `torch_compile`.", "torch_compile", "gradient_checkpointing"
        )
    if config.typed("activation_offloading") is True and config.typed("attn_implementation") == "flex_attention":
        yield problem(
            "Incompatible with flex attention here: remove it.", "activation_offloading", "attn_implementation"
        )


@rule(
    Severity.WARNING,
    fields=(
        "rl",
        "ebft",
        "torch_compile",
        "gradient_checkpointing",
        "gradient_checkpointing_kwargs",
        "sequence_len",
        *ATTENTION,
    ),
    needs=("ebft",),
    says=(
        "EBFT strided mode: `torch_compile: true` causes",
        "EBFT strided mode with flex_attention",
        "EBFT strided: full_seq_len",
    ),
    bad="rl: ebft\nebft:\n  mode: strided\ntorch_compile: true\n",
    good="rl: ebft\nebft:\n  mode: strided\n",
)
def ebft_strided_hints(config: Config) -> Iterator[Problem]:
    """Strided EBFT in a way that is slow, or that Axolotl changes.

    Compilation recompiles for each length; flex attention gets reentrant checkpointing; long rows need much memory.
    """
    inner = raw_block(config.raw("ebft"))
    if config.raw("rl") != "ebft" or inner.get("mode") != "strided":
        return
    now = config.at("check_ebft_torch_compile")
    if now("torch_compile") is True and not now("gradient_checkpointing"):
        yield problem("Axolotl recompiles for each length: remove it.", "torch_compile")
    reentrant = block(config, "gradient_checkpointing_kwargs").get("use_reentrant")
    if config.typed("attn_implementation") == "flex_attention" and config.typed("gradient_checkpointing"):
        if not reentrant:
            yield problem(
                "Axolotl sets `use_reentrant: true` with flex attention: write it out.", "gradient_checkpointing"
            )
    numbers = (
        config.raw("sequence_len") if config.written("sequence_len") else 512,
        inner.get("n_samples_per_prompt", 4),
        inner.get("generate_max_len", 8),
        inner.get("stride", 8),
        inner.get("context_length", 8),
    )
    if all(isinstance(number, int) for number in numbers) and numbers[3]:
        length, samples, generated, stride, context = numbers
        total = (length + ((length - generated - context) // stride + 1) * generated) * samples
        if total > 20000:
            yield problem(
                f"It processes {total:,} tokens at once: lower it, or raise the stride.", "sequence_len", "ebft"
            )


@rule(
    Severity.ERROR,
    fields=("rl", "ebft", "sequence_len"),
    needs=("ebft",),
    says="unsupported operand type",
    bad="rl: ebft\nebft:\n  mode: strided\nsequence_len:\n",
    good="rl: ebft\nebft:\n  mode: strided\nsequence_len: 512\n",
)
def ebft_strided_blank(config: Config) -> Iterator[Problem]:
    """A blank or quoted number under strided EBFT.

    Axolotl computes with it before it checks types and stops with a TypeError.
    """
    inner = config.raw("ebft")
    if config.raw("rl") != "ebft" or not isinstance(inner, dict) or inner.get("mode") != "strided":
        return
    paths = [
        "sequence_len",
        *(f"ebft.{key}" for key in ("n_samples_per_prompt", "generate_max_len", "stride", "context_length")),
    ]
    for path in paths:
        value = config.raw(path)
        if config.written(path) and (value is None or isinstance(value, str)):
            yield problem("Axolotl stops with a TypeError here: write a number without quotes.", path)
    if inner.get("stride") == 0 and config.written("ebft.stride"):
        yield problem("Axolotl divides by this: write 1 or more.", "ebft.stride")


@rule(
    Severity.ERROR,
    fields=("rl_beta", "trl.beta", "beta", "use_ray"),
    says="beta and trl.beta must match",
    bad=f"{GRPO}beta: 0.1\ntrl:\n  beta: 0.2\n",
    good=f"{GRPO}trl:\n  beta: 0.2\n",
)
def beta_twice(config: Config) -> Iterator[Problem]:
    """`beta` and `trl.beta` differ.

    Both are the weight of the distance to the reference model. `beta` alone is not a field.
    """
    now = config.at("check_beta_and_trl_beta_match")
    inner = raw_block(now("trl")).get("beta")
    if now("beta") and inner and now("beta") != inner and not config.raw("use_ray"):
        yield problem("Differs from `trl.beta`: remove this one.", "beta", "trl.beta")
