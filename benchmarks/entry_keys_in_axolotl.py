"""Which keys of a dataset's entry Axolotl reads where: every key is tried by loading rows with it and without it.

Axolotl's own interpreter runs this file; it prints JSON: place -> key -> {"changes": whether the loaded rows (or the
error) change, "config": the config with the key}.
"""

from __future__ import annotations

import functools
import itertools
import json
import logging
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

os.environ["HF_HUB_OFFLINE"] = "1"

import axolotl.utils.config
import torch
from axolotl.utils.data.rl import prepare_preference_datasets
from axolotl.utils.data.sft import prepare_datasets
from axolotl.utils.dict import DictDefault
from datasets import Dataset, disable_caching, disable_progress_bars
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import AutoTokenizer, LlamaConfig, PreTrainedTokenizerFast

CHATML = "{% for m in messages %}<s>{{ m['role'] }} {{ m['content'] }}</s>{% endfor %}"
OTHER = "{% for m in messages %}<s>says {{ m['role'] }} {{ m['content'] }}</s>{% endfor %}"
NAMED = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}
CHAT = [
    {"role": "system", "content": "be kind"},
    {"role": "user", "content": "name a fruit"},
    {"role": "assistant", "content": "a plum", "trained": False, "parts": [], "thought": "plums are fruit"},
    {"role": "user", "content": "another"},
    {
        "role": "assistant",
        "content": "an apple",
        "trained": True,
        "parts": [{"begin_offset": 0, "end_offset": 1, "train": True}],
        "thought": "so are apples",
    },
]
OTHER_CHAT = [
    {"role": "user", "content": "count"},
    {"role": "assistant", "content": "one two three"},
]
MAPPING = {
    "field_prompt": "prompt",
    "field_chosen": "text",
    "field_rejected": "body",
    "field_completion": "completion",
    "field_label": "label",
    "field_instruction": "question",
    "field_output": "completion",
}
"""Columns for every kind of run; the schema keeps those of the run's own kind."""
KINDS: dict[str, Any] = {
    **{name: name for name in ("completion", "chat_template", "pretrain")},
    "mapping": MAPPING,
    "mapping with a system text": {**MAPPING, "prompt_format": "{system} {prompt}"},
    "mapping with an input": {**MAPPING, "field_input": "body"},
    "mapping with a system prompt": {**MAPPING, "system_prompt": "be kind"},
}
"""Names of the types under which a key may show an effect -> the type."""
PAIRS = {
    **dict.fromkeys(("dpo", "ipo", "simpo", "grpo"), "chat_template.default"),
    "kto": "chatml.argilla",
    "orpo": "chat_template.argilla",
}
"""`rl` -> the type of an entry that is no mapping."""


def answer(text: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": "name a fruit"}, {"role": "assistant", "content": text}]


def rows(count: int) -> list[dict[str, Any]]:
    """Rows with something to find under every key that is tried."""
    return [
        {
            "text": f"the plum number {index} is a fruit",
            "body": f"the apple number {index} grows on a tree",
            "messages": CHAT,
            "chat": OTHER_CHAT,
            "prompt": f"name fruit {index}",
            "question": f"count to {index}",
            "instruction": f"count to {index}",
            "chosen": answer("a plum"),
            "rejected": answer("a stone"),
            "better": answer("an apple"),
            "worse": answer("a brick"),
            "completion": "a plum",
            "label": True,
            "unwanted": False,
        }
        for index in range(count)
    ]


def tokenizer_folder(folder: Path) -> str:
    """A model's folder with a config and a tokenizer of words, so that nothing is downloaded."""
    words = sorted(set(json.dumps(rows(30)).replace('"', " ").replace(",", " ").split()))
    vocabulary = {word: index for index, word in enumerate((*NAMED.values(), *words, "says", "asks"))}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, NAMED["unk_token"]))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, **NAMED)
    fast.chat_template = CHATML
    fast.save_pretrained(folder)
    config = LlamaConfig(vocab_size=len(vocabulary), hidden_size=8, num_attention_heads=1, num_hidden_layers=1)
    config.save_pretrained(folder)
    return str(folder)


