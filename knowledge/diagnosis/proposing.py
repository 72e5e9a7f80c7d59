"""The lines to copy below a cure: those that the config does not have yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from knowledge.config import Config


def proposed(cure: str, write: str, config: Config | None) -> str:
    """A cure with the lines to copy.

    Args:
        cure: What to change, in Markdown.
        write: YAML to copy.
        config: The config of the run, if known: what it already has is not proposed again.
    """
    lines = write.strip()
    if config is not None:
        keys = yaml.safe_load(lines)
        if isinstance(keys, dict):
            present = [key for key, value in keys.items() if _has(config, key, value)]
            if present:
                names = ", ".join(f"`{key}`" for key in present)
                have = "has" if len(present) == 1 else "have"
                cure = f"{cure} In your config, {names} already {have} that value or a larger one."
            missing = {key: _missing(config.get(key), value) for key, value in keys.items() if key not in present}
            if missing != keys:
                keys = missing
                lines = yaml.safe_dump(keys, sort_keys=False).strip() if keys else ""
    return f"{cure}\n```yaml\n{lines}\n```" if lines else cure


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
