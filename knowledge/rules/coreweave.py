"""Publishing checkpoints to CoreWeave, and rollouts there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knowledge.conditions import block, more_than_one, raw_block
from knowledge.finding import Severity
from knowledge.rule import Problem, problem, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.config import Config

BARE = "plugins: [axolotl.integrations.coreweave.CoreWeavePlugin]\n"
PLACE = (
    f"{BARE}coreweave:\n  deployment_id: mine\n  bucket: weights\n  path_prefix: run\n"
    "  gateway_url: https://gateway.example\n  model: mine\n"
)
LORA = f"{PLACE}bf16: true\nadapter: lora\nlora_r: 8\nlora_alpha: 16\n"
ROLLOUTS = f"{PLACE}  rollouts: true\n"
GRPO = (
    "rl: grpo\nmicro_batch_size: 4\ngradient_accumulation_steps: 1\n"
    "trl:\n  num_generations: 4\n  reward_funcs: [rewards.length]\n  max_completion_length: 256\n"
    "datasets:\n  - path: org/prompts\n    type: rewards.transform\n"
)


def _on(config: Config) -> bool:
    return "CoreWeavePlugin" in config.plugins


@rule(
    Severity.ERROR,
    fields=("plugins", "coreweave"),
    says="CoreWeavePlugin requires a coreweave configuration",
    bad=BARE,
    good=PLACE,
)
def coreweave_block(config: Config) -> Iterator[Problem]:
    """The CoreWeave plugin without its block.

    `coreweave` says where checkpoints go.
    """
    if _on(config) and not config.raw("coreweave"):
        yield problem(
            "CoreWeavePlugin needs a `coreweave` block, which says where checkpoints go.", "plugins", "coreweave"
        )


@rule(
    Severity.ERROR,
    fields=("plugins", "adapter", "load_in_8bit", "load_in_4bit"),
    needs=("coreweave",),
    says="CoreWeave publishing requires full model weights or unquantized BF16 LoRA",
    bad=f"{PLACE}adapter: qlora\nload_in_4bit: true\nlora_r: 8\nlora_alpha: 16\n",
    good=LORA,
)
def coreweave_adapter(config: Config) -> Iterator[Problem]:
    """Publishing to CoreWeave with an adapter other than LoRA, or from quantized weights.

    CoreWeave publishes full weights, or LoRA merged into bf16 weights.
    """
    if _on(config):
        if config.raw("adapter") not in (None, "lora"):
            yield problem("CoreWeave accepts `adapter: lora` with `bf16: true`, or no adapter.", "adapter")
        for name in ("load_in_8bit", "load_in_4bit"):
            if config.raw(name):
                yield problem("Incompatible with CoreWeave, which publishes bf16 weights: remove this.", name)


@rule(
    Severity.ERROR,
    fields=("plugins", "adapter", "bf16", "coreweave", "coreweave.rollouts", "save_safetensors", "trust_remote_code"),
    needs=("coreweave",),
    says="CoreWeave LoRA publishing",
    bad=f"{PLACE}adapter: lora\nlora_r: 8\nlora_alpha: 16\n",
    good=LORA,
)
def coreweave_lora(config: Config) -> Iterator[Problem]:
    """Publishing a LoRA adapter to CoreWeave.

    It needs `bf16: true` written out, safetensors, and a model that is part of Transformers, and it does not do
    rollouts.
    """
    if not _on(config) or config.raw("adapter") != "lora":
        return
    if not config.raw("bf16"):
        yield problem("CoreWeave needs `bf16: true` written out with LoRA.", "adapter", "bf16")
    if block(config, "coreweave").get("rollouts"):
        yield problem("Incompatible with LoRA, which is published only at saves.", "coreweave.rollouts", "adapter")
    if config.raw("save_safetensors") is False:
        yield problem("CoreWeave accepts only safetensors: remove this.", "save_safetensors")
    if config.raw("trust_remote_code"):
        yield problem("CoreWeave accepts LoRA on built-in models only: remove this.", "trust_remote_code", "adapter")


@rule(
    Severity.ERROR,
    fields=("coreweave", "rl", "context_parallel_size", "is_multimodal", "nemo_gym_enabled", "trl"),
    needs=("coreweave",),
    says="CoreWeave rollouts",
    bad=f"{ROLLOUTS}{GRPO}".replace("rl: grpo\n", ""),
    good=f"{ROLLOUTS}{GRPO}",
)
def coreweave_rollouts(config: Config) -> Iterator[Problem]:
    """Rollouts on CoreWeave with a setting they do not support.

    Rollouts support plain GRPO on text: one at a time, without your own vLLM, sampled by temperature and top_p.
    """
    if not _on(config) or not block(config, "coreweave").get("rollouts"):
        return
    if config.raw("rl") != "grpo":
        yield problem(
            "Rollouts need `rl: grpo`, and a dataset `type` that names your function.", "coreweave.rollouts", "rl"
        )
    if more_than_one(config.raw("context_parallel_size")):
        yield problem(
            "Incompatible with CoreWeave's rollouts: remove this.", "context_parallel_size", "coreweave.rollouts"
        )
    for name in ("is_multimodal", "nemo_gym_enabled"):
        if config.raw(name):
            yield problem("Incompatible with CoreWeave's rollouts: remove this.", name, "coreweave.rollouts")
    for name, message in _sampling(raw_block(config.raw("trl"))):
        yield problem(message, f"trl.{name}", "coreweave.rollouts")


def _sampling(trl: dict[object, object]) -> Iterator[tuple[str, str]]:
    for name in ("async_prefetch", "use_data_producer", "use_vllm"):
        if trl.get(name):
            yield name, "Incompatible with CoreWeave's rollouts: set it to false."
    temperature = trl.get("temperature")
    if isinstance(temperature, (int, float)) and temperature <= 0:
        yield "temperature", "Rollouts are sampled: use a number above 0."
    for name, neutral in (("top_k", (None, 0, -1)), ("min_p", (None, 0)), ("repetition_penalty", (None, 1))):
        if trl.get(name) not in neutral:
            yield name, "CoreWeave samples by temperature and top_p only: remove this."
