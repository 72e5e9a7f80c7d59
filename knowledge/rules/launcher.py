"""Cloud launcher files: the provider, and the image that every provider starts."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from knowledge.conditions import nearest, provider, raw_block
from knowledge.finding import Severity
from knowledge.rule import Problem, problem, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.config import Config

IMAGE = "image: registry.example/trainer:1\n"
NEBIUS = "provider: nebius\nplatform: gpu-h100-sxm\npreset: 1gpu-16vcpu-200gb\n"
BUILD = f"{NEBIUS}image_build:\n  context: source\n"
TAGGED = f"{BUILD}  tag: registry.example/trainer:1\n"
_AMD64 = "linux/amd64"
_FILE = "image_build.dockerfile"
_ROOTS = (("/",), ("//",))


@rule(
    Severity.ERROR,
    fields=("provider",),
    says="Cloud provider must be a string",
    bad=f"provider: [modal]\n{IMAGE}",
    good=f"provider: modal\n{IMAGE}",
)
def launcher_provider(config: Config) -> Iterator[Problem]:
    """A cloud provider that is not text.

    The provider is one word: `modal`, `nebius`, `coreweave`, `baseten`, or `module:Class` of your own launcher.
    """
    name = config.raw("provider")
    if name is not None and not isinstance(name, str):
        yield problem("This is not the name of a provider: write one word, such as `modal`.", "provider")


@rule(
    Severity.WARNING,
    fields=("provider",),
    says="Unsupported cloud provider",
    bad=f"provider: nebeus\n{IMAGE}",
    good=f"provider: modal\n{IMAGE}",
)
def launcher_provider_unknown(config: Config) -> Iterator[Problem]:
    """A cloud provider that Axolotl does not include.

    It works only if an installed package registers that name. Axolotl's own are `baseten`, `coreweave`, `modal`, and
    `nebius`, in lower case; `module:Class` names your own launcher.
    """
    name, known = config.raw("provider"), sorted(config.types.launchers)
    if isinstance(name, str) and name and ":" not in name and name not in known:
        near = nearest(config, name, known, cutoff=60)
        hint = f"Did you mean `{near}`?" if near else "Check the name."
        message = f"Axolotl has no such provider; it needs an installed package of that name. {hint}"
        yield problem(message, "provider", suggestion=near)


@rule(
    Severity.WARNING,
    fields=("provider",),
    always=True,
    bad=f"{NEBIUS}{IMAGE}".removeprefix("provider: nebius\n"),
    good=f"{NEBIUS}{IMAGE}",
)
def launcher_provider_missing(config: Config) -> Iterator[Problem]:
    """A launcher file that names no provider but has another provider's keys.

    Without a provider, Axolotl launches on Modal, which ignores the keys of others. Name the provider.
    """
    launcher = config.launcher
    if launcher is None or launcher.written or launcher.provider == "modal":
        return
    cure = f"add `provider: {launcher.provider}`" if launcher.provider else "name the one that you mean"
    first = next(iter(config.values))
    yield problem(f"This launches on Modal, because no provider is named: {cure}.", "provider", (first,))


@rule(
    Severity.ERROR,
    fields=("image", "image_build"),
    says="Choose either image or image_build",
    bad=f"{IMAGE}image_build:\n  context: source\n",
    good=IMAGE,
)
def launcher_image_source(config: Config) -> Iterator[Problem]:
    """An image that is both named and built.

    `image` names an existing image; `image_build` builds one from a Dockerfile. A launcher accepts only one of the
    two.
    """
    if config.raw("image") is not None and config.raw("image_build") is not None:
        yield problem("Set either `image` or `image_build`, not both.", "image", "image_build")


@rule(
    Severity.ERROR,
    fields=("image_build.context", "image_build.dockerfile"),
    says="image_build.dockerfile must be inside the build context",
    bad="image_build:\n  context: source\n  dockerfile: ../Dockerfile\n",
    good="image_build:\n  context: source\n  dockerfile: Dockerfile\n",
)
def launcher_dockerfile_outside(config: Config) -> Iterator[Problem]:
    """A Dockerfile outside the folder that the image is built from.

    `dockerfile` is a path in the folder that `context` names, which itself counts from the launcher file.
    """
    if (inside := _inside(config)) is not None:
        yield problem(inside, _FILE, "image_build.context")


def _inside(config: Config) -> str | None:
    """Why a Dockerfile cannot be a file inside its context, wherever the launcher file lies; None where it may be."""
    context, file = config.typed("image_build.context"), config.typed(_FILE)
    if not isinstance(context, str) or not isinstance(file, str):
        return None
    if "\x00" in context + file:
        return "A path cannot contain a zero byte: remove it."
    folder = _plain(PurePosixPath(context))
    target = _plain(PurePosixPath(context) / file)
    if target == folder:
        return "This is the folder `context` itself: name the Dockerfile in it."
    if not _may_hold(folder, target):
        return "The Dockerfile is outside `context`: move it there, or set another `context`."
    return None


def _plain(path: PurePosixPath) -> tuple[str, ...]:
    """The parts of a path with `..` taken back; those that lead above the launcher file's folder stay."""
    parts: list[str] = []
    for part in path.parts:
        if part != "..":
            parts.append(part)
        elif parts and parts[-1] not in ("..", "/", "//"):
            parts.pop()
        elif not parts or parts[-1] == "..":
            parts.append(part)
    return tuple(parts)


