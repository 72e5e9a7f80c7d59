"""The reward functions of GRPO and GDPO."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knowledge.conditions import raw_block
from knowledge.examples import GRPO
from knowledge.finding import Severity
from knowledge.rule import Problem, problem, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.config import Config


@rule(
    Severity.CRASH,
    fields=("rl", "trl.reward_funcs"),
    needs=("trl",),
    bad=f"{GRPO}trl:\n  num_generations: 2\n  reward_funcs: [correct]\n",
    good=f"{GRPO}trl:\n  num_generations: 2\n  reward_funcs: [rewards.correct]\n",
)
def reward_without_module(config: Config) -> Iterator[Problem]:
    """A reward function without its module.

    Axolotl imports what comes before the last dot. Without a dot, that is an empty name, and the run stops with
    "ValueError: Empty module name". A reward model on the Hub needs a dot in its name for the same reason.
    """
    names = raw_block(config.raw("trl")).get("reward_funcs")
    if config.raw("rl") not in ("grpo", "gdpo") or not isinstance(names, list):
        return
    for index, name in enumerate(names):
        if isinstance(name, str) and name and "." not in name:
            message = "No module before the name: write `module.function`, such as `rewards.correct`."
            yield problem(message, ("trl", "reward_funcs", index))
