"""The chat template, and which text of a conversation is trained by it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from knowledge.conditions import entries, supervised_types
from knowledge.finding import Severity
from knowledge.pattern import expression
from knowledge.rule import Problem, problem, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.config import Config

ENTRY = "datasets:\n  - path: org/rows\n"
_LISTS = ("datasets", "test_datasets")
_OTHER_WAYS = ("rl", "processor_type", "reward_model", "process_reward_model")
"""Fields under which rows go through the template by other types."""


@rule(
    Severity.ADVICE,
    fields=("chat_template", "datasets[].type", "test_datasets", "pretraining_dataset", *_OTHER_WAYS),
    needs=("chat_template",),
    bad=f"chat_template: llama3\n{ENTRY}    type: alpaca\n",
    good=f"chat_template: llama3\n{ENTRY}    type: chat_template\n",
)
def chat_template_never_trained(config: Config) -> Iterator[Problem]:
    """A `chat_template` that no dataset uses.

    Only `type: chat_template` renders rows with it. The other types write their own prompts, and the model is saved
    with a template it has never seen. Train with that type, or leave the template out.
    """
    if not config.raw("chat_template") or any(map(config.raw, (*_OTHER_WAYS, "pretraining_dataset"))):
        return
    known = supervised_types()
    kinds = [entry.get("type") for name in _LISTS for _, entry in entries(config, name)]
    own = [
        isinstance(kind, dict)
        or (isinstance(kind, str) and kind.partition(":")[0].partition(".")[0] in known and "chat" not in kind)
        for kind in kinds
    ]
    if own and all(own):
        message = "No dataset is trained with this template: only `type: chat_template` uses it."
        yield problem(message, "chat_template", "datasets[0].type")


_MARKED = frozenset(
    {
        *("qwen2_vl", "qwen3_5", "gemma3", "gemma3n", "gemma4", "gemma4_unified", "llama3_2_vision", "llama4"),
        *("pixtral", "mistral_v7_tekken"),
    }
)
"""Templates for which Axolotl knows where each role's turn begins and ends (processing_strategies.py)."""
_UNMARKED = expression(r"internvl|smolvlm|llava|lfm2?[-_.]?vl|voxtral|glm-?4(\.\d)?v", re.I)
"""Families of models for which it does not."""


@rule(
    Severity.WARNING,
    fields=("processor_type", "base_model", "chat_template", "role_boundaries", "train_on_inputs", "rl"),
    needs=("processor_type",),
    bad="processor_type: AutoProcessor\nbase_model: OpenGVLab/InternVL3_5-8B-HF\n",
    good="processor_type: AutoProcessor\nbase_model: OpenGVLab/InternVL3_5-8B-HF\nrole_boundaries:\n"
    '  - role: assistant\n    start: "<|im_start|>assistant"\n    end: "<|im_end|>"\n',
    says="has no built-in role boundaries",
)
def every_turn_is_trained(config: Config) -> Iterator[Problem]:
    """A multimodal model whose turns Axolotl cannot tell apart.

    For InternVL, SmolVLM2, LLaVA, LFM2-VL, Voxtral, and GLM-4V, Axolotl does not know where roles begin, so questions
    and system texts are trained like answers, whatever `train_on_inputs` and `roles_to_train` say. Name the markers
    in `role_boundaries`.
    """
    name, template = config.raw("base_model"), config.raw("chat_template")
    if not config.typed("processor_type") or config.typed("train_on_inputs") or config.raw("rl"):
        return
    if config.raw("role_boundaries") or template in _MARKED or not isinstance(name, str):
        return
    if template in ("llava", "lfm2vl") or _UNMARKED.search(name):
        message = "Every turn is trained: no role markers are known for this family. Set `role_boundaries`."
        yield problem(message, "base_model", "processor_type")