class Place:
    """One list of entries in one kind of run: what is loaded there, with an entry changed."""

    def __init__(self, folder: Path, model: str, name: str, root: dict[str, Any], **entry: Any) -> None:
        self.folder, self.model, self.name, self.root, self.entry = folder, model, name, root, entry
        self.runs = 0

    def config(self, kind: str, changes: dict[str, Any]) -> dict[str, Any]:
        """The config with an entry of a kind. A test set stands next to a training set of the same kind."""
        own = KINDS[kind] if "mapping" in kind or "rl" not in self.root else PAIRS[self.root["rl"]]
        entry = {**self.entry, "type": own}
        training = {"datasets": [entry]} if self.name == "test_datasets" and "datasets" not in self.root else {}
        raw = {
            "base_model": self.model,
            "micro_batch_size": 1,
            "gradient_accumulation_steps": 1,
            "learning_rate": 1e-5,
            "sequence_len": 64,
            "shuffle_merged_datasets": False,
            "dataset_num_proc": 1,
            "dataset_prepared_path": str(self.folder / f"prepared-{id(self)}-{self.runs}"),
            "output_dir": str(self.folder / "out"),
            **self.root,
            **training,
            self.name: [{**entry, **changes}],
        }
        copy: dict[str, Any] = json.loads(json.dumps(raw))
        return copy

    def loaded(self, kind: str, changes: dict[str, Any]) -> str:
        """The rows that are trained, or tested for a test set, as text; or the kind of error."""
        self.runs += 1
        torch.manual_seed(0)
        try:
            cfg = axolotl.utils.config.validate_config(DictDefault(self.config(kind, changes)))
            cfg.tokenizer_config = cfg.base_model_config = self.model
            cfg.batch_size, cfg.world_size = 1, 1
            if cfg.rl:
                loaded: Any = prepare_preference_datasets(cfg, AutoTokenizer.from_pretrained(self.model))
            else:
                loaded = prepare_datasets(cfg, AutoTokenizer.from_pretrained(self.model))
            part = loaded[1 if self.name == "test_datasets" else 0]
            found = [_plain(row) for row in itertools.islice(part, 40)]
            return json.dumps(found, sort_keys=True)
        except Exception as error:  # noqa: BLE001 - any error is an outcome here
            return f"{type(error).__name__}: {str(error)[:200]}"


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {key: value.tolist() if hasattr(value, "tolist") else value for key, value in row.items()}


def in_this_process(name: str) -> None:
    """Let a method of `Dataset` work without processes of its own, which would import everything again."""
    method = getattr(Dataset, name)

    def alone(self: Dataset, *given: Any, **named: Any) -> Any:
        return method(self, *given, **{**named, "num_proc": None})

    setattr(Dataset, name, alone)


def main() -> None:
    axolotl.utils.config.merge_input_args = functools.cache(axolotl.utils.config.merge_input_args)  # takes a second
    logging.disable(logging.CRITICAL)
    disable_caching()
    disable_progress_bars()
    for method in ("map", "filter", "save_to_disk"):
        in_this_process(method)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = tokenizer_folder(folder / "model")
        file, second = folder / "rows.jsonl", folder / "second.jsonl"
        file.write_text("".join(json.dumps(row) + "\n" for row in rows(20)))
        second.write_text("".join(json.dumps(row) + "\n" for row in rows(3)))
        found = {}
        for place, at in places(folder, model, str(file)).items():
            if sys.argv[1:] and place not in sys.argv[1:]:
                continue
            without = {kind: at.loaded(kind, {}) for kind in KINDS}
            found[place] = {
                key: {
                    "changes": without[kind] != at.loaded(kind, changes),
                    "loads": without[kind].startswith("["),
                    "config": at.config(kind, changes),
                }
                for key, (kind, changes) in tried(str(second)).items()
                if key != "data_files" or at.entry["path"] == "json"  # a single file is all there is to read
            }
    print(json.dumps(found))


