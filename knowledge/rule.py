"""A rule: one decorated function. Its name is the id, its docstring the page, its examples the first tests."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from knowledge.config import Config, Unreadable, is_launcher, load_types
from knowledge.document import MAX_FINDINGS
from knowledge.finding import Finding, Problem, Severity, problem, stamp
from knowledge.hub import origin_of
from knowledge.value import entity

if TYPE_CHECKING:
    from knowledge.hub import World

__all__ = ["BASE", "HUB", "RULES", "Check", "Problem", "Rule", "problem", "rule", "whole"]

BASE = {
    "base_model": "base_model: NousResearch/Llama-3.2-1B\n",
    "datasets": "datasets:\n  - path: org/rows\n    type: alpaca\n",
    "micro_batch_size": "micro_batch_size: 2\n",
    "gradient_accumulation_steps": "gradient_accumulation_steps: 4\n",
    "learning_rate": "learning_rate: 0.0002\n",
}
"""What an example leaves out and every config needs."""


HUB = "the Hub"
"""What a rule `needs` that speaks of nothing but what the Hub said."""
Check = Callable[[Config], Iterator[Problem]]


@entity
class Rule:
    """A check with what it looks at, how bad it is, and its documentation.

    `of_launcher` says that it is about cloud launcher files instead of training configs, as areas called launcher are.
    """

    id: str
    severity: Severity
    fields: tuple[str, ...]
    check: Check
    area: str
    of_launcher: bool
    says: tuple[str, ...]
    bad: str
    good: str
    always: bool
    needs: tuple[str, ...]
    gpus: int
    lengths: tuple[Any, ...] = ()
    general: bool = False
    hub: World | None = None

    @property
    def title(self) -> str:
        """What is wrong, in one sentence: the first line of the docstring."""
        return (self.check.__doc__ or "").partition("\n")[0].strip()

    @property
    def text(self) -> str:
        """Why, and the cure: the rest of the docstring, on one line."""
        return " ".join((self.check.__doc__ or "").partition("\n")[2].split())

    def findings(self, config: Config) -> Sequence[Finding]:
        """What this rule finds; nothing where a field it needs has no typed value (that has its own ERROR)."""
        if self.of_launcher is (config.launcher is None):
            return ()
        try:
            problems = [*islice(self.check(config), MAX_FINDINGS + 1)]
        except Unreadable:
            return ()
        return self.stamped(problems, config) if problems else ()

    def stamped(self, problems: Iterable[Problem], config: Config) -> list[Finding]:
        """The problems of a config as findings of this rule."""
        text = self.text if self.hub is None else f"{self.text}{origin_of(config)}"
        return [stamp(each, self.id, self.severity, config.document, text) for each in problems]


RULES: list[Rule] = []


def rule(
    severity: Severity,
    *,
    fields: tuple[str, ...],
    bad: str,
    good: str,
    says: str | tuple[str, ...] = (),
    always: bool = False,
    needs: tuple[str, ...] = (),
    gpus: int = 1,
    lengths: tuple[Any, ...] = (),
    general: bool = False,
    hub: World | None = None,
) -> Callable[[Check], Check]:
    """Register a rule.

    Args:
        severity: How much it matters.
        fields: The paths it looks at; it runs when the config, as Axolotl has changed it, holds the root of one.
        bad: YAML that breaks it; what every config needs besides is added.
        good: The same, fixed as the message says; nothing above ADVICE may be new in it.
        says: Phrases of Axolotl's own message, to lead a pasted error back here; none where Axolotl says nothing.
        always: It asks for what is absent, so it runs on every config.
        needs: Root keys without one of which it can find nothing, where they are rarer than `fields`: it then runs
            only when one of them is held. `HUB` stands for an answer of the Hub.
        gpus: On how many GPUs the examples run.
        lengths: Tokens of the rows that the examples are trained on, where only the data show the fault.
        hub: What is on the Hub, where only that shows the fault of the examples.
        general: It says less than a rule made for the field: what it finds is left out where another finds something.
    """

    def register(check: Check) -> Check:
        area = check.__module__.rpartition(".")[2]
        RULES.append(
            Rule(
                check.__name__.strip("_").replace("_", "-"),
                severity,
                fields,
                check,
                area,
                is_of_launcher(area),
                (says,) if isinstance(says, str) else says,
                bad,
                good,
                always,
                needs,
                gpus,
                lengths,
                general,
                hub,
            )
        )
        return check

    return register


def is_of_launcher(area: str) -> bool:
    """Whether the rules of an area are about cloud launcher files instead of training configs."""
    return area.startswith("launcher")


def whole(example: str) -> str:
    """An example with what every training config needs besides, as a config that stands by itself."""
    keys = {line.partition(":")[0] for line in example.splitlines() if line[:1].strip()}
    if is_launcher(keys, load_types()):
        return example
    if "pretraining_dataset" in keys:
        keys.add("datasets")
    if "batch_size" in keys:
        keys.update({"micro_batch_size", "gradient_accumulation_steps"})
    return "".join(text for key, text in BASE.items() if key not in keys) + example
