"""The hosts that may be asked: the Hub, its dataset viewer, and the Hub's own file servers that it redirects to."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from yarl import URL

HUB = "https://huggingface.co"
VIEWER = "https://datasets-server.huggingface.co"
_FILE_SERVERS = ".hf.co"


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the Hub and its dataset viewer are.

    Attributes:
        hub: The Hub's address, without a slash at its end.
        viewer: The dataset viewer's.
    """

    hub: URL
    viewer: URL

    @classmethod
    def of(cls, hub: str = HUB, viewer: str = VIEWER) -> Addresses:
        """The addresses of two texts.

        Raises:
            ValueError: One of them is not `usable`.
        """
        return cls(URL(usable(hub)), URL(usable(viewer)))

    def allows(self, url: URL) -> bool:
        """Whether a redirect may lead to an address: one of the two hosts, or a file server of the Hub by https."""
        if url.user or url.password:
            return False
        if any(url.origin() == known.origin() for known in (self.hub, self.viewer)):
            return True
        return url.scheme == "https" and url.port == 443 and (url.host or "").endswith(_FILE_SERVERS)


def usable(address: str) -> str:
    """An address without the slash at its end.

    Raises:
        ValueError: It is not https, or holds a name and password. Plain http is for this machine alone.
    """
    parts = urlsplit(address)
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError(f"{address} must be a plain address, without a name, a password, or a query")
    if not parts.hostname or not (parts.scheme == "https" or (parts.scheme == "http" and _is_here(parts.hostname))):
        raise ValueError(f"{address} must begin with https://; http:// is only for an address on this machine")
    return address.rstrip("/")


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
