"""An FAQ entry as members see it, with its buttons; and the list of what there is."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import discord
from discord import ui

from bot.asking import pairing
from bot.errors import UserError
from bot.faq_links import doubtful
from bot.faq_offers import home_of
from bot.permissions import require_public
from bot.responses import answer, post, update
from bot.store import StoreError
from bot.views.explanation import related
from bot.views.faq import words
from bot.views.kit import limits, notice
from bot.views.kit.components import Press, number_in, take_back
from bot.views.kit.escape import inert
from bot.views.kit.layout import Colour, container, layout, small
from bot.views.kit.paging import pages_of
from bot.views.kit.wording import plural

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from bot.services import ServiceBot
    from bot.store import Entry, EntryName, Store

_log = logging.getLogger(__name__)
_ROOM = 3000
_LISTED = 25


class FaqButton(Press, name="faq"):
    """Shows an entry privately. The state is the entry's id."""

    async def pressed(self, interaction: discord.Interaction[ServiceBot]) -> None:
        """Answers with the entry."""
        await show_entry(interaction, await entry_of(interaction, self.state))


class FaqSelect(Press, name="faq-open"):
    """Shows the entry that is chosen."""

    async def pressed(self, interaction: discord.Interaction[ServiceBot]) -> None:
        """Answers with the entry."""
        await show_entry(interaction, await entry_of(interaction, self.values[0]))


class Helped(Press, name="faq-helped"):
    """Counts that an entry helped, or did not; once per member while the process runs, and once per question.

    The state is `helped` or `unhelped`, the entry's id and, below the answer to a question, the digest of the question.
    """

    async def pressed(self, interaction: discord.Interaction[ServiceBot]) -> None:
        """Counts, without who."""
        kind, _, subject = self.state.partition(":")
        number, _, digest = subject.partition(":")
        entry = await entry_of(interaction, number)
        services, member = interaction.client.services, interaction.user.id
        if services.helpful_votes.first(member, number):
            await services.store.counts.add(entry.guild_id, f"faq-{kind}", entry.key)
        if digest and services.helpful_votes.first(member, subject):
            await services.store.counts.add(entry.guild_id, f"ask-{kind}", pairing(digest, entry.key))
            if kind == "helped":
                services.proposals.helped(entry.guild_id, entry.id, digest)
        await answer(interaction, notice.notice(words.THANKS if kind == "helped" else words.NOT_HELPED))


class ShareEntry(Press, name="faq-share"):
    """Posts an entry in the channel."""

    async def pressed(self, interaction: discord.Interaction[ServiceBot]) -> None:
        """Posts it, removable by who shared it and by moderators."""
        entry = await entry_of(interaction, self.state)
        if interaction.guild_id is not None:
            require_public(interaction)
        await post(interaction, shared_layout(interaction, entry))


class UnshareEntry(Press, name="faq-unshare"):
    """Removes a shared entry. The state is the sharer's id."""

    async def pressed(self, interaction: discord.Interaction[ServiceBot]) -> None:
        """Removes the message."""
        await take_back(interaction, self.state)


class EntryPage(Press, name="faq-page"):
    """Turns the page of a long entry. The state is the entry's id and the page."""

    async def pressed(self, interaction: discord.Interaction[ServiceBot]) -> None:
        """Shows another page in the same message."""
        number, _, page = self.state.partition(":")
        entry = await entry_of(interaction, number)
        view = await entry_layout(interaction, entry, number_in(page) or 1)
        await update(interaction, view)


class Browse(Press, name="faq-list"):
    """Lists a category. The state is how many of its entries are skipped, and the category where none is chosen."""

    async def pressed(self, interaction: discord.Interaction[ServiceBot]) -> None:
        """Shows the entries in the same message."""
        skip, _, place = self.state.partition(":")
        categories = await interaction.client.services.store.faq.categories(home_of(interaction))
        chosen = self.values[0] if self.values else place
        names = {str(number): category for number, category in enumerate(categories)}
        if chosen not in names:
            raise UserError(words.LIST_CHANGED)
        start = number_in(skip)
        entries = await interaction.client.services.store.faq.in_category(
            home_of(interaction), names[chosen].name, skip=start, limit=_LISTED
        )
        view = category_layout(chosen, names[chosen].name, entries, start, names[chosen].entries, interaction.user.id)
        await update(interaction, view)


async def entry_of(interaction: discord.Interaction[ServiceBot], number: str) -> Entry:
    """The living entry with an id, of the server that it is asked in.

    Raises:
        UserError: it was removed, or is another server's.
    """
    entry_id = number_in(number)
    entry = await interaction.client.services.store.faq.get(home_of(interaction), entry_id)
    if entry is None or entry.removed_at is not None:
        raise UserError(words.GONE)
    return entry


