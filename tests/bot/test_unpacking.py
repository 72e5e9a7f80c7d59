"""Packed logs: what is read of them, and what is refused."""

import gzip
import io
import zipfile

import pytest

from bot.errors import UserError
from bot.unpacking import MOST_MEMBERS, unpack

LOG = b"RuntimeError: expected scalar type Float but found BFloat16\n" * 20
LIMIT = 1 << 20


def zipped(**files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
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
        ("a.zip", zipped(a_log=LOG, **{f"b{n}_png": b"" for n in range(MOST_MEMBERS)}), "exactly one text file"),
    ],
)
def test_what_is_refused_says_why(name, data, said):
    with pytest.raises(UserError, match=said):
        unpack(name, data, LIMIT)
