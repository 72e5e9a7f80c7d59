"""Batch and epochs: the batch that the aim wants, and enough optimizer steps to learn from the rows."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from knowledge.config import read_values
from knowledge.duration import duration_of
from knowledge.hub import remember_facts
from knowledge.plan import make_plan, remember_plan
from knowledge.samples.tokens import LOW
from knowledge.writing.batch import Batch, batch_of, batches, rows_per_sequence
from knowledge.writing.draft import plain
from knowledge.writing.fitting import widest
from knowledge.writing.lines import groups
from knowledge.writing.taste import general

if TYPE_CHECKING:
    from knowledge.config import Config
    from knowledge.plan import TrainingPlan
    from knowledge.writing.draft import Draft
    from knowledge.writing.fitting import Room, Runs

_ROUNDS = 6
_HOUR = 3600
_SPARE = 0.95
_FEWEST_PACKED = 3
"""Steps of an epoch below which so few packed sequences may not fill a batch."""
_CLOSE = 2
"""Estimates this near to the fewest steps are counted by the plan."""
_UNREACHED = 0.09
"""Share of the epochs that Axolotl may leave out, about, before the reader would wonder."""


def with_steps(draft: Draft, room: Room, runs: Runs) -> Draft:
    """A draft with its batch, epochs and steps.

    Args:
        draft: A draft that fits with one row on each GPU.
        room: The memory per GPU.
        runs: The runs that were read before.
    """
    draft = _counted(with_batch(draft, float(draft.aim.batch.value), room, runs), room, runs)
    wishes = draft.wishes
    draft = replace(draft, epochs=wishes.epochs or draft.aim.epochs.value)
    if wishes.steps is not None or wishes.hours is not None:
        return _limited(draft, room, runs)
    return _reached(_enough(draft, room, runs))


def _counted(draft: Draft, room: Room, runs: Runs) -> Draft:
    """The batch once more with the rows that a packed sequence holds by the plan, where the batch counts rows."""
    if not draft.packing or draft.aim.unit != "rows" or draft.rows.count is None:
        return draft
    _, plan = _planned(draft)
    if not plan.batches_per_epoch:
        return draft
    held = draft.rows.count * (1 - draft.held_out) / (plan.batches_per_epoch * draft.micro * draft.wishes.gpus)
    return with_batch(replace(draft, packed=held), float(draft.aim.batch.value), room, runs)


def with_batch(draft: Draft, target: float, room: Room, runs: Runs) -> Draft:
    """The largest micro batch that fits and the accumulation that makes the batch.

    Args:
        draft: A draft that fits.
        target: What the aim's unit counts a step.
        room: The memory per GPU.
        runs: The runs that were read before.
    """
    gpus, slack = draft.wishes.gpus, general()["batch_slack"].value
    each = rows_per_sequence(draft) if draft.aim.unit == "rows" else 1.0
    if draft.packing and each * gpus > target * (1 + slack):
        # Even one packed sequence on each GPU holds too many rows.
        draft = replace(draft, packing=False)
        each = rows_per_sequence(draft)
    grpo = draft.rows.method == "grpo"
    if grpo:
        draft = replace(draft, generations=_generations(draft, target, gpus, slack))
    choices = batches(target / each, gpus, slack, draft.generations if grpo else 1)
    if grpo:
        choices = [way for way in choices if way.effective >= draft.generations * gpus] or [
            Batch(1, draft.generations, draft.generations * gpus)
        ]
    return _evaluated(widest(draft, choices, room, runs))


def _generations(draft: Draft, target: float, gpus: int, slack: float) -> int:
    """As many answers to a prompt as divide the batch among the GPUs: the usual number, else the next smaller one."""
    for number in range(general()["generations"].value, 1, -1):
        made = batches(target, gpus, slack, number)
        if abs(made[0].effective - target) <= slack * target and made[0].effective >= number * gpus:
            return number
    return int(general()["generations"].value)


def _evaluated(draft: Draft) -> Draft:
    """Without rows held out where they would not fill a batch on every GPU."""
    if not draft.held_out:
        return draft
    tokens, count = draft.rows.tokens, draft.rows.count or 0
    held = int(count * draft.held_out)
    packed = draft.packing and bool(tokens)
    sequences = held * LOW * sum(tokens) / len(tokens) / draft.length if packed else float(held)
    return draft if sequences >= 2 * draft.micro * draft.wishes.gpus else replace(draft, held_out=0.0)


def steps_of(draft: Draft) -> int | None:
    """About how many optimizer steps a draft makes; None where the number of rows is not known.

    Args:
        draft: The draft, with its batch and epochs.
    """
    sequences = _sequences(draft)
    if sequences is None:
        return None
    batches = math.ceil(sequences / (draft.micro * draft.wishes.gpus))
    return int(math.ceil(batches / draft.accumulation) * draft.epochs)


def _sequences(draft: Draft) -> float | None:
    """About how many sequences an epoch trains on; None where the number of rows is not known."""
    count = draft.rows.count
    if count is None:
        return None
    answers = draft.generations if draft.rows.method == "grpo" else 1
    return count * answers * (1 - draft.held_out) / rows_per_sequence(draft)


def _planned(draft: Draft) -> tuple[Config, TrainingPlan]:
    config = read_values(plain(groups(draft)), draft.wishes.gpus)
    remember_facts(config, draft.wishes.hub)
    rows, limit = draft.rows, draft.length
    if rows.lengths and rows.whole:
        lengths = [min(each, limit) if isinstance(each, int) and not rows.splits else each for each in rows.lengths]
        plan = make_plan(config, lengths=lengths, of_file=True)
    elif rows.count is not None:
        mean = sum(rows.tokens) / len(rows.tokens) if rows.tokens else None
        plan = make_plan(config, rows=rows.count, mean_tokens=mean)
    else:
        plan = make_plan(config)
    remember_plan(config, plan)
    return config, plan


def _enough(draft: Draft, room: Room, runs: Runs) -> Draft:
    """Enough steps: first without packing, then with more passes, at last with a smaller batch."""
    steps, asked = steps_of(draft), draft.wishes.epochs is not None
    if steps is None or steps >= (general()["fewest_steps"].value if asked else draft.aim.steps):
        return draft
    if draft.packing:
        draft = with_batch(replace(draft, packing=False), float(draft.aim.batch.value), room, runs)
        steps = steps_of(draft) or 1
    if not asked and steps < draft.aim.steps:
        wanted = math.ceil(draft.epochs * draft.aim.steps / max(steps, 1))
        draft = replace(draft, epochs=max(draft.epochs, min(draft.aim.most_epochs, wanted)))
    return _smaller(draft, room, runs)


def _reached(draft: Draft) -> Draft:
    """As many steps as the plan counts: more passes for a handful of rows, and `max_steps` where epochs are cut short.

    Axolotl counts the steps of all epochs together, though each epoch ends with a step of its own for what is left
    over. Where an epoch has few steps, the count is used up before the last epochs.
    """
    steps, fewest = steps_of(draft), general()["fewest_steps"].value
    if steps is None or (steps >= _CLOSE * fewest and steps >= draft.epochs / _UNREACHED):
        return draft
    _, plan = _planned(draft)
    done, each = plan.optimizer_steps_done, plan.trainer_steps_per_epoch
    if done and each and done < fewest <= each * draft.epochs:
        return replace(draft, steps=math.ceil(each * draft.epochs))
    for _ in range(_ROUNDS):
        if not done or done >= fewest:
            break
        passes = fewest / (plan.trainer_steps_per_epoch or done / draft.epochs)
        draft = replace(draft, epochs=max(math.ceil(passes), draft.epochs), repeated=True)
        if plan.trainer_steps_per_epoch:
            break
        _, plan = _planned(draft)
        done = plan.optimizer_steps_done
    if plan.epochs_seen and plan.trainer_steps_per_epoch and plan.epochs_seen < draft.epochs * (1 - _UNREACHED):
        return replace(draft, steps=math.ceil(plan.trainer_steps_per_epoch * draft.epochs))
    return draft


def _smaller(draft: Draft, room: Room, runs: Runs) -> Draft:
    """A smaller batch where the rows make too few steps for any batch of the aim's size."""
    fewest, target = general()["fewest_steps"].value, float(draft.aim.batch.value)
    for _ in range(_ROUNDS):
        steps = steps_of(draft)
        if steps is None or steps >= fewest or draft.micro * draft.accumulation <= 1:
            return draft
        target = max(target * max(steps, 0.5) / fewest * _SPARE, 1.0)
        draft = _lowered(with_batch(draft, target, room, runs))
    return draft


