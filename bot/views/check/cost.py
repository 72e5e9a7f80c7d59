"""Whether a run fits a card, how long it takes there, and what that costs: a line each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knowledge.duration import time_of
from knowledge.memory import fits

if TYPE_CHECKING:
    from knowledge.duration import Cost, Duration, Faster
    from knowledge.gpus import Gpu
    from knowledge.memory import MemoryEstimate


def fit_line(memory: MemoryEstimate | None, gpu: Gpu) -> str:
    """Whether the card holds the run, and with how much room."""
    if memory is None:
        return "I cannot tell whether it fits, because I do not know the model."
    least, most = gpu.usable_gib
    usable = f"{least:.0f}" if round(least) == round(most) else f"{least:.0f} or {most:.0f}"
    held, needs = fits(memory, gpu), f"needs about {memory.estimate_gib:.0f} GiB"
    if held is None:
        return f"{gpu.name}: {needs}; only the card with {most:.0f} GiB usable holds that."
    if not held:
        return f"**Does not fit {gpu.name}**: {needs} per GPU, but only {usable} GiB is usable."
    room = least - memory.estimate_gib
    if memory.high_gib > least:
        return (
            f"**Fits {gpu.name}, but tightly**: {needs} of {usable} GiB usable, up to {memory.high_gib:.0f} at worst."
        )
    return f"**Fits {gpu.name}**: {needs} of {usable} GiB usable, {room:.0f} to spare."


def duration_lines(duration: Duration | None) -> tuple[str, ...]:
    """How long the run takes, what limits it, and what would shorten it."""
    if duration is None:
        return ("I cannot tell how long it takes: I do not know the model, or the method generates text.",)
    step = (
        f"a step takes {time_of(duration.per_step_s)}"
        f" ({time_of(duration.per_step_low_s)} to {time_of(duration.per_step_high_s)})"
    )
    speed = f"{duration.tokens_per_s_per_gpu:,.0f} tokens per second per GPU"
    if duration.estimate_s is None or duration.low_s is None or duration.high_s is None:
        head = f"Time on {duration.gpu}: {step}, {speed}. The number of steps is unknown."
    else:
        head = (
            f"Time on {duration.gpu}: about **{time_of(duration.estimate_s)}** "
            f"({time_of(duration.low_s)} to {time_of(duration.high_s)}); {step}, {speed}."
        )
    return (head, " ".join([duration.limit, *map(_faster, duration.faster)]))


def cost_line(cost: Cost | None, gpus: int) -> str:
    """What the run costs; empty where no price is given."""
    if cost is None:
        return ""
    cards = "one GPU" if gpus == 1 else f"{gpus:,} GPUs"
    return f"Cost: about **{cost.estimate:,.2f}** ({cost.low:,.2f} to {cost.high:,.2f}) at your price, for {cards}."


def _faster(way: Faster) -> str:
    words = " with ".join(f"`{key}: {str(value).lower()}`" for key, value in way.keys.items())
    return f"{words} saves about {way.saves:.0%} and fits, at {way.high_gib:.0f} GiB at most."
