"""The keys of a config, group by group, each with its reason and the comment that the file shows."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from knowledge.writing.batch import batch_of
from knowledge.writing.draft import CUT_CROSS_ENTROPY, INSTALL_CUT_CROSS_ENTROPY, SWANLAB, Draft, Line
from knowledge.writing.families import turns_without_start
from knowledge.writing.rewards import FUNCTION
from knowledge.writing.taste import general
from knowledge.writing.wishes import NO_ANSWER, NO_COLUMN, NO_DATASET, NO_PROJECT

if TYPE_CHECKING:
    from knowledge.writing.rows import Read

_SEED = 42


def groups(draft: Draft) -> list[list[Line]]:
    """All keys of a draft.

    Args:
        draft: What has been chosen.
    """
    return [
        _model(draft),
        _method(draft),
        _data(draft),
        _generation(draft),
        _length(draft),
        _batch(draft),
        _rate(draft),
        _memory(draft),
        _sharing(draft),
        _saving(draft),
    ]


def _model(draft: Draft) -> list[Line]:
    wishes, family = draft.wishes, draft.family
    lines = [Line("base_model", wishes.model, "The model that you named.")]
    if "processor_type" in draft.rows.root:
        lines.append(Line("processor_type", "AutoProcessor", "The images go through the model's own processor."))
    if family.pad:
        why = f"The tokenizer has no padding token; `{family.pad}` is in its vocabulary already."
        lines.append(Line("special_tokens", {"pad_token": family.pad}, why, "The tokenizer has no padding token."))
    if draft.rows.chats:
        lines += _template(draft)
    return lines


def _template(draft: Draft) -> list[Line]:
    family, lines = draft.family, []
    if draft.rows.method and family.turn is not None and family.starts:
        why = "The model's turns without a start token, which the trainer adds itself."
        lines.append(Line("chat_template", "jinja", why, why))
        return [*lines, Line("chat_template_jinja", turns_without_start(family.turn), why)]
    if family.template != "tokenizer_default":
        why = "The base model does not have its own chat template; this one needs no new token."
        lines.append(Line("chat_template", family.template, why, why))
    if family.ends and not draft.rows.method:
        ends = " and ".join(f"`{end}`" for end in family.ends)
        why = f"Turns end with {ends}. Only tokens that are named here are trained, so the model learns to stop."
        lines.append(
            Line("eot_tokens", list(family.ends), why, "Trained as the end of a turn, so the model learns to stop.")
        )
    return lines


def _method(draft: Draft) -> list[Line]:
    if not draft.adapter:
        return []
    given = general()
    four = draft.method == "qlora"
    why = "The model stays as it is, and a small adapter is trained with it."
    lines = [Line("adapter", draft.method, f"{why} {'Its frozen weights take 4 bits each.' if four else ''}".strip())]
    if four:
        lines.append(Line("load_in_4bit", True, "QLoRA trains on 4-bit weights."))
        if draft.experts:
            why = "Without it the experts stay in 16 bits, which is most of the model."
            lines.append(Line("quantize_moe_experts", True, why, why))
    lines += [
        Line("lora_r", given["rank"].value, given["rank"].words),
        Line("lora_alpha", given["alpha"].value, given["alpha"].words),
    ]
    if draft.experts:
        names = ["q_proj", "k_proj", "v_proj", "o_proj"]
        lines.append(Line("lora_target_modules", names, "Attention is adapted; the experts stay as they are."))
    else:
        lines.append(Line("lora_target_linear", True, "Adapters on all linear layers (QLoRA, Dettmers et al. 2023)."))
    if not draft.kernels:
        why = "Axolotl's LoRA kernels cannot patch this model's attention and switch themselves on."
        lines.append(Line("lora_qkv_kernel", False, why, why))
        lines.append(Line("lora_o_kernel", False, why))
    return lines


def _data(draft: Draft) -> list[Line]:
    rows, wishes = draft.rows, draft.wishes
    entry: dict[str, Any] = {"path": wishes.dataset or NO_DATASET}
    if wishes.split:
        entry["split"] = wishes.split
    comment = ""
    if wishes.dataset is None:
        comment = f"Fill this in: a file or a dataset of the Hub, {rows.reads or 'as the type reads it'}."
    elif rows.reads or NO_ANSWER in (rows.columns or ()):
        comment = _unseen(rows)
    why = f"The type that reads the rows{f': {rows.reads}' if rows.reads else ''}."
    if rows.stands_for:
        why = f"Nobody has seen the rows, so their type is left for you: `{rows.stands_for}` reads {rows.reads}."
    lines = []
    if rows.method:
        lines.append(Line("rl", rows.method, _METHODS.get(rows.method, "As the rows allow.")))
    if rows.method in _BETAS:
        lines.append(Line("rl_beta", *_BETAS[rows.method]))
    lines.append(Line("datasets", [{**entry, **rows.entry}], why, comment))
    for key, value in rows.root.items():
        if key not in ("rl", "processor_type", "sample_packing"):
            lines.append(Line(key, value, _ROOT.get(key, "The rows need it.")))
    lines.append(Line("dataset_prepared_path", "./prepared", "Prepared rows are kept, so a second start is fast."))
    return lines + _held_out(draft)


def _unseen(rows: Read) -> str:
    """What to fill in or to check of rows that nobody has seen."""
    if rows.stands_for:
        return f"Fill this in: the type that reads your rows. `{rows.stands_for}` reads {rows.reads}."
    if rows.entry.get("field_messages") == NO_COLUMN:
        return "Fill this in: the column that holds the chats, which is often `messages`."
    if NO_COLUMN in rows.entry.values():
        return "Fill this in: the column that holds the text, which is often `text`."
    if NO_ANSWER in (rows.columns or ()):
        return "Fill in the columns of the question and of its answer at the top of rewards.py."
    return f"Assumed: {rows.reads}. Check them with `helpbot check config.yaml --dataset FILE`."


_METHODS = {
    "dpo": "The rows are pairs of a better and a worse answer.",
    "kto": "The rows are answers with a label.",
    "simpo": "You asked for SimPO: pairs without a second model to compare with.",
    "orpo": "You asked for ORPO: pairs without a second model; it also learns the better answer itself.",
    "grpo": "Answers are sampled, and those with a higher reward become likelier.",
}
_ROOT = {
    "skip_prepare_dataset": "Images are read during the run, not before.",
    "dpo_loss_type": "IPO is DPO with a loss that stops at a margin, so it overfits less (Azar et al. 2023).",
    "simpo_gamma": "The margin between the answers: half of `rl_beta` (SimPO, Meng et al. 2024).",
}
_BETAS = {
    "dpo": (0.1, "How far the model may move from where it starts (Rafailov et al. 2023)."),
    "kto": (0.1, "How far the model may move from where it starts (Ethayarajh et al. 2024)."),
    "orpo": (0.1, "The weight of the preference compared with the answers themselves (Hong et al. 2024)."),
    "simpo": (2.0, "How sharply a better answer is preferred (SimPO, Meng et al. 2024)."),
}


def _held_out(draft: Draft) -> list[Line]:
    if not draft.held_out:
        return [Line("val_set_size", 0, "No row is held out: there are too few, or their number is not known.")]
    given = general()
    return [
        Line("val_set_size", draft.held_out, given["held_out"].words),
        Line("evals_per_epoch", _each_epoch(draft, given["evaluations"].value), given["evaluations"].words),
    ]


def _each_epoch(draft: Draft, number: int) -> int:
    """How often in an epoch: more where the run has less than one, since Axolotl counts whole times."""
    return math.ceil(number / min(draft.epochs, 1))


def _generation(draft: Draft) -> list[Line]:
    """What GRPO needs: how answers are sampled, and what rewards them."""
    if draft.rows.method != "grpo":
        return []
    left = draft.length - draft.rows.longest if draft.rows.longest else 0
    completion = min(general()["completion"].value, max(left, draft.length // 2))
    trl: dict[str, Any] = {
        "num_generations": draft.generations,
        "max_completion_length": completion,
        "reward_funcs": [FUNCTION],
    }
    lines = []
    if draft.vllm:
        trl |= {"use_vllm": True, "vllm_mode": "colocate"}
    if draft.served:
        trl |= {"use_vllm": True, "vllm_mode": "server", "vllm_server_host": "127.0.0.1", "vllm_server_port": 8000}
    why = f"{draft.generations} answers to each prompt are compared; `rewards.py`, next to this file, rewards them."
    lines.append(
        Line("trl", trl, why, "The reward is in rewards.py, which has to be in the folder where you start the run.")
    )
    if draft.vllm:
        why = "vLLM samples on the training GPUs; its length and its share of their memory are counted."
        vllm = {"max_model_len": draft.length, "gpu_memory_utilization": draft.vllm}
        lines.append(Line("vllm", vllm, why, "pip install vllm"))
    return [*lines, _server(draft)] if draft.served else lines


def _server(draft: Draft) -> Line:
    """A vLLM server on a card of its own, with the commands that start it and the training beside it."""
    training = draft.wishes.gpus
    cards = ",".join(str(number) for number in range(training))
    commands = (
        "pip install vllm\n"
        "The last GPU answers and the others train. Start the server first, in a terminal of its own:\n"
        f"  CUDA_VISIBLE_DEVICES={training} axolotl vllm-serve config.yaml\n"
        f"  CUDA_VISIBLE_DEVICES={cards} axolotl train config.yaml"
    )
    why = "vLLM and the training do not fit one card together, so vLLM has the last card to itself."
    vllm = {"host": "127.0.0.1", "port": 8000, "tensor_parallel_size": 1, "max_model_len": draft.length}
    return Line("vllm", vllm | {"gpu_memory_utilization": general()["server_memory"].value}, why, commands)


def _cut(draft: Draft) -> bool:
    """Whether rows that are too long are cut, since dropping them would leave less than half of the rows."""
    rows = draft.rows
    if rows.splits or rows.method or rows.longest <= draft.length:
        return False
    return rows.longer_than(draft.length) > _MOST_LOST * len(rows.tokens)


_MOST_LOST = 0.5


def _length(draft: Draft) -> list[Line]:
    rows, length = draft.rows, draft.length
    lost = rows.longer_than(length) if rows.longest > length else 0
    if not rows.longest:
        why = f"Usual for {draft.aim.name}; no row is known."
    elif not lost:
        why = "No row is longer, by the upper end of the estimate."
    elif _cut(draft):
        why = f"Up to {lost:,} rows are longer and are cut."
    elif rows.splits:
        why = f"Up to {lost:,} rows are longer and are split, so nothing is lost."
    else:
        why = f"The longest that fits. Up to {lost:,} rows are longer and are dropped."
    lines = [Line("sequence_len", length, why)]
    if lost and _cut(draft):
        told = "Most rows are longer than `sequence_len`, so they are cut there, without their end."
        lines.append(Line("excess_length_strategy", "truncate", told, told))
    elif lost and not rows.splits:
        told = f"Up to {lost:,} rows are longer than `sequence_len`, which the memory allows, and are left out."
        lines.append(Line("excess_length_strategy", "drop", told, told))
    if draft.packing:
        why = "Several rows share a sequence, so nothing is spent on padding; the attention keeps them apart."
        lines.append(Line("sample_packing", True, why))
    elif "sample_packing" in rows.root:
        lines.append(Line("sample_packing", False, "Rows with images cannot be packed."))
    return lines


def _batch(draft: Draft) -> list[Line]:
    gpus, aim = draft.wishes.gpus, draft.aim
    made = draft.micro * draft.accumulation * gpus
    held = "packed sequences" if draft.packing else _HELD.get(draft.rows.method, "rows")
    formula = f"{draft.accumulation} × {draft.micro} × {gpus} GPU{'s' * (gpus != 1)} = {made:,} {held} per step"
    rows = round(batch_of(draft))
    if aim.unit == "rows" and rows != made:
        formula += f", about {rows:,} rows"
    lines = [
        Line("micro_batch_size", draft.micro, "The largest that fits the card and divides the batch."),
        Line(
            "gradient_accumulation_steps",
            draft.accumulation,
            f"{formula}; the aim is about {aim.batch.value} {aim.unit}: {aim.batch.words}"
            + (" It is smaller here, so that these few rows make enough steps." if draft.lowered else ""),
            f"Effective batch: {formula}.",
        ),
        Line("num_epochs", draft.epochs, _passes(draft)),
    ]
    if draft.steps is not None:
        asked = draft.wishes.steps is not None or draft.timed
        lines.append(Line("max_steps", draft.steps, "The run ends here, as you asked." if asked else _COUNTED))
    return lines


_HELD = {"dpo": "pairs", "simpo": "pairs", "orpo": "pairs", "grpo": "completions"}
_COUNTED = "All epochs to their end: Axolotl leaves out the last batch of each epoch when it counts the steps itself."


def _passes(draft: Draft) -> str:
    if draft.rows.method == "grpo" and draft.rows.count is not None:
        answers, made = draft.rows.count * draft.generations, draft.micro * draft.accumulation * draft.wishes.gpus
        each = f"{draft.rows.count:,} prompts × {draft.generations} answers ÷ {made}"
        return f"{_usual_passes(draft)} An epoch has about {max(1, answers // made):,} steps: {each}."
    return _usual_passes(draft)


def _usual_passes(draft: Draft) -> str:
    if draft.wishes.epochs is not None and not draft.repeated:
        return "As you asked."
    usual = draft.aim.epochs
    if draft.epochs == usual.value or draft.wishes.steps is not None or draft.timed:
        return usual.words
    count = "1 epoch is usual" if usual.value == 1 else f"{usual.value} epochs are usual"
    return f"{count}: {usual.words} These rows need more passes for enough steps."


def _rate(draft: Draft) -> list[Line]:
    given, rate = general(), draft.aim.rates[draft.method]
    state = "Its state is kept in 8 bits to fit the memory." if draft.small_state else "AdamW, computed in one kernel."
    return [
        Line("optimizer", draft.optimizer, state),
        Line("learning_rate", rate.value, rate.words, f"Usual for {_SPOKEN[draft.method]} ({rate.source})."),
        Line("lr_scheduler", given["schedule"].value, given["schedule"].words),
        _warmup(draft),
        Line("seed", _SEED, "The same rows in the same order on every run."),
    ]


def _warmup(draft: Draft) -> Line:
    """The share of the run; as steps where `max_steps` ends it, since preference runs take the share of all epochs."""
    share, steps = general()["warmup"], draft.steps
    if draft.rows.method == "simpo" and steps is None:
        # Axolotl refuses the share under SimPO.
        rows = (draft.rows.count or 0) * (1 - draft.held_out)
        steps = round(rows * draft.epochs / (draft.micro * draft.accumulation * draft.wishes.gpus)) or _UNKNOWN_STEPS
    if steps is None:
        return Line("warmup_ratio", share.value, share.words)
    return Line("warmup_steps", max(2, round(share.value * steps)), share.words)


_UNKNOWN_STEPS = 100
"""Steps of a run whose rows are not known, as its warm-up counts them."""


_SPOKEN = {"full": "full training", "lora": "LoRA", "qlora": "QLoRA"}


def _memory(draft: Draft) -> list[Line]:
    lines = _precision(draft)
    lines.append(Line("attn_implementation", draft.attention, _ATTENTION.get(draft.attention, _ATTENTION[""])))
    if draft.checkpointing != "no":
        why = "Activations are computed again in the backward pass: about a third slower, far less memory."
        lines.append(Line("gradient_checkpointing", True, why))
    if draft.checkpointing == "offload":
        why = "Layer inputs move to host memory because the card's is full; this is slower."
        lines.append(Line("activation_offloading", True, why, why))
    return lines + _plugins(draft)


def _plugins(draft: Draft) -> list[Line]:
    names, whys, commands = [], [], []
    if draft.fused:
        names.append(CUT_CROSS_ENTROPY)
        whys.append(
            "Computes the loss without its logits, which take much memory. It needs Axolotl's fork of the package."
        )
        commands.append(f"Needs Axolotl's fork of cut cross entropy, once:\n{INSTALL_CUT_CROSS_ENTROPY}")
    if draft.wishes.track == "swanlab":
        names.append(SWANLAB)
        whys.append("Without this plugin, Axolotl ignores the keys of SwanLab.")
        commands.append("SwanLab is a separate package:\npip install swanlab")
    return [Line("plugins", names, " ".join(whys), "\n".join(commands))] if names else []


_ATTENTION = {
    "flash_attention_2": "Exact, fast, and keeps packed rows apart. It needs the package flash-attn.",
    "sdpa": "PyTorch's own attention, since flash attention does not run on this card or model.",
    "eager": "Plain attention: no faster backend computes this model on this card.",
    "": "The backend that computes this model's attention.",
}


def _precision(draft: Draft) -> list[Line]:
    if draft.bf16:
        return [
            Line("bf16", True, "The card computes in bf16."),
            Line("tf32", True, "Faster matrix products where fp32 is left."),
        ]
    if draft.adapter:
        why = "The card does not compute in bf16."
        return [Line("bf16", False, why), Line("fp16", True, why, why)]
    why = "The card does not compute in bf16, and full training in fp16 fails: this is fp32."
    return [Line("bf16", False, why, why), Line("fp16", False, why)]


def _sharing(draft: Draft) -> list[Line]:
    if not draft.sharded:
        return []
    why = "Weights, gradients, and optimizer state are divided among the GPUs, since one does not hold them."
    if draft.offloaded:
        size = "0.6 GB" if draft.method == "qlora" else "2 GB"
        why += f" They stay in host memory, which is slow: it needs about {size} of RAM per billion parameters."
    settings: dict[str, Any] = {
        "auto_wrap_policy": "TRANSFORMER_BASED_WRAP",
        "reshard_after_forward": True,
        "state_dict_type": "FULL_STATE_DICT",
        "offload_params": draft.offloaded,
    }
    return [Line("fsdp_version", 2, "FSDP 1 is gone."), Line("fsdp_config", settings, why, why)]


def _saving(draft: Draft) -> list[Line]:
    wishes, saves = draft.wishes, 1 if draft.epochs > 1 else _each_epoch(draft, 2)
    lines = [
        Line("output_dir", "./outputs/run", "Where checkpoints and the result go."),
        Line("saves_per_epoch", saves, "Checkpoints to return to, or to continue from."),
        Line("save_total_limit", 2, "Older checkpoints are deleted, so the disk does not fill."),
        Line("logging_steps", 1, "Every step is logged."),
    ]
    if wishes.hub_repository:
        lines.append(Line("hub_model_id", wishes.hub_repository, "You asked for the upload."))
        lines.append(Line("hub_strategy", "end", "The result is uploaded once, not every checkpoint."))
    if wishes.track == "wandb":
        why = "You asked for tracking; the project is yours to name."
        lines.append(Line("wandb_project", NO_PROJECT, why, "Fill this in: the name of your project."))
    elif wishes.track:
        keys = {"mlflow": "mlflow_experiment_name", "comet": "comet_project_name", "swanlab": "swanlab_project"}
        keys["trackio"] = "trackio_project_name"
        lines.append(Line(f"use_{wishes.track}", True, "You asked for tracking."))
        why = "The project is yours to name."
        lines.append(Line(keys[wishes.track], NO_PROJECT, why, "Fill this in: the name of your project."))
    if wishes.track == "swanlab":
        why = "SwanLab keeps the run on this machine; its cloud needs SWANLAB_API_KEY and `swanlab_mode: cloud`."
        lines.append(Line("swanlab_mode", "local", why, why))
    return lines
