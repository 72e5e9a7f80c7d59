"""Links to pastes, gists, and raw files of the hosts that the bot's host lists, read like attachments."""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING

from yarl import URL

from bot.errors import UserError
from bot.hub.addresses import usable
from bot.hub.limits import Kind
from bot.hub.resolver import Resolver
from bot.hub.transport import Fetcher, Unreachable
from bot.views.check import intake as words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aiohttp.abc import ResolveResult

MOST_LINKS = 2
"""Links of one message that are followed."""
MOST_LINK_BYTES = 10 << 20
_LINK = re.compile(r"https?://[^\s<>()\[\]{}\"'`|\\^]{3,500}")
_CODE = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}")
_PAGE = re.compile(rb"\s{0,200}(?:<!doctype html|<html)", re.IGNORECASE)
# What a person links to is a page; the text itself stands under another path of the same site.
_RAW = (
    (re.compile(r"(https://gist\.github\.com/[\w-]+/[0-9a-f]+)/?"), r"\1/raw"),
    (re.compile(r"https://github\.com/([\w.-]+/[\w.-]+)/blob/(.+)"), r"https://raw.githubusercontent.com/\1/\2"),
    (re.compile(r"https://huggingface\.co/([\w.-]+/[\w.-]+|datasets/[\w.-]+/[\w.-]+)/blob/(.+)"),
     r"https://huggingface.co/\1/raw/\2"),
    (re.compile(r"https://pastebin\.com/([A-Za-z0-9]+)"), r"https://pastebin.com/raw/\1"),
    (re.compile(r"https://dpaste\.(com|org)/([A-Za-z0-9]+)"), r"https://dpaste.\1/\2.txt"),
    (re.compile(r"https://paste\.rs/(\w+)\.\w+"), r"https://paste.rs/\1"),
)  # fmt: skip


class PublicResolver(Resolver):
    """The same look-up, of which only addresses on the public internet are left: a name may lead anywhere."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The public addresses of a host.

        Raises:
            OSError: it has none.
        """
        found = [each for each in await super().resolve(host, port, family) if _is_public(each["host"])]
        if not found:
            raise OSError("the name does not lead to a public address")
        return found


def _is_public(address: str) -> bool:
    parsed = ip_address(address.partition("%")[0])
    return parsed.is_global and not parsed.is_multicast


def host_of(entry: str) -> str:
    """One entry of the host's list: a host name, or `http://127.0.0.1:8000` for a server of this machine.

    Raises:
        ValueError: it is neither.
    """
    entry = entry.strip().lower()
    if entry.startswith("http://"):
        return usable(entry)
    if not _HOST.fullmatch(entry):
        raise ValueError(f"HELPBOT_LINK_HOSTS lists host names such as gist.githubusercontent.com, not {entry[:80]!r}")
    return entry


@dataclass(frozen=True, slots=True)
class LinkedFile:
    """What a link leads to, read like an attachment.

    Attributes:
        url: Where it is, as it stands in the message.
        filename: Its name: the last part of the path.
    """

    url: URL
    filename: str
    _fetcher: Fetcher
    size: int = 0
    content_type: str | None = None

    async def read(self) -> bytes:
        """Its bytes.

        Raises:
            UserError: it cannot be fetched, or it is a page to look at.
        """
        try:
            answer = await self._fetcher.get(Kind.LINKS, raw_of(self.url), MOST_LINK_BYTES)
        except Unreachable as error:
            raise UserError(words.link_unread(str(self.url), str(error))) from error
        if answer.status != 200:
            raise UserError(words.link_unread(str(self.url), words.REFUSED))
        if _PAGE.match(answer.body[:1000]):
            raise UserError(words.link_unread(str(self.url), words.A_PAGE))
        return answer.body


class Links:
    """Finds links to the listed hosts. Made in a running event loop; `close` ends it.

    Args:
        hosts: Entries as `host_of` leaves them.
    """

    def __init__(self, hosts: Iterable[str]) -> None:
        listed = tuple(hosts)
        self._names = frozenset(each for each in listed if not each.startswith("http://"))
        self._here = frozenset(URL(each).origin() for each in listed if each.startswith("http://"))
        self._fetcher = Fetcher(self.allows, resolver=PublicResolver, keeps=False)

    def allows(self, url: URL) -> bool:
        """Whether an address may be fetched: of a listed host, by https, without a name and a password."""
        if url.user or url.password or not url.host:
            return False
        if url.scheme == "http":
            return url.origin() in self._here
        return url.scheme == "https" and url.port == 443 and url.host in self._names

    def named_in(self, text: str) -> list[LinkedFile]:
        """The first links of a text that may be fetched; those in its code blocks belong to the code."""
        if "://" not in text:
            return []
        found: dict[URL, LinkedFile] = {}
        for match in _LINK.finditer(_CODE.sub(" ", text)):
            try:
                url = URL(match[0].rstrip(".,;:!?*_~")).with_fragment(None)
                fits = self.allows(url) and self.allows(raw_of(url))
            except ValueError:
                continue
            if fits and len(found) < MOST_LINKS:
                found[url] = LinkedFile(url, url.name or url.host or "link", self._fetcher)
        return list(found.values())

    async def close(self) -> None:
        """Closes the connections."""
        await self._fetcher.close()


def raw_of(url: URL) -> URL:
    """Where the text itself is, for a page that shows it."""
    for page, raw in _RAW:
        if match := page.fullmatch(str(url)):
            return URL(match.expand(raw))
    return url