async def show_entry(
    interaction: discord.Interaction[ServiceBot], entry: Entry, others: Sequence[EntryName] = (), digest: str = ""
) -> None:
    """Answers privately with an entry, then counts the view.

    Args:
        interaction: Who asks.
        entry: The entry.
        others: Further entries that fit what was looked for.
        digest: The digest of the question that it was found with, if it was one.
    """
    await answer(interaction, await entry_layout(interaction, entry, others=others, digest=digest))
    await count_view(interaction.client.services.store, entry)


async def count_view(store: Store, entry: Entry) -> None:
    """Counts that somebody read an entry; the answer is out, so a database that is away must not spoil it."""
    try:
        await store.counts.add(entry.guild_id, "faq-viewed", entry.key)
    except StoreError as error:
        _log.warning("a view was not counted", extra={"error": type(error).__name__})


async def entry_layout(
    interaction: discord.Interaction[ServiceBot],
    entry: Entry,
    number: int = 1,
    others: Sequence[EntryName] = (),
    digest: str = "",
) -> ui.LayoutView:
    """An entry with all its buttons, for one member."""
    owner = interaction.user.id
    vote = f"{entry.id}:{digest}".rstrip(":")
    pages = pages_of(entry.content.text, _ROOM)
    page = min(max(number, 1), len(pages))
    view: list[ui.Item[Any]] = [
        _entry_box(entry, pages[page - 1], interaction.client.services.store.clock()),
        ui.TextDisplay("Did this help?"),
        ui.ActionRow(
            Helped.button("Yes", owner, f"helped:{vote}"),
            Helped.button("No", owner, f"unhelped:{vote}"),
            ShareEntry.button("Share", owner, str(entry.id)),
        ),
    ]
    if len(pages) > 1:
        view.append(
            ui.ActionRow(
                EntryPage.button("Back", owner, f"{entry.id}:{page - 1}", disabled=page == 1),
                EntryPage.button(f"Page {page} of {len(pages)}", owner, f"{entry.id}:", disabled=True),
                EntryPage.button("Next", owner, f"{entry.id}:{page + 1}", disabled=page == len(pages)),
            )
        )
    named = [
        name for name in (*await see_also(interaction.client.services.store, entry), *others) if name.id != entry.id
    ]
    if named:
        view.append(ui.ActionRow(FaqSelect.select("See also", owner, options_of(named), f"see:{entry.id}")))
    doubts = doubtful(entry.content.fields, entry.content.rules)
    names = [(name, "field") for name in entry.content.fields] + [(name, "rule") for name in entry.content.rules]
    names = [(name, kind) for name, kind in names if not doubts.get(name, "").startswith("no ")]
    if select := related("Explain", owner, names, f"faq:{entry.id}"):
        view.append(ui.ActionRow(select))
    return layout(*view)


def shared_layout(
    interaction: discord.Interaction[ServiceBot], entry: Entry, to: discord.abc.User | None = None
) -> ui.LayoutView:
    """An entry for everybody in a channel, addressed to a member if one is given."""
    pages = pages_of(entry.content.text, _ROOM)
    shared = small(f"shared by {interaction.user.mention}")
    items: list[ui.Item[Any]] = [ui.TextDisplay(to.mention)] if to is not None else []
    items.append(_entry_box(entry, pages[0], interaction.client.services.store.clock()))
    items.append(ui.TextDisplay(shared))
    buttons: list[Press] = [
        Helped.button("This helped", 0, f"helped:{entry.id}"),
        UnshareEntry.button("Remove", 0, str(interaction.user.id)),
    ]
    if len(pages) > 1:
        buttons.insert(0, FaqButton.button("Read all of it", 0, str(entry.id)))
    return layout(*items, ui.ActionRow(*buttons))


async def see_also(store: Store, entry: Entry) -> tuple[EntryName, ...]:
    """The living entries that an entry names."""
    found = [await store.faq.find(entry.guild_id, title) for title in entry.content.see_also]
    return tuple(other.name for other in found if other is not None)


def offer_rows(entries: Sequence[EntryName], owner: int) -> list[ui.ActionRow[Any]]:
    """A select below another answer that shows entries; no row where there are none."""
    if not entries:
        return []
    return [ui.ActionRow(FaqSelect.select("FAQ of this server", owner, options_of(entries), "offer"))]


