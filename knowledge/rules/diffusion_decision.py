"""Typed decisions on diffusion models: the block `diffusion_decision` of its plugin."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from knowledge.conditions import raw_block
from knowledge.finding import Severity
from knowledge.rule import Problem, problem, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.config import Config

NAME = "diffusion_decision"
PLUGIN = "plugins: [axolotl.integrations.diffusion_decision.DiffusionDecisionPlugin]\n"
NATIVE = f"{PLUGIN}diffusion_lm:\n  canvas_width: 256\n"
DECISION = f"{NATIVE}diffusion_decision:\n"


def _part(config: Config, name: str) -> dict[str, Any]:
    """A typed part of the block, empty without the block."""
    value = config.typed(f"{NAME}.{name}")
    return value if isinstance(value, dict) else {}


def _asked(config: Config) -> bool:
    return "DiffusionDecisionPlugin" in config.plugins and config.raw(NAME) is not None


@rule(
    Severity.ERROR,
    fields=(NAME, "diffusion_lm"),
    needs=(NAME,),
    says=("diffusion_decision requires native diffusion_lm", "diffusion_decision does not support diffusion_lm"),
    bad=f"{PLUGIN}diffusion_decision:\n  layout: thought_block\n",
    good=f"{DECISION}  layout: thought_block\n",
)
def decision_needs_native(config: Config) -> Iterator[Problem]:
    """`diffusion_decision` without a native diffusion model.

    It needs the `diffusion_lm` block, without `from_causal_lm`.
    """
    if _asked(config):
        if config.raw("diffusion_lm") is None:
            yield problem("Needs a `diffusion_lm` block.", NAME, "diffusion_lm")
        elif raw_block(config.raw("diffusion_lm")).get("from_causal_lm"):
            yield problem("Incompatible with `diffusion_decision`: remove it.", "diffusion_lm.from_causal_lm", NAME)


@rule(
    Severity.ERROR,
    fields=(NAME, "sample_packing", "batch_flattening", "micro_batch_size", "sequence_len"),
    needs=(NAME,),
    says=("diffusion_decision fixed logical batches require", "diffusion_decision sample_packing requires positive"),
    bad=f"{DECISION}  layout: thought_block\nbatch_flattening: false\nmicro_batch_size: 2\nsequence_len: 512\n",
    good=f"{DECISION}  layout: thought_block\nbatch_flattening: true\nmicro_batch_size: 2\nsequence_len: 512\n"
    "attn_implementation: flash_attention_2\n",
)
def decision_batch(config: Config) -> Iterator[Problem]:
    """`diffusion_decision` with batches that have no fixed size.

    Packing and flattening need `sequence_len` and `micro_batch_size` written out; several rows need one of the two.
    """
    if not _asked(config):
        return
    flattened, size = config.raw("batch_flattening"), config.raw("micro_batch_size")
    packed = bool(config.raw("sample_packing"))
    if packed or flattened is True:
        for name in ("sequence_len", "micro_batch_size"):
            value = config.raw(name)
            if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
                cause = "sample_packing" if packed else "batch_flattening"
                yield problem(f"Needs `{name}` written out with `{cause}`, above 0.", NAME, name, cause)
    elif flattened is False and isinstance(size, int) and size > 1:
        message = "Several rows need `batch_flattening: true`, on `attn_implementation: flash_attention_2`."
        yield problem(message, "batch_flattening", "micro_batch_size", NAME)


@rule(
    Severity.ERROR,
    fields=(NAME,),
    says=("mixture specifies explicit weights or temperature, not both", "mixture premixed=true cannot be combined"),
    bad=f"{DECISION}  mixture:\n    weights: {{a: 1.0}}\n    temperature: 0.5\n",
    good=f"{DECISION}  mixture:\n    weights: {{a: 1.0}}\n",
)
def decision_mixture(config: Config) -> Iterator[Problem]:
    """Two ways of mixing the sources.

    Rows are drawn by weights, by temperature, or as they come (`premixed`), which works with no other setting.
    """
    mixture = _part(config, "mixture")
    at = f"{NAME}.mixture"
    if mixture.get("weights") is not None and mixture["temperature"] is not None:
        yield problem("Use either weights or a temperature: keep one.", f"{at}.temperature", f"{at}.weights")
    if mixture.get("premixed"):
        for name in ("weights", "temperature", "max_examples_per_source"):
            if mixture[name] is not None:
                yield problem("Incompatible with `premixed`: remove it.", f"{at}.{name}", f"{at}.premixed")
        if mixture["per_batch_stratified"]:
            yield problem("Needs `per_batch_stratified: false`.", f"{at}.premixed", f"{at}.per_batch_stratified")


@rule(
    Severity.ERROR,
    fields=(NAME,),
    says=("mixture temperature must be finite", "mixture weights ", "mixture loss_weight", "mixture max_examples_per"),
    bad=f"{DECISION}  mixture:\n    weights: {{a: 0.0}}\n",
    good=f"{DECISION}  mixture:\n    weights: {{a: 0.1}}\n",
)
def decision_mixture_values(config: Config) -> Iterator[Problem]:
    """A weight or a cap of a source that is not positive.

    To leave a source out, remove it.
    """
    mixture = _part(config, "mixture")
    at = (NAME, "mixture")
    if not math.isfinite(mixture.get("temperature") or 0):
        yield problem("Must be a finite number.", (*at, "temperature"))
    for name in ("weights", "loss_weight"):
        for source, value in (mixture.get(name) or {}).items():
            if not source or not math.isfinite(value) or value <= 0:
                yield problem("Only finite numbers above 0 are accepted, each under a name.", (*at, name, source))
    cap = mixture.get("max_examples_per_source")
    for source, value in (cap if isinstance(cap, dict) else {None: cap}).items():
        if value is not None and (value < 1 or source == ""):
            steps = (*at, "max_examples_per_source")
            yield problem("Only whole numbers above 0 are accepted.", steps if source is None else (*steps, source))


@rule(
    Severity.ERROR,
    fields=(NAME,),
    says=("labels brier_weight must be finite", "hard_label_smoothing requires full_ce_weighting=ce"),
    bad=f"{DECISION}  labels:\n    hard_label_smoothing: 0.1\n    full_ce_weighting: dft\n",
    good=f"{DECISION}  labels:\n    hard_label_smoothing: 0.1\n    full_ce_weighting: ce\n",
)
def decision_labels(config: Config) -> Iterator[Problem]:
    """Label settings that do not work together.

    Smoothed labels need plain cross entropy, and a weight must be finite.
    """
    labels = _part(config, "labels")
    at = f"{NAME}.labels"
    if not math.isfinite(labels.get("brier_weight") or 0):
        yield problem("Must be a finite number.", f"{at}.brier_weight")
    if labels.get("hard_label_smoothing") and labels["full_ce_weighting"] == "dft":
        message = "Needs `full_ce_weighting: ce`."
        yield problem(message, f"{at}.hard_label_smoothing", f"{at}.full_ce_weighting")


@rule(
    Severity.ERROR,
    fields=(NAME,),
    says=(
        "latent token_ids must be nonnegative",
        "latent mode=none requires",
        "sample_num_slots requires",
        "latent mode=free requires",
        "free_update_policy is valid only for latent mode=free",
    ),
    bad=f"{DECISION}  latent:\n    mode: free\n",
    good=f"{DECISION}  latent:\n    mode: free\n    free_update_policy: argmax\n",
)
def decision_latent(config: Config) -> Iterator[Problem]:
    """Latent slots that do not match their mode.

    Slots need a mode other than none; `free` needs a policy, and only `free` has one.
    """
    latent = _part(config, "latent")
    if not latent:
        return
    at, mode = f"{NAME}.latent", latent["mode"]
    if any(token < 0 for token in latent["token_ids"]):
        yield problem("Token ids are 0 or more.", f"{at}.token_ids")
    for name in ("num_slots", "token_ids", "sample_num_slots"):
        if latent[name] and mode == "none":
            yield problem("Needs a `mode` other than none, such as pad.", f"{at}.{name}", f"{at}.mode")
    if latent["sample_num_slots"] and mode != "none" and latent["num_slots"] < 1:
        yield problem("Needs `num_slots` above 0.", f"{at}.sample_num_slots", f"{at}.num_slots")
    policy = latent["free_update_policy"]
    if mode == "free" and policy is None:
        yield problem("Needs `free_update_policy: argmax`.", f"{at}.mode", f"{at}.free_update_policy")
    elif mode != "free" and policy is not None:
        yield problem("Only for `mode: free`: remove it.", f"{at}.free_update_policy", f"{at}.mode")


@rule(
    Severity.ERROR,
    fields=(NAME,),
    says="decision carry is not wired for training",
    bad=f"{DECISION}  carry:\n    enabled: true\n",
    good=f"{DECISION}  carry:\n    enabled: false\n",
)
def decision_carry(config: Config) -> Iterator[Problem]:
    """`carry.enabled` is on.

    Training cannot carry latent state from one read to the next yet.
    """
    if _part(config, "carry").get("enabled"):
        yield problem("Not supported in training yet: set it to false.", f"{NAME}.carry.enabled")


@rule(
    Severity.ERROR,
    fields=(NAME,),
    says=("read_fraction must be", "max_image_size must be a multiple of 28", "canvas_prefix_ids must be nonnegative"),
    bad=f"{DECISION}  read_fraction: 1.5\n",
    good=f"{DECISION}  read_fraction: 0.5\n",
)
def decision_ranges(config: Config) -> Iterator[Problem]:
    """A number of `diffusion_decision` outside its range.

    `read_fraction` is a share of the rows, images come in blocks of 28 pixels, and token ids are 0 or more.
    """
    fraction = config.typed(f"{NAME}.read_fraction")
    if fraction is not None and not 0 <= fraction <= 1:
        yield problem("Only numbers from 0 to 1 are accepted.", f"{NAME}.read_fraction")
    if (config.typed(f"{NAME}.max_image_size") or 0) % 28:
        yield problem("Only multiples of 28 are accepted, such as 1400.", f"{NAME}.max_image_size")
    if any(token < 0 for token in config.typed(f"{NAME}.canvas_prefix_ids") or ()):
        yield problem("Token ids are 0 or more.", f"{NAME}.canvas_prefix_ids")
