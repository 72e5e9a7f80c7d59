"""What is said of files and texts before they are checked."""

from __future__ import annotations

from collections.abc import Callable

from bot.views.kit import limits

Refusal = Callable[[str, int, int], str]

WHOLE_MESSAGE = "the message"
PICTURE = "an image: paste the text instead"
NO_TEXT = "not a text file"
NO_CONFIG = "neither a config nor a log"
TOO_MANY = "five at a time is the limit: check it on its own"
UTF_16 = "The file is saved as UTF-16, which Axolotl cannot read: save it as UTF-8."
NOTHING_GIVEN = "Paste something or choose a file: a config, a log, an error, rows, or a question."
END_OF_LOG = "The log is long, so only its last 1 MiB was read."
NOTHING_FOUND = (
    "This message contains no config and no log to check. I looked at its text, its code blocks, and its text "
    "files. If it is a screenshot, ask the author for the text."
)


def block_name(number: int, of: int) -> str:
    """How a code block of a message is called."""
    return "code block" if of == 1 else f"code block {number} of {of}"


def over(limit: int) -> str:
    """Why a large file of a message is left out."""
    return f"over {_size(limit)}"


def left_out(name: str, reason: str) -> str:
    """One thing of a message that was not taken."""
    return f"{limits.code(name)} ({reason})"


def too_large(name: str, size: int, limit: int) -> str:
    """A config over the limit."""
    return (
        f"{limits.code(name)} is {_size(size)}; the limit is {_size(limit)}, and a training config is a few kB. "
        "It was not downloaded. Rows of a dataset go into the option `dataset`, as a sample."
    )


def neither_log_nor_rows(name: str, size: int, limit: int) -> str:
    """A large text of which nothing can be said."""
    return (
        f"{limits.code(name)} is {_size(size)} and is neither a log nor rows of a dataset; the limit for a "
        f"config is {_size(limit)}."
    )


def not_compared(name: str, kind: str) -> str:
    """Something given to compare that is not a config."""
    named = {"log": "a log", "rows": "rows of a dataset"}.get(kind, "a question")
    return f"{limits.code(name)} is {named}, not a config, so there is nothing to compare."


def one_of_rows(name: str, taken: str) -> str:
    """A second file of rows."""
    return f"I did not look at the rows of {limits.code(name)}, only at those of {limits.code(taken)}."


def card_in_message(title: str) -> str:
    """The card that the words around a config name."""
    return f"Fit and time are for {title}, which the message names."


def sample_too_large(name: str, size: int, limit: int) -> str:
    """A dataset sample over the limit."""
    return (
        f"{limits.code(name)} is {_size(size)}; the limit for a sample is {_size(limit)}. It was not downloaded. A "
        "few hundred rows are enough: `head -n 500 data.jsonl > sample.jsonl`."
    )


def no_text(name: str) -> str:
    """A binary file."""
    return f"{limits.code(name)} is not a text file. Attach the YAML itself: .yml, .yaml, .txt, or .json."


def not_utf_8(line: int) -> str:
    """A text in an older encoding."""
    return f"Line {line} is not UTF-8, so Axolotl cannot read the file. Save it as UTF-8."


DAMAGED = "it is damaged, or it is not the format its name says"
ENCRYPTED = "it is encrypted"
UNUSUAL = "it is packed with a method other than Deflate"
ONE_TEXT = "it must contain exactly one text file"


def unpacks_to_more(limit: int) -> str:
    """Why a packed file is given up."""
    return f"it unpacks to more than {_size(limit)}"


def not_unpacked(name: str, reason: str) -> str:
    """A .gz or .zip file that is not read."""
    return f"I did not unpack {limits.code(name)}: {reason}. Attach the log itself, or its last lines."


REFUSED = "the site refuses to hand it out"
UNREAD_LINK = "a link that could not be read"
A_PAGE = "it is a web page, not a text file: link to the raw file"


def link_unread(address: str, reason: str) -> str:
    """A link whose text cannot be had."""
    return f"I could not read {limits.code(limits.cut(address, 200))}: {reason}. Attach the file instead."


def unfetched(name: str) -> str:
    """Discord did not hand the file over."""
    return (
        f"I could not download {limits.code(name)} from Discord: it may have been deleted, or Discord is slow. Attach "
        "it again, or paste its text: `/checkconfig` without a file opens a field for it."
    )


def _size(size: int) -> str:
    return f"{size / (1 << 20):.1f} MiB".replace(".0 ", " ") if size >= 1 << 20 else f"{max(1, size >> 10)} kB"
