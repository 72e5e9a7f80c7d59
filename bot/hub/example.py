"""A small Hub on loopback in the shapes of the real one: for the demo, and for trying things out offline."""

from __future__ import annotations

import asyncio
import hashlib
import json
import threading
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
    from importlib.resources.abc import Traversable

_PAGE = 100
_ALWAYS = frozenset({"id", "_id"})


@dataclass(frozen=True, slots=True)
class ExampleModel:
    """A model.

    Attributes:
        id: Its name.
        files: Contents by file name.
        tensors: Stored elements by type.
        gated: Whether its files are only for those who have accepted its terms.
        before: Names that it had earlier.
        more: Further metadata.
    """

    id: str
    files: Mapping[str, bytes] = field(default_factory=dict)
    tensors: Mapping[str, int] = field(default_factory=dict)
    gated: bool = False
    before: tuple[str, ...] = ()
    more: Mapping[str, Any] = field(default_factory=dict)

    @property
    def sha(self) -> str:
        """The hash of its one commit."""
        return hashlib.sha1(self.id.encode(), usedforsecurity=False).hexdigest()


@dataclass(frozen=True, slots=True)
class ExampleDataset:
    """A dataset: rows by configuration and split; the rest as in `ExampleModel`."""

    id: str
    rows: Mapping[str, Mapping[str, list[dict[str, Any]]]] = field(default_factory=dict)
    gated: bool = False
    before: tuple[str, ...] = ()
    more: Mapping[str, Any] = field(default_factory=dict)

    @property
    def sha(self) -> str:
        """The hash of its one commit."""
        return hashlib.sha1(self.id.encode(), usedforsecurity=False).hexdigest()


