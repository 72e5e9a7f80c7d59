"""Requests on behalf of one member: the transport with an account to book them on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from yarl import URL

    from bot.hub.limits import Kind
    from bot.hub.transport import Answer, Transport


@dataclass(frozen=True, slots=True)
class Client:
    """Asks for one member.

    Attributes:
        transport: The way to the Hub.
        member: On whose share it is booked; None for nobody's.
    """

    transport: Transport
    member: int | None = None

    @property
    def hub(self) -> URL:
        """The Hub's address."""
        return self.transport.addresses.hub

    @property
    def viewer(self) -> URL:
        """The dataset viewer's address."""
        return self.transport.addresses.viewer

    async def get(self, kind: Kind, url: URL, most: int) -> Answer:
        """Fetches one address; as `Transport.get`."""
        return await self.transport.get(kind, url, most, self.member)
