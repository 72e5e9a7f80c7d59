"""What Axolotl's own plugins change in the raw values, when they are registered and in their checks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from knowledge.config.changes_before_typing import Values, changes_at

if TYPE_CHECKING:
    from collections.abc import Callable

REGISTER = "register"
"""The step at which plugins are registered, before everything else."""
PLUGIN_CHECKS = (
    *("check_liger_use_token_scaling_flce", "check_liger_rms_norm_tensor_parallel"),
    *("check_tiled_mlp_conflict", "check_deprecated_swiglu"),
    *("check_chunked_cross_entropy_not_set", "check_dtype_is_half"),
    *("disable_mlp_kernel", "check_experts_implementation", "check_dsv4_attention_lora_unsupported"),
    *("check_use_kernels", "check_mutually_exclusive", "check_nonexpert_quantization", "check_moe_grouped_backend"),
    *("check_moe_dequant_chunk_size", "check_dsv4_fp8_nonexpert_mode", "check_dsv4_fp4_grouped_mode"),
    *("check_nvfp4_merge_aware", "check_nemo_gym_config"),
)
"""Raw checks of plugins, which run after those of the always-on ones (sync_context_parallel_size)."""
IN_BLOCKS = ("normalize_mora_type", "_default_generate_samples")
"""Changes that blocks make in themselves when they are typed, after all raw checks."""


@changes_at("check_deprecated_swiglu", "liger_swiglu")
def _liger_glu(now: Values) -> None:
    if "LigerPlugin" in now.plugins and now.get("liger_swiglu") is not None:
        if now.get("liger_glu_activation") is None:
            now.set("liger_glu_activation", now.get("liger_swiglu"))
        now.drop("liger_swiglu")


@changes_at(REGISTER, "plugins")
def _remote_columns(now: Values) -> None:
    if "HatcheryPlugin" in now.plugins and now.get("remove_unused_columns") is None:
        now.set("remove_unused_columns", False)


@changes_at(REGISTER, "swanlab_project")
def _swanlab_on(now: Values) -> None:
    if "SwanLabPlugin" in now.plugins and now.get("swanlab_project") and not now.get("use_swanlab"):
        now.set("use_swanlab", True)


@changes_at(REGISTER, "plugins")
def _legacy_diffusion(now: Values) -> None:
    old = now.get("diffusion")
    if "DiffusionPlugin" not in now.plugins or (old is None and now.get("diffusion_lm") is not None):
        return
    if now.get("save_strategy") == "best" and now.get("metric_for_best_model") is None:
        now.set("metric_for_best_model", "eval_loss")
    steps = now.get("warmup_steps")
    if isinstance(steps, float) and 0 < steps < 1 and now.get("warmup_ratio") in (None, steps):
        now.set("warmup_ratio", steps)
        now.set("warmup_steps", None)
    if now.get("diffusion_lm") is None:
        # What the old block says is typed, and reported, where it stands: here only what the move adds.
        shown = old.get("generate_samples", True) if isinstance(old, dict) else True
        now.set("diffusion_lm", {"from_causal_lm": True, "generate_samples": shown is not False})


DEPRECATED_EXPERTS = {
    "deep_ep": "eager",
    "deep_ep_grouped_mm": "grouped_mm",
    "deep_ep_scattermoe": "scattermoe",
    "deep_ep_sonicmoe": "sonicmoe",
    "torch_ep_eager": "eager",
    "torch_ep_grouped_mm": "grouped_mm",
    "torch_ep_scattermoe": "scattermoe",
    "torch_ep_sonicmoe": "sonicmoe",
}
"""Old values of experts_implementation and what they mean now."""
EXPERTS = frozenset({"eager", "batched_mm", "grouped_mm", "scattermoe", "sonicmoe", "expert_parallel"})


@changes_at("disable_mlp_kernel", "plugins")
def _expert_backend(now: Values) -> None:
    if "KernelsPlugin" not in now.plugins:
        return
    backend = now.get("expert_backend")
    if backend is not None:
        meant = str(backend).lower()
    else:
        written = now.get("experts_implementation")
        meant = DEPRECATED_EXPERTS.get(written, "") if isinstance(written, str) else ""
        if now.get("use_scattermoe") or now.get("use_sonicmoe"):
            meant = ""
    if meant in ("scattermoe", "sonicmoe"):
        now.set(f"use_{meant}", True)
    on = now.get("use_scattermoe") is True or now.get("use_sonicmoe") is True
    if on and now.get("lora_mlp_kernel") is True and now.get("use_dsv4_kernels") is True:
        if now.get("dsv4_shared_mlp_lora_kernel") is None:
            now.set("dsv4_shared_mlp_lora_kernel", True)
        now.set("lora_mlp_kernel", False)


@changes_at("check_experts_implementation", "plugins")
def _experts_implementation(now: Values) -> None:
    if "KernelsPlugin" not in now.plugins:
        return
    chosen = now.get("experts_implementation")
    if chosen is None:
        chosen = "scattermoe" if now.get("use_scattermoe") else "sonicmoe" if now.get("use_sonicmoe") else "eager"
        now.set("experts_implementation", chosen)
    elif experts_fall_back(now.get):
        now.set("experts_implementation", "eager")


def experts_fall_back(get: Callable[[str], Any]) -> bool:
    """Whether KernelsPlugin replaces a written experts_implementation by eager."""
    chosen = get("experts_implementation")
    if chosen in ("scattermoe", "sonicmoe"):
        return not get(f"use_{chosen}")
    size = get("expert_parallel_size")
    known = isinstance(chosen, (dict, list)) or chosen in EXPERTS or chosen in DEPRECATED_EXPERTS
    return not known and chosen not in (None, "deepgemm") and not (isinstance(size, int) and size > 1)


@changes_at("check_use_kernels", "plugins")
def _use_kernels(now: Values) -> None:
    if "KernelsPlugin" in now.plugins and now.get("use_kernels") is None:
        now.set("use_kernels", True)


@changes_at("check_nvfp4_merge_aware", "nvfp4_merge_aware")
def _merge_aware(now: Values) -> None:
    if "KernelsPlugin" not in now.plugins:
        return
    if now.get("nvfp4_merge_aware") is False:
        now.set("nvfp4_merge_aware_start_step", None)
    elif now.get("nvfp4_merge_aware") and now.get("adapter") not in ("lora", "multilora"):
        now.set("nvfp4_merge_aware", False)
        now.set("nvfp4_merge_aware_start_step", None)


@changes_at("normalize_mora_type", "mora")
def _mora_type(now: Values) -> None:
    block = now.get("mora")
    number = block.get("mora_type") if isinstance(block, dict) else None
    if isinstance(block, dict) and isinstance(number, (int, float)) and number in (1, 6):
        now.set("mora", {**block, "mora_type": "sharing" if number == 1 else "rope"})


@changes_at("_default_generate_samples", "diffusion_lm")
def _generate_samples(now: Values) -> None:
    block = now.get("diffusion_lm")
    if isinstance(block, dict) and block.get("generate_samples") is None:
        now.set("diffusion_lm", {**block, "generate_samples": bool(block.get("from_causal_lm"))})
