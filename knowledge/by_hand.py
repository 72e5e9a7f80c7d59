"""YAML that is written by hand: read, with the file and the entry named where something in it is wrong."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.resources.abc import Traversable
    from pathlib import Path

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_yaml(file: Path | Traversable) -> Any:
    """What stands in a file; an empty mapping where nothing does.

    Raises:
        ValueError: It is not YAML. The message names the file and the line.
    """
    try:
        return yaml.load(file.read_text("utf-8"), _LOADER) or {}  # noqa: S506 - a safe loader
    except yaml.YAMLError as fault:
        raise ValueError(f"{file.name} is not YAML: {fault}") from fault


@contextmanager
def in_entry(file: str, name: object) -> Iterator[None]:
    """Names the file and the entry of whatever is raised for an entry's shape.

    Args:
        file: The file's name.
        name: The entry's name, or its number from 1.

    Raises:
        ValueError: The entry has a wrong shape.
    """
    try:
        yield
    except KeyError as fault:
        raise ValueError(f"{file}, entry {name}: `{fault.args[0]}` is missing") from fault
    except (AttributeError, TypeError, ValueError, re.error) as fault:
        raise ValueError(f"{file}, entry {name}: {fault}") from fault