class ExampleHub:
    """Serves models and datasets as the Hub and its viewer do.

    Args:
        models: The models.
        datasets: The datasets.
        owner: Only names of this owner are known to be missing; others are answered like an address that is not one.
            None: every name is known to exist or not.
    """

    def __init__(
        self, models: Iterable[ExampleModel], datasets: Iterable[ExampleDataset], owner: str | None = None
    ) -> None:
        self._held: dict[str, dict[str, ExampleModel] | dict[str, ExampleDataset]] = {
            "models": {each.id: each for each in models},
            "datasets": {each.id: each for each in datasets},
        }
        self._owner = owner

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[str]:
        """Serves on a free port of loopback; gives the address."""
        runner = web.AppRunner(self.application(), access_log=None)
        await runner.setup()
        try:
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            yield f"http://127.0.0.1:{runner.addresses[0][1]}"
        finally:
            await runner.cleanup()

    @contextmanager
    def serve_apart(self) -> Iterator[str]:
        """Serves from a thread of its own, for a loop whose tasks are watched; gives the address."""
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever, name="example-hub", daemon=True)
        thread.start()
        serving = self.serve()
        try:
            yield asyncio.run_coroutine_threadsafe(serving.__aenter__(), loop).result()
        finally:
            asyncio.run_coroutine_threadsafe(serving.__aexit__(None, None, None), loop).result()
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.close()

    def application(self) -> web.Application:
        """The routes of both hosts."""
        app = web.Application()
        for kind in ("models", "datasets"):
            app.router.add_get(f"/api/{kind}", self._search)
            for name in ("{name:[^/]+}", "{name:[^/]+/[^/]+}"):
                app.router.add_get(f"/api/{kind}/{name}/revision/{{revision:.+}}", self._info)
                app.router.add_get(f"/api/{kind}/{name}", self._info)
        for name in ("{name:[^/]+}", "{name:[^/]+/[^/]+}"):
            app.router.add_get(f"/{name}/resolve/{{revision}}/{{file:.+}}", self._resolve)
            app.router.add_get(f"/api/resolve-cache/models/{name}/{{revision}}/{{file}}", self._file)
        for what in ("splits", "size", "info", "first-rows", "rows"):
            app.router.add_get(f"/{what}", self._view)
        return app

    # -- the Hub -------------------------------------------------------------------------------------------------

    async def _search(self, request: web.Request) -> web.Response:
        held = self._held[_kind(request)]
        search, author = request.query.get("search", "").lower(), request.query.get("author")
        found = [
            {"_id": each.sha[:24], "id": each.id, "gated": "auto" if each.gated else False}
            for each in held.values()
            if search in each.id.lower() and (author is None or each.id.startswith(f"{author}/"))
        ]
        return web.json_response(found[: int(request.query.get("limit", "1000"))])

    async def _info(self, request: web.Request) -> web.Response:
        kind, name = _kind(request), request.match_info["name"]
        found = self._find(kind, name)
        if found is None:
            return self._missing(name)
        if found.id != name:
            raise web.HTTPTemporaryRedirect(request.rel_url.path_qs.replace(name, found.id, 1))
        if (revision := request.match_info.get("revision")) not in (None, "main", found.sha):
            return _refused(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        info = _model_info(found) if isinstance(found, ExampleModel) else _dataset_info(found)
        expand = request.query.getall("expand[]", request.query.getall("expand", []))
        if expand:
            info = {key: value for key, value in info.items() if key in _ALWAYS or key in expand}
        return web.json_response(info)

    async def _resolve(self, request: web.Request) -> web.Response:
        name, revision = request.match_info["name"], request.match_info["revision"]
        found = self._find("models", name)
        if not isinstance(found, ExampleModel):
            return self._missing(name)
        file = request.match_info["file"]
        if found.gated:
            return _refused(401, "GatedRepo", f"Access to model {found.id} is restricted.")
        if revision not in ("main", found.sha):
            return _refused(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        if file not in found.files:
            return _refused(404, "EntryNotFound", "Entry not found", {"X-Repo-Commit": found.sha})
        place = f"/api/resolve-cache/models/{found.id}/{found.sha}/{file.replace('/', '%2F')}"
        raise web.HTTPTemporaryRedirect(place, headers=_of_file(found, file))

    async def _file(self, request: web.Request) -> web.Response:
        found = self._find("models", request.match_info["name"])
        file = request.match_info["file"]
        if not isinstance(found, ExampleModel) or file not in found.files:
            return _refused(404, "EntryNotFound", "Entry not found")
        return web.Response(
            body=found.files[file], content_type="text/plain", charset="utf-8", headers=_of_file(found, file)
        )

    def _find(self, kind: str, name: str) -> ExampleModel | ExampleDataset | None:
        held = self._held[kind]
        return held.get(name) or next((each for each in held.values() if name in each.before), None)

    def _missing(self, name: str) -> web.Response:
        if self._owner is not None and not name.startswith(f"{self._owner}/"):
            return web.Response(status=404, text="This address leads nowhere.")
        return web.json_response({"error": "Invalid username or password."}, status=401)

    # -- the dataset viewer --------------------------------------------------------------------------------------

    async def _view(self, request: web.Request) -> web.Response:
        name = request.query.get("dataset", "")
        found = self._find("datasets", name)
        if not isinstance(found, ExampleDataset) or found.gated:
            return _refused(401, "ExternalUnauthenticatedError", "The dataset does not exist, or is not accessible.")
        if found.id != name:
            return _refused(404, "RenamedDatasetError", "The dataset has been renamed.")
        what = request.path.lstrip("/")
        if what in ("splits", "size"):
            return web.json_response(_splits(found) if what == "splits" else _size(found))
        config, split = request.query.get("config", ""), request.query.get("split", "")
        splits = found.rows.get(config, {})
        if what == "info":
            rows = [row for each in splits.values() for row in each]
            features = {key: {"dtype": "string", "_type": "Value"} for key in _columns(rows)}
            return web.json_response({"dataset_info": {"features": features}, "partial": False})
        if split not in splits:
            return _refused(404, "SplitNotFoundError", "The split does not exist.")
        return web.json_response(_page(found, splits[split], config, split, request.query))


def from_folder(folder: Traversable, owner: str | None = None) -> ExampleHub:
    """The repositories of a folder with `models.json` and `datasets.json`: lists of the fields of the two classes."""

    def listed(name: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads((folder / name).read_text("utf-8"))
        return found

    models = [
        ExampleModel(**{**each, "files": {name: _content(value) for name, value in each["files"].items()}})
        for each in listed("models.json")
    ]
    return ExampleHub(models, [ExampleDataset(**each) for each in listed("datasets.json")], owner)


def _content(value: Any) -> bytes:
    """A file: JSON as it stands, or a text."""
    return (value if isinstance(value, str) else json.dumps(value, indent=2)).encode()


def _kind(request: web.Request) -> str:
    return request.path.split("/")[2]


def _refused(status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> web.Response:
    told = {"X-Error-Code": code, "X-Error-Message": message, **(headers or {})}
    return web.json_response({"error": message}, status=status, headers=told)


def _of_file(model: ExampleModel, name: str) -> dict[str, str]:
    digest = hashlib.sha1(model.files[name], usedforsecurity=False).hexdigest()
    return {"X-Repo-Commit": model.sha, "ETag": f'"{digest}"', "X-Linked-Size": str(len(model.files[name]))}


def _common(held: ExampleModel | ExampleDataset) -> dict[str, Any]:
    return {
        "_id": held.sha[:24],
        "id": held.id,
        "sha": held.sha,
        "private": False,
        "gated": "manual" if held.gated else False,
        "disabled": False,
        "tags": [],
    }


def _model_info(model: ExampleModel) -> dict[str, Any]:
    info = {**_common(model), "siblings": [{"rfilename": name} for name in model.files]}
    config = _json(model.files.get("config.json"))
    tokens = _json(model.files.get("tokenizer_config.json"))
    kept = ("architectures", "model_type", "quantization_config", "auto_map")
    info["config"] = {key: config[key] for key in kept if key in config}
    if tokens:
        wanted = ("bos_token", "eos_token", "pad_token", "unk_token", "chat_template")
        info["config"]["tokenizer_config"] = {key: tokens[key] for key in wanted if key in tokens}
    if model.tensors:
        info["safetensors"] = {"parameters": dict(model.tensors), "total": sum(model.tensors.values())}
    return {**info, **model.more}


def _dataset_info(dataset: ExampleDataset) -> dict[str, Any]:
    names = [f"{config}/{split}.parquet" for config, splits in dataset.rows.items() for split in splits]
    return {
        **_common(dataset),
        "siblings": [{"rfilename": name} for name in ("README.md", *names)],
        "cardData": {},
        **dataset.more,
    }


def _json(content: bytes | None) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(content) if content else {}
    return found


def _columns(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    return list(dict.fromkeys(key for row in rows for key in row))


def _places(dataset: ExampleDataset) -> list[dict[str, Any]]:
    return [
        {"dataset": dataset.id, "config": config, "split": split}
        for config, splits in dataset.rows.items()
        for split in splits
    ]


def _splits(dataset: ExampleDataset) -> dict[str, Any]:
    return {"splits": _places(dataset), "pending": [], "failed": []}


def _size(dataset: ExampleDataset) -> dict[str, Any]:
    splits = [
        {**place, "num_rows": len(dataset.rows[place["config"]][place["split"]]), "estimated_num_rows": None}
        for place in _places(dataset)
    ]
    return {"size": {"splits": splits}, "pending": [], "failed": [], "partial": False}


def _page(
    dataset: ExampleDataset, rows: list[dict[str, Any]], config: str, split: str, query: Mapping[str, str]
) -> dict[str, Any]:
    first = int(query.get("offset", "0"))
    shown = rows[first : first + min(_PAGE, int(query.get("length", str(_PAGE))))]
    columns = _columns(rows)
    return {
        "dataset": dataset.id,
        "config": config,
        "split": split,
        "features": [
            {"feature_idx": index, "name": name, "type": {"dtype": "string", "_type": "Value"}}
            for index, name in enumerate(columns)
        ],
        "rows": [
            {"row_idx": first + index, "row": {name: row.get(name) for name in columns}, "truncated_cells": []}
            for index, row in enumerate(shown)
        ],
        "truncated": len(rows) > len(shown),
    }
