"""What Axolotl really does with data, adapters and diffusion where a note once said something else.

Axolotl's own interpreter runs this file. It prints JSON: name of a probe -> its outcome.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

os.environ["HF_HUB_OFFLINE"] = "1"

import torch
from axolotl.core.trainers.diffusion_lm.tokens import resolve_mask_token_id
from axolotl.core.trainers.diffusion_lm.unroll import run_unroll
from axolotl.model_support.native_adapters import validate_native_diffusion_lora
from axolotl.prompt_strategies.chat_template import ChatTemplatePrompter, ChatTemplateStrategy
from axolotl.prompt_strategies.user_defined import UserDefinedDatasetConfig, load
from axolotl.utils.config import validate_config
from axolotl.utils.data.rl import _map_dataset
from axolotl.utils.data.shared import load_dataset_with_config
from axolotl.utils.dict import DictDefault
from datasets import Dataset, DatasetDict
from peft import LoraConfig, get_peft_model
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

if TYPE_CHECKING:
    from collections.abc import Callable


def words(*known: str, added: tuple[str, ...] = (), **special: str) -> PreTrainedTokenizerFast:
    """A tokenizer of whole words."""
    made = Tokenizer(models.WordLevel({word: number for number, word in enumerate((*known, "unk"))}, unk_token="unk"))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=made, unk_token="unk", **special)
    tokenizer.add_special_tokens({"additional_special_tokens": list(added)})
    return tokenizer


def outcome(run: Callable[[], Any]) -> Any:
    """What a run gives, or the kind of its error."""
    try:
        return run()
    except Exception as error:  # noqa: BLE001 - the kind of error is the outcome
        return type(error).__name__


def keys_that_stay(rl: str, **entry: Any) -> list[str]:
    """Those of the written keys that validation leaves in a dataset's entry."""
    raw = {"base_model": "x", "micro_batch_size": 1, "gradient_accumulation_steps": 1, "learning_rate": 1e-4, "rl": rl}
    cfg = validate_config(DictDefault({**raw, "datasets": [{"path": "a", **entry}]}))
    return sorted(entry.keys() & dict(cfg.datasets[0]).keys())


def learned_of_a_part() -> list[int]:
    """The offsets that are learned when one letter of the second of two words is named."""
    prompter = ChatTemplatePrompter(words("Hello", "world"), chat_template="{{ messages[0].content }}")
    part = {"begin_offset": 7, "end_offset": 7, "train": True}
    return prompter.get_offsets_for_train_detail("Hello world", [part])


def end_tokens_load(*ends: str) -> str:
    tokenizer = words("hi", eos_token="<e>", added=("<x>",))
    prompter = ChatTemplatePrompter(tokenizer, "{% for m in messages %}{{ m.content }} <e> <x>{% endfor %}")
    ChatTemplateStrategy(prompter, tokenizer, False, 9, ["assistant"], "last", "turn", list(ends))
    return "loads"


def system_texts() -> list[bool]:
    """Whether `system_prompt` stands in a row without a system column, and in one where it is empty."""
    tokenizer = words("Briefly", "Why", "Because", eos_token="<e>")
    kind = UserDefinedDatasetConfig(system_prompt="Briefly ")
    strategy = load(tokenizer, DictDefault(train_on_inputs=True, sequence_len=20), kind)
    row = {"instruction": "Why", "output": "Because"}
    first = tokenizer.convert_tokens_to_ids("Briefly")
    return [first in strategy.tokenize_prompt(each)["input_ids"] for each in (row, {**row, "system": ""})]


def files_of_a_folder() -> list[Any]:
    """Rows of a file of a folder, named with the folder and without it."""
    start = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            Path("data").mkdir()
            Path("data/one.jsonl").write_text('{"text": "a"}\n')
            return [
                outcome(lambda name=name: rows_of(path="data", data_files=name))
                for name in ("data/one.jsonl", "one.jsonl")
            ]
        finally:
            os.chdir(start)


def rows_of(**entry: Any) -> int:
    return load_dataset_with_config(DictDefault(entry), False)["train"].num_rows


def reserved_token(by: str) -> bool:
    """Whether an added, reserved token becomes the mask of a converted model."""
    tokenizer = words("a", "b", added=("<|reserved|>",))
    number = tokenizer.convert_tokens_to_ids("<|reserved|>")
    told = {by: number if by == "mask_token_id" else "<|reserved|>"}
    cfg = DictDefault({"diffusion_lm": {"from_causal_lm": True, **told}})
    return resolve_mask_token_id(tokenizer, cfg, allow_add=True) == number


def passes_without_conditioning() -> int:
    passes = []

    def step(state: torch.Tensor, guess: Any, mask: Any) -> torch.Tensor:
        passes.append(guess is not None)
        return state

    run_unroll(
        state=torch.zeros(1, 2),
        update_mask=None,
        steps=1,
        grad_through_steps=False,
        supports_self_conditioning=True,
        k1_conditioning_mask=None,
        recurrent_conditioning_mask=None,
        forward_step=step,
        logits_from_outputs=lambda output: output,
        update_state=None,
    )
    return len(passes)


def native_diffusion(**fields: Any) -> str:
    validate_native_diffusion_lora(DictDefault({"diffusion_lm": {"eps": 0.1}, **fields}), model_name="Dream")
    return "accepted"


class Experts(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.mlp = torch.nn.Module()
        self.mlp.up = torch.nn.Parameter(torch.zeros(2, 4, 4))


def adapted_experts(**fields: Any) -> str:
    get_peft_model(Experts(), LoraConfig(r=2, target_modules=[], target_parameters=["mlp.up"], **fields))
    return "built"


def part_of_a_test_set() -> int:
    parts = DatasetDict(train=Dataset.from_dict({"a": [1]}), test=Dataset.from_dict({"a": [2]}))
    return _map_dataset(DictDefault(dataset_num_proc=1), parts, lambda row: row)["a"][0]


def main() -> None:
    pairs = {"type": "chat_template.default"}
    mapped = {"role": "from", "content": "value"}
    found = {
        "a letter of a word that is learned": learned_of_a_part(),
        "the end token alone in eot_tokens": outcome(lambda: end_tokens_load("<e>")),
        "the end token next to another": outcome(lambda: end_tokens_load("<e>", "<x>")),
        "keys of an entry under dpo": keys_that_stay(
            "dpo", **pairs, roles={"user": ["human"]}, message_property_mappings=mapped, weight=0.5, shards=4
        ),
        "keys of an entry under orpo": keys_that_stay("orpo", **pairs, weight=0.5),
        "the template of an entry under ipo": keys_that_stay("ipo", **pairs, chat_template="chatml"),
        "kto without remove_unused_columns": outcome(lambda: keys_that_stay("kto", type="chatml.argilla")),
        "system texts": system_texts(),
        "files of a folder": files_of_a_folder(),
        "a reserved token by number": reserved_token("mask_token_id"),
        "a reserved token by name": reserved_token("mask_token_str"),
        "passes when no row is shown the guess": passes_without_conditioning(),
        "native diffusion without an adapter": outcome(native_diffusion),
        "native diffusion with LoRA": native_diffusion(adapter="lora", lora_target_modules=["q_proj"]),
        "DoRA on experts": outcome(lambda: adapted_experts(use_dora=True)),
        "LoRA on experts": adapted_experts(),
        "the part of a test set under rl": part_of_a_test_set(),
    }
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
