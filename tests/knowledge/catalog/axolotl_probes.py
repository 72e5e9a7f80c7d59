"""What Axolotl really does where a note once said something else. Axolotl's own interpreter runs this file.

It prints JSON: name of a probe -> its outcome.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

os.environ["HF_HUB_OFFLINE"] = "1"

import dataclasses

import torch
from accelerate import dispatch_model
from axolotl.core.builders.causal import HFCausalTrainerBuilder
from axolotl.core.trainers.grpo.args import AxolotlAsyncGRPOConfig, AxolotlGRPOConfig
from axolotl.loaders.utils import check_model_config
from axolotl.utils.callbacks import SkipEvalOnResumeCallback
from axolotl.utils.chat_templates.base import get_chat_template
from axolotl.utils.config import validate_config
from axolotl.utils.dict import DictDefault
from axolotl.utils.freeze import LayerNamePattern
from tokenizers import Tokenizer, models
from transformers import (
    AutoTokenizer,
    GenerationConfig,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedTokenizerFast,
    Trainer,
    TrainerCallback,
    TrainingArguments,
)


def dion(**fields: Any) -> Any:
    """The arguments that reach Dion, or the error; its package need not be there."""
    module = ModuleType("axolotl.contribs.mit.dion")
    module.DionOptimizerFactory = object
    for name in ("axolotl.contribs", "axolotl.contribs.mit"):
        sys.modules.setdefault(name, ModuleType(name))
    sys.modules["axolotl.contribs.mit.dion"] = module
    builder = object.__new__(HFCausalTrainerBuilder)
    builder.cfg = DictDefault({"optimizer": "dion", **fields})
    renamed = {"dion_learning_rate" if name == "dion_lr" else name: value for name, value in fields.items()}
    given = {"learning_rate": 1e-5, "weight_decay": 0.0, **renamed}
    trainer: dict[str, Any] = {}
    try:
        builder._configure_optimizer(given, trainer)
    except KeyError as error:
        return f"KeyError {error}"
    return sorted(trainer["optimizer_cls_and_kwargs"][1])


def fast_tokenizer_in_spite_of_use_fast_false() -> bool:
    with tempfile.TemporaryDirectory() as folder:
        word = Tokenizer(models.WordLevel({"<unk>": 0, "plum": 1}, unk_token="<unk>"))
        PreTrainedTokenizerFast(tokenizer_object=word, unk_token="<unk>").save_pretrained(folder)
        return AutoTokenizer.from_pretrained(folder, use_fast=False).is_fast


def refused(**fields: Any) -> str:
    """The kind of error of a config, or "accepted"."""
    raw = {"base_model": "org/model", "micro_batch_size": 1, "gradient_accumulation_steps": 1, "learning_rate": 1e-5}
    try:
        validate_config(DictDefault({**raw, **fields}))
    except Exception as error:  # noqa: BLE001 - the kind of error is the outcome
        return type(error).__name__
    return "accepted"


def image_size_left_out() -> int:
    text = SimpleNamespace(use_cache=False)
    vision = SimpleNamespace(image_size=448)
    config = SimpleNamespace(vision_config=vision, get_text_config=lambda: text, model_type="llava")
    cfg = DictDefault({"is_multimodal": True})
    check_model_config(cfg, config)
    return cfg.image_size


def tokens_written_without_a_limit() -> int:
    """How many tokens are generated when `max_new_tokens` is empty, as GRPO's trainer passes it on."""
    sizes = {"hidden_size": 8, "intermediate_size": 8, "num_attention_heads": 1, "num_hidden_layers": 1}
    model = LlamaForCausalLM(LlamaConfig(vocab_size=50, eos_token_id=None, **sizes))
    limits = GenerationConfig(max_new_tokens=None, do_sample=True, pad_token_id=0, eos_token_id=None)
    return model.generate(torch.ones(1, 5, dtype=torch.long), generation_config=limits).shape[1] - 5


def layers_with_a_gradient() -> list[bool]:
    """Of a layer that stays and one that is put elsewhere between its uses: whether its weights get a gradient."""
    model = torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.Linear(4, 4))
    with tempfile.TemporaryDirectory() as folder:
        model = dispatch_model(model, {"0": "cpu", "1": "disk"}, main_device="cpu", offload_dir=folder)
        model(torch.ones(2, 4)).sum().backward()
        return [layer.weight.grad is not None for layer in model]


class Small(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(1, 1)

    def forward(self, x: torch.Tensor, labels: torch.Tensor) -> dict[str, torch.Tensor]:
        return {"loss": ((self.layer(x) - labels) ** 2).mean(), "logits": x}


class Evaluated(TrainerCallback):
    def __init__(self) -> None:
        self.steps: list[int] = []

    def on_evaluate(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self.steps.append(state.global_step)


def evaluations_of_a_resumed_run() -> list[int]:
    """At which steps a run that resumes at step 2 of 4 is evaluated, with `eval_on_start`."""
    rows = [{"x": torch.ones(1), "labels": torch.ones(1)} for _ in range(8)]
    with tempfile.TemporaryDirectory() as folder:
        told = {
            "output_dir": folder,
            "use_cpu": True,
            "report_to": [],
            "per_device_train_batch_size": 1,
            "save_steps": 2,
            "eval_strategy": "steps",
            "eval_steps": 2,
            "eval_on_start": True,
            "disable_tqdm": True,
        }
        first = Trainer(Small(), TrainingArguments(**told, max_steps=2), train_dataset=rows, eval_dataset=rows)
        first.train()
        seen = Evaluated()
        second = Trainer(
            Small(),
            TrainingArguments(**told, max_steps=4),
            train_dataset=rows,
            eval_dataset=rows,
            callbacks=[SkipEvalOnResumeCallback(), seen],
        )
        second.train(resume_from_checkpoint=str(Path(folder) / "checkpoint-2"))
        return seen.steps


def main() -> None:
    two = [{"path": "a.jsonl", "type": "completion"}, {"path": "b.jsonl", "type": "completion"}]
    whole = {"dion_lr": 0.01, "dion_momentum": 0.95}
    stream = {"streaming": True, "max_steps": 9}
    found = {
        "dion without a rate": dion(),
        "dion without a momentum": dion(dion_lr=0.01),
        "dion with a rank": dion(**whole, dion_rank_fraction=0.25, dion_rank_multiple_of=8),
        "dion with a rank in optim_args": dion(**whole, optim_args={"rank_fraction": 0.25}),
        "a sentence for the default system message": "You are a helpful assistant." in get_chat_template("chatml"),
        "a fast tokenizer in spite of use_fast false": fast_tokenizer_in_spite_of_use_fast_false(),
        "use_data_producer in the arguments of plain GRPO": [
            "use_data_producer" in {field.name for field in dataclasses.fields(each)}
            for each in (AxolotlGRPOConfig, AxolotlAsyncGRPOConfig)
        ],
        "a packed stream of two datasets": refused(datasets=two, sample_packing=True, **stream),
        "an unpacked stream of two datasets": refused(datasets=two, **stream),
        "the image size when it is left out": image_size_left_out(),
        "patterns that match a weight by a later part of its name": [
            LayerNamePattern(pattern).match("model.layers.28.self_attn.o_proj.weight")
            for pattern in ("o_proj", ".+o_proj", "model.layers.28")
        ],
        "tokens that are written without a limit": tokens_written_without_a_limit(),
        "gradients of layers that are spilled": layers_with_a_gradient(),
        "the evaluations of a resumed run": evaluations_of_a_resumed_run(),
    }
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
