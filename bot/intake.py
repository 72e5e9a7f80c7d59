"""What members hand in -> text within limits: an attachment, a modal, or a message with code blocks and files."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import TYPE_CHECKING

import aiohttp
import discord

from bot import jobs, reading, unpacking
from bot.errors import UserError
from bot.request import PASTED, Sample, Submission
from bot.views.check import intake as words
from knowledge.document import MAX_BYTES
from knowledge.samples import SAMPLE_BYTES
from knowledge.text_kind import ROWS_SUFFIXES
from knowledge.versions import lists_packages

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.links import LinkedFile, Links
    from bot.workers import Workers

MAX_SAMPLE_BYTES = 10 << 20
"""Bytes of a file with rows: what Discord lets everybody upload. Its first SAMPLE_BYTES are read."""
MAX_TAKEN = 5
"""Configs that are taken from one message."""

_FENCE = re.compile(r"```(?:([\w+#.-]*)[ \t]*\r?\n)?(.*?)(?:```|\Z)", re.DOTALL)
_AT_ONCE = 16_384
"""Characters that are looked at on the event loop: within some milliseconds."""
_PICTURES = ("image/", "video/", "audio/")
_CONFIGS = (".yml", ".yaml")
_CONTROLS = bytes(range(9))
"""No text holds them, in whatever encoding."""
_UNCLEAR = ("other", "question", "rows")
_ARCHIVES = (".tar.gz", ".tar", ".7z", ".safetensors", ".bin", ".pt", ".pdf")


@dataclass(frozen=True, slots=True)
class MessageTexts:
    """What a message held.

    Attributes:
        taken: Configs and logs.
        left: Names of what was not taken, with the reason.
        rows: Rows of datasets.
    """

    taken: tuple[Submission, ...]
    left: tuple[str, ...]
    rows: tuple[Sample, ...] = ()


async def from_attachment(workers: Workers, attachment: discord.Attachment) -> Submission:
    """Reads a config or a log from a file.

    Raises:
        UserError: it is too large (asked before it is downloaded), no text, or can't be fetched.
    """
    data = await _download(attachment, MAX_BYTES, words.too_large)
    text, notes = decode(data, attachment.filename)
    return await submit(workers, attachment.filename, text, notes)


async def take(workers: Workers, attachment: discord.Attachment | LinkedFile) -> Submission | Sample:
    """Reads a file and tells what it is: rows of a dataset become a Sample; of a long log the end is read.

    Raises:
        UserError: it is too large, no text, or can't be fetched.
    """
    if PurePath(attachment.filename).suffix.lower() in ROWS_SUFFIXES:
        return await sample_from(workers, attachment)
    name = attachment.filename
    limit = MAX_BYTES if PurePath(name).suffix.lower() in _CONFIGS else MAX_SAMPLE_BYTES
    data = await _download(attachment, limit, words.too_large)
    if name.lower().endswith(unpacking.SUFFIXES):
        name, data = await asyncio.to_thread(unpacking.unpack, name, data, MAX_SAMPLE_BYTES)
    text, notes = decode(data, name)
    found = await submit(workers, name, text, notes)
    if found.kind == "rows":
        return Sample(name, found.text.encode()[: SAMPLE_BYTES + 1], found.secrets)
    if len(data) <= MAX_BYTES:
        return found
    if found.kind != "log":
        raise UserError(words.neither_log_nor_rows(name, len(data), MAX_BYTES))
    return replace(found, text=found.text[-MAX_BYTES:], notes=(*found.notes, words.END_OF_LOG))


async def sample_from(workers: Workers, attachment: discord.Attachment | LinkedFile) -> Sample:
    """Reads rows of a dataset from a file; secrets are masked where it is text.

    Raises:
        UserError: it is too large or can't be fetched.
    """
    data = await _download(attachment, MAX_SAMPLE_BYTES, words.sample_too_large)
    if PurePath(attachment.filename).suffix.lower() in (".parquet", ".arrow"):
        return Sample(attachment.filename, data)
    text, _ = decode(_first_part(data), attachment.filename)
    taken = await submit(workers, attachment.filename, text)
    # One byte more than is read, so that what reads it still sees that the file goes on.
    return Sample(attachment.filename, taken.text.encode()[: SAMPLE_BYTES + 1], taken.secrets)


async def from_paste(workers: Workers, *parts: str) -> Submission:
    """Joins the fields of a modal, in which a config of over 4,000 characters is spread."""
    return await submit(workers, PASTED, "\n".join(part.strip("\n") for part in parts if part.strip()))


async def from_message(workers: Workers, message: discord.Message, links: Links | None = None) -> MessageTexts:
    """Finds configs and logs in a message: in its code blocks, its files and links, and in a message that it forwards.

    Raises:
        UserError: a file can't be fetched; or a link can't, and there is nothing else.
    """
    taken: list[Submission] = []
    left: list[str] = []
    rows: list[Sample] = []
    unread: list[UserError] = []
    for part in parts_of(message):
        taken += [text for text in await from_content(workers, part.content) if _is_telling(text)]
        for attachment in files_of(part, links):
            if reason := unfit(attachment):
                left.append(words.left_out(attachment.filename, reason))
                continue
            if len(taken) + len(rows) >= MAX_TAKEN:
                left.append(words.left_out(attachment.filename, words.TOO_MANY))
                continue
            try:
                text = await take(workers, attachment)
            except UserError as error:
                if isinstance(attachment, discord.Attachment):
                    raise
                unread.append(error)
                left.append(words.left_out(attachment.filename, words.UNREAD_LINK))
                continue
            if isinstance(text, Sample):
                rows.append(text)
            elif _is_telling(text):
                taken.append(text)
            else:
                left.append(words.left_out(attachment.filename, words.NO_CONFIG))
    if unread and not taken and not rows:
        raise unread[0]
    left += [words.left_out(text.name, words.TOO_MANY) for text in taken[MAX_TAKEN:]]
    return MessageTexts(tuple(taken[:MAX_TAKEN]), tuple(left), tuple(rows))


def words_beside(message: discord.Message) -> str:
    """What a member wrote around the code blocks of a message."""
    return _FENCE.sub(" ", message.content)


def parts_of(message: discord.Message) -> list[discord.Message | discord.MessageSnapshot]:
    """A message, and what it forwards."""
    return [message, *message.message_snapshots]


def _is_telling(text: Submission) -> bool:
    """Whether a text of a message is one to answer: a config, a log, or a list of installed packages."""
    return text.kind not in _UNCLEAR or lists_packages(text.text)


def files_of(
    part: discord.Message | discord.MessageSnapshot, links: Links | None
) -> list[discord.Attachment | LinkedFile]:
    """The files of a message, and what its links to listed hosts lead to."""
    return [*part.attachments, *(links.named_in(part.content) if links is not None else ())]


def has_block(content: str) -> bool:
    """Whether a text holds a code block."""
    return "```" in content


async def submit(workers: Workers, name: str, text: str, notes: Iterable[str] = ()) -> Submission:
    """A text with its secrets found and masked, which comes before anything else; long ones go to a worker."""
    if len(text) <= _AT_ONCE:
        found = reading.read(name, text)
    else:
        found = await workers.run(jobs.look, name=name, text=text)
    return replace(found, notes=(*found.notes, *notes))


def _first_part(data: bytes) -> bytes:
    """The part of a large text that can be read of it, no character cut; masking needs some more than is kept."""
    end = min(len(data), 2 * SAMPLE_BYTES)
    for _ in range(3):  # at most three bytes of a character stand behind its first
        if end < len(data) and data[end] & 0xC0 == 0x80:
            end -= 1
    return data[:end]


def decode(data: bytes, name: str) -> tuple[str, tuple[str, ...]]:
    """The text of a file, and a sentence where it is saved in a way that Axolotl cannot read.

    Raises:
        UserError: it is not text.
    """
    for marks, encoding in (((b"\xff\xfe", b"\xfe\xff"), "utf-16"), ((b"\xef\xbb\xbf",), "utf-8-sig")):
        if data.startswith(marks):
            try:
                text = data.decode(encoding)
            except UnicodeDecodeError:
                break
            return text, (words.UTF_16,) if encoding == "utf-16" else ()
    if b"\x00" in data:
        raise UserError(words.no_text(name))
    try:
        return data.decode(), ()
    except UnicodeDecodeError as error:
        if len(data.translate(None, _CONTROLS)) < len(data):
            raise UserError(words.no_text(name)) from error
        line = data.count(b"\n", 0, error.start) + 1
        return data.decode("cp1252", "replace"), (words.not_utf_8(line),)


async def from_content(workers: Workers, content: str) -> list[Submission]:
    """The texts in a message: its code blocks, else the whole of it."""
    blocks = [match[2].strip("\n") for match in _FENCE.finditer(content)]
    if not blocks:
        blocks, names = ([content] if content.strip() else []), [words.WHOLE_MESSAGE]
    else:
        names = [words.block_name(number, len(blocks)) for number in range(1, len(blocks) + 1)]
    return [await submit(workers, name, block) for name, block in zip(names, blocks, strict=False)]


def unfit(attachment: discord.Attachment | LinkedFile) -> str | None:
    """Why a file of a message is not looked into, or None."""
    if (attachment.content_type or "").startswith(_PICTURES):
        return words.PICTURE
    if attachment.filename.lower().endswith(_ARCHIVES):
        return words.NO_TEXT
    limit = MAX_BYTES if PurePath(attachment.filename).suffix.lower() in _CONFIGS else MAX_SAMPLE_BYTES
    if attachment.size > limit:
        return words.over(limit)
    return None


async def _download(attachment: discord.Attachment | LinkedFile, limit: int, refusal: words.Refusal) -> bytes:
    if attachment.size > limit:
        raise UserError(refusal(attachment.filename, attachment.size, limit))
    try:
        data = await attachment.read()
    except (discord.HTTPException, aiohttp.ClientError, TimeoutError) as error:
        raise UserError(words.unfetched(attachment.filename)) from error
    if len(data) > limit:  # what Discord says of the size is not taken on trust
        raise UserError(refusal(attachment.filename, len(data), limit))
    return data
