"""The other YAML of `axolotl train config.yaml --cloud cloud.yaml`: whether a file is one, and for which provider."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from knowledge.config.types import Types

DEFAULT = "modal"
"""What Axolotl uses where no provider is named."""
_BESIDE = {
    "modal": (
        *("gpu", "gpu_count", "secrets", "volumes", "env", "timeout", "timeout_preprocess", "memory"),
        *("memory_preprocess", "docker_tag", "branch", "dockerfile_commands", "spawn"),
    ),
    "baseten": ("gpu", "gpu_count", "node_count", "project_name", "secrets", "launcher", "launcher_args"),
}
"""Keys that a provider reads without a class of its own for them."""
_COMMON = frozenset(
    {
        *("account", "backend", "branch", "context", "cpu", "dry_run", "env", "exclusive", "launcher", "memory"),
        *("mounts", "namespace", "nodes", "output", "profile", "project_name", "qos", "spawn", "timeout"),
        *("launcher_args", "volumes"),
    }
)
"""Words that other kinds of YAML have as well: one of them alone says nothing."""
_ANY: dict[str, Any] = {"type": "any", "default": None}


class Launcher(NamedTuple):
    """A cloud launcher file.

    `provider` is one of Axolotl's own, None where it is another's or cannot be told; `written` says whether the file
    names one. `fields` are the facts of its keys; other keys are refused where the class is `closed`, else ignored.
    """

    provider: str | None
    written: bool
    fields: dict[str, dict[str, Any]]
    closed: bool


def is_launcher(keys: Collection[Any], types: Types) -> bool:
    """Whether root keys are those of a launcher file: no field of a training config, and enough of a launcher's."""
    if not keys or not types.names.isdisjoint(keys):
        return False
    if "provider" in keys:
        return True
    every = {name for provider in types.launchers for name in _fields(provider, types)}
    known = [key for key in keys if key in every]
    return 2 * len(known) >= len(keys) and (len(known) >= 2 or any(key not in _COMMON for key in known))


def launcher_of(values: dict[Any, Any], types: Types) -> Launcher | None:
    """The launcher file that a config is; None for a training config and anything else."""
    if not is_launcher(values, types):
        return None
    named = values.get("provider")
    written = named is not None and named != ""
    provider = named if written else _inferred(values, types)
    if not isinstance(provider, str) or provider not in types.launchers:
        return Launcher(None, written, {} if written else _shared(types), closed=False)
    closed = types.models[types.launchers[provider]]["extra"] == "forbid"
    return Launcher(provider, written, _fields(provider, types), closed)


def _fields(provider: str, types: Types) -> dict[str, dict[str, Any]]:
    beside = dict.fromkeys(_BESIDE.get(provider, ()), _ANY)
    return {**beside, **types.models[types.launchers[provider]]["fields"], "provider": _ANY}


def _shared(types: Types) -> dict[str, dict[str, Any]]:
    """The keys that every provider reads; as anything, where they do not read it alike."""
    first, *others = (_fields(provider, types) for provider in types.launchers)
    return {
        key: facts if all(other[key] == facts for other in others) else _ANY
        for key, facts in first.items()
        if all(key in other for other in others)
    }


def _inferred(values: dict[Any, Any], types: Types) -> str | None:
    """The provider whose own keys a file has, the default where it has nobody's; None where two are as likely."""
    fields = {provider: _fields(provider, types) for provider in types.launchers}
    points = dict.fromkeys(fields, 0)
    for key in values:
        having = [provider for provider, names in fields.items() if key in names]
        if len(having) == 1:
            points[having[0]] += 1
    if "nebius" in points and any("source" in each for each in _mappings(values.get("volumes"))):
        points["nebius"] += 1
    most = max(points.values(), default=0)
    best = [provider for provider, count in points.items() if count == most]
    return DEFAULT if not most else best[0] if len(best) == 1 else None


def _mappings(value: Any) -> Iterable[dict[Any, Any]]:
    return (each for each in value if isinstance(each, dict)) if isinstance(value, list) else ()
