"""What a field comes to in the run that was checked: a sentence or two with its own numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knowledge.memory import estimate, memory_of, run_of
from knowledge.parameters import trainable_parameters
from knowledge.plan import trainer_warmup
from knowledge.text import plural

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from knowledge.config import Config
    from knowledge.plan import TrainingPlan


_UNKNOWN = "How many steps the run makes depends on the number of rows, which this check does not know."


def own_words(path: str | None, config: Config, plan: TrainingPlan) -> str:
    """What a field or a concept comes to in a run; "" where the run does not decide it.

    Args:
        path: A field's path or a concept's name.
        config: The config of the run.
        plan: What the run does, made with its data where they are known.
    """
    told = _TOLD.get(path or "")
    return told(config, plan) if told else ""


def _batch(config: Config, plan: TrainingPlan) -> str:
    if not plan.formula or not plan.real_global_batch:
        return ""
    return f"{plan.formula} {plan.unit} per optimizer step: accumulation × micro batch × GPUs that see different rows."


def _accumulation(config: Config, plan: TrainingPlan) -> str:
    batch, set_to = _batch(config, plan), plan.gradient_accumulation_steps
    if not batch or not config.written("gradient_accumulation_steps"):
        return batch
    gpus = plural(plan.data_parallel or 1, "GPU")
    return (
        f"You set {set_to}; with a micro batch of {plan.micro_batch_size} and {gpus}, "
        f"{plan.formula} {plan.unit} per optimizer step."
    )


def _length(config: Config, plan: TrainingPlan) -> str:
    # Preference trainers read two answers a row, and context parallelism divides the tokens among GPUs.
    other = any(config.get(key) for key in ("rl", "reward_model")) or (config.get("context_parallel_size") or 1) > 1
    if other or not plan.micro_batch_size or not plan.sequence_len:
        return ""
    tokens = plan.micro_batch_size * plan.sequence_len
    most = f"One GPU handles at most {plan.micro_batch_size} × {plan.sequence_len:,} = {tokens:,} tokens at once."
    if plan.longest_row is None:
        return most
    return f"{most} Your longest row to train on has {plan.longest_row:,} tokens."


def _steps(config: Config, plan: TrainingPlan) -> str:
    if plan.optimizer_steps_done:
        made = f"The run makes {plan.optimizer_steps_done:,} optimizer steps"
        return f"{made}." if plan.epochs_seen is None else f"{made} and goes {_times(plan.epochs_seen)} over the data."
    if config.get("max_steps") and _total(plan):
        return f"The run makes at most {_total(plan):,} optimizer steps; it ends sooner if early stopping says so."
    if not plan.num_epochs or not plan.real_global_batch:
        return ""
    return (
        f"The run goes {_times(plan.num_epochs)} over the data, with {plan.real_global_batch:,} {plan.unit} per "
        f"optimizer step. {_UNKNOWN}"
    )


def _total(plan: TrainingPlan) -> int | None:
    steps = plan.optimizer_steps_done or plan.trainer_max_steps
    return steps if isinstance(steps, int) and steps > 0 else None


def _warmup(config: Config, plan: TrainingPlan) -> str:
    steps, share = _total(plan), config.get("warmup_ratio")
    if plan.warmup_steps is None and isinstance(share, float) and 0 < share < 1:
        part = f"The learning rate warms up for {100 * share:.3g}% of the steps that Axolotl counts from the rows"
        if steps is None or config.get("rl"):
            return f"{part}, and this check does not know their number."
        return f"{part}, at most {int(share * steps):,} of {steps:,}."
    if not plan.warmup_steps or steps is None:
        return ""
    warmup = trainer_warmup(plan.warmup_steps, steps)
    if warmup >= steps:
        return f"The warm-up lasts {warmup:,} steps and the run {steps:,}, so the learning rate never starts to fall."
    return f"The learning rate warms up for {warmup:,} of {steps:,} optimizer steps."


def _rate(config: Config, plan: TrainingPlan) -> str:
    steps = _total(plan)
    if plan.learning_rate is None:
        return ""
    if steps is None or plan.warmup_steps is None:
        return f"The learning rate is {plan.learning_rate:g} after the warm-up and then follows `{plan.lr_scheduler}`."
    warmup = trainer_warmup(plan.warmup_steps, steps)
    rise = f"rises to {plan.learning_rate:g} in {warmup:,} steps" if warmup else f"starts at {plan.learning_rate:g}"
    return f"The learning rate {rise} and then follows `{plan.lr_scheduler}` until step {steps:,}."


def _saves(config: Config, plan: TrainingPlan) -> str:
    if plan.n_saves is not None and plan.checkpoints_left is not None:
        left = len(plan.checkpoints_left)
        kept = f"{plural(left, 'checkpoint')} {'is' if left == 1 else 'are'} left at the end"
        return f"The run saves {_times(plan.n_saves)}, and {kept}."
    if plan.n_saves_at_most is not None:
        return f"The run saves at most {_times(plan.n_saves_at_most)} and keeps at most {plan.save_total_limit}."
    every = config.get("save_steps")
    if plan.save_strategy == "steps" and isinstance(every, int | float) and every >= 1:
        return (
            f"The run saves every {every:,g} steps and keeps at most {plan.save_total_limit}. {_known(plan)}".rstrip()
        )
    return ""


def _known(plan: TrainingPlan) -> str:
    """What is left to say of a run of which only the interval is known."""
    steps = _total(plan)
    return _UNKNOWN if steps is None else f"It makes at most {steps:,} steps."


def _evaluations(config: Config, plan: TrainingPlan) -> str:
    if plan.eval_strategy == "no":
        return "The run does not evaluate."
    if plan.eval_points:
        start = ", the first time before step 1" if plan.eval_points[0] == 0 else ""
        return f"The run evaluates {_times(len(plan.eval_points))}{start}."
    every, often = config.get("eval_steps"), config.get("evals_per_epoch")
    if plan.eval_strategy == "steps" and isinstance(every, int | float) and every >= 1:
        return f"The run evaluates every {every:,g} steps. {_known(plan)}"
    if plan.eval_strategy == "steps" and not config.get("max_steps") and isinstance(often, int) and plan.num_epochs:
        start = "" if config.get("eval_on_start") is False else ", and once more before step 1"
        return f"The run evaluates at most {_times(often * plan.num_epochs)}{start}."
    return ""


def _held_out(config: Config, plan: TrainingPlan) -> str:
    if plan.train_rows is not None and plan.eval_rows:
        return f"{plan.eval_rows:,} rows are held out for evaluation, and {plan.train_rows:,} are left for training."
    share = config.get("val_set_size")
    if isinstance(share, float) and 0 < share < 1:
        return f"{100 * share:.3g}% of the rows are held out for evaluation."
    if isinstance(share, int | float) and share > 1 and not config.get("rl"):
        return f"{share:,.0f} rows are held out for evaluation."
    return ""


def _answers(config: Config, plan: TrainingPlan) -> str:
    each, batch = config.get("trl.num_generations"), plan.real_global_batch
    if config.get("rl") not in ("grpo", "gdpo") or not isinstance(each, int) or each < 2 or not batch or batch % each:
        return ""
    prompts = "one prompt" if batch == each else f"each of {batch // each:,} prompts"
    return f"The {batch:,} {plan.unit} of an optimizer step are {each} answers to {prompts}."


def _adapter(config: Config, plan: TrainingPlan) -> str:
    trained, memory = trainable_parameters(config), memory_of(config)
    if trained is None or memory is None:
        return ""
    about = "" if trained.exact else "about "
    if trained.total >= memory.base_params:
        return f"The run trains all {about}{memory.base_params:,} parameters of the model."
    share = 100 * trained.total / memory.base_params
    return f"The run trains {about}{trained.total:,} parameters, {share:.2g}% of the model's {memory.base_params:,}."


def _scale(config: Config, plan: TrainingPlan) -> str:
    rank, alpha = config.get("lora_r"), config.get("lora_alpha")
    if not config.get("adapter") or not isinstance(rank, int) or not isinstance(alpha, int) or rank < 1:
        return ""
    if config.get("peft_use_rslora"):
        return f"The adapter's change is scaled by {alpha} / √{rank} = {alpha / rank**0.5:.3g}, since rsLoRA is on."
    return f"The adapter's change is scaled by {alpha} / {rank} = {alpha / rank:.3g}."


def _optimizer(config: Config, plan: TrainingPlan) -> str:
    memory = memory_of(config)
    if memory is None:
        return ""
    return (
        f"Its state needs about {memory.parts.optimizer:.2g} GiB per GPU, "
        f"for {memory.trainable_params:,} trained parameters."
    )


def _checkpointing(config: Config, plan: TrainingPlan) -> str:
    run = run_of(config)
    if run is None or run.absurd:
        return ""
    on = run if run.checkpointing != "no" else run._replace(checkpointing="layers")
    with_it, without = (estimate(each).estimate_gib for each in (on, run._replace(checkpointing="no")))
    state = "off" if run.checkpointing == "no" else "on"
    return f"It is {state}. One GPU needs about {with_it:.1f} GiB at the peak with it and {without:.1f} GiB without it."


def _times(number: float) -> str:
    return "once" if number == 1 else f"{number:,.3g} times" if number < 100 else f"{number:,.0f} times"


def _each(*paths: str, told: Callable[[Config, TrainingPlan], str]) -> dict[str, Callable[[Config, TrainingPlan], str]]:
    return dict.fromkeys(paths, told)


_TOLD: Mapping[str, Callable[[Config, TrainingPlan], str]] = (
    _each("micro_batch_size", "batch_size", "effective batch size", told=_batch)
    | _each("gradient_accumulation_steps", "gradient accumulation", told=_accumulation)
    | _each("sequence_len", "sequence length", "sample_packing", "pad_to_sequence_len", told=_length)
    | _each("num_epochs", "max_steps", "optimizer step", told=_steps)
    | _each("warmup_steps", "warmup_ratio", told=_warmup)
    | _each("learning_rate", "lr_scheduler", "learning-rate schedules", told=_rate)
    | _each("save_steps", "saves_per_epoch", "save_strategy", "save_total_limit", told=_saves)
    | _each("eval_steps", "evals_per_epoch", "eval_strategy", "eval_on_start", "evaluation", told=_evaluations)
    | _each("val_set_size", told=_held_out)
    | _each("trl.num_generations", told=_answers)
    | _each("adapter", "lora_r", "lora_target_linear", "lora_target_modules", told=_adapter)
    | _each("lora_alpha", "peft_use_rslora", told=_scale)
    | _each("optimizer", told=_optimizer)
    | _each("gradient_checkpointing", "gradient checkpointing", told=_checkpointing)
)