def tried(second: str) -> dict[str, tuple[str, dict[str, Any]]]:
    """Key -> the kind of entry that shows it, and a value that changes the rows wherever it is read."""
    chat = "chat_template"
    single: dict[str, tuple[str, Any]] = {
        "field": ("completion", "body"),
        "split": ("completion", "train[:5]"),
        "data_files": ("completion", [second]),
        "ds_type": ("completion", "csv"),
        "shards": ("completion", 4),
        "weight": ("completion", 0.5),
        "preprocess_shards": ("completion", 4),
        "skip": ("completion", 5),
        "text_column": ("pretrain", "body"),
        "conversation": (chat, "chatml"),
        "input_format": (chat, "{input}"),
        "input_transform": (chat, "upper"),
        "field_human": (chat, "prompt"),
        "field_model": (chat, "completion"),
        "field_thinking": (chat, "thought"),
        "field_tools": (chat, "text"),
        "logprobs_field": (chat, "logprobs"),
        "temperature": (chat, 2.0),
        "step_separator": (chat, "; "),
        "max_completion_length": (chat, 3),
        "train_on_last_step_only": (chat, True),
        "chat_template": (chat, "llama3"),
        "field_messages": (chat, "chat"),
        "message_property_mappings": (chat, {"role": "role", "content": "role"}),
        "message_field_role": (chat, "content"),
        "message_field_content": (chat, "role"),
        "message_field_training": (chat, "trained"),
        "message_field_training_detail": (chat, "parts"),
        "roles": (chat, {"assistant": ["user"], "user": ["assistant"], "system": ["system"]}),
        "roles_to_train": (chat, ["user"]),
        "train_on_eos": (chat, "none"),
        "train_on_eot": (chat, "none"),
        "drop_system_message": (chat, True),
        "field_chosen": (chat, "better"),
        "field_rejected": (chat, "worse"),
    }
    mapped: dict[str, tuple[str, str]] = {
        "field_prompt": ("mapping", "question"),
        "field_chosen": ("mapping", "completion"),
        "field_rejected": ("mapping", "completion"),
        "field_completion": ("mapping", "text"),
        "field_label": ("mapping", "unwanted"),
        "field_system": ("mapping with a system text", "body"),
        "prompt_format": ("mapping", "asks {prompt}"),
        "chosen_format": ("mapping", "asks {chosen}"),
        "rejected_format": ("mapping", "asks {rejected}"),
        "completion_format": ("mapping", "asks {completion}"),
        "field_instruction": ("mapping", "prompt"),
        "field_input": ("mapping", "body"),
        "field_output": ("mapping", "text"),
        "system_prompt": ("mapping", "be kind"),
        "system_format": ("mapping with a system prompt", "asks {system}"),
        "format": ("mapping with an input", "asks {instruction} {input}"),
        "no_input_format": ("mapping", "asks {instruction}"),
    }
    together = {
        "shards_idx": ("completion", {"shards": 4, "shards_idx": 1}),
        "chat_template_jinja": (chat, {"chat_template": "jinja", "chat_template_jinja": OTHER}),
    }
    return {
        **{key: (kind, {key: value}) for key, (kind, value) in single.items()},
        **together,
        **{f"type.{key}": (kind, {"type": {**KINDS[kind], key: value}}) for key, (kind, value) in mapped.items()},
    }


def places(folder: Path, model: str, file: str) -> dict[str, Place]:
    """Name of a place -> the list of entries and the kind of run."""
    eot = {"eot_tokens": ["</s>"]}
    packed = {"sample_packing": True, "attn_implementation": "flash_attention_2"}
    stream = {"streaming": True, "max_steps": 5, "streaming_multipack_buffer_size": 20}
    builder = {"path": "json", "data_files": file}
    local = {"path": file, "ds_type": "json", "split": "train"}
    supervised = {
        "datasets": ("datasets", {}, local),
        "datasets, packed": ("datasets", packed, local),
        "datasets, streamed": ("datasets", stream, {"path": file, "split": "train"}),
        "datasets, streamed and packed": ("datasets", {**stream, **packed}, builder),
        "pretraining_dataset, streamed": ("pretraining_dataset", stream, builder),
        "pretraining_dataset, streamed and packed": ("pretraining_dataset", {**stream, **packed}, builder),
        "test_datasets": ("test_datasets", {}, local),
        "test_datasets, packed": ("test_datasets", packed, local),
        "test_datasets, streamed and packed": (
            "test_datasets",
            {**stream, **packed, "datasets": [{**builder, "type": "completion"}]},
            local,
        ),
    }
    found = {
        place: Place(folder, model, name, {**eot, **root}, **entry) for place, (name, root, entry) in supervised.items()
    }
    for rl in PAIRS:
        root = {"rl": rl, "trl": {"num_generations": 2}, "micro_batch_size": 2} if rl == "grpo" else {"rl": rl}
        for name in ("datasets", "test_datasets"):
            found[f"{name}, {rl}"] = Place(folder, model, name, {"remove_unused_columns": False, **root}, path=file)
    return found


if __name__ == "__main__":
    sys.exit(main())