def _limited(draft: Draft, room: Room, runs: Runs) -> Draft:
    """`max_steps` for the steps that are asked for, or where the hours end before the passes of the aim."""
    wishes, made = draft.wishes, steps_of(draft)
    if draft.packing and made is not None and made < _FEWEST_PACKED * draft.epochs:
        draft = with_batch(replace(draft, packing=False), float(draft.aim.batch.value), room, runs)
    if wishes.steps is not None:
        return _ending(_within(draft, room, runs), wishes.steps)
    free = _reached(_enough(draft, room, runs))
    config, _ = _planned(free)
    duration = duration_of(config, wishes.gpu) if wishes.gpu is not None else None
    if duration is None or wishes.hours is None:
        return free
    steps = max(1, int((wishes.hours * _HOUR * _SPARE - duration.loading_s) / duration.per_step_s))
    # The hours are a limit: more passes than the aim has would not teach more.
    return free if (free.steps or steps_of(free) or steps + 1) <= steps else replace(_ending(free, steps), timed=True)


def _within(draft: Draft, room: Room, runs: Runs) -> Draft:
    """A batch of all the rows, where there are fewer of them than the aim's batch holds."""
    sequences, made = _sequences(draft), draft.micro * draft.accumulation * draft.wishes.gpus
    if sequences is None or made <= max(sequences, draft.wishes.gpus) * (1 + general()["batch_slack"].value):
        return draft
    target = max(float(draft.aim.batch.value) * sequences / made, 1.0)
    return _lowered(with_batch(draft, target, room, runs))


def _lowered(draft: Draft) -> Draft:
    """A draft that says whether its batch is below the aim's."""
    least = float(draft.aim.batch.value) * (1 - general()["batch_slack"].value)
    return replace(draft, lowered=batch_of(draft) < least)


def _ending(draft: Draft, steps: int) -> Draft:
    """A draft that ends after a number of steps, with as many passes as they take."""
    _, plan = _planned(draft)
    each = plan.trainer_steps_per_epoch
    return replace(draft, steps=steps, epochs=max(1, math.ceil(steps / each)) if each else draft.epochs)
