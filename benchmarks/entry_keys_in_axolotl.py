"""Which keys of a dataset's entry Axolotl reads where: every key is tried by loading rows with it and without it.

Axolotl's own interpreter runs this file; it prints JSON: place -> key -> whether the loaded rows (or the error) change.
"""

from __future__ import annotations

import itertools
import json
import logging
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

os.environ["HF_HUB_OFFLINE"] = "1"

import torch
from axolotl.utils.config import validate_config
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
    {"role": "assistant", "content": "a plum", "trained": False, "thought": "plums are fruit"},
    {"role": "user", "content": "another"},
    {"role": "assistant", "content": "an apple", "trained": True, "thought": "so are apples"},
]
OWN = {"field_prompt": "prompt", "field_chosen": "text", "field_rejected": "body"}
OTHER_CHAT = [
    {"role": "user", "content": "count"},
    {"role": "assistant", "content": "one two three"},
]


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
            "chosen": {"role": "assistant", "content": "a plum"},
            "rejected": {"role": "assistant", "content": "a stone"},
            "better": {"role": "assistant", "content": "an apple"},
            "worse": {"role": "assistant", "content": "a brick"},
            "completion": "a plum",
            "label": True,
        }
        for index in range(count)
    ]


def tokenizer_folder(folder: Path) -> str:
    """A model's folder with a config and a tokenizer of words, so that nothing is downloaded."""
    words = sorted(set(json.dumps(rows(30)).replace('"', " ").replace(",", " ").split()))
    vocabulary = {word: index for index, word in enumerate((*NAMED.values(), *words, "says"))}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, NAMED["unk_token"]))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, **NAMED)
    fast.chat_template = CHATML
    fast.save_pretrained(folder)
    config = LlamaConfig(vocab_size=len(vocabulary), hidden_size=8, num_attention_heads=1, num_hidden_layers=1)
    config.save_pretrained(folder)
    return str(folder)


class Place:
    """One place of an entry in one kind of run: what is loaded there, with an entry changed."""

    def __init__(self, folder: Path, model: str, root: dict[str, Any], part: int, **entry: Any) -> None:
        self.folder, self.model, self.root, self.part, self.entry = folder, model, root, part, entry
        self.runs = 0

    def loaded(self, name: str, changes: dict[str, Any]) -> str:
        """The rows of `part` (0 trained, 1 tested) as text, or the kind of error."""
        self.runs += 1
        raw: dict[str, Any] = {
            "base_model": self.model,
            "micro_batch_size": 1,
            "gradient_accumulation_steps": 1,
            "learning_rate": 1e-5,
            "sequence_len": 64,
            "shuffle_merged_datasets": False,
            "dataset_prepared_path": str(self.folder / f"prepared-{id(self)}-{self.runs}"),
            "output_dir": str(self.folder / "out"),
            **json.loads(json.dumps(self.root)),
            name: [{**self.entry, **changes}],
        }
        torch.manual_seed(0)
        try:
            cfg = validate_config(DictDefault(raw))
            cfg.tokenizer_config = cfg.base_model_config = self.model
            cfg.batch_size, cfg.world_size = 1, 1
            if cfg.rl:
                loaded: Any = prepare_preference_datasets(cfg, AutoTokenizer.from_pretrained(self.model))
            else:
                loaded = prepare_datasets(cfg, AutoTokenizer.from_pretrained(self.model))
            found = [_plain(row) for row in itertools.islice(loaded[self.part], 40)]
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
        keys = tried(str(second))
        found: dict[str, dict[str, bool]] = {}
        for place, (label, chosen, build) in places(folder, model, str(file)).items():
            at = {kind: build(kind) for kind in {keys[key][1] for key in chosen}}
            without = {kind: each.loaded(label, {}) for kind, each in at.items()}
            found[place] = {
                key: without[kind] != at[kind].loaded(label, changes)
                for key, (changes, kind) in keys.items()
                if key in chosen
            }
    print(json.dumps(found))


