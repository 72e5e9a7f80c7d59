"""A model on the Hub: its metadata in one request, then the small files that it has."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

from bot.hub.limits import Kind
from bot.hub.names import nearest
from bot.hub.shapes import Info, ModelInfo, read
from bot.hub.transport import METADATA_BYTES, TOKENIZER_BYTES, Answer, TooLarge, Unreachable
from knowledge.hub import Repository, Tokenizer, is_repository

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from yarl import URL

    from bot.hub.client import Client
    from knowledge.hub import ModelTarget, Status

_EXPAND = (
    *("config", "disabled", "gated", "library_name", "pipeline_tag"),
    *("safetensors", "sha", "siblings", "tags"),
)
_FILES = "siblings"
_CONFIG = ("config.json", "adapter_config.json")
_TOKENIZER = "tokenizer_config.json"
_TEMPLATE = "chat_template.jinja"
_OLD_TEMPLATE = "chat_template.json"
_MORE_TEMPLATES = "additional_chat_templates/"
_SPECIAL = "special_tokens_map.json"
_SPECIAL_TOKENS = ("bos_token", "eos_token", "pad_token", "unk_token")
_LONGEST_TEMPLATE = 200_000
_LONGEST_NUMBER = 9
_DISABLED = "Access to this resource is disabled."


async def look_up_model(client: Client, target: ModelTarget) -> AsyncIterator[Repository]:
    """What is known of a model, better and better; the last value is all that could be had.

    Args:
        client: Asks.
        target: What to look up.
    """
    found = Repository(field=target.field, id=target.id)
    yield found
    answer = await metadata(client, "models", target.id, target.revision, _EXPAND)
    if (status := refusal(answer)) is not None:
        yield replace(found, status=status)
        if status == "missing":
            names = await nearest(client, "models", target.id)
            yield replace(found, status=status, nearest=names)
        return
    info = read(ModelInfo, answer)
    tensors = info.safetensors
    found = replace(
        found,
        **described(info, target.id),
        library=info.library_name,
        pipeline=info.pipeline_tag,
        tags=info.tags,
        tensors=tensors.parameters or {"": tensors.total or 0} if tensors is not None else {},
        listing=info.config or {},
    )
    found = _with_listed_template(found)
    yield found
    if found.status == "found":
        async for better in _with_files(client, found, target):
            yield better


async def metadata(client: Client, kind: str, name: str, revision: str | None, expand: tuple[str, ...]) -> Answer:
    """A repository's metadata; without its files where it has so many that their list is too large.

    Args:
        client: Asks.
        kind: "models" or "datasets".
        name: The repository.
        revision: Which revision; None for the default one.
        expand: The parts that are asked for.
    """
    base = client.hub / "api" / kind
    try:
        return await client.get(Kind.API, repository_url(base, name, revision, expand), METADATA_BYTES)
    except TooLarge:
        fewer = tuple(part for part in expand if part != _FILES)
        return await client.get(Kind.API, repository_url(base, name, revision, fewer), METADATA_BYTES)


def repository_url(base: URL, name: str, revision: str | None, expand: tuple[str, ...]) -> URL:
    """The address of a repository's metadata."""
    url = base.joinpath(*name.split("/"))
    if revision is not None:
        url = at_revision(url / "revision", revision)
    return url.with_query([("expand[]", part) for part in expand])


def at_revision(base: URL, revision: str) -> URL:
    """An address with a revision as its last part; the slash in `refs/pr/1` is none of the path."""
    return base.joinpath(quote(revision, safe=""), encoded=True)


def refusal(answer: Answer) -> Status | None:
    """What a refusal of the Hub's means; None where it is none.

    Raises:
        Unreachable: It means nothing that is known.
    """
    if answer.status == 200:
        return None
    if answer.message == _DISABLED:
        return "disabled"
    by_code: dict[str, Status] = {"RevisionNotFound": "no-revision", "GatedRepo": "gated", "RepoNotFound": "missing"}
    if answer.code in by_code:
        return by_code[answer.code]
    # A missing repository and a private one: 401 without a word. A bare 404 may come from any server on the way.
    if answer.status == 401 or (answer.status == 404 and answer.is_json):
        return "missing"
    raise Unreachable(f"it answered with an error ({answer.status})")


def described(info: Info, name: str) -> dict[str, Any]:
    """What the metadata of either kind of repository say.

    Raises:
        Unreachable: It calls itself by what is not a name.
    """
    if not is_repository(info.id):
        raise Unreachable("its answer could not be read")
    status: Status = "disabled" if info.disabled else "gated" if info.gated else "found"
    return {
        "status": status,
        "renamed_to": None if info.id == name else info.id,
        "revision": info.sha,
        "gated": bool(info.gated),
        "files": info.files,
    }


