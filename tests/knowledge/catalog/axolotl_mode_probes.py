"""What Axolotl really does in one kind of run where a note once spoke of all of them.

Axolotl's own interpreter runs this file. It prints JSON: name of a probe -> its outcome.
"""

from __future__ import annotations

import contextlib
import json
import sys
import tempfile
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

sys.path.append(str(Path(__file__).parent))

from axolotl_training_probes import accepted, loader, outcome, small, words  # isort: skip

import torch
import transformers.integrations.flex_attention as flex
from axolotl.core.builders import HFCausalTrainerBuilder
from axolotl.monkeypatch.attention.flex_attn import patch_flex_wrapper
from axolotl.monkeypatch.relora import ReLoRACallback
from axolotl.utils.config import validate_config
from axolotl.utils.data import sft
from axolotl.utils.dict import DictDefault
from datasets import Dataset
from transformers import Trainer, TrainingArguments
from trl import DPOTrainer


def recomputed_with_an_adapter() -> bool:
    """Whether layers of a LoRA model are recomputed while activations are offloaded."""
    made = loader(
        small(), adapter="lora", gradient_checkpointing=True, activation_offloading=True, torch_dtype=torch.float32
    )
    made._configure_embedding_dtypes()
    return bool(made.model.is_gradient_checkpointing)


def accepted_on_a_gpu(*names: str, **fields: Any) -> list[Any]:
    """What a config has for some keys once it is validated on a machine with one GPU."""
    raw = {"base_model": "x", "micro_batch_size": 1, "gradient_accumulation_steps": 1, "learning_rate": 1e-4}
    rows = {"datasets": [{"path": "a", "type": "completion"}]}
    gpu = {"bf16": True, "fp8": False, "tf32": True, "n_gpu": 1, "compute_capability": "sm_90"}
    cfg = validate_config(
        DictDefault({**raw, **rows, **fields}), capabilities=gpu, env_capabilities={"torch_version": "2.13"}
    )
    return [cfg.get(name) for name in names]


def sampler_of_a_stream() -> Any:
    """The order in which a stream is read when rows of one length are asked for."""
    with tempfile.TemporaryDirectory() as folder:
        args = TrainingArguments(
            output_dir=folder, train_sampling_strategy="group_by_length", max_steps=1, use_cpu=True, report_to=[]
        )
        rows = Dataset.from_dict({"input_ids": [[1, 2]]}).to_iterable_dataset()
        return Trainer(small(), args, train_dataset=rows)._get_train_sampler()


def positions_of_pose(*, packed: bool) -> bool:
    """Whether the rows that are prepared for PoSE have positions that jump."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "rows.jsonl"
        file.write_text(json.dumps({"text": "a " * 8}) + "\n", "utf-8")
        entry = {"path": str(file), "type": "completion"}
        cfg = accepted(
            datasets=[entry],
            sequence_len=16,
            sample_packing=packed,
            use_pose=True,
            pose_max_context_len=64,
            dataset_prepared_path=f"{folder}/prepared",
            dataset_num_proc=1,
            num_dataset_shards_to_save=1,
        )
        rows, _ = sft._load_raw_datasets(cfg, [DictDefault(entry)], words("a", "<e>"), "train")
        return "position_ids" in rows.column_names and rows[0]["position_ids"] != list(range(len(rows[0]["input_ids"])))


def end_of_a_better_answer() -> str:
    """What TRL makes of a rendered answer before it counts tokens."""
    seen: list[str] = []

    class Stop(Exception):
        pass

    class Rows(Dataset):
        def map(self, function: Any, **told: Any) -> Any:
            if function.__name__ != "add_eos":
                raise Stop
            made = super().map(function, **{key: value for key, value in told.items() if key != "num_proc"})
            seen.append(made[0]["chosen"])
            return Rows(made.data)

    trainer = object.__new__(DPOTrainer)
    trainer._tokenizer = SimpleNamespace(eos_token="<e>")
    rows = Rows(Dataset.from_dict({"prompt": ["a"], "chosen": ["b"], "rejected": ["c"]}).data)
    with contextlib.suppress(Stop):
        trainer._prepare_dataset(rows, trainer._tokenizer, SimpleNamespace(dataset_num_proc=None), "train")
    return seen[0]


def parts_that_an_unpacked_stream_loads() -> list[str]:
    """Which of the training rows and the test rows are loaded."""
    parts: list[str] = []

    def load(*_: Any, split: str, **__: Any) -> tuple[None, None, list[Any]]:
        parts.append(split)
        return None, None, []

    kept, sft._load_and_prepare_datasets = sft._load_and_prepare_datasets, load
    try:
        entry = {"path": "a", "type": "completion"}
        sft._prepare_streaming_dataset(
            DictDefault(datasets=[entry], test_datasets=[entry], streaming=True, max_steps=9), None, None
        )
    finally:
        sft._load_and_prepare_datasets = kept
    return parts


def flex_attention_is_replaced() -> bool:
    before = flex.WrappedFlexAttention
    patch_flex_wrapper(mode="max-autotune")
    return flex.WrappedFlexAttention is not before


def first_restart(optimizer: str) -> str:
    """How the first restart of ReLoRA goes: its optimizer is looked at before anything is saved."""
    builder = object.__new__(HFCausalTrainerBuilder)
    builder.cfg, builder.model = DictDefault(optimizer=optimizer), small()
    given: dict[str, Any] = {"learning_rate": 1e-4, "weight_decay": 0.0}
    builder._configure_optimizer(given, {})
    callback = object.__new__(ReLoRACallback)
    callback.jagged_restart_steps = 1

    class Reached(Exception):
        pass

    def parameters() -> Any:
        raise Reached

    with tempfile.TemporaryDirectory() as folder:
        args = TrainingArguments(output_dir=folder, use_cpu=True, report_to=[], optim=given.get("optim", "adamw_torch"))
        model = SimpleNamespace(named_parameters=parameters)
        try:
            callback.on_step_begin(args, SimpleNamespace(global_step=1), None, model, optimizer=object())
        except Reached:
            return "goes on"
        return "ends"


def main() -> None:
    found = {
        "recomputing with an adapter and offloading": outcome(recomputed_with_an_adapter),
        "32-bit gradients without an adapter": outcome(lambda: accepted_on_a_gpu(lora_fp32_gradients=True)),
        "a stream grouped by length": outcome(sampler_of_a_stream),
        "jumping positions with and without packing": [
            outcome(partial(positions_of_pose, packed=packed)) for packed in (True, False)
        ],
        "the end of a better answer": outcome(end_of_a_better_answer),
        "parts that an unpacked stream loads": outcome(parts_that_an_unpacked_stream_loads),
        "flex attention with compile options": outcome(flex_attention_is_replaced),
        "the start of new embedding rows": outcome(lambda: accepted().mean_resizing_embeddings),
        "what a packed adapter is given": outcome(
            lambda: accepted_on_a_gpu(
                "eval_sample_packing",
                "pad_to_sequence_len",
                "lora_embedding_kernel",
                "dataloader_num_workers",
                "dataloader_prefetch_factor",
                adapter="lora",
                lora_r=8,
                lora_alpha=8,
                lora_target_linear=True,
                sample_packing=True,
                attn_implementation="sdpa",
            )
        ),
        "the best model that nobody asked for": outcome(
            lambda: accepted(val_set_size=0.1, save_steps=20, eval_steps=20).load_best_model_at_end
        ),
        "the first restart of ReLoRA": [outcome(partial(first_restart, name)) for name in ("adafactor", "adamw_torch")],
    }
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
