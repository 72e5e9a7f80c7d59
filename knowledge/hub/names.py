"""What is the name of a repository on the Hub, and what is a path or a reader's name that only looks like one."""

from __future__ import annotations

import re

from knowledge.pattern import expression

_PART = r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?"
_NAME = expression(rf"(?:(?P<owner>{_PART})/)?(?P<name>{_PART})")
_LONGEST = 96
_PLAIN = expression(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,79}")
_REVISION = expression(r"[A-Za-z0-9_][A-Za-z0-9_./-]{0,199}")
_PATH = expression(r"[.~]?[/\\]|\.\.[/\\]|[A-Za-z]:[\\/]|\.{1,2}$|~|\$")
_SCHEME = expression(r"[A-Za-z][A-Za-z0-9+.-]*://")
_FILE = expression(
    r"\.(?:jsonl?|ndjson|csv|tsv|txt|text|parquet|arrow|md|ya?ml|zip|tar|bin|pt|safetensors|gguf)(?:\.(?:gz|zst|xz|bz2))?$",
    re.IGNORECASE,
)
_WORDS = expression(r"\S+")
_READERS = frozenset(
    _WORDS.findall(
        """
        arrow audiofolder conll csv eval hdf5 iceberg imagefolder json lance meshfolder niftifolder pandas parquet
        pdffolder text tsfile videofolder webdataset xml generator spark sql
        """
    )
)
"""Names by which `datasets` calls its own readers; they come before any repository."""
_FOLDERS = frozenset(
    _WORDS.findall(
        """
        output outputs out model models checkpoint checkpoints ckpt ckpts data dataset datasets weights workspace runs
        results tmp home mnt root content lora loras adapter adapters merged axolotl examples
        """
    )
)
"""First parts that people give to folders of their own and that no account on the Hub stands for."""


def is_repository(name: str) -> bool:
    """Whether the Hub could hold a repository of this name: `owner/name`, or one of the old bare names."""
    found = _NAME.fullmatch(name)
    return bool(
        found
        and len(name) <= _LONGEST
        and "--" not in name
        and ".." not in name
        and not name.endswith((".git", ".ipynb"))
    )


def is_revision(name: str) -> bool:
    """Whether a branch, tag, or commit could have this name."""
    return bool(_REVISION.fullmatch(name)) and ".." not in name


def is_path(name: str) -> bool:
    """Whether a name is written as a path, an address or a file, so that nobody looks for it on the Hub."""
    return bool(
        _PATH.match(name) or _SCHEME.match(name) or _FILE.search(name) or name.endswith("/") or name.count("/") > 1
    )


def is_reader(name: str) -> bool:
    """Whether `datasets` takes a name for one of its own readers."""
    return name in _READERS


def is_doubtful(name: str) -> bool:
    """Whether a repository may not be meant although its name is valid: a bare name, or a folder's usual name."""
    owner, slash, _ = name.partition("/")
    return not slash or owner.lower() in _FOLDERS


def is_plain(word: str) -> bool:
    """Whether a word that comes from the Hub can stand in a sentence as it is."""
    return bool(_PLAIN.fullmatch(word))


def short(revision: str) -> str:
    """A commit as people write it: the first seven characters of its hash."""
    return revision[:7]
