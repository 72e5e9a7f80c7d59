"""What a field, a concept or a rule is, and what turning it does."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import discord
from discord import ui

from bot import jobs
from bot.responses import answer, begin
from bot.views.kit import limits
from bot.views.kit.components import Press
from bot.views.kit.escape import visible
from bot.views.kit.layout import Colour, container, layout, small
from knowledge.catalog.labels import effects
from knowledge.explanation import explain
from knowledge.json_values import to_plain
from knowledge.text import listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bot.services import ServiceBot
    from knowledge.catalog import Choice, Explanation

_PART = 900
_EXAMPLE = 700
_CHOICES = 18


class Related(Press, name="explain"):
    """Explains what is chosen, with the numbers of the check that it belongs to while that is kept."""

    async def pressed(self, interaction: discord.Interaction[ServiceBot]) -> None:
        """Answers with the explanation."""
        found, services = explain(self.values[0]), interaction.client.services
        checked, own = services.answers.find(self.state), ""
        if checked is not None and checked.report.plan is not None and found.kind in ("field", "concept"):
            await begin(interaction)
            plan = to_plain(checked.report.plan)
            own = await services.workers.run(
                jobs.own_words, name=found.path or "", text=checked.submission.text, gpus=checked.gpus, plan=plan
            )
        await answer(interaction, explanation_layout(found, interaction.user.id, own=own))


def related(placeholder: str, owner: int, names: Iterable[tuple[str, str | None]], state: str = "") -> Related | None:
    """A select of names to explain, each with a description; None where there are none.

    Args:
        placeholder: The words on it.
        owner: Who may use it.
        names: Names and descriptions; each name is offered once.
        state: The key of the check that the names belong to, or what tells two selects of one layout apart.
    """
    options: dict[str, discord.SelectOption] = {}
    for name, description in names:
        if name and name not in options and name == visible(name) and limits.length(name) <= limits.OPTION:
            shown = limits.one_line(description, limits.OPTION) if description else None
            options[name] = discord.SelectOption(label=name, value=name, description=shown)
    return Related.select(placeholder, owner, list(options.values())[: limits.OPTIONS], state) if options else None


def explanation_layout(
    found: Explanation, owner: int, extra: Sequence[ui.Item[Any]] = (), own: str = ""
) -> ui.LayoutView:
    """An explanation.

    Args:
        found: What is known of the name.
        owner: Who may use the select below it.
        extra: Rows that stand between the text and the select.
        own: What the field comes to in the member's own run.
    """
    if found.kind is None:
        return _unknown(found, owner)
    body = _body(found, own)
    items: list[ui.Item[Any]] = [ui.TextDisplay(_head(found))]
    items += [ui.TextDisplay(body)] if body else []
    view: list[ui.Item[Any]] = [container(Colour.NEUTRAL, *items), *extra]
    names = [(name, None) for name in found.see] + [(name, "same name, different place") for name in found.nearest]
    names += [(rule, "a rule that checks it") for rule in found.rules]
    if select := related("Related", owner, names):
        view.append(ui.ActionRow(select))
    return layout(*view)


def choices_of(found: Iterable[Choice]) -> list[discord.app_commands.Choice[str]]:
    """Lines of an autocomplete, within Discord's limits."""
    lines = [
        discord.app_commands.Choice(name=limits.one_line(choice.name, limits.OPTION), value=choice.value)
        for choice in found
        if 0 < limits.length(choice.value) <= limits.OPTION
    ]
    return lines[: limits.OPTIONS]


def _head(found: Explanation) -> str:
    parts = [part for part in (found.type, _default(found)) if part]
    if found.since:
        parts.append(f"Axolotl {found.since} and later")
    elif found.kind == "rule":
        parts.insert(0, "rule")
    elif found.kind == "concept":
        parts.insert(0, "concept")
    elif found.kind == "dataset type":
        parts.insert(0, "dataset type")
    title = found.path or found.name
    heading = f"### {limits.code(title, 100)}" if _would_format(title) else f"### {title}"
    return f"{heading}\n{small(limits.cut(' · '.join(parts), 300))}".rstrip()


def _would_format(title: str) -> bool:
    return (
        any(sign in title for sign in ("__", "*", "~", "`", "<", "|")) or title.startswith("_") or title.endswith("_")
    )


def _body(found: Explanation, own: str) -> str:
    parts = [found.origin, found.summary, f"**Your run** {own}" if own else "", found.text]
    if found.choices:
        shown = [limits.code(choice, 60) for choice in found.choices[:_CHOICES]]
        more = len(found.choices) - len(shown)
        tail = f" and {more} more" if more > 0 else " and others" if found.open_choices else ""
        parts.append(f"**Choices** {', '.join(shown)}{tail}.")
    for label, text in (
        ("Bounds", found.bounds),
        *effects(found.type, found),
        ("Where it works", found.modes),
        ("Costs", found.costs),
        ("Watch out", found.pitfalls),
    ):
        parts += [f"**{label}** {text}"] if text else []
    if found.plugin:
        parts.append(f"**Needs** {limits.code(found.plugin, 100)} in `plugins`.")
    if found.replaced_by:
        parts.append(f"**Deprecated** Use {limits.code(found.replaced_by, 100)} instead.")
    elif found.deprecated:
        parts.append("**Deprecated** Leave it out of new configs.")
    text = "\n\n".join(limits.cut(part.strip(), _PART) for part in parts if part and part.strip())
    room = limits.PAGE - _EXAMPLE - 400
    body = limits.cut(text, room)
    if found.example.strip():
        body += "\n" + limits.block(found.example, "yaml", _EXAMPLE)
    return body


def _default(found: Explanation) -> str:
    if found.kind != "field":
        return ""
    if found.required:
        return "required"
    if found.default is None:
        return "" if found.left_out else "no default"
    return f"default {limits.one_line(json.dumps(found.default, ensure_ascii=False), 80)}"


def _unknown(found: Explanation, owner: int) -> ui.LayoutView:
    near = [limits.code(name, 60) for name in found.nearest]
    text = f"**Axolotl {found.axolotl} has nothing named {limits.code(found.name, 80)}.**"
    text += f"Closest: {listed(near, 'or')}." if near else " The list under the option `field` shows what exists."
    view: list[ui.Item[Any]] = [container(Colour.WARNING, ui.TextDisplay(text))]
    if select := related("Explain", owner, [(name, None) for name in found.nearest]):
        view.append(ui.ActionRow(select))
    return layout(*view)
