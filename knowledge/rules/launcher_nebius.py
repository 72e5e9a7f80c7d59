"""Cloud launcher files for Nebius."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from knowledge.conditions import NO_VARIABLE, entries, is_variable, provider, raw_block
from knowledge.finding import Severity
from knowledge.rule import Problem, problem, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.config import Config

NEBIUS = "provider: nebius\nplatform: gpu-h100-sxm\npreset: 1gpu-16vcpu-200gb\nimage: registry.example/trainer:1\n"
VOLUME = f"{NEBIUS}volumes:\n  - source: rows\n    mount: /rows\n"
OUTPUTS = PurePosixPath("/outputs")
MANAGED = frozenset({"NEBIUS_OUTPUT_DIR", "AXOLOTL_NEBIUS_COMPLETION_FILE", "AXOLOTL_NEBIUS_EXPORT_DIR"})
"""Variables that the launcher sets itself."""


def _volumes(config: Config, key: str) -> Iterator[tuple[int, str]]:
    """What the volumes say under a key, with their index; what is not text has its own ERROR."""
    for index, volume in entries(config, "volumes") if provider(config) == "nebius" else ():
        if isinstance(volume.get(key), str):
            yield index, volume[key]


def _variables(config: Config, key: str) -> dict[str, Any]:
    given = raw_block(config.raw(key)) if provider(config) == "nebius" else {}
    return {name: value for name, value in given.items() if isinstance(name, str)}


def _path(mount: str) -> PurePosixPath | None:
    """Where a volume is mounted; None where it is nowhere."""
    path = PurePosixPath("/" + mount.lstrip("/"))
    return path if mount.startswith("/") and ":" not in mount and ".." not in path.parts else None


@rule(
    Severity.ERROR,
    fields=("volumes",),
    says=(
        "Volume source must be a Nebius resource",
        "Volume mount must be an absolute container path",
        "Volume mount cannot contain parent traversal",
    ),
    bad=f"{NEBIUS}volumes:\n  - source: rows:ro\n    mount: rows\n",
    good=f"{VOLUME}    mode: ro\n",
)
def nebius_volume(config: Config) -> Iterator[Problem]:
    """A volume that is named or mounted in a way that Nebius does not accept.

    `source` is the ID or the name of a resource, and `mount` is an absolute path without `..`. Neither may contain a
    colon: `mode` says whether it is read only.
    """
    for index, source in _volumes(config, "source"):
        if ":" in source:
            message = "A volume's name must not contain a colon: `mount` and `mode` are separate keys."
            yield problem(message, ("volumes", index, "source"))
    for index, mount in _volumes(config, "mount"):
        if _path(mount) is None:
            message = "Write an absolute path without `..` or colons, such as `/data`."
            yield problem(message, ("volumes", index, "mount"))


@rule(
    Severity.ERROR,
    fields=("volumes",),
    says="Volume mounts must not overlap",
    bad=VOLUME.replace("/rows", "/outputs/rows"),
    good=VOLUME,
)
def nebius_mounts(config: Config) -> Iterator[Problem]:
    """Volumes that are mounted inside one another, or where the results go.

    `/outputs` is the launcher's own, and each volume needs its own folder.
    """
    taken: list[tuple[PurePosixPath, str]] = [(OUTPUTS, "`/outputs`, which is the launcher's")]
    for index, mount in _volumes(config, "mount"):
        path = _path(mount)
        if path is None:
            continue
        other = next((whose for p, whose in taken if path.is_relative_to(p) or p.is_relative_to(path)), None)
        if other is not None:
            yield problem(f"This is mounted over {other}: use a separate folder.", ("volumes", index, "mount"))
        taken.append((path, f"volume {index + 1}"))


@rule(
    Severity.ERROR,
    fields=("env", "env_secret"),
    says=("Invalid environment variable name in env", "is managed by the Nebius launcher", "Invalid value in env"),
    bad=f"{NEBIUS}env:\n  2ND-RUN: 'yes'\n",
    good=f"{NEBIUS}env:\n  SECOND_RUN: 'yes'\n",
)
def nebius_env(config: Config) -> Iterator[Problem]:
    """An environment variable that Nebius does not accept.

    A name has letters, digits, and underscores and does not begin with a digit. Three names are set by the launcher
    itself. A secret must not be empty, and no value may contain a zero byte.
    """
    for key in ("env", "env_secret"):
        for name, value in _variables(config, key).items():
            steps = (key, name)
            if not is_variable(name):
                yield problem(NO_VARIABLE, steps)
            elif name in MANAGED:
                yield problem("The launcher sets this itself: remove it.", steps)
            elif isinstance(value, str) and ("\x00" in value or (key == "env_secret" and not value)):
                yield problem(
                    "Not a valid value: a secret must not be empty, and no value may have a zero byte.", steps
                )


@rule(
    Severity.ERROR,
    fields=("env", "env_secret"),
    needs=("env_secret",),
    says="A variable cannot appear in both env and env_secret",
    bad=f"{NEBIUS}env:\n  TOKEN: plain\nenv_secret:\n  TOKEN: my-token\n",
    good=f"{NEBIUS}env_secret:\n  TOKEN: my-token\n",
)
def nebius_env_twice(config: Config) -> Iterator[Problem]:
    """A variable that is set both in plain text and from a secret.

    Only one of the two would take effect; keep the secret.
    """
    secret = _variables(config, "env_secret")
    for name in _variables(config, "env"):
        if name in secret:
            yield problem(
                "Set twice, here and as a secret: remove one of the two.", ("env", name), ("env_secret", name)
            )


@rule(
    Severity.ERROR,
    fields=("show_context", "dry_run", "image_build"),
    needs=("show_context", "dry_run"),
    says=("Choose either show_context or dry_run", "Use a prebuilt image for show_context or dry_run"),
    bad=f"{NEBIUS}show_context: true\ndry_run: true\n",
    good=f"{NEBIUS}dry_run: true\n",
)
def nebius_preview(config: Config) -> Iterator[Problem]:
    """Two dry runs at once, or one with an image that would have to be built.

    `show_context` and `dry_run` both launch nothing. Both need an existing image, named by `image`.
    """
    if provider(config) != "nebius":
        return
    asked = [key for key in ("show_context", "dry_run") if config.raw(key) is True]
    if len(asked) == 2:
        yield problem("Both only show and launch nothing: keep one of the two.", *asked)
    if asked and config.raw("image_build") is not None:
        yield problem("Incompatible with a build: name an existing `image`, or remove this.", *asked, "image_build")
