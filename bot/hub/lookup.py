"""Looking up what a config names: side by side, each name once, from the cache if possible, never longer than told."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Generic, TypeVar

from cachetools import TTLCache

from bot.hub.cache import FOUND_SECONDS, MISSING_SECONDS
from bot.hub.client import Client
from bot.hub.datasets import Sample, describe_dataset, sample_rows
from bot.hub.models import look_up_model
from bot.hub.transport import Unreachable
from bot.store import StoreError
from knowledge.hub import DataRepository, HubFacts, Repository
from knowledge.json_values import Invalid, from_json, to_json

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from bot.hub.cache import Cache
    from bot.hub.transport import Transport
    from knowledge.hub import DataTarget, ModelTarget, Targets

_log = logging.getLogger(__name__)
SECONDS = 2.0
"""What an answer waits for the Hub at most; with what asking costs besides, it comes within 2.5 s of one without."""

_MISSING = frozenset({"missing", "no-revision", "disabled"})
_SAMPLE_SECONDS = 900
_SAMPLE_BYTES = 32 << 20
_Found = TypeVar("_Found", Repository, DataRepository)


class _Flight(Generic[_Found]):
    """A look-up that is under way: everybody who asks for the same waits for it, and takes what is there so far."""

    def __init__(self, start: _Found, steps: AsyncIterator[_Found]) -> None:
        self.found: _Found = start
        self.task = asyncio.create_task(self._fly(steps))

    async def _fly(self, steps: AsyncIterator[_Found]) -> None:
        async for better in steps:
            self.found = better


class Hub:
    """Looks things up for many.

    Args:
        transport: The way to the Hub.
        cache: Where what was found is kept.
    """

    def __init__(self, transport: Transport, cache: Cache) -> None:
        self._transport = transport
        self._cache = cache
        self._models: dict[str, _Flight[Repository]] = {}
        self._datasets: dict[str, _Flight[DataRepository]] = {}
        self._samples: TTLCache[str, Sample] = TTLCache(_SAMPLE_BYTES, _SAMPLE_SECONDS, getsizeof=_size)

    async def look(self, targets: Targets, *, member: int | None = None, seconds: float = SECONDS) -> HubFacts:
        """What is known of everything that a config names. Never raises for anything that the Hub does.

        Args:
            targets: What to look up.
            member: On whose share requests are booked.
            seconds: How long to wait; what comes later is there for the next who asks.
        """
        client = Client(self._transport, member)
        named = [each for each in (targets.model, *targets.others) if each is not None]
        models = {each.field: self._model(client, each) for each in named if each.status is None}
        datasets = {each.field: self._dataset(client, each) for each in targets.datasets}
        tasks = _tasks(models) + _tasks(datasets)
        if tasks:
            await asyncio.wait(tasks, timeout=seconds)

        def model(target: ModelTarget) -> Repository:
            if target.status is not None:
                return Repository(field=target.field, id=target.id, status=target.status)
            return replace(models[target.field].found, field=target.field)

        late = [*(each.id for each in named if each.field in models and not models[each.field].task.done())]
        late += [each.id for each in targets.datasets if not datasets[each.field].task.done()]
        return HubFacts(
            model=None if targets.model is None else model(targets.model),
            others=tuple(model(each) for each in targets.others),
            datasets=tuple(replace(datasets[each.field].found, field=each.field) for each in targets.datasets),
            late=tuple(dict.fromkeys(late)),
        )

    async def close(self) -> None:
        """Gives up what is under way and closes the connections."""
        tasks = _tasks(self._models) + _tasks(self._datasets)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._transport.close()

    def _model(self, client: Client, target: ModelTarget) -> _Flight[Repository]:
        key = _key("model", target.id, target.revision, *target.parts)
        start = Repository(field=target.field, id=target.id)
        return _join(self._models, key, start, lambda: self._model_steps(client, target, key))

    def _dataset(self, client: Client, target: DataTarget) -> _Flight[DataRepository]:
        key = _key("dataset", target.id, target.revision, target.name, target.split, str(target.rows), *target.names)
        start = DataRepository(field=target.field, id=target.id, split=target.split, config=target.name)
        return _join(self._datasets, key, start, lambda: self._dataset_steps(client, target, key))

    async def _model_steps(self, client: Client, target: ModelTarget, key: str) -> AsyncIterator[Repository]:
        if (kept := await self._kept(key, Repository)) is not None:
            yield kept
            return
        found = None
        try:
            async for found in look_up_model(client, target):
                yield found
        except Unreachable as error:
            _log.info("model not looked up", extra={"reason": str(error)})
            return
        if found is not None and not found.unread:
            await self._keep(key, found)

    async def _dataset_steps(self, client: Client, target: DataTarget, key: str) -> AsyncIterator[DataRepository]:
        found = await self._kept(key, DataRepository)
        if found is not None:
            yield found
        else:
            try:
                async for found in describe_dataset(client, target):
                    yield found
            except Unreachable as error:
                _log.info("dataset not looked up", extra={"reason": str(error)})
                return
            if found is not None and not found.unread:
                await self._keep(key, found)
        if found is None or found.status != "found" or not found.splits:
            return
        sample = self._samples.get(key)
        if sample is None:
            sample = await sample_rows(client, found)
            if sample is None:
                yield replace(found, unread=(*found.unread, "rows"))
                return
            if _size(sample) <= _SAMPLE_BYTES:
                self._samples[key] = sample
        yield sample.of(found)

    async def _kept(self, key: str, kind: type[_Found]) -> _Found | None:
        try:
            body = await self._cache.get(key)
            return None if body is None else from_json(kind, body)
        except (StoreError, Invalid):
            # An earlier version of the bot may have kept it in another shape.
            _log.warning("cache of the Hub not readable")
            return None

    async def _keep(self, key: str, found: Repository | DataRepository) -> None:
        seconds = MISSING_SECONDS if found.status in _MISSING else FOUND_SECONDS
        try:
            await self._cache.put(key, to_json(found), seconds)
        except StoreError:
            _log.warning("cache of the Hub not writable")


def switched_off(targets: Targets) -> HubFacts:
    """What an answer says where nobody is to be asked."""
    named = [
        Repository(field=each.field, id=each.id, status=each.status or "off")
        for each in (targets.model, *targets.others)
        if each is not None
    ]
    return HubFacts(
        model=named[0] if targets.model is not None else None,
        datasets=tuple(DataRepository(field=each.field, id=each.id, status="off") for each in targets.datasets),
    )


def _join(
    flights: dict[str, _Flight[_Found]], key: str, start: _Found, steps: Callable[[], AsyncIterator[_Found]]
) -> _Flight[_Found]:
    """The look-up that is under way for a key, or a new one."""
    flight = flights.get(key)
    if flight is None:
        flight = flights[key] = _Flight(start, steps())
        flight.task.add_done_callback(partial(_landed, flights, key))
    return flight


def _landed(flights: dict[str, _Flight[_Found]], key: str, task: asyncio.Task[None]) -> None:
    flights.pop(key, None)
    if not task.cancelled() and (error := task.exception()) is not None:
        _log.error("look-up failed", exc_info=error)


def _tasks(flights: Mapping[str, _Flight[_Found]]) -> list[asyncio.Task[None]]:
    return [flight.task for flight in flights.values()]


def _key(*parts: str | None) -> str:
    """A name for the cache that does not tell what was asked for."""
    return hashlib.sha256("\n".join("" if part is None else part for part in parts).encode()).hexdigest()


def _size(sample: Sample) -> int:
    """Bytes that a sample takes, roughly."""
    return 1_000 + sum(len(str(row)) for row in sample.rows)
