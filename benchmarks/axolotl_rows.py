"""What Axolotl's own code makes of the rows of written configs; to be run by an interpreter that has Axolotl.

Reads JSON lines with `id`, `yaml`, `rows` (a list), `file` (the name under which the config expects them) and `family`
(tokens of the model's tokenizer, see FAMILIES), and answers each with the rows that were read, those that are trained,
those that end with a trained end of turn, or with the error. The tokenizer is a small one that is trained on the rows
and has the family's special tokens, so counts of tokens are not the model's.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

os.environ.update(HF_HUB_OFFLINE="1", AXOLOTL_DO_NOT_TRACK="1", DO_NOT_TRACK="1", TOKENIZERS_PARALLELISM="false")

FAMILIES = {
    "qwen": (None, "<|endoftext|>", ["<|im_start|>", "<|im_end|>"], "qwen_25"),
    "qwen-instruct": (None, "<|im_end|>", ["<|im_start|>", "<|endoftext|>"], "qwen_25"),
    "llama3": (
        "<|begin_of_text|>",
        "<|end_of_text|>",
        ["<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"],
        None,
    ),
    "llama3-instruct": (
        "<|begin_of_text|>",
        "<|eot_id|>",
        ["<|start_header_id|>", "<|end_header_id|>", "<|end_of_text|>"],
        "llama3",
    ),
    "gemma": ("<bos>", "<eos>", ["<start_of_turn>", "<end_of_turn>"], None),
    "gemma-instruct": ("<bos>", "<eos>", ["<start_of_turn>", "<end_of_turn>"], "gemma"),
    "mistral": ("<s>", "</s>", ["[INST]", "[/INST]"], None),
    "mistral-instruct": ("<s>", "</s>", ["[INST]", "[/INST]"], "mistral_v2v3"),
    "phi": ("<s>", "<|endoftext|>", ["<|user|>", "<|assistant|>", "<|system|>", "<|end|>"], "phi_35"),
    "gpt-oss": (
        "<|startoftext|>",
        "<|return|>",
        ["<|start|>", "<|end|>", "<|message|>", "<|channel|>", "<|call|>"],
        "harmony",
    ),
    "zephyr": ("<s>", "</s>", ["<|user|>", "<|assistant|>", "<|system|>"], "zephyr"),
    "instruct": ("<s>", "</s>", ["<|im_start|>", "<|im_end|>", "<|return|>", "<pad>"], "chatml"),
    "plain": ("<s>", "</s>", ["<pad>", "<|endoftext|>", "<|padding|>", "<|im_start|>", "<|im_end|>"], None),
}
"""Start token, end token, other special tokens, and the chat template that the model brings."""

TEMPLATES = {
    "harmony": """\
{%- for message in messages -%}
{%- if message.role == 'assistant' -%}
<|start|>assistant<|channel|>final<|message|>{{ message.content }}{{ '<|return|>' if loop.last else '<|end|>' }}
{%- else -%}
<|start|>{{ message.role }}<|message|>{{ message.content }}<|end|>
{%- endif -%}
{%- endfor -%}""",
    "zephyr": """\
{%- for message in messages -%}
{{ '<|' + message.role + '|>\\n' + message.content + eos_token + '\\n' }}
{%- endfor -%}""",
}
"""Templates of models that Axolotl does not bring itself, in short."""


def model_in(folder: Path, family: str, texts: list[str]) -> None:
    """A model's folder: a small tokenizer with the family's tokens, and a config.json that is enough to load rows."""
    from axolotl.utils.chat_templates import get_chat_template
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
    from transformers import LlamaConfig, PreTrainedTokenizerFast

    start, end, others, template = FAMILIES[family]
    special = [token for token in (start, end, *others, "<unk>") if token]
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    made.train_from_iterator(
        texts, trainers.BpeTrainer(vocab_size=1500, special_tokens=special, initial_alphabet=alphabet)
    )
    if start:
        made.post_processor = processors.TemplateProcessing(
            single=f"{start} $A", pair=f"{start} $A {start} $B", special_tokens=[(start, made.token_to_id(start))]
        )
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=made, bos_token=start, eos_token=end)
    if family.startswith(("qwen", "gemma", "phi")):
        tokenizer.add_special_tokens({"pad_token": "<unk>"})
    if template:
        tokenizer.chat_template = TEMPLATES.get(template) or get_chat_template(template)
    tokenizer.save_pretrained(folder)
    LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2
    ).save_pretrained(folder)


def loaded(record: dict[str, Any]) -> dict[str, Any]:
    """Rows read and trained through Axolotl's own loading."""
    import yaml
    from axolotl.common.datasets import load_datasets, load_preference_datasets
    from axolotl.utils.config import normalize_config, prepare_plugins, validate_config
    from axolotl.utils.dict import DictDefault

    Path(record["file"]).write_text("".join(json.dumps(row) + "\n" for row in record["rows"]), "utf-8")
    for name, text in record.get("files", {}).items():
        Path(name).write_text(text, "utf-8")
        sys.modules.pop(name.removesuffix(".py"), None)
    model_in(Path("model"), record["family"], [json.dumps(row, ensure_ascii=False) for row in record["rows"]][:300])
    keys = yaml.safe_load(record["yaml"]) | {"base_model": str(Path("model").resolve()), "dataset_num_proc": 1}
    keys.pop("plugins", None)
    config = DictDefault(keys)
    prepare_plugins(config)
    config = validate_config(config, capabilities=record["capabilities"], env_capabilities={"torch_version": "2.13.0"})
    normalize_config(config)
    load = load_preference_datasets if config.rl else load_datasets
    data = load(cfg=config)
    rows = [row for part in (data.train_dataset, data.eval_dataset) if part is not None for row in part]
    answer: dict[str, Any] = {"rows": len(rows)}
    if rows and "labels" in rows[0]:
        from transformers import AutoTokenizer

        answer["trained"] = sum(any(label != -100 for label in row["labels"]) for row in rows)
        tokenizer = AutoTokenizer.from_pretrained("model")
        ends = {tokenizer.eos_token_id} | {tokenizer.convert_tokens_to_ids(t) for t in keys.get("eot_tokens") or []}
        answer["ended"] = sum(bool(ends & {label for label in row["labels"][-6:] if label != -100}) for row in rows)
    elif rows:
        answer["columns"] = sorted(rows[0])
        answer["ended"] = sum(all(row[key] not in (None, "") for key in row) for row in rows)
    return answer


def main() -> None:
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    sys.path.insert(0, "")
    for line in sys.stdin:
        record = json.loads(line)
        with tempfile.TemporaryDirectory(prefix="rows-") as folder:
            os.chdir(folder)
            try:
                answer = loaded(record)
            except Exception as error:  # noqa: BLE001 - whatever Axolotl raises is the answer
                answer = {"error": f"{type(error).__name__}: {error}"[:300]}
            os.chdir("/")
        out.write(json.dumps({"id": record["id"], **answer}) + "\n")
        out.flush()


if __name__ == "__main__":
    main()
