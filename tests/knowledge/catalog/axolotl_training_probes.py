"""What Axolotl really does with models, optimizers and trackers where a note once said something else.

Axolotl's own interpreter runs this file. It prints JSON: name of a probe -> its outcome.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any

os.environ["HF_HUB_OFFLINE"] = "1"

import torch


def stand_in(name: str, *functions: str) -> None:
    """Let a module be imported whose packages need not be there; nothing here calls it."""
    sys.modules[name] = ModuleType(name)
    for function in functions:
        setattr(sys.modules[name], function, print)


stand_in("axolotl.contribs")
stand_in("axolotl.contribs.lgpl", "fix_untrained_tokens")
stand_in("axolotl.utils.model_shard_quant", "load_sharded_model", "load_sharded_model_quant")

import axolotl.train  # noqa: E402
from axolotl.core.builders import HFCausalTrainerBuilder  # noqa: E402
from axolotl.core.builders.base import _eval_on_start  # noqa: E402
from axolotl.core.trainers.mixins import activation_checkpointing  # noqa: E402
from axolotl.integrations.swanlab.callbacks import SwanLabRLHFCompletionCallback  # noqa: E402
from axolotl.loaders.model import ModelLoader  # noqa: E402
from axolotl.loaders.utils import check_model_config  # noqa: E402
from axolotl.processing_strategies import ProcessingStrategy  # noqa: E402
from axolotl.prompt_strategies.user_defined import UserDefinedDatasetConfig, load  # noqa: E402
from axolotl.utils.comet_ import setup_comet_env_vars  # noqa: E402
from axolotl.utils.config import validate_config  # noqa: E402
from axolotl.utils.data.sft import _extract_pretraining_config  # noqa: E402
from axolotl.utils.data.streaming import encode_streaming  # noqa: E402
from axolotl.utils.dict import DictDefault  # noqa: E402
from axolotl.utils.mlflow_ import setup_mlflow_env_vars  # noqa: E402
from axolotl.utils.trackio_ import setup_trackio_env_vars  # noqa: E402
from tokenizers import Tokenizer, models, pre_tokenizers  # noqa: E402
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast, Trainer, TrainingArguments  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

SIZES = {"hidden_size": 8, "intermediate_size": 8, "num_attention_heads": 1, "num_hidden_layers": 1}


def words(*known: str) -> PreTrainedTokenizerFast:
    """A tokenizer of whole words."""
    made = Tokenizer(models.WordLevel({word: number for number, word in enumerate((*known, "unk"))}, unk_token="unk"))
    made.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return PreTrainedTokenizerFast(tokenizer_object=made, unk_token="unk", eos_token="<e>", pad_token="<e>")


def outcome(run: Callable[[], Any]) -> Any:
    """What a run gives, or the kind of its error."""
    try:
        return run()
    except Exception as error:  # noqa: BLE001 - the kind of error is the outcome
        return type(error).__name__


def accepted(**fields: Any) -> Any:
    """The config as validation leaves it."""
    raw = {"base_model": "x", "micro_batch_size": 1, "gradient_accumulation_steps": 1, "learning_rate": 1e-4}
    return validate_config(DictDefault({**raw, "datasets": [{"path": "a", "type": "completion"}], **fields}))


def small() -> LlamaForCausalLM:
    return LlamaForCausalLM(LlamaConfig(vocab_size=50, **SIZES))


def offloading_of(value: Any) -> Any:
    """How activations are kept off the GPU: the arguments of the context, which itself needs a GPU."""
    written = accepted(gradient_checkpointing=value).activation_offloading if value == "offload_disk" else value
    activation_checkpointing.get_act_offloading_ctx_manager = lambda _, **told: told
    with tempfile.TemporaryDirectory() as folder:
        args = TrainingArguments(output_dir=folder, use_cpu=True, report_to=[])
        args.activation_offloading = written
        return activation_checkpointing.ActivationOffloadingMixin(model=small(), args=args).activation_offload_context


def loader(model: Any = None, **fields: Any) -> ModelLoader:
    """A loader that has not loaded anything."""
    made = object.__new__(ModelLoader)
    made.cfg, made.model, made.model_kwargs = DictDefault(fields), model, {}
    made.model_config = SimpleNamespace(model_type="llama")
    made.tokenizer = words(*(f"w{number}" for number in range(38)), "<e>")
    return made


def quantized(adapter: str) -> bool:
    made = loader(adapter=adapter, load_in_4bit=True, torch_dtype=torch.bfloat16)
    made._set_quantization_config()
    return "quantization_config" in made.model_kwargs


def rows_of_the_embeddings() -> int:
    """The rows of a model of 50 rows and a tokenizer of 40 tokens, with `resize_token_embeddings_to_32x`."""
    made = loader(small(), resize_token_embeddings_to_32x=True)
    made._resize_token_embeddings()
    return made.model.get_input_embeddings().num_embeddings


def beta2_of_lion() -> float:
    with tempfile.TemporaryDirectory() as folder:
        args = TrainingArguments(output_dir=folder, optim="lion_32bit", adam_beta2=0.5, use_cpu=True)
        return Trainer.get_optimizer_cls_and_kwargs(args)[1]["betas"][1]


def learned_of_a_row_without_an_answer() -> list[int]:
    tokenizer = words("Why", "<e>")
    kind = UserDefinedDatasetConfig(field_output="reply", format="{instruction}", no_input_format="{instruction}")
    strategy = load(tokenizer, DictDefault(train_on_inputs=False, sequence_len=20), kind)
    return [label for label in strategy.tokenize_prompt({"instruction": "Why"})["labels"] if label != -100]


def tokens_of_a_long_text() -> int:
    tokenizer = words("a", "<e>")
    rows = encode_streaming({"text": ["a " * 100]}, tokenizer, 10)
    return sum(token == 0 for row in rows["input_ids"] for token in row)


def end_token_is_learned() -> bool:
    """Whether the last token of an image row, which is the padding too, is learned."""
    strategy = object.__new__(ProcessingStrategy)
    strategy.processor = SimpleNamespace(tokenizer=SimpleNamespace(pad_token_id=1))
    strategy.image_token_id = None
    strategy._mask_non_assistant_keep = lambda ids: torch.ones_like(ids, dtype=torch.bool)
    return bool(strategy.process_labels(torch.tensor([[5, 6, 1]]))[0, -1] != -100)


def trackers() -> list[bool]:
    cfg = DictDefault(mlflow_experiment_name="a", trackio_project_name="a", comet_project_name="a")
    setup_mlflow_env_vars(cfg)
    setup_trackio_env_vars(cfg)
    setup_comet_env_vars(cfg)
    return [cfg.use_mlflow, cfg.use_trackio, cfg.use_comet]


def tokens_with_an_adapter(**fields: Any) -> str:
    cfg = DictDefault(adapter="lora", tokens=["<x>"], **fields)
    check_model_config(cfg, LlamaConfig(vocab_size=50, **SIZES))
    return "accepted"


def reference_of(**fields: Any) -> bool:
    """Whether a reference model is loaded."""

    class Loaded:
        def __init__(self, *_: Any, **__: Any) -> None:
            pass

        def load(self) -> tuple[str, None]:
            return "model", None

    kept, axolotl.train.ModelLoader = axolotl.train.ModelLoader, Loaded
    try:
        return axolotl.train.setup_reference_model(DictDefault(rl="dpo", **fields), None) is not None
    finally:
        axolotl.train.ModelLoader = kept


def method_that_the_tables_know() -> Any:
    """What the collector of SwanLab's tables knows of its trainer, joined the way that the plugin joins it."""
    with tempfile.TemporaryDirectory() as folder:
        args = TrainingArguments(
            output_dir=folder, use_cpu=True, report_to=[], max_steps=1, disable_tqdm=True, logging_steps=1
        )
        rows = [{"input_ids": torch.tensor([1, 2]), "labels": torch.tensor([1, 2])}]
        trainer = Trainer(small(), args, train_dataset=rows)
        tables = SwanLabRLHFCompletionCallback(log_interval=1)
        trainer.add_callback(tables)
        trainer.train()
        return [tables.trainer_type, len(tables.logger)]


