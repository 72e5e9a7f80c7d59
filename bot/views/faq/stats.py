"""What is read and what is not, what leads nowhere, and what was asked in vain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import discord
from discord import ui

from bot.asking import answered_by_entry
from bot.faq_links import doubtful
from bot.pending import Draft
from bot.permissions import require_moderator
from bot.responses import open_form
from bot.store import EntryContent, Miss
from bot.views.faq import admin_words as words
from bot.views.faq.edit import EntryForm
from bot.views.faq.proposing import wording_rows
from bot.views.kit import limits
from bot.views.kit.components import Press
from bot.views.kit.escape import inert
from bot.views.kit.layout import Colour, container, layout, small
from bot.views.kit.wording import plural
from knowledge.search import grouped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.services import ServiceBot, Services
    from bot.store import Store

_ROOM = 560
_LOOKED_AT = 100
"""Questions in vain that are put again, the most frequent ones."""


class MakeEntry(Press, name="faq-make"):
    """Opens the form with a search that found nothing as its title."""

    async def pressed(self, interaction: discord.Interaction[ServiceBot]) -> None:
        """Opens it."""
        guild_id = await require_moderator(interaction)
        query = self.values[0]
        content = EntryContent(title=query, text="")
        draft = Draft(guild_id=guild_id, owner=interaction.user.id, content=content, query=query)
        await open_form(interaction, EntryForm(draft))


async def stats_layout(services: Services, guild_id: int, owner: int) -> ui.LayoutView:
    """The numbers of a server's FAQ."""
    store = services.store
    categories = await store.faq.categories(guild_id)
    misses = _together(await _in_vain(store, guild_id))
    titles = await store.faq.titles(guild_id)
    views = [count for count in await store.counts.top(guild_id, "faq-viewed", 1000) if count.subject in titles]
    total = sum(category.entries for category in categories)
    head = f"### FAQ of this server\n{small(await _sum(store, guild_id, total))}"
    asked = [f"{limits.code(miss.query, 80)} · {miss.times}" for miss in misses]
    unread = await store.faq.unused(guild_id, limit=max(total, 1))
    groups = [
        ("Read most", [f"{inert(titles[count.subject])} · {count.times}" for count in views[:10]]),
        (f"Never read: {len(unread)} of {total}", [inert(entry.title) for entry in unread]),
        ("Did not help", await _unhelpful(store, guild_id, titles)),
        ("Broken links", await _flagged(store, guild_id)),
        ("Asked in vain, with /faq, /ask, or /explain", asked),
    ]
    items: list[ui.Item[Any]] = [ui.TextDisplay(head)]
    for name, lines in groups:
        if lines:
            items += [ui.Separator(), ui.TextDisplay(f"**{name}**\n{_list(lines)}")]
    view: list[ui.Item[Any]] = [container(Colour.NEUTRAL, *items)]
    if options := _options(misses):
        view.append(ui.ActionRow(MakeEntry.select(words.MAKE_ENTRY, owner, options)))
    return layout(*view, *await wording_rows(services, guild_id, owner))


async def _in_vain(store: Store, guild_id: int) -> list[Miss]:
    """What nothing answered; what an entry of the server answers by now leaves the list for good."""
    left: list[Miss] = []
    for miss in await store.misses.top(guild_id, _LOOKED_AT):
        if await answered_by_entry(store, guild_id, miss.query):
            await store.misses.forget(guild_id, miss.query)
        else:
            left.append(miss)
    return left


async def _sum(store: Store, guild_id: int, entries: int) -> str:
    views = await store.counts.total(guild_id, "faq-viewed")
    helped = await store.counts.total(guild_id, "faq-helped")
    unhelped = await store.counts.total(guild_id, "faq-unhelped")
    return f"{plural(entries, 'entry', 'entries')} · read {plural(views, 'time')} · helped {helped}, did not {unhelped}"


async def _unhelpful(store: Store, guild_id: int, titles: dict[str, str]) -> list[str]:
    lines: list[str] = []
    for count in await store.counts.top(guild_id, "faq-unhelped", 10):
        helped = await store.counts.get(guild_id, "faq-helped", count.subject)
        if count.subject in titles and count.times > helped:
            lines.append(f"{inert(titles[count.subject])} · {count.times} of {count.times + helped}")
    return lines


async def _flagged(store: Store, guild_id: int) -> list[str]:
    links = await store.faq.links(guild_id)
    fields = {link.target for link in links if link.kind == "field"}
    rules = {link.target for link in links if link.kind == "rule"}
    doubts = doubtful(sorted(fields), sorted(rules))
    return [
        f"{inert(link.entry.title)} · {limits.code(link.target, 60)}: {doubts[link.target]}"
        for link in links
        if link.kind != "phrase" and link.target in doubts
    ]


def _together(misses: Sequence[Miss]) -> list[Miss]:
    """Searches that ask for the same as one, under the words of the most frequent, most wanted first."""
    groups = [[misses[place] for place in places] for places in grouped([miss.query for miss in misses])]
    joined = [
        Miss(group[0].query, sum(miss.times for miss in group), max(miss.last_at for miss in group)) for group in groups
    ]
    return sorted(joined, key=lambda miss: -miss.times)


def _options(misses: Sequence[Miss]) -> list[discord.SelectOption]:
    values = {limits.one_line(miss.query, limits.OPTION): miss.times for miss in misses}
    return [
        discord.SelectOption(label=value, value=value, description=f"looked for {plural(times, 'time')}")
        for value, times in values.items()
    ][: limits.OPTIONS]


def _list(lines: Sequence[str]) -> str:
    shown = [f"- {line}" for line in lines]
    taken, _ = limits.pack(shown, _ROOM, gap=1)
    more = len(shown) - taken
    return "\n".join([*shown[:taken], *([f"- and {more} more"] if more else [])])


PRESSES: tuple[type[Press], ...] = (MakeEntry,)
