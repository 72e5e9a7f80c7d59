"""A dataset on the Hub: the repository's metadata, and from the dataset viewer its splits, sizes and first rows."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

from bot.hub.limits import Kind
from bot.hub.models import described, metadata, refusal
from bot.hub.names import nearest
from bot.hub.shapes import DataInfo, DatasetInfo, Page, Size, Split, Splits, read
from bot.hub.transport import METADATA_BYTES, ROWS_BYTES, Answer, Unreachable
from knowledge.hub import DataRepository, parts_of, place_of, rows_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from bot.hub.client import Client
    from bot.hub.shapes import Shape
    from knowledge.hub import DataTarget, Part

ROWS = 100
"""The most that the viewer gives at once."""
_EXPAND = ("cardData", "disabled", "gated", "sha", "siblings", "tags")
_DEFAULT = "default"
_MOST_SAMPLED = 4
"""Configurations of one entry whose rows are asked for: each costs a request or two."""
_PICTURED = frozenset({"Image", "Audio", "Video", "Pdf"})


@dataclass(frozen=True, slots=True)
class _Viewed:
    """What the viewer says of a whole dataset; None where it does not."""

    splits: tuple[Split, ...] | None
    sizes: tuple[Split, ...] | None
    partial: bool = False
    complete: bool = True


async def describe_dataset(client: Client, target: DataTarget) -> AsyncIterator[DataRepository]:
    """What is known of a dataset besides its rows, better and better.

    Args:
        client: Asks.
        target: What to look up.
    """
    found = DataRepository(field=target.field, id=target.id, split=target.split, config=target.name)
    yield found
    viewing = asyncio.create_task(_viewed(client, target.id)) if target.rows else None
    try:
        answer = await metadata(client, "datasets", target.id, target.revision, _EXPAND)
        if (status := refusal(answer)) is not None:
            yield replace(found, status=status)
            if status == "missing":
                names = await nearest(client, "datasets", target.id)
                yield replace(found, status=status, nearest=names)
            return
        info = read(DataInfo, answer)
        script = f"{target.id.rpartition('/')[2]}.py"
        marked = next((each.config_name for each in (info.card.configs if info.card else ()) if each.default), None)
        found = replace(
            found,
            **described(info, target.id),
            script=script if script in (info.files or ()) else None,
            default_config=marked,
        )
        yield found
        if found.status != "found" or viewing is None or found.script:
            return
        viewed = await viewing
        if viewed.splits is None and viewed.sizes is None and found.renamed_to:
            viewed = await _viewed(client, found.renamed_to)
        yield _chosen(found, target, viewed)
    finally:
        if viewing is not None:
            viewing.cancel()


async def _viewed(client: Client, name: str) -> _Viewed:
    splits, size = await asyncio.gather(
        _view(client, "splits", {"dataset": name}, Splits), _view(client, "size", {"dataset": name}, Size)
    )
    return _Viewed(
        splits.splits if isinstance(splits, Splits) else None,
        size.size.splits if isinstance(size, Size) else None,
        partial=isinstance(size, Size) and size.partial,
        complete=splits.complete if isinstance(splits, Splits) else isinstance(size, Size) and size.complete,
    )


async def _view(
    client: Client, what: str, query: Mapping[str, str], shape: type[Shape], most: int = METADATA_BYTES
) -> Shape | None:
    """One answer of the viewer; None where it has none for this dataset, or cannot be reached."""
    try:
        answer: Answer = await client.get(Kind.VIEWER, (client.viewer / what).with_query(query), most)
        return read(shape, answer) if answer.status == 200 else None
    except Unreachable:
        return None


def _chosen(found: DataRepository, target: DataTarget, viewed: _Viewed) -> DataRepository:
    """The dataset with the configurations and the split that the entry reads."""
    listed = viewed.splits if viewed.splits is not None else viewed.sizes
    if not listed:
        return replace(found, unread=("splits",))
    configs = tuple(dict.fromkeys(each.config for each in listed))
    chosen = target.names or (target.name or _default(configs, found.default_config),)
    strange = next((name for name in chosen if name not in configs), "")
    if not viewed.complete and (strange != "" or not target.name):
        # Which configurations there are, and so which one is read, is not known yet.
        return replace(found, unread=("splits",))
    if strange != "":
        return replace(found, configs=configs, config=strange, status="no-config")
    first, *others = cast("tuple[str, ...]", chosen)
    found = replace(found, configs=configs, config=first, also=tuple(others))
    parts, counted = parts_of(target.split), []
    for config in (first, *others):
        found = replace(found, splits=tuple(each.split for each in listed if each.config == config))
        if parts is not None and any(part.name not in found.splits for part in parts):
            if not viewed.complete:
                return replace(found, unread=("splits",))
            return replace(found, config=config, also=(), status="no-split")
        counted.append(_counted(config, parts or (), viewed))
    return found if parts is None else replace(found, **_together(counted))


def _together(counted: list[dict[str, Any]]) -> dict[str, Any]:
    """What several configurations hold together."""
    rows = [each.get("rows") for each in counted]
    if any(number is None for number in rows):
        return {"rows": None, "unread": counted[0].get("unread", ())}
    return {
        "rows": sum(rows),
        "estimated": any(each["estimated"] for each in counted),
        "places": tuple(each["place"] for each in counted),
    }


def _default(configs: tuple[str, ...], marked: str | None) -> str | None:
    """The configuration that `datasets` takes when the entry names none; None where it refuses to choose."""
    if len(configs) == 1:
        return configs[0]
    return next((name for name in (marked, _DEFAULT) if name in configs), None)


def _counted(config: str, parts: tuple[Part, ...], viewed: _Viewed) -> dict[str, Any]:
    """The rows that the parts of a split hold together."""
    if viewed.sizes is None:
        return {"unread": ("size",)}
    sizes: dict[str, int] = {}
    estimated = False
    names = {part.name for part in parts}
    for each in viewed.sizes:
        if each.config != config or each.split not in names:
            continue
        rows = each.num_rows if each.estimated_num_rows is None else each.estimated_num_rows
        estimated = estimated or (viewed.partial and each.estimated_num_rows is not None)
        if rows is not None:
            sizes[each.split] = rows
    rows = rows_of(parts, sizes)
    place = None if rows is None or not parts else place_of(parts[0], sizes[parts[0].name])
    return {"rows": rows, "estimated": estimated, "place": place}


@dataclass(frozen=True, slots=True)
class Sample:
    """The first rows of a split.

    Attributes:
        columns: Its columns.
        rows: The rows, none of them cut.
        left_out: Rows whose cells the viewer had cut.
    """

    columns: tuple[str, ...]
    rows: tuple[dict[str, Any], ...] = ()
    left_out: int = 0

    def of(self, found: DataRepository) -> DataRepository:
        """The dataset with these rows."""
        only = len(parts_of(found.split or "") or ()) == 1
        return replace(
            found,
            columns=self.columns,
            sample=self.rows,
            left_out=self.left_out,
            whole=only and not self.left_out and len(self.rows) == found.rows,
        )


async def sample_rows(client: Client, found: DataRepository) -> Sample | None:
    """The first rows of the split that an entry reads; None where the viewer gives neither rows nor columns.

    Rows that the viewer has cut are read again from where it does not cut, or left out. Where an entry reads several
    configurations, the first few give the same number of rows each.

    Args:
        client: Asks.
        found: The dataset, with its configurations and its splits.
    """
    if found.config is None:
        return None
    places = dict(zip((found.config, *found.also), found.places, strict=False))
    configs = list(dict.fromkeys((found.config, *found.also)))[:_MOST_SAMPLED]
    asked = (_sample(client, found, config, places.get(config)) for config in configs)
    samples = [each for each in await asyncio.gather(*asked) if each is not None]
    if not samples:
        return None
    columns = tuple(dict.fromkeys(column for each in samples for column in each.columns))
    rows = tuple(row for each in samples for row in each.rows[: ROWS // len(configs)])
    return Sample(columns, rows, sum(each.left_out for each in samples))


async def _sample(client: Client, found: DataRepository, config: str, place: tuple[int, int] | None) -> Sample | None:
    """The first rows of one configuration, of those in `place` where that is known."""
    parts = parts_of(found.split or "")
    if not parts:
        return None
    if place is None and (parts[0].first, parts[0].last) != (None, None):
        # Without the size of the split, nobody knows which of its rows are meant.
        return None
    begin, end = place or (0, ROWS)
    most = min(ROWS, end - begin)
    query = {"dataset": found.renamed_to or found.id, "config": config, "split": parts[0].name}
    directly = {**query, "offset": str(begin), "length": str(most)}
    # Only what begins elsewhere costs the viewer more.
    first = await (
        _view(client, "rows", directly, Page, ROWS_BYTES)
        if begin and most
        else _view(client, "first-rows", query, Page, ROWS_BYTES)
    )
    if not isinstance(first, Page):
        return await _columns_only(client, query)
    columns = tuple(feature.name for feature in first.features)
    if any(_is_pictured(feature.type) for feature in first.features):
        # Cells with pictures hold addresses that expire, not what the loader will see.
        return Sample(columns)
    rows = first.rows[:most]
    lacking = any(row.truncated_cells for row in rows) or (place is not None and len(rows) < most)
    if lacking and not begin:
        again = await _view(client, "rows", directly, Page, ROWS_BYTES)
        if isinstance(again, Page) and len(again.rows) >= len(rows):
            rows = again.rows[:most]
    uncut = tuple(row.row for row in rows if not row.truncated_cells)
    return Sample(columns, uncut, len(rows) - len(uncut))


async def _columns_only(client: Client, query: Mapping[str, str]) -> Sample | None:
    """The columns, where the viewer can tell them although it has no rows to show."""
    info = await _view(client, "info", {key: query[key] for key in ("dataset", "config")}, DatasetInfo)
    features = info.dataset_info.features if isinstance(info, DatasetInfo) else None
    return Sample(tuple(features)) if features else None


def _is_pictured(kind: Any) -> bool:
    """Whether a column holds pictures or sound, however deep."""
    if isinstance(kind, dict):
        return kind.get("_type") in _PICTURED or any(_is_pictured(each) for each in kind.values())
    return isinstance(kind, list) and any(_is_pictured(each) for each in kind)
