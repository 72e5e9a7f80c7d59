"""The lines to copy below a cure: those that the config does not have yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from knowledge.pattern import expression
from knowledge.text import listed

if TYPE_CHECKING:
    from knowledge.config import Config

_SETTING = expression(r"`([a-z][a-z0-9_]{1,60}: [^`\n]{1,120})`")


def proposed(cure: str, write: str, config: Config | None) -> str:
    """A cure with the lines to copy.

    Args:
        cure: What to change, in Markdown.
        write: YAML to copy; empty where the cure has no lines.
        config: The config of the run, if known: what it already has is not proposed again, and a setting that the
            cure only names is said to be there.
    """
    lines = write.strip()
    if config is not None:
        keys = yaml.safe_load(lines) if lines else {}
        if isinstance(keys, dict):
            present = [key for key, value in keys.items() if _has(config, key, value)]
            here = [*(_line(key, config.get(key)) for key in present), *_named(cure, config, keys)]
            if here:
                cure = f"{cure} Your config already has {listed([f'`{each}`' for each in here])}."
            missing = {key: _missing(config.get(key), value) for key, value in keys.items() if key not in present}
            if missing != keys:
                keys = missing
                lines = yaml.safe_dump(keys, sort_keys=False).strip() if keys else ""
    return f"{cure}\n```yaml\n{lines}\n```" if lines else cure


def _named(cure: str, config: Config, keys: dict[str, Any]) -> list[str]:
    """The settings that a cure names as `key: value`, beside its lines to copy, and that the config has."""
    found = {}
    for line in _SETTING.findall(cure):
        key = line.partition(":")[0]
        if key not in keys and config.written(key):
            value = _value(line)
            if value is not None and _has(config, key, value):
                found[key] = line
    return list(found.values())


def _value(line: str) -> Any:
    try:
        return next(iter(yaml.safe_load(line).values()))
    except yaml.YAMLError:
        return None


def _line(key: str, value: Any) -> str:
    """A setting as it stands in a config; a block or list only by its name."""
    return key if isinstance(value, dict | list) else yaml.safe_dump({key: value}).strip()


def _has(config: Config, key: str, value: Any) -> bool:
    """Whether the config says the same already, or waits at least as long."""
    present = config.get(key)
    if isinstance(value, dict) and value:
        return not _missing(present, value)
    if key.endswith("timeout") and isinstance(present, int | float) and isinstance(value, int | float):
        return present >= value
    return _same(present, value)


def _missing(present: Any, value: Any) -> Any:
    """What a proposed value has besides what is present: of a block only the keys that are absent or differ."""
    if not isinstance(value, dict) or not isinstance(present, dict):
        return value
    return {
        key: _missing(present.get(key), inner) for key, inner in value.items() if not _same(present.get(key), inner)
    }


def _same(present: Any, value: Any) -> bool:
    if isinstance(value, dict) and value:
        return not _missing(present, value)
    return present is not None and isinstance(present, bool) is isinstance(value, bool) and bool(present == value)
