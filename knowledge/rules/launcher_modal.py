"""Cloud launcher files for Modal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knowledge.conditions import provider
from knowledge.finding import Severity
from knowledge.rule import Problem, problem, rule
from knowledge.text import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.config import Config

MODAL = "provider: modal\n"
IMAGE = "image: registry.example/trainer:1\n"
GPUS = ("a10", "a100", "a100-40gb", "a100-80gb", "a10g", "h100", "l4", "l40s", "t4")


@rule(
    Severity.ERROR,
    fields=("image_registry", "image", "image_build"),
    needs=("image_registry",),
    says="image_registry requires image or image_build.tag",
    bad=f"{MODAL}image_registry:\n  secret: registry-login\n",
    good=f"{MODAL}{IMAGE}image_registry:\n  secret: registry-login\n",
)
def modal_registry(config: Config) -> Iterator[Problem]:
    """A login for a registry that no image comes from.

    `image_registry` belongs to an `image`, or to a build with a `tag`; Modal builds what has no tag by itself.
    """
    if provider(config) != "modal" or config.raw("image_registry") is None or config.raw("image"):
        return
    if not config.typed("image_build.tag"):
        message = "No image comes from this registry: add `image` or `image_build.tag`, or remove this."
        yield problem(message, "image_registry", "image", "image_build.tag")


@rule(
    Severity.ERROR,
    fields=("image_build", "image", "docker_tag", "branch", "dockerfile_commands"),
    needs=("docker_tag", "branch", "dockerfile_commands"),
    says=("image_build cannot be combined with", "Choose either image or docker_tag"),
    bad=f"{MODAL}{IMAGE}docker_tag: main-latest\n",
    good=f"{MODAL}docker_tag: main-latest\n",
)
def modal_image_changes(config: Config) -> Iterator[Problem]:
    """Your own image together with keys that change Modal's image.

    `docker_tag` picks one of Axolotl's images. What `branch` and `dockerfile_commands` do belongs in the Dockerfile
    where you build the image; an `image` accepts both.
    """
    if provider(config) != "modal":
        return
    built, image = config.raw("image_build") is not None, config.raw("image")
    for key in ("docker_tag", "branch", "dockerfile_commands"):
        if config.raw(key) and built:
            yield problem(
                "Incompatible with `image_build`: remove this, and put it in the Dockerfile.", key, "image_build"
            )
    if image and config.raw("docker_tag"):
        yield problem("Set either `image` or this tag of Axolotl's image, not both.", "docker_tag", "image")


@rule(
    Severity.ERROR,
    fields=("gpu",),
    says="Unsupported GPU family",
    bad=f"{MODAL}gpu: h100:8\n",
    good=f"{MODAL}gpu: h100\ngpu_count: 8\n",
)
def modal_gpu(config: Config) -> Iterator[Problem]:
    """A GPU that Axolotl does not rent on Modal.

    It knows a10, a10g, a100 (-40gb, -80gb), h100, l4, l40s, and t4; `gpu_count` sets how many.
    """
    gpu = config.raw("gpu")
    if provider(config) != "modal" or not gpu or (isinstance(gpu, str) and gpu.lower() in GPUS):
        return
    name = gpu.partition(":")[0].lower() if isinstance(gpu, str) else ""
    if name in GPUS:
        message = f"Write only `{name}`: `gpu_count` says how many GPUs there are."
    else:
        message = "Not on Axolotl's list for Modal: use one from it, such as h100, a100-80gb, or l40s."
    yield problem(message, "gpu", suggestion=name if name in GPUS else None)


@rule(
    Severity.CRASH,
    fields=("volumes",),
    bad=f"{MODAL}gpu: h100\nvolumes:\n  - source: cache\n    mount: /cache\n",
    good=f"{MODAL}gpu: h100\nvolumes:\n  - name: cache\n    mount: /cache\n",
)
def modal_volume(config: Config) -> Iterator[Problem]:
    """A volume that Modal cannot provide as written.

    `volumes` is a list, and every entry has a `name` and the path `mount`.
    """
    volumes = config.raw("volumes")
    if provider(config) != "modal" or not volumes:
        return
    if not isinstance(volumes, list):
        yield problem("This is not a list: write `- name: ...` with `mount: ...` below it.", "volumes")
        return
    for index, volume in enumerate(volumes):
        entry = volume if isinstance(volume, dict) else {}
        missing = [f"`{key}`" for key in ("name", "mount") if not entry.get(key)]
        if missing:
            yield problem(f"Each volume needs {listed(missing)}: add it.", ("volumes", index))
