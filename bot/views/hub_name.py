"""What the Hub holds under a name: a model, a dataset, or both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from discord import ui

from bot.views.check.hub import dataset_line, model_line
from bot.views.kit import limits
from bot.views.kit.layout import Colour, container, layout
from knowledge.hub import dataset_report, model_report
from knowledge.parameters import known_total, parameters_of_repository
from knowledge.text import listed

if TYPE_CHECKING:
    from knowledge.hub import HubFacts


def hub_layout(name: str, facts: HubFacts) -> ui.LayoutView:
    """The answer to a name of the Hub.

    Args:
        name: The name as it was asked for, which `is_repository` accepts.
        facts: What the Hub said of it as a model and as a dataset.
    """
    found, lines = facts.model, []
    if found is not None and found.status != "missing":
        lines.append(f"**Model** {model_line(model_report(found, known_total(parameters_of_repository(found))))}")
    held = [each for each in facts.datasets if each.status != "missing"]
    lines += [f"**Dataset** {dataset_line(dataset_report(each))}" for each in held]
    near = [limits.code(each, 100) for each in (*(found.nearest if found else ()), *_nearest(facts))]
    renamed = [each.renamed_to for each in (found, *facts.datasets) if each is not None and each.renamed_to]
    if not lines:
        lines.append("Nothing on the Hub is public under this name. If it is private or yours, the bot cannot see it.")
        lines += [f"Near: {listed(near)}."] if near else []
    lines += [f"Its name is now {limits.code(each, 100)}." for each in dict.fromkeys(renamed)]
    items: list[ui.Item[Any]] = [
        ui.TextDisplay(f"### {limits.code(name, 100)}"),
        ui.TextDisplay("\n".join(limits.cut(line, 600) for line in lines)),
    ]
    return layout(container(Colour.NEUTRAL, *items))


def _nearest(facts: HubFacts) -> list[str]:
    return [each for dataset in facts.datasets for each in dataset.nearest]
