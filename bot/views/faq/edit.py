"""Writing an entry: the form, the preview, and what happens when two moderators write at once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import discord
from discord import ui

from bot.errors import UserError
from bot.faq_links import doubtful, links_text, sort_links, split_aliases
from bot.pending import Begun, Draft
from bot.permissions import require_moderator
from bot.responses import acknowledge, answer, open_form, update
from bot.store import EditConflict, EntryContent, InvalidEntry, StoreError, StoreUnavailable, TitleTaken
from bot.store.content import CATEGORY_LIMIT, TEXT_LIMIT, TITLE_LIMIT, cleaned, hidden_characters
from bot.store.entry import DEFAULT_CATEGORY
from bot.views.faq import admin_words as words
from bot.views.faq.diff import changed_parts, difference
from bot.views.faq.log import tell
from bot.views.kit import limits, notice
from bot.views.kit.components import Form, Press, field, typed
from bot.views.kit.escape import inert, spoken
from bot.views.kit.layout import Colour, container, layout, small
from bot.views.kit.paging import pages_of
from knowledge.secrets import find
from knowledge.text import listed

if TYPE_CHECKING:
    from bot.services import ServiceBot
    from bot.store import Entry

_B = TypeVar("_B", bound=Begun)
_ROOM = 2800
_DIFF = 1600


class EntryForm(Form):
    """Title, text, and three fields that may stay empty."""

    def __init__(self, draft: Draft, key: str | None = None) -> None:
        super().__init__("Edit an entry" if draft.entry_id else "Write an entry", name="faq-entry")
        self._draft = draft
        self._key = key
        content = draft.content
        links = links_text(content)
        if max(limits.length(links), limits.length("\n".join(content.aliases))) > limits.PARAGRAPH:
            raise UserError(words.TOO_MANY_LINKS)
        self.title_field = field(
            "Title", default=content.title or None, longest=TITLE_LIMIT, example=words.TITLE_EXAMPLE
        )
        self.text = field("Text", default=content.text or None, paragraph=True, longest=TEXT_LIMIT)
        self.aliases = field(
            "Aliases",
            default="\n".join(content.aliases) or None,
            paragraph=True,
            required=False,
            hint=words.ALIASES_HINT,
        )
        category = content.category if content.category != DEFAULT_CATEGORY else None
        self.category = field("Category", default=category, required=False, longest=CATEGORY_LIMIT)
        self.links = field("Links", default=links or None, paragraph=True, required=False, hint=words.LINKS_HINT)
        for item in (self.title_field, self.text, self.aliases, self.category, self.links):
            self.add_item(item)

    async def submitted(self, interaction: discord.Interaction[ServiceBot]) -> None:
        """Shows the preview; nothing is stored yet."""
        draft = await checked_owner(interaction, self._draft)
        store = interaction.client.services.store
        content = EntryContent(
            title=typed(self.title_field),
            text=typed(self.text),
            category=typed(self.category),
            aliases=split_aliases(typed(self.aliases), draft.content.aliases),
            **await sort_links(store, draft.guild_id, typed(self.links)),
        )
        draft = replace(draft, content=content)
        key = interaction.client.services.pending.keep(draft, self._key)
        try:
            stored = cleaned(content)
            await _check_names(interaction, draft, stored)
        except (InvalidEntry, TitleTaken) as error:
            await answer(interaction, refused_layout(draft, key, spoken(str(error))))
            return
        before = await store.faq.get(draft.guild_id, draft.entry_id) if draft.entry_id else None
        await answer(interaction, preview_layout(draft, key, stored, before))


class SaveDraft(Press, name="faq-save"):
    """Stores a draft. The state is its key."""

    async def pressed(self, interaction: discord.Interaction[ServiceBot]) -> None:
        """Says "Saved" after the commit, or what stands against it; a draft is never lost."""
        draft = await begun_of(interaction, self.state, Draft)
        await acknowledge(interaction)
        drafts = interaction.client.services.pending
        drafts.drop(self.state)
        try:
            entry, before = await _store(interaction, draft)
        except EditConflict as conflict:
            drafts.keep(replace(draft, expected=conflict.current.version), self.state)
            await answer(interaction, conflict_layout(draft, self.state, conflict))
            return
        except StoreError as error:
            drafts.keep(draft, self.state)
            if isinstance(error, StoreUnavailable):
                raise
            await answer(interaction, refused_layout(draft, self.state, spoken(str(error))))
            return
        # The question loses its buttons here, so that nobody presses twice; what follows is the reply to the press.
        await interaction.edit_original_response(view=layout(_box(entry.content, Colour.CLEAN, words.kept(entry))))
        await answer(interaction, notice.notice(words.saved(entry), colour=Colour.CLEAN))
        if draft.query is not None:
            await interaction.client.services.store.misses.forget(draft.guild_id, draft.query)
        details = difference(before.content, entry.content, _DIFF) if before is not None else ""
        if before is None or before.version != entry.version:
            await tell(interaction, "changed" if before else "wrote", entry.content.title, draft.note, details)


class EditAgain(Press, name="faq-again"):
    """Opens the form again with what was written. The state is the draft's key."""

    async def pressed(self, interaction: discord.Interaction[ServiceBot]) -> None:
        """Opens it."""
        draft = await begun_of(interaction, self.state, Draft)
        await open_form(interaction, EntryForm(draft, self.state))


class CancelDraft(Press, name="faq-cancel"):
    """Forgets what was begun. The state is its key."""

    async def pressed(self, interaction: discord.Interaction[ServiceBot]) -> None:
        """Says that nothing was changed."""
        pending = interaction.client.services.pending
        begun = pending.find(self.state, Begun)
        await (require_moderator(interaction) if begun is None else checked_owner(interaction, begun))
        pending.drop(self.state)
        await update(interaction, notice.notice(words.CANCELLED))