def keys_of_a_pretraining_entry() -> list[str]:
    entry = {"path": "a", "type": "pretrain", "train_on_eot": "all", "field_messages": "b", "conversation": "c"}
    return sorted(entry.keys() & _extract_pretraining_config(DictDefault(pretraining_dataset=[entry])).keys())


def defaults(steps: int, *names: str) -> list[Any]:
    """What the trainer is given in a plain run, one with a packed adapter, and one with pieces of the rows held out."""
    adapter = {"adapter": "lora", "lora_r": 8, "lora_alpha": 16, "lora_target_linear": True, "sample_packing": True}
    given = []
    for fields in ({}, adapter, {"val_set_size": 0.1, "eval_strategy": "steps"}):
        builder = object.__new__(HFCausalTrainerBuilder)
        builder.cfg, builder.model, builder.train_dataset, builder.tokenizer = accepted(**fields), small(), [1], None
        builder.eval_dataset = [1] if "val_set_size" in fields else None
        given.append(builder._set_base_training_args(steps)[0])
    return [[each.get(name) for name in names] for each in given]


def main() -> None:
    sharded = {"fsdp_version": 2, "fsdp_config": {"cpu_ram_efficient_loading": True}}
    four = {"adapter": "qlora", "load_in_4bit": True, **sharded}
    found = {
        "the offloading of disk": outcome(lambda: [offloading_of(value) for value in (True, "disk", "offload_disk")]),
        "four bits with each adapter": outcome(lambda: [quantized("lora"), quantized("qlora")]),
        "a multiple of 32 without a new token": outcome(rows_of_the_embeddings),
        "the second beta of lion": outcome(beta2_of_lion),
        "a row without its answer": outcome(learned_of_a_row_without_an_answer),
        "sharded loading in four bits": [
            outcome(lambda: accepted(**four).qlora_sharded_model_loading),
            outcome(lambda: accepted(**four, qlora_sharded_model_loading=False)),
        ],
        "a long text without packing": outcome(tokens_of_a_long_text),
        "the end token of an image row": outcome(end_token_is_learned),
        "trackers that are named": outcome(trackers),
        "new tokens with an adapter": [
            outcome(lambda: tokens_with_an_adapter(peft_trainable_token_indices=[1])),
            outcome(lambda: tokens_with_an_adapter(lora_modules_to_save=["embed_tokens", "lm_head"])),
        ],
        "references of full training": outcome(
            lambda: [reference_of(precompute_ref_log_probs=True), reference_of(adapter="lora")]
        ),
        "evaluation before the first step": _eval_on_start(DictDefault()),
        "the warm-up of 1,000 and of 9,000 steps": [
            outcome(lambda: defaults(1000, "warmup_steps")),
            outcome(lambda: defaults(9000, "warmup_steps")),
        ],
        "lines of the log in 1,000 and in 99 steps": [
            outcome(lambda: defaults(1000, "logging_steps")),
            outcome(lambda: defaults(99, "logging_steps")),
        ],
        "saves that nobody asked for": outcome(lambda: defaults(1000, "save_strategy", "save_total_limit")),
        "evaluations that nobody asked for": outcome(lambda: defaults(1000, "eval_strategy", "eval_steps")),
        "schedule and optimizer that nobody chose": outcome(
            lambda: defaults(1000, "lr_scheduler_type", "optim", "weight_decay", "num_train_epochs")
        ),
        "tables of answers for SwanLab": outcome(method_that_the_tables_know),
        "keys of a pretraining entry": outcome(keys_of_a_pretraining_entry),
    }
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
