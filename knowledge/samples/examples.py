"""A small config for every dataset type, with which its good and bad row are checked in the documentation and tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from knowledge.samples.cures import dump

if TYPE_CHECKING:
    from knowledge.samples.kinds import Kind

FILE = "rows.jsonl"
_BASE: dict[str, Any] = {
    "base_model": "org/model-chatml",
    "sequence_len": 1024,
    "micro_batch_size": 1,
    "gradient_accumulation_steps": 1,
    "learning_rate": 0.0002,
}
_ROOT: dict[str, dict[str, Any]] = {
    "stepwise": {"process_reward_model": True, "num_labels": 2},
    "bradley_terry": {"reward_model": True, "num_labels": 1},
    "orpo": {"chat_template": "chatml"},
    "ebft": {"ebft": {"mode": "structured"}},
    "kto": {"remove_unused_columns": False},
    "simpo": {"simpo_gamma": 0.5},
    "pretrain": {"max_steps": 10, "pretraining_sample_concatenation": True},
    "segments": {"base_model": "org/TinyLlama-1.1B"},
}
_MAPPINGS: dict[str, dict[str, str]] = {
    "mapping": {
        "field_instruction": "instruction",
        "field_output": "output",
        "format": "{instruction}\n{input}\n",
        "no_input_format": "{instruction}\n",
    },
    "pair_mapping": {"field_prompt": "prompt", "field_chosen": "chosen", "field_rejected": "rejected"},
    "judged_mapping": {"field_prompt": "prompt", "field_completion": "completion", "field_label": "label"},
}


def example_config(kind: Kind, name: str | None = None) -> str:
    """A config that reads a file with rows of a type.

    Args:
        kind: The type.
        name: One of its names; the first one unless given.
    """
    rl = kind.rl[0] if kind.rl else ""
    root: dict[str, Any] = dict(_BASE)
    if rl:
        root["rl"] = rl
    root |= _ROOT.get(rl, {}) | _ROOT.get(kind.reads, {})
    if kind.reads == "pretrain":
        entry: dict[str, Any] = {"path": "json", "data_files": FILE, "type": "pretrain"}
        return dump({**root, "pretraining_dataset": [entry]})
    entry = {"path": FILE}
    written = _MAPPINGS.get(kind.reads) or name or (kind.names[0] if kind.names else None)
    if kind.reads == "tokenized":
        written = "completion"
    if written is not None:
        entry["type"] = written
    return dump({**root, "datasets": [entry]})
