"""The effective batch: its formula, and the gradient accumulation that keeps it on other numbers of GPUs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from discord import ui

from bot.views.kit import limits
from bot.views.kit.layout import Colour, container, layout, small
from bot.views.kit.wording import number, plural

if TYPE_CHECKING:
    from knowledge.plan import BatchAdvice

GUIDE = (
    "About 150 is what the author of the training guide found by trial and error for teaching facts. It is "
    "experience, not a rule: smaller batches memorize single facts better, larger ones generalize."
)


def batch_layout(advice: BatchAdvice, *, guide: bool) -> ui.LayoutView:
    """The answer to /batchsize.

    Args:
        advice: What the numbers make.
        guide: Whether the target is the guide's value, not one that the member named.
    """
    factors, _, result = advice.formula.rpartition(" = ")
    gpus = "GPU" if advice.gpus == 1 else "GPUs"
    head = f"### Effective batch {factors} {gpus} = {result}"
    lines = [
        small("gradient_accumulation_steps × micro_batch_size × GPUs = rows or packed sequences per step"),
        "",
        _nearest(advice),
    ]
    items: list[ui.Item[Any]] = [ui.TextDisplay("\n".join([head, *lines]))]
    rows = [f"{'GPUs':<5}{'accumulation':>13}{'batch':>7}"]
    rows += [
        f"{choice.gpus:<5}{number(choice.gradient_accumulation_steps):>13}{number(choice.effective_batch_size):>7}"
        for choice in advice.by_gpus
    ]
    table = limits.block("\n".join(rows))
    same = f"**Near {number(advice.target)} on other GPU counts** with `micro_batch_size: {advice.micro_batch_size}`"
    items += [ui.Separator(), ui.TextDisplay(f"{same}\n{table}")]
    foot = (
        GUIDE
        if guide
        else "The same file on a different number of GPUs trains with a different batch, so change both together."
    )
    return layout(container(Colour.NEUTRAL, *items), ui.TextDisplay(small(foot)))


def _nearest(advice: BatchAdvice) -> str:
    target = number(advice.target)
    if advice.effective_batch_size == advice.target:
        return f"This meets {target} exactly."
    choices = [choice for choice in (advice.below, advice.above) if choice is not None]
    options = {choice.gradient_accumulation_steps: choice for choice in choices}
    words = [
        f"`gradient_accumulation_steps: {steps}` ({number(choice.effective_batch_size)})"
        for steps, choice in options.items()
    ]
    if advice.above.gradient_accumulation_steps == 1 and advice.below is None:
        return (
            f"For about {target} on {plural(advice.gpus, 'GPU')}, {words[0]} is the lowest; for less, lower "
            "`micro_batch_size`."
        )
    return f"For about {target} on {plural(advice.gpus, 'GPU')}: {' or '.join(words)}."
