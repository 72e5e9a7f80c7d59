"""Claims that notes once got wrong: what Axolotl does, and the words of the note that say so.

The words are looked up everywhere. What Axolotl does is tried where AXOLOTL names an interpreter that has it.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from knowledge.catalog import Catalog

AXOLOTL = os.environ.get("AXOLOTL", "")
NAMES = ("axolotl_probes.py", "axolotl_data_probes.py", "axolotl_training_probes.py", "axolotl_mode_probes.py")
PROBES = tuple(Path(__file__).with_name(name) for name in NAMES)


class Claim(NamedTuple):
    """A probe of one of the files, its outcome, and the note that says it in these words."""

    probe: str
    outcome: Any
    note: str
    words: str


WARM_UP = [[[30]] * 3, [[100]] * 3]
SAVES = [["epoch", 4]] * 3
EVALUATIONS = [["no", None], ["no", None], ["steps", None]]
PACKED_ADAPTER = [True, True, True, 1, 256]
CHOICES = [["cosine", "adamw_torch_fused", 0.0, 1.0]] * 3

CLAIMS = (
    Claim("the warm-up of 1,000 and of 9,000 steps", WARM_UP, "warmup_ratio", "3% of the steps, at most 100"),
    Claim("the warm-up of 1,000 and of 9,000 steps", WARM_UP, "warmup_steps", "3% of the steps, at most 100"),
    Claim("lines of the log in 1,000 and in 99 steps", [[[5]] * 3, [[1]] * 3], "logging_steps", "at least 1 and at"),
    Claim("saves that nobody asked for", SAVES, "save_strategy", "`epoch`, unless `save_steps`"),
    Claim("saves that nobody asked for", SAVES, "save_total_limit", "4; 0 means 4"),
    Claim("evaluations that nobody asked for", EVALUATIONS, "eval_strategy", 'otherwise `"no"`'),
    Claim("evaluations that nobody asked for", EVALUATIONS, "eval_steps", "as often as log lines"),
    Claim("schedule and optimizer that nobody chose", CHOICES, "lr_scheduler", "`cosine`"),
    Claim("schedule and optimizer that nobody chose", CHOICES, "optimizer", "`adamw_torch_fused` is used"),
    Claim("dion without a rate", "KeyError 'dion_learning_rate'", "dion_lr", "stops with KeyError"),
    Claim("dion without a momentum", "KeyError 'dion_momentum'", "dion_momentum", "stops with KeyError"),
    Claim(
        "dion with a rank",
        ["dion_lr", "dion_mu", "lr", "weight_decay"],
        "dion_rank_fraction",
        "never reaches the optimizer",
    ),
    Claim(
        "dion with a rank",
        ["dion_lr", "dion_mu", "lr", "weight_decay"],
        "dion_rank_multiple_of",
        "never reaches the optimizer",
    ),
    Claim(
        "dion with a rank in optim_args",
        ["dion_lr", "dion_mu", "lr", "rank_fraction", "weight_decay"],
        "dion_rank_fraction",
        "`optim_args` is what reaches Dion",
    ),
    Claim("a sentence for the default system message", False, "default_system_message", "has none to replace"),
    Claim("a fast tokenizer in spite of use_fast false", True, "tokenizer_use_fast", "ignores the choice"),
    Claim(
        "use_data_producer in the arguments of plain GRPO",
        [False, True],
        "nemo_gym_multi_turn",
        "Without `trl.use_data_producer: true` the run stops",
    ),
    Claim("a packed stream of two datasets", "NotImplementedError", "streaming", "more than one entry"),
    Claim("an unpacked stream of two datasets", "accepted", "streaming", "With packing, more than one entry"),
    Claim("the image size when it is left out", 448, "image_size", "the model's vision config names"),
    Claim(
        "patterns that match a weight by a later part of its name",
        [False, True, True],
        "unfrozen_parameters",
        "from the start of the name",
    ),
    Claim("tokens that are written without a limit", 20, "trl.max_completion_length", "answers end after 20 tokens"),
    Claim("gradients of layers that are spilled", [True, False], "max_memory", "in full training they do not learn"),
    Claim("the evaluations of a resumed run", [2, 4], "eval_on_start", "A resumed run evaluates again"),
    Claim(
        "a letter of a word that is learned",
        [-100, 6],
        "datasets[].message_field_training_detail",
        "all of it counts",
    ),
    Claim("the end token alone in eot_tokens", "loads", "datasets[].train_on_eot", "in `eot_tokens` with others"),
    Claim("the end token next to another", "ValueError", "datasets[].train_on_eos", "else loading fails"),
    Claim("keys of an entry under dpo", ["type"], "datasets[].roles", "Preference training drops this key"),
    Claim("keys of an entry under dpo", ["type"], "datasets[].message_property_mappings", "it is not read"),
    Claim("keys of an entry under dpo", ["type"], "datasets[].weight", "in preference training"),
    Claim("keys of an entry under dpo", ["type"], "datasets[].shards", "in preference training"),
    Claim("the template of an entry under ipo", ["type"], "datasets[].chat_template", "in preference training"),
    Claim("kto without remove_unused_columns", "ValidationError", "remove_unused_columns", "unless you write false"),
    Claim("system texts", [True, False], "datasets[].type.system_prompt", "gets no system text"),
    Claim("files of a folder", [1, "FileNotFoundError"], "datasets[].data_files", "where you start Axolotl"),
    Claim("a reserved token by number", False, "diffusion_lm.mask_token_id", "are ignored without a message"),
    Claim("a reserved token by name", True, "diffusion_lm.mask_token_id", "name those by `mask_token_str`"),
    Claim("passes when no row is shown the guess", 2, "diffusion_lm.self_conditioning.p", "still computed"),
    Claim("native diffusion without an adapter", "ValueError", "diffusion_lm", "refused without an adapter"),
    Claim("native diffusion with LoRA", "accepted", "diffusion_lm", "`adapter: lora` with `lora_target_modules`"),
    Claim("DoRA on experts", "ValueError", "lora_target_parameters", "crashes when the adapter is built"),
    Claim("the part of a test set under rl", 1, "test_datasets", "the part called train"),
    Claim("the offloading of disk", [{"use_streams": True}] * 3, "activation_offloading", "writes nothing to disk"),
    Claim("the offloading of disk", [{"use_streams": True}] * 3, "gradient_checkpointing", "which behave alike"),
    Claim("four bits with each adapter", [False, True], "load_in_4bit", "With `adapter: lora`, nothing is quantized"),
    Claim("a multiple of 32 without a new token", 64, "resize_token_embeddings_to_32x", "even if you add no token"),
    Claim("the second beta of lion", 0.5, "adam_beta2", "lion, ademamix, muon"),
    Claim("a row without its answer", [], "datasets[].type.field_output", "nothing at all is learned"),
    Claim(
        "sharded loading in four bits",
        [True, "ValidationError"],
        "fsdp_config.cpu_ram_efficient_loading",
        "a written false is refused",
    ),
    Claim("a long text without packing", 8, "pretraining_dataset", "what is beyond `sequence_len` is lost"),
    Claim("the end token of an image row", False, "special_tokens.pad_token", "padding is masked by the token itself"),
    Claim("trackers that are named", [True] * 3, "experiment tracking", "MLflow, Comet, and Trackio as well"),
    Claim("new tokens with an adapter", ["ValueError", "accepted"], "tokens", "regardless of `peft_trainable"),
    Claim("references of full training", [True, False], "precompute_ref_log_probs", "its memory stays in use"),
    Claim("evaluation before the first step", True, "eval_on_start", "On, wherever evaluations run"),
    Claim("tables of answers for SwanLab", [None, 0], "swanlab_log_completions", "no table is sent"),
    Claim("tables of answers for SwanLab", [None, 0], "swanlab_completion_max_buffer", "none are collected"),
    Claim(
        "keys of a pretraining entry", ["path", "type"], "pretraining_dataset[].train_on_eot", "Nothing reads this key"
    ),
    Claim(
        "recomputing with an adapter and offloading", True, "activation_offloading", "layers are recomputed and what"
    ),
    Claim("32-bit gradients without an adapter", "ValidationError", "lora_fp32_gradients", "It is refused without"),
    Claim("a stream grouped by length", None, "group_by_length", "streamed data ignore it"),
    Claim("jumping positions with and without packing", [True, False], "use_pose", "without packing nothing happens"),
    Claim("the end of a better answer", "b<e>", "datasets[].type.chosen_format", "The trainer appends the tokenizer's"),
    Claim("parts that an unpacked stream loads", ["train"], "test_datasets", "the test set is never loaded"),
    Claim("parts that an unpacked stream loads", ["train"], "streaming data", "`datasets` never loads it"),
    Claim("flex attention with compile options", False, "flex_attn_compile_kwargs", "works with PyTorch 2.6 only"),
    Claim("the start of new embedding rows", False, "mean_resizing_embeddings", "New rows start at random, although"),
    Claim(
        "the first restart of ReLoRA", ["ValueError", "goes on"], "relora", "such as `adafactor` or `lion_8bit`, the"
    ),
    Claim(
        "keys of a pretraining entry",
        ["path", "type"],
        "pretraining_dataset[].field_messages",
        "Nothing reads this key",
    ),
)


@pytest.fixture(scope="module")
def outcomes() -> dict[str, Any]:
    if not AXOLOTL:
        pytest.skip("AXOLOTL names no interpreter that has Axolotl")
    found: dict[str, Any] = {}
    for probes in PROBES:
        command = [AXOLOTL, "-P", str(probes)]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        found |= json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: f"{claim.note}: {claim.probe}")
def test_note_says_what_axolotl_does(claim: Claim) -> None:
    catalog = Catalog.load()
    note = {**catalog.notes, **catalog.concepts}[claim.note]
    said = (
        note.summary,
        note.raising,
        note.lower,
        note.left_out,
        note.costs,
        note.pitfalls,
        note.modes.sentence,
        note.text,
    )
    assert claim.words in " ".join(said)


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: f"{claim.note}: {claim.probe}")
def test_axolotl_does_what_the_note_says(claim: Claim, outcomes: dict[str, Any]) -> None:
    assert outcomes[claim.probe] == claim.outcome