async def _with_files(client: Client, found: Repository, target: ModelTarget) -> AsyncIterator[Repository]:
    """The small files of a public repository, side by side; each makes the value better as it comes."""
    repository = client.hub.joinpath(*(found.renamed_to or found.id).split("/"), "resolve")
    base = at_revision(repository, target.revision or "main")
    waiting = {asyncio.create_task(_file(client, base, name), name=name): name for name in _wanted(found.files, target)}
    try:
        while waiting:
            done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                found = _with_file(found, waiting.pop(task), task.result())
            yield found
    finally:
        for task in waiting:
            task.cancel()
    tokenizer = found.tokenizer
    if "tokenizer" in target.parts and _SPECIAL in (found.files or ()) and (tokenizer is None or not tokenizer.eos):
        yield _with_file(found, _SPECIAL, await _file(client, base, _SPECIAL))


def _wanted(files: tuple[str, ...] | None, target: ModelTarget) -> list[str]:
    """The files to ask for: those that the repository lists; where it lists none, those that most have."""
    wanted = list(_CONFIG) if "config" in target.parts else []
    if "tokenizer" in target.parts:
        wanted += [_TOKENIZER, _TEMPLATE if files is None or _TEMPLATE in files else _OLD_TEMPLATE]
    if files is None:
        return [name for name in wanted if name not in (_CONFIG[1], _OLD_TEMPLATE)]
    return [name for name in wanted if name in files]


async def _file(client: Client, base: URL, name: str) -> Any:
    """The content of a file; None where the repository does not have it, an exception where it cannot be read."""
    most = METADATA_BYTES if name in _CONFIG else TOKENIZER_BYTES
    try:
        answer = await client.get(Kind.FILES, base / name, most)
        if answer.status == 404:
            return None
        if answer.status != 200:
            return Unreachable("it does not provide this file")
        if name == _TEMPLATE:
            return answer.body.decode("utf-8")
        content = answer.json()
    except Unreachable as error:
        return error
    except UnicodeDecodeError:
        return Unreachable("its answer could not be read")
    return content if isinstance(content, dict) else Unreachable("its answer could not be read")


def _with_file(found: Repository, name: str, content: Any) -> Repository:
    """The repository with what one of its files says."""
    if isinstance(content, Unreachable):
        return replace(found, unread=(*found.unread, name))
    if content is None:
        return found
    update: dict[str, Any] = {}
    if name == _CONFIG[0]:
        update["config"] = content
    elif name == _CONFIG[1]:
        update["adapter"] = content
    elif name in (_TOKENIZER, _SPECIAL):
        update["tokenizer"] = _tokenizer(content, found.tokenizer)
    if name == _TEMPLATE:
        update["template"] = content
    elif (template := _template(content.get("chat_template"))) and _TEMPLATE not in (found.files or ()):
        if name == _TOKENIZER or not found.template:
            update["template"] = template
    if name == _TOKENIZER and "template" not in update and found.template is None and _has_no_template(found):
        update["template"] = ""
    return replace(found, **update)


def _has_no_template(found: Repository) -> bool:
    """Whether no file but `tokenizer_config.json` can hold a template."""
    return found.files is not None and not any(
        name in (_TEMPLATE, _OLD_TEMPLATE) or name.startswith(_MORE_TEMPLATES) for name in found.files
    )


def _tokenizer(content: dict[str, Any], before: Tokenizer | None) -> Tokenizer:
    """What a tokenizer's files say of its special tokens."""
    added = _added(content.get("added_tokens_decoder"))
    special: dict[str, Any] = {name.removesuffix("_token"): _token(content.get(name)) for name in _SPECIAL_TOKENS}
    if before is not None:
        special = {name: getattr(before, name) or value for name, value in special.items()}
        return replace(before, **special)
    kind = content.get("tokenizer_class")
    kind = kind if isinstance(kind, str) else None
    side = content.get("padding_side")
    side = side if side in ("left", "right") else None
    return Tokenizer(kind=kind, added=tuple(added.values()), ids=tuple(added), padding=side, **special)


def _added(listed: Any) -> dict[int, str]:
    """Added tokens by their numbers; empty where the list cannot be read whole."""
    found: dict[int, str] = {}
    for number, each in listed.items() if isinstance(listed, dict) else ():
        token = _token(each)
        if token is None or not number.isdecimal() or len(number) > _LONGEST_NUMBER:
            return {}
        found[int(number)] = token
    return found


def _token(value: Any) -> str | None:
    """A token: its text, or the text inside its description."""
    text = value.get("content") if isinstance(value, dict) else value
    return text if isinstance(text, str) else None


def _template(value: Any) -> str | None:
    """A chat template; of several that one named "default", else the first."""
    if isinstance(value, list):
        named = {each.get("name"): each.get("template") for each in value if isinstance(each, dict)}
        value = named.get("default", next(iter(named.values()), None))
    return value if isinstance(value, str) and len(value) <= _LONGEST_TEMPLATE else None


def _with_listed_template(found: Repository) -> Repository:
    """The template that the Hub's index holds, for repositories whose files nobody may read."""
    if found.status != "gated":
        return found
    listed = found.listing.get("tokenizer_config")
    tokens = cast("dict[str, Any]", listed) if isinstance(listed, dict) else {}
    template = _template(found.listing.get("chat_template_jinja")) or _template(tokens.get("chat_template"))
    return replace(found, template=template, tokenizer=_tokenizer(tokens, None) if tokens else None)
