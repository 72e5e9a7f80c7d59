"""Diffusion language models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from knowledge.coercion import coerce
from knowledge.conditions import block
from knowledge.examples import LINEAR, LORA
from knowledge.finding import Severity
from knowledge.rule import Problem, problem, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.config import Config

PLUGIN = "plugins: [axolotl.integrations.diffusion.DiffusionPlugin]\n"
CAUSAL = f"{PLUGIN}diffusion_lm:\n  from_causal_lm: true\n"
NATIVE = f"{LORA}{LINEAR}diffusion_lm:\n"
BLOCKS = ("diffusion_lm", "diffusion")


def _listed(config: Config) -> bool:
    return "DiffusionPlugin" in config.plugins


@rule(
    Severity.ERROR,
    fields=BLOCKS,
    says="min_mask_ratio must be",
    bad="diffusion_lm:\n  min_mask_ratio: 0.9\n  max_mask_ratio: 0.5\n",
    good="diffusion_lm:\n  min_mask_ratio: 0.4\n  max_mask_ratio: 0.5\n",
)
def diffusion_mask_ratio(config: Config) -> Iterator[Problem]:
    """The smallest share of masked tokens is larger than the largest.

    Their defaults are 0.1 and 0.9.
    """
    for name in BLOCKS:
        given = block(config, name)
        if given and given["min_mask_ratio"] > given["max_mask_ratio"]:
            limit = given["max_mask_ratio"]
            message = f"This is more than `max_mask_ratio`, which is {limit:g}: lower it."
            yield problem(message, f"{name}.min_mask_ratio", f"{name}.max_mask_ratio")


@rule(
    Severity.ERROR,
    fields=("diffusion_lm",),
    says="unroll.eval_steps must be between 1 and unroll.k_max",
    bad="diffusion_lm:\n  unroll:\n    k_max: 1\n    eval_steps: 2\n",
    good="diffusion_lm:\n  unroll:\n    k_max: 1\n    eval_steps: 1\n",
)
def diffusion_unroll(config: Config) -> Iterator[Problem]:
    """`unroll.eval_steps` exceeds `unroll.k_max`.

    An evaluation cannot use more rounds than training does; without the key, `k_max` is 1.
    """
    unroll = block(config, "diffusion_lm").get("unroll")
    if unroll and unroll["eval_steps"] is not None and unroll["eval_steps"] > unroll["k_max"]:
        message = f"More than `k_max`, which is {unroll['k_max']}: lower it."
        yield problem(message, "diffusion_lm.unroll.eval_steps", "diffusion_lm.unroll.k_max")


@rule(
    Severity.CRASH,
    fields=("diffusion_lm", "plugins"),
    needs=("diffusion_lm",),
    says="`diffusion_lm.from_causal_lm: true` requires",
    bad="diffusion_lm:\n  from_causal_lm: true\n",
    good=CAUSAL,
)
def diffusion_without_plugin(config: Config) -> Iterator[Problem]:
    """`from_causal_lm` without the diffusion plugin.

    Its trainer comes with the plugin. Axolotl notices when the model is looked up, after validation.
    """
    if block(config, "diffusion_lm").get("from_causal_lm") and not _listed(config):
        message = "Fails at the start: list `axolotl.integrations.diffusion.DiffusionPlugin`."
        yield problem(message, "diffusion_lm.from_causal_lm", "plugins")


@rule(
    Severity.ERROR,
    fields=("plugins", *BLOCKS),
    needs=("diffusion_lm",),
    says="The legacy diffusion plugin supports only",
    bad=f"{PLUGIN}diffusion_lm:\n  eps: 0.01\n",
    good=f"{PLUGIN}diffusion_lm:\n  eps: 0.01\n  from_causal_lm: true\n",
)
def diffusion_plugin_on_native(config: Config) -> Iterator[Problem]:
    """The diffusion plugin with a block for native diffusion models.

    The plugin turns causal models into diffusion models. Native diffusion models do not need it.
    """
    if _listed(config) and config.raw("diffusion") is None and config.raw("diffusion_lm") is not None:
        if not block(config, "diffusion_lm").get("from_causal_lm"):
            message = "DiffusionPlugin needs `from_causal_lm: true`: add it, or remove the plugin."
            yield problem(message, "diffusion_lm", "plugins")


@rule(
    Severity.ERROR,
    fields=BLOCKS,
    needs=("diffusion",),
    says="Configure only one of `diffusion` and `diffusion_lm`",
    bad=f"{CAUSAL}  eps: 0.01\ndiffusion:\n  eps: 0.02\n",
    good=CAUSAL,
)
def diffusion_blocks_differ(config: Config) -> Iterator[Problem]:
    """`diffusion` and `diffusion_lm` say different things.

    They are the old and the new name of one block. Keep `diffusion_lm`.
    """
    if _listed(config) and config.raw("diffusion") is not None and config.raw("diffusion_lm") is not None:
        translated = {**block(config, "diffusion"), "from_causal_lm": True}
        expected: Any = coerce(translated, {"model": "DiffusionLMConfig"}, config.types.models, (), [])
        if block(config, "diffusion_lm") != expected:
            yield problem(
                "This is the old name of `diffusion_lm`, with other values: remove it.", "diffusion", "diffusion_lm"
            )


def _moves(config: Config) -> bool:
    """Whether the plugin does what it did under the old block."""
    old = config.raw("diffusion") is not None or config.raw("diffusion_lm") is None
    return _listed(config) and old


@rule(
    Severity.WARNING,
    fields=("plugins", *BLOCKS),
    needs=("plugins",),
    says="`diffusion` is deprecated; use `diffusion_lm` instead",
    bad=f"{PLUGIN}diffusion:\n  eps: 0.01\n",
    good=f"{CAUSAL}  eps: 0.01\n",
)
def diffusion_renamed(config: Config) -> Iterator[Problem]:
    """The old diffusion block.

    It is read as `diffusion_lm` with `from_causal_lm: true`, and so is a value that is not a block.
    """
    if _moves(config):
        if config.raw("diffusion") is not None:
            yield problem("This still works, but `diffusion_lm` with `from_causal_lm: true` replaces it.", "diffusion")
        else:
            yield problem("DiffusionPlugin now expects `diffusion_lm` with `from_causal_lm: true`.", "plugins")


@rule(
    Severity.WARNING,
    fields=("plugins", "warmup_steps", "save_strategy", "metric_for_best_model", *BLOCKS),
    needs=("plugins",),
    says="Legacy diffusion configuration normalization",
    bad=f"{PLUGIN}diffusion:\n  eps: 0.01\nwarmup_steps: 0.1\n",
    good=f"{PLUGIN}diffusion:\n  eps: 0.01\nwarmup_ratio: 0.1\n",
)
def diffusion_old_values(config: Config) -> Iterator[Problem]:
    """Values that only the old diffusion block accepts.

    Axolotl reads a `warmup_steps` below 1 as `warmup_ratio`, and the best checkpoint is judged by `eval_loss`.
    """
    if _moves(config):
        if _fraction(config):
            yield problem("Axolotl reads this as `warmup_ratio`: write that.", "warmup_steps")
        if config.raw("save_strategy") == "best" and config.raw("metric_for_best_model") is None:
            message = "The best model is judged by `eval_loss`: write `metric_for_best_model: eval_loss`."
            yield problem(message, "save_strategy", "metric_for_best_model")


def _fraction(config: Config) -> bool:
    steps = config.raw("warmup_steps")
    return isinstance(steps, float) and 0 < steps < 1


@rule(
    Severity.ERROR,
    fields=("plugins", "warmup_steps", "warmup_ratio", *BLOCKS),
    needs=("warmup_ratio",),
    says="Legacy diffusion fractional warmup_steps conflicts with",
    bad=f"{PLUGIN}diffusion:\n  eps: 0.01\nwarmup_steps: 0.1\nwarmup_ratio: 0.2\n",
    good=f"{PLUGIN}diffusion:\n  eps: 0.01\nwarmup_ratio: 0.2\n",
)
def diffusion_warmup_twice(config: Config) -> Iterator[Problem]:
    """A `warmup_steps` below 1 with another `warmup_ratio`.

    In the old diffusion block, both are a share of the run. Keep `warmup_ratio`.
    """
    if _moves(config) and _fraction(config):
        if config.raw("warmup_ratio") not in (None, config.raw("warmup_steps")):
            yield problem("Both are a share of the run: keep `warmup_ratio`.", "warmup_steps", "warmup_ratio")


@rule(
    Severity.WARNING,
    fields=("diffusion_lm",),
    bad=f"{NATIVE}  time_weighting: cart\n  cart_p: 0\n",
    good=f"{NATIVE}  time_weighting: cart\n  cart_p: 0.1\n",
)
def cart_weighs_nothing(config: Config) -> Iterator[Problem]:
    """`cart_p: 0` with CART weighting.

    Every token then weighs 0, so the loss is 0 and nothing is learned. The default is 0.1; at 1 only the two adjacent
    tokens count.
    """
    given = block(config, "diffusion_lm")
    if given.get("time_weighting") == "cart" and given.get("cart_p") == 0:
        message = "Every token then weighs 0, so nothing is learned: write a share such as 0.1."
        yield problem(message, "diffusion_lm.cart_p", "diffusion_lm.time_weighting")


@rule(
    Severity.CRASH,
    fields=("diffusion_lm", "adapter", "diffusion_decision"),
    needs=("diffusion_lm",),
    says="native diffusion training currently requires adapter: lora",
    bad=f"{LINEAR}diffusion_lm:\n  canvas_width: 256\n",
    good=f"{NATIVE}  canvas_width: 256\n",
)
def native_diffusion_without_lora(config: Config) -> Iterator[Problem]:
    """A native diffusion model without a LoRA adapter.

    Axolotl trains these models (Dream, DiffusionGemma, Nemotron Diffusion) with `adapter: lora` alone, and says so only
    when the model is loaded. The Nemotron ones accept `adapter: qlora` too.
    """
    given = config.raw("diffusion_lm")
    native = isinstance(given, dict) and given and not block(config, "diffusion_lm").get("from_causal_lm")
    if native and config.raw("diffusion_decision") is None and config.raw("adapter") not in ("lora", "qlora"):
        message = "Loading fails: native diffusion models need `adapter: lora`, `lora_r: 16`, `lora_alpha: 32`."
        yield problem(message, "adapter", "diffusion_lm")