def tried(second: str) -> dict[str, tuple[dict[str, Any], str]]:
    """Key -> a value that changes the rows wherever it is read, and the type of entry that shows it."""
    chat = "chat_template"
    return {
        "field": ({"field": "body"}, "completion"),
        "split": ({"split": "test"}, "completion"),
        "data_files": ({"data_files": second}, "completion"),
        "ds_type": ({"ds_type": "csv"}, "completion"),
        "shards": ({"shards": 4}, "completion"),
        "shards_idx": ({"shards": 4, "shards_idx": 1}, "completion"),
        "weight": ({"weight": 0.5}, "completion"),
        "preprocess_shards": ({"preprocess_shards": 4}, "completion"),
        "skip": ({"skip": 5}, "completion"),
        "text_column": ({"text_column": "body"}, "pretrain"),
        "conversation": ({"conversation": "chatml"}, chat),
        "input_format": ({"input_format": "{input}"}, chat),
        "input_transform": ({"input_transform": "upper"}, chat),
        "field_human": ({"field_human": "prompt"}, chat),
        "field_model": ({"field_model": "completion"}, chat),
        "logprobs_field": ({"logprobs_field": "logprobs"}, chat),
        "temperature": ({"temperature": 2.0}, chat),
        "chat_template": ({"chat_template": "llama3"}, chat),
        "chat_template_jinja": ({"chat_template": "jinja", "chat_template_jinja": OTHER}, chat),
        "field_messages": ({"field_messages": "chat"}, chat),
        "message_property_mappings": ({"message_property_mappings": {"role": "role", "content": "role"}}, chat),
        "message_field_role": ({"message_field_role": "content"}, chat),
        "message_field_content": ({"message_field_content": "role"}, chat),
        "message_field_training": ({"message_field_training": "trained"}, chat),
        "roles": ({"roles": {"assistant": ["user"], "user": ["assistant"], "system": ["system"]}}, chat),
        "roles_to_train": ({"roles_to_train": ["user"]}, chat),
        "train_on_eos": ({"train_on_eos": "none"}, chat),
        "train_on_eot": ({"train_on_eot": "none"}, chat),
        "drop_system_message": ({"drop_system_message": True}, chat),
        "field_chosen": ({"field_chosen": "better"}, "chat_template.default"),
        "field_rejected": ({"field_rejected": "worse"}, "chat_template.default"),
        "type.field_prompt": ({"type": {**OWN, "field_prompt": "question"}}, "user"),
        "type.prompt_format": ({"type": {**OWN, "prompt_format": "asks: {prompt}"}}, "user"),
    }


def places(folder: Path, model: str, file: str) -> dict[str, tuple[str, tuple[str, ...], Any]]:
    """Name of a place -> the root key of the entry, the keys that are tried there, and how it is built."""
    plain = {"path": "json", "data_files": file}
    eot = {"eot_tokens": ["</s>"]}
    stream: dict[str, Any] = {"streaming": True, "max_steps": 5, "streaming_multipack_buffer_size": 20}
    packed = {**stream, "sample_packing": True, "attn_implementation": "flash_attention_2"}
    preference = ("field_messages", "field_chosen", "field_rejected", "message_property_mappings", "roles")
    mapped = ("type.field_prompt", "type.prompt_format")
    single = tuple(key for key in tried("") if key not in mapped)

    def ordinary(kind: str) -> Place:
        return Place(folder, model, eot, 0, path=file, ds_type="json", type=_kind(kind, "completion"))

    def test_set(kind: str) -> Place:
        training = [{"path": file, "ds_type": "json", "type": "completion"}]
        kind = _kind(kind, "completion")
        return Place(
            folder, model, {**eot, "datasets": training}, 1, path=file, ds_type="json", split="train", type=kind
        )

    def streamed(root: dict[str, Any]) -> Any:
        return lambda kind: Place(folder, model, {**root, **eot}, 0, **plain, type=_kind(kind, "completion"))

    def pairs(kind: str) -> Place:
        kind = "chat_template.default"
        training = [{"path": file, "type": kind}]
        return Place(folder, model, {"rl": "dpo", "datasets": training}, 1, path=file, split="train", type=kind)

    def trained_pairs(kind: str) -> Place:
        return Place(folder, model, {"rl": "dpo"}, 0, path=file, split="train", type="chat_template.default")

    def mapped_pairs(kind: str) -> Place:
        training = [{"path": file, "type": OWN}]
        return Place(folder, model, {"rl": "dpo", "datasets": training}, 1, path=file, split="train", type=OWN)

    return {
        "datasets": ("datasets", single, ordinary),
        "datasets, dpo": ("datasets", preference, trained_pairs),
        "pretraining_dataset, packed": ("pretraining_dataset", single, streamed(packed)),
        "pretraining_dataset, unpacked": ("pretraining_dataset", single, streamed(stream)),
        "test_datasets": ("test_datasets", single, test_set),
        "test_datasets, dpo": ("test_datasets", preference, pairs),
        "test_datasets, dpo with a mapping": ("test_datasets", mapped, mapped_pairs),
    }


def _kind(kind: str, otherwise: str) -> str:
    """The type that shows a key in supervised training."""
    return kind if kind in ("completion", "chat_template", "pretrain") else otherwise


if __name__ == "__main__":
    sys.exit(main())