def _may_hold(folder: tuple[str, ...], target: tuple[str, ...]) -> bool:
    """Whether a path can lie below a folder: it does, or it does where folders have names that are not known here."""
    if target[: len(folder)] == folder and ".." not in target[len(folder) :]:
        return len(target) > len(folder)
    if folder[:1] in _ROOTS:
        return False
    names = tuple(part for part in folder if part != "..")
    if target[:1] in _ROOTS:
        # An absolute path is inside a relative folder only where it leads through the folder's own names.
        return any(target[at : at + len(names)] == names for at in range(1, len(target) - len(names)))
    up = target.count("..") - folder.count("..")
    below = tuple(part for part in target if part != "..")
    return up > 0 and len(below) > up + len(names) and below[up : up + len(names)] == names


@rule(
    Severity.WARNING,
    fields=("image_build.context", "image_build.dockerfile"),
    says="Dockerfile does not exist",
    bad="image_build:\n  context: source\n  dockerfile: docker/Dockerfile\n",
    good="image_build:\n  context: source\n",
)
def launcher_dockerfile(config: Config) -> Iterator[Problem]:
    """A Dockerfile with an unusual name.

    Whether it exists depends on your machine: without the file, Axolotl refuses to build. Axolotl looks for it in the
    folder that `context` names, counted from the launcher file; without the key it is the `Dockerfile` there.
    """
    file = raw_block(config.raw("image_build")).get("dockerfile")
    if isinstance(file, str) and PurePosixPath(file) != PurePosixPath("Dockerfile") and _inside(config) is None:
        yield problem("Refused unless this file exists in `context`, on the machine that launches.", _FILE)


@rule(
    Severity.ERROR,
    fields=("image_build.tag",),
    says="image_build requires a registry tag",
    bad=BUILD,
    good=TAGGED,
)
def launcher_image_tag(config: Config) -> Iterator[Problem]:
    """An image that is built without a tag.

    Nebius, CoreWeave, and Baseten pull the image from a registry: `tag` says under which name it is pushed there.
    """
    tagged = provider(config) in ("nebius", "coreweave", "baseten")
    if tagged and config.raw("image_build") is not None and not config.typed("image_build.tag"):
        yield problem("Needs a name to push it under: add `tag`.", "image_build.tag", "image_build")


@rule(
    Severity.ERROR,
    fields=("image", "image_build"),
    always=True,
    says="requires image or image_build",
    bad=NEBIUS,
    good=f"{NEBIUS}{IMAGE}",
)
def launcher_image(config: Config) -> Iterator[Problem]:
    """A launcher file without an image.

    Modal and Baseten have their own images; Nebius and CoreWeave do not.
    """
    if provider(config) not in ("nebius", "coreweave"):
        return
    if config.raw("image") is None and config.raw("image_build") is None:
        yield problem("There is no image to start: add `image`, or `image_build` with a `tag`.", "image", "image_build")


@rule(
    Severity.ERROR,
    fields=("image_build.platform",),
    says=("Modal images must use linux/amd64", "Nebius GPU images require linux/amd64"),
    bad="provider: modal\nimage_build:\n  context: source\n  platform: linux/arm64\n",
    good="provider: modal\nimage_build:\n  context: source\n  platform: linux/amd64\n",
)
def launcher_platform(config: Config) -> Iterator[Problem]:
    """An image for processors that the provider does not have.

    Modal and Nebius run `linux/amd64`, which is the default.
    """
    if provider(config) in ("modal", "nebius") and config.typed("image_build.platform") not in (None, _AMD64):
        yield problem(
            f"The provider has no machines for this: use `{_AMD64}`.", "image_build.platform", suggestion=_AMD64
        )