def overview_layout(categories: Sequence[tuple[str, int]], popular: Sequence[EntryName], owner: int) -> ui.LayoutView:
    """What there is: the categories, and the entries that are read most.

    Args:
        categories: Name and number of entries, by name.
        popular: Entries that are offered at once.
        owner: Who may use the selects.
    """
    total = sum(entries for _, entries in categories)
    lines = [f"**{inert(name)}** · {plural(entries, 'entry', 'entries')}" for name, entries in categories]
    taken, _ = limits.pack(lines, _ROOM, gap=1)
    head = f"### FAQ of this server\n{small(plural(total, 'entry', 'entries'))}"
    options = [
        discord.SelectOption(
            label=limits.one_line(name, limits.OPTION),
            value=str(number),
            description=plural(entries, "entry", "entries"),
        )
        for number, (name, entries) in enumerate(categories[: limits.OPTIONS])
    ]
    view: list[ui.Item[Any]] = [
        container(Colour.NEUTRAL, ui.TextDisplay(head), ui.TextDisplay("\n".join(lines[:taken]))),
        ui.ActionRow(Browse.select("Category", owner, options, "0:")),
    ]
    if popular:
        view.append(ui.ActionRow(FaqSelect.select("Read one", owner, options_of(popular), "popular")))
    return layout(*view)


def category_layout(
    place: str, category: str, entries: Sequence[EntryName], skip: int, total: int, owner: int
) -> ui.LayoutView:
    """The entries of a category, 25 at a time."""
    lines = [f"{skip + number}. {inert(entry.title)}" for number, entry in enumerate(entries, 1)]
    shown = (
        f"{skip + 1}–{skip + len(entries)} of {total}" if total > len(entries) else plural(total, "entry", "entries")
    )
    head = f"### {inert(category)}\n{small(shown)}"
    taken, _ = limits.pack(lines, _ROOM, gap=1)
    body = "\n".join(lines[:taken]) or words.NO_ENTRY_HERE
    view: list[ui.Item[Any]] = [container(Colour.NEUTRAL, ui.TextDisplay(head), ui.TextDisplay(body))]
    if entries:
        view.append(ui.ActionRow(FaqSelect.select("Read", owner, options_of(entries), "category")))
    if total > _LISTED:
        view.append(
            ui.ActionRow(
                Browse.button("Back", owner, f"{max(0, skip - _LISTED)}:{place}", disabled=skip == 0),
                Browse.button("Next", owner, f"{skip + _LISTED}:{place}", disabled=skip + _LISTED >= total),
            )
        )
    return layout(*view)


def near_layout(topic: str, entries: Sequence[EntryName], owner: int) -> ui.LayoutView:
    """What may be meant, where nothing fits exactly."""
    if not entries:
        return notice.notice(words.nothing(topic), colour=Colour.WARNING)
    lines = "\n".join(f"- {inert(entry.title)}" for entry in entries[:10])
    text = f"{words.near(topic)}\n{lines}"
    return layout(
        container(Colour.NEUTRAL, ui.TextDisplay(text)),
        ui.ActionRow(FaqSelect.select("Read", owner, options_of(entries), "near")),
    )


def options_of(entries: Iterable[EntryName]) -> list[discord.SelectOption]:
    """Entries as options of a select."""
    found = {str(entry.id): limits.one_line(entry.title, limits.OPTION) for entry in entries}
    return [discord.SelectOption(label=title, value=value) for value, title in found.items()][: limits.OPTIONS]


def choices_of(entries: Iterable[EntryName]) -> list[discord.app_commands.Choice[str]]:
    """Entries as choices of an autocomplete: the value is the title, or the id where the title is too long for one."""
    return [
        discord.app_commands.Choice(
            name=limits.one_line(entry.title, limits.OPTION),
            value=entry.title if limits.length(entry.title) <= limits.OPTION else f"#{entry.id}",
        )
        for entry in entries
    ][: limits.OPTIONS]


async def resolve(store: Store, guild_id: int, name: str, *, removed: bool = False) -> Entry | None:
    """The entry that an option names: by title, alias or `#id`; removed ones only if asked for."""
    entry = await store.faq.find(guild_id, name)
    if entry is None and name.startswith("#") and name[1:].isdecimal() and len(name) < 20:
        entry = await store.faq.get(guild_id, int(name[1:]))
        if entry is not None and entry.removed_at is not None and not removed:
            return None
    return entry


def _entry_box(entry: Entry, text: str, now: datetime) -> ui.Container[Any]:
    head = f"### {inert(entry.content.title)}\n{small(words.keeper(entry, now))}"
    return container(Colour.NEUTRAL, ui.TextDisplay(head), ui.TextDisplay(text))


PRESSES: tuple[type[Press], ...] = (
    FaqButton,
    FaqSelect,
    Helped,
    ShareEntry,
    UnshareEntry,
    EntryPage,
    Browse,
)
