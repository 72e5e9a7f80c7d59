"""What bites with a model: the rules that find something in a sound config for no other reason than its model."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from knowledge.config import read
from knowledge.finding import Severity
from knowledge.hub import HubFacts, Repository, remember_facts
from knowledge.rules import all_rules, run
from knowledge.value import value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from knowledge.finding import Finding

_LORA: Final = "adapter: lora\nlora_r: 16\nlora_alpha: 32\nlora_target_linear: true\n"
_FSDP: Final = "fsdp_version: 2\nfsdp_config:\n  reshard_after_forward: true\n  state_dict_type: FULL_STATE_DICT\n"
_LIGER: Final = (
    "plugins:\n  - axolotl.integrations.liger.LigerPlugin\nliger_rms_norm: true\nliger_glu_activation: true\n"
)
_ENTROPY: Final = (
    "plugins:\n  - axolotl.integrations.cut_cross_entropy.CutCrossEntropyPlugin\ncut_cross_entropy: true\n"
)
_WAYS: Final = {
    "Any run": "",
    "LoRA": _LORA,
    "QLoRA": _LORA.replace("adapter: lora\n", "adapter: qlora\nload_in_4bit: true\n"),
    "LoRA kernels": f"{_LORA}lora_mlp_kernel: true\nlora_qkv_kernel: true\nlora_o_kernel: true\n",
    "Sample packing": "sample_packing: true\nattn_implementation: flash_attention_2\n",
    "Gradient checkpointing": "gradient_checkpointing: true\n",
    "FSDP": _FSDP,
    "Tensor parallelism": "tensor_parallel_size: 2\n",
    "Liger kernels": _LIGER,
    "Cut cross entropy": _ENTROPY,
}
"""Ways to train -> the lines that ask for each; a rule that fires in several is told with the first."""
_CONFIG: Final = """\
base_model: {}
datasets:
  - path: org/rows
    type: chat_template
output_dir: ./out
sequence_len: 4096
micro_batch_size: 1
gradient_accumulation_steps: 4
num_epochs: 1
learning_rate: 2.0e-5
bf16: auto
"""
_PLAIN: Final = "org/plain"
_TOLD_BY_CARDS: Final = frozenset({"fits-no-card"})
_GPUS: Final = 2


@value
class Trap:
    """What bites.

    Attributes:
        rule: The rule that tells more, as in `/explain`.
        severity: How much it matters.
        way: The way to train in which it first shows, such as "LoRA kernels".
        message: What happens and what to do.
    """

    rule: str
    severity: Severity
    way: str
    message: str


def traps_of(name: str, config: Mapping[str, Any] | None = None) -> tuple[Trap, ...]:
    """What bites with a model, worst first.

    Args:
        name: As `base_model` would name it.
        config: Its config.json, as far as it is known.
    """
    found: dict[str, Trap] = {}
    for way, lines in _WAYS.items():
        for each in _findings(name, lines, config):
            if each.rule not in found and each.rule not in _anybody(lines):
                found[each.rule] = Trap(rule=each.rule, severity=each.severity, way=way, message=each.message)
    return tuple(sorted(found.values(), key=lambda trap: trap.severity.rank))


def _findings(name: str, lines: str, config: Mapping[str, Any] | None) -> list[Finding]:
    """What the rules that look at the model find."""
    probe = read(_CONFIG.format(name) + lines, _GPUS)
    if config:
        model = Repository(field="base_model", id=name, status="found", config=dict(config))
        remember_facts(probe, HubFacts(model=model))
    return [each for each in run(probe) if each.rule in _of_models()]


@lru_cache(maxsize=1)
def _of_models() -> frozenset[str]:
    return frozenset(rule.id for rule in all_rules() if "base_model" in rule.fields) - _TOLD_BY_CARDS


@lru_cache(maxsize=len(_WAYS))
def _anybody(lines: str) -> frozenset[str]:
    """What is found with a model that nothing is known of."""
    return frozenset(each.rule for each in _findings(_PLAIN, lines, None))
