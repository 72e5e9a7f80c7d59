"""The Hub: looks up what configs name, within limits, and hands on frozen facts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.hub.addresses import Addresses
from bot.hub.lookup import Hub
from bot.hub.transport import Transport

if TYPE_CHECKING:
    from bot.settings import Settings
    from bot.store import Store

__all__ = ["Hub", "open_hub"]


def open_hub(settings: Settings, store: Store) -> Hub | None:
    """The Hub as the settings say, with the store as its cache; None where it is switched off."""
    if settings.hub == "off":
        return None
    return Hub(Transport(Addresses.of(settings.hub_endpoint, settings.hub_viewer)), store.hub)
