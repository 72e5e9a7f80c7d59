"""The answer to a question in somebody's own words: the entry itself, three to choose from, or how to go on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import discord
from discord import ui

from bot import intake
from bot.asking import ask, count_miss
from bot.checking import diagnose
from bot.faq_offers import home_of, offered
from bot.permissions import server_of
from bot.responses import answer, begin
from bot.views import ask_words as words
from bot.views.diagnosis import diagnosis_layout
from bot.views.explanation import explanation_layout
from bot.views.faq.reading import FaqButton, Helped, offer_rows, show_entry
from bot.views.faq.words import keeper
from bot.views.kit import limits
from bot.views.kit.components import Press, number_in
from bot.views.kit.escape import inert
from bot.views.kit.layout import Colour, container, layout, small
from knowledge.explanation import explain
from knowledge.search import Topic, excerpt, topic

if TYPE_CHECKING:
    from bot.asking import Asked
    from bot.services import ServiceBot

_ROOM = 2200
"""Characters of an answer; a longer entry is shortened to what was asked."""
_FIRST = 260
"""Characters of each of several to choose from."""


class OpenTopic(Press, name="ask-open"):
    """Shows the topic that is chosen. The state is the digest of the question."""

    async def pressed(self, interaction: discord.Interaction[ServiceBot]) -> None:
        """Answers with all that it says."""
        kind, _, name = self.values[0].partition(":")
        await open_topic(interaction, kind, name, self.state)


class ReadTopic(Press, name="ask-read"):
    """Shows all of a topic that was shortened. The state is its kind and id, blanks as `+`."""

    async def pressed(self, interaction: discord.Interaction[ServiceBot]) -> None:
        """Answers with all that it says."""
        await open_topic(interaction, *self.state.replace("+", " ").partition(":")[::2])


async def open_topic(interaction: discord.Interaction[ServiceBot], kind: str, name: str, digest: str = "") -> None:
    """Answers privately with a topic: an entry of the server as `/faq` shows it, a field as `/explain` does."""
    if kind in ("field", "concept", "rule"):
        await answer(interaction, explanation_layout(explain(name), interaction.user.id))
        return
    if kind == "kind":
        await answer(interaction, explanation_layout(explain(f"type: {name.partition('@')[0]}"), interaction.user.id))
        return
    if kind == "entry":
        entry = await interaction.client.services.store.faq.get(home_of(interaction), number_in(name))
        if entry is not None and entry.removed_at is None:
            await show_entry(interaction, entry, digest=digest)
            return
    found = topic(kind, name)
    if found is None:
        await answer(interaction, layout(container(Colour.WARNING, ui.TextDisplay(words.GONE))))
        return
    await answer(interaction, layout(_box(found, limits.cut(found.text, limits.PAGE - 300), words.source(found.kind))))


async def answer_question(interaction: discord.Interaction[ServiceBot], question: str) -> None:
    """Answers a question privately: text of an error by its cause, everything else by what is known.

    Args:
        interaction: Who asks; it is deferred here.
        question: What was asked, at most some thousand characters.
    """
    services = interaction.client.services
    if not interaction.response.is_done():
        await begin(interaction)
    submission = await intake.from_paste(services.workers, question)
    home = home_of(interaction)
    asked = await ask(services.store, home, submission.text)
    if asked.entries:
        services.proposals.asked(asked.answer.question)
    if submission.kind == "log" or asked.answer.level == "unknown":
        diagnosis = await diagnose(services, submission, guild_id=server_of(interaction))
        if diagnosis.matches or diagnosis.failed:
            telling = [match for match in diagnosis.matches if not match.harmless]
            entries = await offered(
                services.store,
                server_of(interaction),
                text=question,
                rules=[rule for match in telling for rule in match.rules],
            )
            owner = interaction.user.id
            extra = offer_rows(entries, owner)
            view = diagnosis_layout(diagnosis, owner, notes=submission.notes, secrets=submission.secrets, extra=extra)
            await answer(interaction, view)
            return
    await answer(interaction, answer_layout(asked, interaction.user.id, interaction.client.services.store.clock()))
    if asked.answer.level == "unknown":
        await count_miss(services.store, home, submission.text)


def answer_layout(asked: Asked, owner: int, now: Any) -> ui.LayoutView:
    """What was found for a question, for one member."""
    found = asked.answer
    if found.level == "sure":
        return _sure(asked, owner, now)
    topics = found.answers
    title = words.PERHAPS if found.level == "perhaps" else words.UNKNOWN
    colour = Colour.NEUTRAL if found.level == "perhaps" else Colour.WARNING
    items: list[ui.Item[Any]] = [ui.TextDisplay(found.figures)] if found.figures else []
    if topics or not found.figures:
        items += [ui.Separator(), ui.TextDisplay(title)] if items else [ui.TextDisplay(title)]
    if found.level == "perhaps":
        items += [ui.TextDisplay(_short(each)) for each in topics]
    view: list[ui.Item[Any]] = [container(colour, *items)]
    if topics:
        placeholder = words.READ if found.level == "perhaps" else words.NEAREST
        view.append(ui.ActionRow(OpenTopic.select(placeholder, owner, _options(asked), asked.digest)))
    return layout(*view)


def shared_answer(asked: Asked, sharer: discord.abc.User, to: discord.abc.User) -> ui.LayoutView:
    """A sure answer for everybody in a channel, addressed to who asked."""
    first = asked.answer.answers[0]
    text, _ = excerpt(asked.answer.question, first.text, _ROOM)
    entry = asked.entry
    items: list[ui.Item[Any]] = [
        ui.TextDisplay(to.mention),
        _box(first, text, words.source(first.kind)),
        ui.TextDisplay(small(f"shared by {sharer.mention}")),
    ]
    if entry is not None:
        items.append(
            ui.ActionRow(
                Helped.button("This helped", 0, f"helped:{entry.id}:{asked.digest}"),
                FaqButton.button("Read all of it", 0, str(entry.id)),
            )
        )
    return layout(*items)


def _sure(asked: Asked, owner: int, now: Any) -> ui.LayoutView:
    first, *others = asked.answer.answers
    entry = asked.entry
    text, shortened = excerpt(asked.answer.question, first.text, _ROOM - len(asked.answer.figures))
    text = limits.cut(text, _ROOM)
    source = keeper(entry, now) if entry is not None else words.source(first.kind)
    figures = asked.answer.figures
    view: list[ui.Item[Any]] = [container(Colour.NEUTRAL, ui.TextDisplay(figures))] if figures else []
    view.append(_box(first, text, source))
    buttons: list[Press] = []
    if entry is not None:
        buttons = [
            Helped.button(words.HELPED, owner, f"helped:{entry.id}:{asked.digest}"),
            Helped.button(words.NOT_HELPED, owner, f"unhelped:{entry.id}:{asked.digest}"),
        ]
    if shortened or first.kind in ("field", "concept", "kind", "rule"):
        buttons.append(ReadTopic.button(words.READ_ALL, owner, _value(first, asked).replace(" ", "+")))
    if buttons:
        view.append(ui.ActionRow(*buttons))
    if others:
        view.append(ui.ActionRow(OpenTopic.select(words.OTHERS, owner, _options(asked)[1:], asked.digest)))
    return layout(*view)


def _box(found: Topic, text: str, source: str) -> ui.Container[Any]:
    head = f"### {_title(found)}\n{small(source)}"
    return container(Colour.NEUTRAL, ui.TextDisplay(head), ui.TextDisplay(limits.cut(text, limits.PAGE - 300)))


def _title(found: Topic) -> str:
    return limits.code(found.title, 100) if found.kind == "field" else limits.cut(inert(found.title), 200)


def _short(found: Topic) -> str:
    return f"**{_title(found)}**\n{limits.cut(found.text, _FIRST)}\n{small(words.source(found.kind))}".replace(
        "\n\n", "\n"
    )


def _options(asked: Asked) -> list[discord.SelectOption]:
    found = {
        _value(each, asked): discord.SelectOption(
            label=limits.one_line(each.title, limits.OPTION),
            value=_value(each, asked),
            description=limits.one_line(words.source(each.kind), limits.OPTION),
        )
        for each in asked.answer.answers
    }
    return [option for value, option in found.items() if limits.length(value) <= limits.OPTION]


def _value(found: Topic, asked: Asked) -> str:
    entry = asked.entries.get(found.id) if found.kind == "faq" else None
    return f"entry:{entry.id}" if entry is not None else f"{found.kind}:{found.id}"


PRESSES: tuple[type[Press], ...] = (OpenTopic, ReadTopic)