async def checked_owner(interaction: discord.Interaction[ServiceBot], begun: _B) -> _B:
    """Lets through what was begun to its own moderator, in its own server.

    Raises:
        UserError: it is somebody else's, of another server, or who asks is not a moderator (any more).
    """
    guild_id = await require_moderator(interaction)
    if begun.guild_id != guild_id or begun.owner != interaction.user.id:
        raise UserError(words.NOT_YOUR_DRAFT)
    return begun


async def begun_of(interaction: discord.Interaction[ServiceBot], key: str, kind: type[_B]) -> _B:
    """What a button confirms, for its own moderator.

    Raises:
        UserError: it was confirmed, canceled, or forgotten, or is somebody else's.
    """
    await require_moderator(interaction)
    begun = interaction.client.services.pending.find(key, kind)
    if begun is None:
        raise UserError(words.DRAFT_GONE)
    return await checked_owner(interaction, begun)


def preview_layout(draft: Draft, key: str, content: EntryContent, before: Entry | None) -> ui.LayoutView:
    """The entry as members will see it, and what else was understood."""
    pages = pages_of(content.text, _ROOM)
    view: list[ui.Item[Any]] = [
        _box(content, Colour.NEUTRAL, words.PREVIEW),
        ui.TextDisplay(small(_notes(draft, content))),
    ]
    if len(pages) > 1:
        view.append(ui.TextDisplay(small(words.more_pages(len(pages)))))
    if before is not None:
        parts = changed_parts(before.content, content)
        view.append(ui.TextDisplay(small(f"Changes {parts}." if parts else words.NO_CHANGE)))
    return layout(*view, _buttons(draft, key))


def refused_layout(draft: Draft, key: str, reason: str) -> ui.LayoutView:
    """Why a draft can't be saved; it is kept."""
    row: ui.ActionRow[Any] = ui.ActionRow(
        EditAgain.button("Edit again", draft.owner, key, style=discord.ButtonStyle.primary),
        CancelDraft.button("Cancel", draft.owner, key),
    )
    return layout(container(Colour.WARNING, ui.TextDisplay(f"{reason}\n{small(words.DRAFT_KEPT)}")), row)


def conflict_layout(draft: Draft, key: str, conflict: EditConflict) -> ui.LayoutView:
    """What the other moderator stored, against what this one wrote."""
    current = conflict.current
    head = f"{inert(str(conflict))}\n{small(words.conflict(current))}"
    shown = difference(current.content, draft.content, _DIFF) or words.CONFLICT_SAME
    box = container(
        Colour.WARNING, ui.TextDisplay(head), ui.Separator(), ui.TextDisplay(f"{words.CONFLICT_DIFF}\n{shown}")
    )
    return layout(box, _buttons(draft, key))


async def _store(interaction: discord.Interaction[ServiceBot], draft: Draft) -> tuple[Entry, Entry | None]:
    """Stores a draft; returns the entry, and the entry as it was before."""
    faq = interaction.client.services.store.faq
    if draft.entry_id is None:
        return await faq.add(draft.guild_id, draft.content, author_id=draft.owner, note=draft.note), None
    before = await faq.get(draft.guild_id, draft.entry_id)
    entry = await faq.edit(
        draft.guild_id,
        draft.entry_id,
        draft.content,
        expected=draft.expected,
        author_id=draft.owner,
        note=draft.note,
    )
    return entry, before


async def _check_names(interaction: discord.Interaction[ServiceBot], draft: Draft, content: EntryContent) -> None:
    for name in (content.title, *content.aliases):
        other = await interaction.client.services.store.faq.find(draft.guild_id, name)
        if other is not None and other.id != draft.entry_id:
            raise TitleTaken(name, other.content.title)


def _box(content: EntryContent, colour: Colour, below: str) -> ui.Container[Any]:
    head = f"### {inert(content.title)}\n{small(below)}"
    return container(colour, ui.TextDisplay(head), ui.TextDisplay(pages_of(content.text, _ROOM)[0]))


def _buttons(draft: Draft, key: str) -> ui.ActionRow[Any]:
    return ui.ActionRow(
        SaveDraft.button("Save", draft.owner, key, style=discord.ButtonStyle.success),
        EditAgain.button("Edit again", draft.owner, key),
        CancelDraft.button("Cancel", draft.owner, key),
    )


def _notes(draft: Draft, content: EntryContent) -> str:
    parts = [f"Category {inert(content.category)}"]
    if content.aliases:
        parts.append(f"also found as {listed([limits.code(alias) for alias in content.aliases[:8]])}")
    if content.fields or content.rules:
        names = (*content.fields, *content.rules)
        parts.append(f"explains {listed([limits.code(name) for name in names[:8]])}")
    if content.phrases:
        parts.append(f"answers {listed([limits.code(phrase) for phrase in content.phrases[:4]])}")
    lines = [" · ".join(parts)]
    if doubts := doubtful(content.fields, content.rules):
        lines.append(words.doubts(doubts))
    if left_out := hidden_characters(draft.content.title) + hidden_characters(draft.content.text):
        lines.append(words.left_out(left_out))
    if found := find(f"{draft.content.title}\n{draft.content.text}"):
        lines.append(words.masked(len(found)))
    return limits.cut("\n".join(lines), 700)


PRESSES: tuple[type[Press], ...] = (SaveDraft, EditAgain, CancelDraft)
