"""A log in a .gz or .zip file, unpacked within limits: size, ratio and members; what is packed inside stays packed."""

from __future__ import annotations

import io
import zipfile
import zlib
from pathlib import PurePath

from bot.errors import UserError
from bot.views.check import intake as words

SUFFIXES = (".gz", ".zip")
MOST_MEMBERS = 20
"""Members of a .zip file; one with more is not a log that somebody packed."""
HIGHEST_RATIO = 200
"""How many times larger what comes out may be; real logs shrink to a tenth or a thirtieth."""
_GZIP = 16 + zlib.MAX_WBITS
_TEXTS = (".log", ".txt", ".out", ".err", ".yml", ".yaml", ".json", ".jsonl", ".csv", "")
_ENCRYPTED = 1
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""What a .zip file may be packed with: of bzip2 and LZMA, a few bytes become many megabytes before any are counted."""


def unpack(name: str, data: bytes, limit: int) -> tuple[str, bytes]:
    """(name, content) of the text in a packed file.

    Args:
        name: The file's name, which ends in one of `SUFFIXES`.
        data: The file.
        limit: Bytes that may come out.

    Raises:
        UserError: it is damaged, encrypted, holds no text or several, or more comes out than is allowed.
    """
    most = min(limit, HIGHEST_RATIO * max(len(data), 1))
    if name.lower().endswith(".gz"):
        return name[: -len(".gz")], _inflate(name, data, most)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            member = _member(name, archive.infolist())
            with archive.open(member) as packed:
                content = packed.read(most + 1)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as error:
        raise UserError(words.not_unpacked(name, words.DAMAGED)) from error
    if len(content) > most:
        raise UserError(words.not_unpacked(name, words.unpacks_to_more(most)))
    return PurePath(member.filename).name, content


def _inflate(name: str, data: bytes, most: int) -> bytes:
    stream = zlib.decompressobj(_GZIP)
    try:
        content = stream.decompress(data, most + 1)
    except zlib.error as error:
        raise UserError(words.not_unpacked(name, words.DAMAGED)) from error
    if len(content) > most:
        raise UserError(words.not_unpacked(name, words.unpacks_to_more(most)))
    return content


def _member(name: str, members: list[zipfile.ZipInfo]) -> zipfile.ZipInfo:
    texts = [each for each in members if not each.is_dir() and PurePath(each.filename).suffix.lower() in _TEXTS]
    if len(members) > MOST_MEMBERS or len(texts) != 1:
        raise UserError(words.not_unpacked(name, words.ONE_TEXT))
    if texts[0].flag_bits & _ENCRYPTED:
        raise UserError(words.not_unpacked(name, words.ENCRYPTED))
    if texts[0].compress_type not in _METHODS:
        raise UserError(words.not_unpacked(name, words.UNUSUAL))
    return texts[0]
