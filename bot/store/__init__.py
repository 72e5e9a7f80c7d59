"""The only SQL: what is stored, behind classes that name no engine."""

from bot.store.counts import Count
from bot.store.entry import Entry, EntryContent, EntryName, Version
from bot.store.errors import (
    DatabaseRefused,
    EditConflict,
    EntryMissing,
    InvalidEntry,
    OutcomeUnknown,
    PlanOutdated,
    StoreBusy,
    StoreError,
    StoreUnavailable,
    TitleTaken,
)
from bot.store.guilds import KEPT_DAYS, GuildSettings
from bot.store.help_channels import MODES, HelpChannel, Mode
from bot.store.help_posts import KEPT_WEEKS, HelpPost, Week
from bot.store.misses import Miss
from bot.store.mutes import Mute
from bot.store.reports import Report
from bot.store.store import Store, open_store, sqlite_path, sqlite_url

__all__ = [
    "KEPT_DAYS",
    "KEPT_WEEKS",
    "MODES",
    "Count",
    "DatabaseRefused",
    "EditConflict",
    "Entry",
    "EntryContent",
    "EntryMissing",
    "EntryName",
    "GuildSettings",
    "HelpChannel",
    "HelpPost",
    "InvalidEntry",
    "Miss",
    "Mode",
    "Mute",
    "OutcomeUnknown",
    "PlanOutdated",
    "Report",
    "Store",
    "StoreBusy",
    "StoreError",
    "StoreUnavailable",
    "TitleTaken",
    "Version",
    "Week",
    "open_store",
    "sqlite_path",
    "sqlite_url",
]
