"""The one way out, to the Hub and to links: which hosts, how large, how long, and never with a token or a cookie."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import aiohttp
import pydantic_core
from yarl import URL

from bot.hub.limits import Limits, NotNow
from bot.hub.resolver import Resolver

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bot.hub.addresses import Addresses
    from bot.hub.limits import Kind

METADATA_BYTES = 1 << 20
TOKENIZER_BYTES = 16 << 20
ROWS_BYTES = 2 << 20

_AT_ONCE = 8
_SECONDS = 8.0
"""One request with all its redirects; what comes too late for one answer is there for the next."""
_REDIRECTS = 4
_CHUNK = 1 << 16
_MOVED = frozenset({301, 302, 303, 307, 308})
_MOST_HEADERS = 16_384
# The answer comes as it is: what unpacks to a thousand times its size has no way in.
_HEADERS = {"Accept-Encoding": "identity", "User-Agent": "axolotl-help-bot"}


class Unreachable(Exception):
    """No answer that can be read; the message says why, without an address."""


class TooLarge(Unreachable):
    """An answer that has more bytes than are wanted of it; the host is well."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back.

    Attributes:
        status: 200, or one of 400 to 499.
        code: The Hub's own word for what is wrong, such as "GatedRepo"; "" without one.
        message: Its sentence.
        body: The content; of a refusal nothing.
        is_json: Whether it says that it is JSON.
    """

    status: int
    code: str
    message: str
    body: bytes
    is_json: bool

    def json(self) -> Any:
        """The content.

        Raises:
            Unreachable: It is not JSON, or nested more than 200 deep.
        """
        try:
            return pydantic_core.from_json(self.body)
        except (ValueError, RecursionError) as error:
            raise Unreachable("its answer could not be read") from error


class Fetcher:
    """Fetches from some hosts only. Made in a running event loop; `close` ends it.

    Args:
        allows: Whether a redirect may lead to an address.
        limits: What may be asked; those of the process, where several share them.
        resolver: Host names to addresses.
        keeps: Whether connections are kept, which saves the handshakes of https.
    """

    def __init__(
        self,
        allows: Callable[[URL], bool],
        limits: Limits | None = None,
        *,
        resolver: type[Resolver] = Resolver,
        keeps: bool = True,
    ) -> None:
        self._allows = allows
        self._resolver = resolver
        self._keeps = keeps
        self._limits = limits or Limits()
        self._places = asyncio.Semaphore(_AT_ONCE)
        self._session: aiohttp.ClientSession | None = None

    async def get(self, kind: Kind, url: URL, most: int, member: int | None = None) -> Answer:
        """Fetches one address.

        Args:
            kind: Which budget it is counted on.
            url: The address.
            most: Bytes that the content may have.
            member: Whose share it is counted on.

        Raises:
            Unreachable: The host does not answer, not in time, not as it should, or must not be asked now.
        """
        host = url.host or ""
        try:
            async with self._places, asyncio.timeout(_SECONDS):
                answer = await self._follow(kind, url, most, member)
        except NotNow as error:
            raise Unreachable(str(error)) from error
        except (aiohttp.ClientError, OSError, ValueError, TimeoutError) as error:
            self._limits.failed(host)
            late = isinstance(error, TimeoutError)
            raise Unreachable("it did not answer in time" if late else "it could not be reached") from error
        except TooLarge:
            self._limits.worked(host)
            raise
        except Unreachable:
            self._limits.failed(host)
            raise
        self._limits.worked(host)
        return answer

    async def close(self) -> None:
        """Closes the connections."""
        if self._session is not None:
            await self._session.close()

    async def _follow(self, kind: Kind, url: URL, most: int, member: int | None) -> Answer:
        for _ in range(_REDIRECTS + 1):
            self._limits.take(kind, url.host or "", member)
            async with self._open().get(url, allow_redirects=False) as response:
                self._limits.told(kind, response.headers, refused=response.status == 429)
                if response.status == 429:
                    raise NotNow("it asked us to slow down")
                if response.status not in _MOVED:
                    return await _read(response, most)
                url = url.join(URL(response.headers.get("Location", ""), encoded=True))
                if not self._allows(url):
                    raise Unreachable("it redirects to a host that is not its own")
        raise Unreachable("it redirects too often")

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=_AT_ONCE,
                    resolver=self._resolver(),
                    force_close=not self._keeps,
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers=_HEADERS,
                trust_env=False,
                max_line_size=_MOST_HEADERS,
                max_field_size=_MOST_HEADERS,
            )
        return self._session


class Transport(Fetcher):
    """The way to the Hub and its dataset viewer.

    Args:
        addresses: Where they are.
        limits: What may be asked; those of the process, where several transports share them.
    """

    def __init__(self, addresses: Addresses, limits: Limits | None = None) -> None:
        self.addresses = addresses
        super().__init__(addresses.allows, limits, keeps=addresses.hub.scheme == "https")


async def _read(response: aiohttp.ClientResponse, most: int) -> Answer:
    headers: Mapping[str, str] = response.headers
    told = headers.get("X-Error-Code", ""), headers.get("X-Error-Message", "")
    is_json = "json" in response.content_type
    if 400 <= response.status < 500:
        return Answer(response.status, *told, b"", is_json)
    if response.status != 200:
        raise Unreachable(f"it answered with an error ({response.status})")
    if headers.get("Content-Encoding", "identity") != "identity":
        raise Unreachable("its answer could not be read")
    if (response.content_length or 0) > most:
        raise TooLarge("its answer is too large")
    body = bytearray()
    async for chunk in response.content.iter_chunked(_CHUNK):
        body += chunk
        if len(body) > most:
            raise TooLarge("its answer is too large")
    return Answer(200, *told, bytes(body), is_json)
