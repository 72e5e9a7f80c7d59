"""LoRA's targets against the modules that the base model really has."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from knowledge.examples import LORA
from knowledge.finding import Severity
from knowledge.hub import World, found_model
from knowledge.parameters import adapter_of, base_parameters, layout, targets_of
from knowledge.rule import Problem, problem, rule

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from knowledge.config import Config
    from knowledge.parameters import Architecture

PHI = f"base_model: microsoft/Phi-3-mini-4k-instruct\n{LORA}lora_qkv_kernel: false\nlora_o_kernel: false\n"
MAMBA = {
    "model_type": "mamba2",
    "hidden_size": 64,
    "num_hidden_layers": 2,
    "vocab_size": 100,
    "num_heads": 4,
    "head_dim": 32,
    "state_size": 16,
    "n_groups": 1,
}
FIELDS = (
    "adapter",
    "base_model",
    "lora_r",
    "lora_target_modules",
    "lora_target_linear",
    "lora_target_parameters",
    "lora_modules_to_save",
    "peft_layers_to_transform",
)
SHOWN = 4


def _architecture(config: Config) -> Architecture | None:
    """The base model's dimensions where its modules are known for sure, else None."""
    reads, config.reads = config.reads, None
    base = base_parameters(config)
    config.reads = reads
    return base.architecture if base is not None and base.known == "exact" else None


def _shown(names: Sequence[str]) -> str:
    """The first names, and how many more there are."""
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more} more" if more > 0 else "")


def _linears(architecture: Architecture) -> list[str]:
    model = layout(architecture)
    names = [m.name.rpartition(".")[2] for block in model.blocks for m in block.modules if m.kind == "linear"]
    return list(dict.fromkeys(names))


@rule(
    Severity.CRASH,
    fields=FIELDS,
    bad=f"{PHI}lora_target_modules: [q_proj, v_proj]\n",
    good=f"{PHI}lora_target_modules: [qkv_proj, o_proj]\n",
    says=("not found in the base model. Please check the target modules", "No modules were targeted for adaptation"),
)
def no_module_targeted(config: Config) -> Iterator[Problem]:
    """None of LoRA's targets is a module of the base model.

    The names of a model's matrices depend on its family: Phi-3 has `qkv_proj` where Llama has `q_proj`, `k_proj`, and
    `v_proj`. PEFT stops with an error after the model has loaded. `lora_target_linear: true` adapts all of them.
    """
    architecture = _architecture(config)
    if architecture is None or config.get("lora_target_linear") or not config.get("lora_target_modules"):
        return
    reads, config.reads = config.reads, None
    adapter = adapter_of(config)
    config.reads = reads
    if adapter is None or adapter.expert_targets:
        return
    try:
        found = targets_of(architecture, adapter)
    except re.error:
        return
    if not found:
        names = _shown(_linears(architecture))
        yield problem(f"This matches no module of the model, which has {names}.", "lora_target_modules", "base_model")


@rule(
    Severity.WARNING,
    fields=FIELDS,
    bad=f"{LORA}lora_target_modules: [q_proj, v_proj, query_key_value]\n",
    good=f"{LORA}lora_target_modules: [q_proj, v_proj]\n",
)
def module_not_in_model(config: Config) -> Iterator[Problem]:
    """One of LoRA's targets is not a module of the base model.

    PEFT silently skips it as long as another one matches, so fewer matrices are trained than the list says.
    """
    architecture = _architecture(config)
    targets = config.get("lora_target_modules")
    if architecture is None or architecture.experts or config.get("lora_target_linear"):
        return
    if config.get("adapter") not in {"lora", "qlora"} or not isinstance(targets, list):
        return
    model = layout(architecture)
    present = {m.name for m in model.outside} | {
        f"{model.layers}.{index}.{m.name}"
        for block in model.blocks
        for index in block.indices[:1]
        for m in block.modules
    }
    plain = [
        (i, name) for i, name in enumerate(targets) if isinstance(name, str) and re.fullmatch(r"[A-Za-z_.]+", name)
    ]
    lost = [(i, name) for i, name in plain if not any(n == name or n.endswith(f".{name}") for n in present)]
    if lost and len(lost) < len(targets):
        missing = _shown([name for _, name in lost])
        names = _shown(_linears(architecture))
        message = f"Ignored: this model has no {missing}. It has {names}."
        yield problem(message, *(("lora_target_modules", index) for index, _ in lost))


@rule(
    Severity.CRASH,
    fields=FIELDS,
    bad=f"base_model: Qwen/Qwen3-30B-A3B\n{LORA}lora_target_modules: [q_proj, up_proj, down_proj]\n",
    good=f"base_model: Qwen/Qwen3-30B-A3B\n{LORA}lora_target_modules: [q_proj, gate_proj, up_proj, down_proj]\n",
    says="because they are fused into gate_up_proj",
)
def half_of_fused_experts(config: Config) -> Iterator[Problem]:
    """Only one of the experts' gate and up projections is targeted.

    Transformers 5 keeps the two in one tensor, so PEFT adapts both or neither, and stops if only one is named.
    """
    architecture = _architecture(config)
    targets = config.get("lora_target_modules")
    if architecture is None or not architecture.experts or config.get("adapter") not in {"lora", "qlora"}:
        return
    if not isinstance(targets, list) or config.get("lora_target_linear"):
        return
    pair = {"mixtral": ("w1", "w3"), "qwen2_moe": ("gate_proj", "up_proj"), "qwen3_moe": ("gate_proj", "up_proj")}.get(
        architecture.family
    )
    if pair is None:
        return
    named = [name for name in pair if any(t == name or str(t).endswith(f".{name}") for t in targets)]
    if len(named) == 1:
        other = pair[1] if named[0] == pair[0] else pair[0]
        yield problem(
            f"PEFT stops: `{named[0]}` and `{other}` are one tensor here; add `{other}`.", "lora_target_modules"
        )


@rule(
    Severity.CRASH,
    fields=FIELDS,
    bad=f"base_model: org/mamba\n{LORA}lora_target_linear: true\n",
    good=f"base_model: org/mamba\n{LORA}lora_target_modules: [in_proj]\n",
    hub=World(models=(found_model("org/mamba", config=MAMBA),)),
)
def linear_target_that_peft_refuses(config: Config) -> Iterator[Problem]:
    """`lora_target_linear` picks a module that PEFT does not attach LoRA to.

    The kernels of Mamba layers read the weight of `out_proj` directly, bypassing the adapter, so PEFT stops there;
    other families have whole blocks under names that look like a linear layer. Name the modules in
    `lora_target_modules`.
    """
    architecture = _architecture(config)
    if architecture is None or not architecture.refused or config.get("adapter") not in {"lora", "qlora"}:
        return
    if config.get("lora_target_linear"):
        message = f"PEFT refuses `{architecture.refused}` of this model: set `lora_target_modules`."
        if architecture.refused == "nothing":
            message = "It finds no linear modules in this model: set `lora_target_modules`."
        yield problem(message, "lora_target_linear")
