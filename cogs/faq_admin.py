"""/faq-admin and the message menu Save as FAQ entry: everything that changes the FAQ, for moderators."""

from __future__ import annotations

import asyncio
import io
from typing import TYPE_CHECKING, Literal

import discord
from discord import app_commands
from discord.ext import commands

from bot.errors import UserError
from bot.gpu_option import LONGEST, chosen_gpu, complete_gpu
from bot.pending import Draft, Restoration
from bot.permissions import is_moderator, require_moderator
from bot.release_option import complete_release
from bot.replies import answered_command
from bot.responses import answer, open_form, think
from bot.services import ServiceBot
from bot.store import EntryContent
from bot.store.faq_file import FILE_LIMIT, from_yaml, to_yaml
from bot.store.words import name_key
from bot.views.faq import admin_words as words
from bot.views.faq import edit, importing, proposing, reading, stats, versions
from bot.views.faq.log import tell
from bot.views.faq.settings import settings_layout
from bot.views.kit import limits, notice
from bot.views.kit.layout import Colour
from bot.views.kit.limits import MOST_GPUS
from knowledge.facts import load_names
from knowledge.releases import known_release

if TYPE_CHECKING:
    from bot.store import Entry
    from bot.store.faq_file import FaqFile


@app_commands.allowed_contexts(guilds=True, dms=False, private_channels=False)
@app_commands.default_permissions(manage_guild=True)
@app_commands.allowed_installs(guilds=True, users=False)
class FaqAdmin(commands.GroupCog, group_name="faq-admin", group_description=words.ADMIN):
    """What moderators do; each command, button and form asks again who it is."""

    def __init__(self, bot: ServiceBot) -> None:
        self.bot = bot
        self.menu = app_commands.ContextMenu(
            name=words.SAVE_REPLY,
            callback=self.save_reply,
            allowed_contexts=app_commands.AppCommandContext(guild=True, dm_channel=False, private_channel=False),
            allowed_installs=app_commands.AppInstallationType(guild=True, user=False),
        )
        self.menu.default_permissions = discord.Permissions(manage_guild=True)

    async def cog_load(self) -> None:
        """Adds the buttons."""
        self.bot.tree.add_command(self.menu)
        presses = (edit.PRESSES, versions.PRESSES, importing.PRESSES, stats.PRESSES, proposing.PRESSES)
        self.bot.add_dynamic_items(*(press for each in presses for press in each))

    async def cog_unload(self) -> None:
        """Takes the message menu away."""
        self.bot.tree.remove_command(self.menu.name, type=self.menu.type)

    @app_commands.command(name="add", description=words.ADD)
    @app_commands.describe(title=words.ADD_TITLE, note=words.NOTE)
    @answered_command
    async def add(
        self,
        interaction: discord.Interaction[ServiceBot],
        title: app_commands.Range[str, 1, 100] | None = None,
        note: app_commands.Range[str, 1, 200] | None = None,
    ) -> None:
        """Opens the form."""
        guild_id = await require_moderator(interaction)
        content = EntryContent(title=title or "", text="")
        draft = Draft(guild_id=guild_id, owner=interaction.user.id, content=content, note=note or "")
        await open_form(interaction, edit.EntryForm(draft))

    @app_commands.command(name="edit", description=words.EDIT)
    @app_commands.describe(entry=words.ENTRY, note=words.NOTE)
    @answered_command
    async def edit(
        self,
        interaction: discord.Interaction[ServiceBot],
        entry: app_commands.Range[str, 1, 100],
        note: app_commands.Range[str, 1, 200] | None = None,
    ) -> None:
        """Opens the form with what is stored."""
        found = await self._entry(interaction, entry)
        draft = Draft(
            guild_id=found.guild_id,
            owner=interaction.user.id,
            content=found.content,
            entry_id=found.id,
            expected=found.version,
            note=note or "",
        )
        await open_form(interaction, edit.EntryForm(draft))

    @app_commands.command(name="remove", description=words.REMOVE)
    @app_commands.describe(entry=words.ENTRY, note=words.NOTE)
    @answered_command
    async def remove(
        self,
        interaction: discord.Interaction[ServiceBot],
        entry: app_commands.Range[str, 1, 100],
        note: app_commands.Range[str, 1, 200] | None = None,
    ) -> None:
        """Asks first."""
        await versions.ask_remove(interaction, await self._entry(interaction, entry), note or "")

    @app_commands.command(name="restore", description=words.RESTORE)
    @app_commands.describe(entry=words.ENTRY, version=words.VERSION, note=words.NOTE)
    @answered_command
    async def restore(
        self,
        interaction: discord.Interaction[ServiceBot],
        entry: app_commands.Range[str, 1, 100],
        version: app_commands.Range[int, 1] | None = None,
        note: app_commands.Range[str, 1, 200] | None = None,
    ) -> None:
        """Brings back a removed entry at once, an older version after showing it."""
        found = await self._entry(interaction, entry, removed=True)
        _, kept = await versions.entry_and_versions(interaction, found.guild_id, found.id)
        if version is not None:
            await versions.ask_restore(interaction, found, kept, version, note or "")
            return
        if found.removed_at is None:
            now = self.bot.services.store.clock()
            view = versions.history_layout(found, kept, now, interaction.user.id, head=words.NOT_REMOVED)
            await answer(interaction, view)
            return
        restoration = Restoration(
            found.guild_id, interaction.user.id, found.id, number=None, expected=found.version, note=note or ""
        )
        restored = await versions.restore(interaction, restoration)
        await answer(interaction, notice.notice(words.restored(restored), colour=Colour.CLEAN))

    @app_commands.command(name="history", description=words.HISTORY)
    @app_commands.describe(entry=words.ENTRY)
    @answered_command
    async def history(
        self, interaction: discord.Interaction[ServiceBot], entry: app_commands.Range[str, 1, 100]
    ) -> None:
        """Shows all versions."""
        found = await self._entry(interaction, entry, removed=True)
        _, kept = await versions.entry_and_versions(interaction, found.guild_id, found.id)
        now = self.bot.services.store.clock()
        await answer(interaction, versions.history_layout(found, kept, now, interaction.user.id))

    @app_commands.command(name="alias", description=words.ALIAS)
    @app_commands.describe(entry=words.ENTRY, add=words.ALIAS_ADD, remove=words.ALIAS_REMOVE)
    @answered_command
    async def alias(
        self,
        interaction: discord.Interaction[ServiceBot],
        entry: app_commands.Range[str, 1, 100],
        add: app_commands.Range[str, 1, 100] | None = None,
        remove: app_commands.Range[str, 1, 100] | None = None,
    ) -> None:
        """Adds a name, takes one away, or says which there are."""
        found = await self._entry(interaction, entry)
        aliases = list(found.content.aliases)
        if remove is not None:
            left = [alias for alias in aliases if name_key(alias) != name_key(remove)]
            if len(left) == len(aliases):
                raise UserError(words.not_an_alias(remove, found.content))
            aliases = left
        if add is not None:
            aliases.append(add)
        if add is None and remove is None:
            raise UserError(words.alias_needed(found))
        content = found.content.model_copy(update={"aliases": tuple(aliases)})
        saved = await self.bot.services.store.faq.edit(
            found.guild_id, found.id, content, expected=found.version, author_id=interaction.user.id, note="aliases"
        )
        await answer(interaction, notice.notice(words.alias_changed(saved), colour=Colour.CLEAN))
        await tell(interaction, "changed the aliases of", saved.content.title)

    @answered_command
    async def save_reply(self, interaction: discord.Interaction[ServiceBot], message: discord.Message) -> None:
        """Opens the form with a message as the answer and what it replies to as the question."""
        await proposing.save_reply(interaction, message)

    @app_commands.command(name="export", description=words.EXPORT)
    @app_commands.describe(history=words.EXPORT_HISTORY)
    @answered_command
    async def export(self, interaction: discord.Interaction[ServiceBot], history: bool = True) -> None:  # noqa: FBT001, FBT002
        """Sends the file privately."""
        guild_id = await require_moderator(interaction)
        await think(interaction)
        transfer, text = self.bot.services.store.transfer, words.EXPORTED
        data = await _text(await transfer.export(guild_id, history=history))
        if len(data) > FILE_LIMIT and history:
            data = await _text(await transfer.export(guild_id, history=False))
            text = words.EXPORTED_WITHOUT_HISTORY
        if len(data) > FILE_LIMIT:
            raise UserError(words.EXPORT_TOO_LARGE)
        file = discord.File(io.BytesIO(data), f"faq-{guild_id}.yaml")
        await answer(interaction, importing.file_layout(text, file), file=file)

    @app_commands.command(name="import", description=words.IMPORT)
    @app_commands.describe(file=words.IMPORT_FILE, source=words.IMPORT_SOURCE)
    @app_commands.choices(source=[app_commands.Choice(name="starter", value="starter")])
    @answered_command
    async def import_(
        self,
        interaction: discord.Interaction[ServiceBot],
        file: discord.Attachment | None = None,
        source: app_commands.Choice[str] | None = None,
    ) -> None:
        """Shows what would be done; without a file it is about the starter pack."""
        guild_id = await require_moderator(interaction)
        await think(interaction)
        transfer = self.bot.services.store.transfer
        if file is None or source is not None:
            plan = await transfer.plan_starter(guild_id)
        else:
            text = await _read(file)
            plan = await transfer.plan(guild_id, await asyncio.to_thread(from_yaml, text))
        await importing.ask_import(interaction, guild_id, plan)

    @app_commands.command(name="stats", description=words.STATS)
    @answered_command
    async def stats(self, interaction: discord.Interaction[ServiceBot]) -> None:
        """Shows the numbers."""
        guild_id = await require_moderator(interaction)
        await answer(interaction, await stats.stats_layout(self.bot.services, guild_id, interaction.user.id))

    @app_commands.command(name="settings", description=words.SETTINGS)
    @app_commands.describe(
        moderator_role=words.SETTINGS_ROLE,
        log_channel=words.SETTINGS_CHANNEL,
        axolotl=words.SETTINGS_AXOLOTL,
        gpus=words.SETTINGS_GPUS,
        gpu=words.SETTINGS_GPU,
        hub=words.SETTINGS_HUB,
        clear=words.SETTINGS_CLEAR,
    )
    @app_commands.choices(
        clear=[app_commands.Choice(name=name, value=setting) for setting, name in words.SETTINGS_NAMES.items()]
    )
    @app_commands.autocomplete(gpu=complete_gpu, axolotl=complete_release)
    @answered_command
    async def settings(  # noqa: PLR0913 - every option of a command is a parameter
        self,
        interaction: discord.Interaction[ServiceBot],
        moderator_role: discord.Role | None = None,
        log_channel: discord.TextChannel | None = None,
        axolotl: app_commands.Range[str, 1, 20] | None = None,
        gpus: app_commands.Range[int, 1, MOST_GPUS] | None = None,
        gpu: app_commands.Range[str, 1, LONGEST] | None = None,
        hub: Literal["on", "off"] | None = None,
        clear: app_commands.Choice[str] | None = None,
    ) -> None:
        """Changes what is named, and shows everything."""
        guild_id = await require_moderator(interaction)
        guilds = self.bot.services.store.guilds
        card, gpus = chosen_gpu(gpu, gpus, exact=True)
        given: dict[str, int | str | None] = {
            "moderator_role_id": moderator_role.id if moderator_role else None,
            "log_channel_id": log_channel.id if log_channel else None,
            "axolotl": _release(axolotl),
            "gpus": gpus,
            "gpu": card.name if card else None,
            "hub": None if hub is None else hub == "on",
        }
        changes: dict[str, int | str | None] = {name: value for name, value in given.items() if value is not None}
        if clear is not None:
            changes[clear.value] = None
        if not changes:
            await answer(interaction, settings_layout(await guilds.settings(guild_id), saved=False))
            return
        if not (interaction.permissions.manage_guild or interaction.permissions.administrator):
            raise UserError(words.ONLY_MANAGERS)
        settings = await guilds.change(guild_id, **changes)  # type: ignore[arg-type]
        await answer(interaction, settings_layout(settings, saved=True))
        await tell(interaction, "changed", "settings", ", ".join(sorted(changes)))

    @edit.autocomplete("entry")
    @remove.autocomplete("entry")
    @alias.autocomplete("entry")
    async def _living(self, interaction: discord.Interaction[ServiceBot], typed: str) -> list[app_commands.Choice[str]]:
        if interaction.guild_id is None or not await is_moderator(interaction):
            return []
        return reading.choices_of(await self.bot.services.store.faq.suggest(interaction.guild_id, typed[:100]))

    @restore.autocomplete("entry")
    @history.autocomplete("entry")
    async def _any(self, interaction: discord.Interaction[ServiceBot], typed: str) -> list[app_commands.Choice[str]]:
        if interaction.guild_id is None or not await is_moderator(interaction):
            return []
        store, key = self.bot.services.store, name_key(typed)
        removed = [name for name in await store.faq.removed(interaction.guild_id, 1000) if key in name_key(name.title)]
        choices = [
            app_commands.Choice(name=words.removed_title(name.title), value=f"#{name.id}")
            for name in removed[: limits.OPTIONS]
        ]
        living = reading.choices_of(await store.faq.suggest(interaction.guild_id, typed[:100]))
        removed_first = choices if interaction.command is self.restore else []
        removed_last = [] if removed_first else choices
        return [*removed_first, *living, *removed_last][: limits.OPTIONS]

    async def _entry(self, interaction: discord.Interaction[ServiceBot], name: str, *, removed: bool = False) -> Entry:
        guild_id = await require_moderator(interaction)
        store = self.bot.services.store
        entry = await reading.resolve(store, guild_id, name, removed=removed)
        if entry is None and removed:
            gone = await store.faq.removed(guild_id, 1000)
            ids = [found.id for found in gone if name_key(found.title) == name_key(name)]
            entry = await store.faq.get(guild_id, ids[0]) if ids else None
        if entry is None:
            raise UserError(words.unknown_entry(name))
        return entry


async def _text(file: FaqFile) -> bytes:
    return (await asyncio.to_thread(to_yaml, file)).encode()


async def _read(file: discord.Attachment) -> str:
    if file.size > FILE_LIMIT:
        raise UserError(words.IMPORT_TOO_LARGE)
    try:
        return (await file.read()).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(words.IMPORT_NOT_TEXT) from error
    except discord.HTTPException as error:
        raise UserError(words.IMPORT_NOT_FETCHED) from error


def _release(text: str | None) -> str | None:
    if text is None:
        return None
    release = known_release(text)
    if release is None:
        raise UserError(words.unknown_release(text.strip(), load_names().releases))
    return release


async def setup(bot: ServiceBot) -> None:
    """Adds the cog."""
    await bot.add_cog(FaqAdmin(bot))
