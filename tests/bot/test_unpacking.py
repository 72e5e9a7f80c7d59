"""Packed logs: what is read of them, and what is refused."""

import contextlib
import gzip
import io
import random
import zipfile

import pytest

from bot.errors import UserError
from bot.unpacking import MOST_MEMBERS, unpack

LOG = b"RuntimeError: expected scalar type Float but found BFloat16\n" * 20
LIMIT = 1 << 20


def zipped(method=zipfile.ZIP_DEFLATED, **files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name.replace("_", "."), data)
    return out.getvalue()


def test_the_text_comes_out_under_its_own_name():
    assert unpack("train.log.gz", gzip.compress(LOG), LIMIT) == ("train.log", LOG)
    assert unpack("run.zip", zipped(train_log=LOG, logo_png=b"x"), LIMIT) == ("train.log", LOG)


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.gz", b"not packed", "damaged"),
        ("a.zip", b"PK\x03\x04 cut off", "damaged"),
        ("a.gz", gzip.compress(b"\0" * (5 << 20)), "it unpacks to more"),
        ("a.zip", zipped(a_log=b"\0" * (5 << 20)), "it unpacks to more"),
        ("a.zip", zipped(a_log=LOG, b_log=LOG), "exactly one text file"),
        ("a.zip", zipped(inner_zip=zipped(a_log=LOG)), "exactly one text file"),
        ("a.zip", zipped(zipfile.ZIP_BZIP2, a_log=b"\0" * (5 << 20)), "other than Deflate"),
        ("a.zip", zipped(zipfile.ZIP_LZMA, a_log=b"\0" * (5 << 20)), "other than Deflate"),
        ("a.zip", zipped(a_log=LOG, **{f"b{n}_png": b"" for n in range(MOST_MEMBERS)}), "exactly one text file"),
    ],
)
def test_what_is_refused_says_why(name, data, said):
    with pytest.raises(UserError, match=said):
        unpack(name, data, LIMIT)


def test_damage_anywhere_is_refused_in_words():
    chance = random.Random(1)
    methods = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
    packed = [("a.zip", zipped(method, a_log=LOG)) for method in methods] + [("a.gz", gzip.compress(LOG))]
    for _ in range(1500):
        name, whole = chance.choice(packed)
        data = bytearray(whole)
        for _ in range(chance.randint(1, 6)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        with contextlib.suppress(UserError):
            unpack(name, bytes(data[: chance.choice((len(data), chance.randrange(len(data))))]), LIMIT)
