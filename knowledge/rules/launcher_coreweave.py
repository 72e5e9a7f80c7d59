"""Cloud launcher files for CoreWeave: SUNK, a Slurm cluster, and CKS, a Kubernetes one."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from knowledge.conditions import NO_VARIABLE, is_variable, provider, raw_block
from knowledge.finding import Severity
from knowledge.pattern import expression
from knowledge.rule import Problem, problem, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.config import Config

IMAGE = "provider: coreweave\nimage: registry.example/trainer:1\n"
SUNK = f"{IMAGE}shared_dir: /mnt/home\npartition: h100\n"
CKS = f"{IMAGE}backend: cks\nnamespace: training\npvc: shared\n"
SLURM = ("partition", "account", "qos", "memory", "time_limit")
TOPOLOGY = frozenset({"MASTER_ADDR", "MASTER_PORT"})
NODES = frozenset({"AXOLOTL_NNODES", "AXOLOTL_NODE_RANK"})
ONLY_SUNK = (
    *("ssh_host", "shared_dir", "partition", "account", "qos", "cpus_per_task", "memory", "time_limit", "exclusive"),
    *("master_port", "mounts"),
)
ONLY_CKS = (
    *("kubeconfig", "context", "namespace", "job_name", "pvc", "pvc_mount", "cpu", "memory_request", "shm_size"),
    *("scratch_size", "rdma", "node_selector", "secret_env", "object_storage", "setup_commands", "rdzv_port"),
)
_SHARED_PATH = expression(r"/[^\s,:]+")
_SLURM_WORD = expression(r"[A-Za-z0-9_:.+-]+")
_SECRET = expression(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?/[A-Za-z0-9._-]+")


def _on(config: Config, backend: str) -> bool:
    return provider(config) == "coreweave" and config.typed("backend") == backend


def _missing(config: Config, keys: tuple[str, ...], backend: str, other: str) -> Iterator[Problem]:
    """The keys that a backend needs and a file does not have."""
    for key in keys:
        if config.raw(key) is None:
            yield problem(f"Missing `{key}`: {backend} needs it. Add it, or use `backend: {other}`.", key, "backend")


def _climbs(path: object) -> bool:
    return isinstance(path, str) and ".." in PurePosixPath(path).parts


@rule(
    Severity.ERROR,
    fields=("backend", "shared_dir", "partition"),
    always=True,
    says=("SUNK requires shared_dir and partition", "shared_dir cannot contain"),
    bad=f"{IMAGE}partition: h100\n",
    good=SUNK,
)
def sunk_place(config: Config) -> Iterator[Problem]:
    """A job on SUNK that does not say where it runs.

    `shared_dir` is an absolute path without `..` that all nodes see, and `partition` is the queue of the cluster.
    """
    if not _on(config, "sunk"):
        return
    yield from _missing(config, ("shared_dir", "partition"), "SUNK", "cks")
    if _climbs(config.raw("shared_dir")):
        yield problem("A shared folder must not contain `..`: write the path that it leads to.", "shared_dir")


@rule(
    Severity.ERROR,
    fields=("backend", *SLURM),
    says="Invalid Slurm",
    bad=f"{SUNK}account: my team\n",
    good=f"{SUNK}account: my-team\n",
)
def sunk_slurm(config: Config) -> Iterator[Problem]:
    """A value for Slurm with characters that it does not accept.

    Letters, digits, and any of `_ : . + -` make up a partition, an account, a qos, the memory, and the time limit.
    """
    if not _on(config, "sunk"):
        return
    for key in SLURM:
        word = config.get(key)
        if isinstance(word, str) and not _SLURM_WORD.fullmatch(word):
            yield problem("Use only letters, digits, and `_:.+-`, and do not leave it empty.", key)


@rule(
    Severity.ERROR,
    fields=("backend", "mounts"),
    needs=("mounts",),
    says="mounts must be absolute shared paths without commas or colons",
    bad=f"{SUNK}mounts: ['/mnt/rows:/rows']\n",
    good=f"{SUNK}mounts: [/mnt/rows]\n",
)
def sunk_mounts(config: Config) -> Iterator[Problem]:
    """A mount that is not an absolute path.

    Each is one path, the same outside and inside the container: no `..`, spaces, commas, or colons.
    """
    mounts = config.raw("mounts") if _on(config, "sunk") else None
    for index, path in enumerate(mounts if isinstance(mounts, list) else ()):
        if not isinstance(path, str):
            continue
        if not _SHARED_PATH.fullmatch(path) or _climbs(path):
            yield problem("Write an absolute path without `..`, spaces, commas, or colons.", ("mounts", index))


@rule(
    Severity.ERROR,
    fields=("backend", "env"),
    needs=("env",),
    says="Invalid or launcher-owned environment variable",
    bad=f"{SUNK}env:\n  MASTER_PORT: '29501'\n",
    good=SUNK,
)
def coreweave_env(config: Config) -> Iterator[Problem]:
    """An environment variable that CoreWeave's launcher does not accept.

    A name has letters, digits, and underscores and does not begin with a digit. The launcher sets MASTER_ADDR and
    MASTER_PORT itself, on SUNK all that begin with SLURM_, on CKS AXOLOTL_NNODES and AXOLOTL_NODE_RANK.
    """
    if provider(config) != "coreweave":
        return
    sunk = config.typed("backend") == "sunk"
    for name in raw_block(config.raw("env")):
        if not isinstance(name, str):
            continue
        if not is_variable(name):
            yield problem(NO_VARIABLE, ("env", name))
        elif name in TOPOLOGY or (name.startswith("SLURM_") if sunk else name in NODES):
            yield problem("The launcher sets this itself: remove it.", ("env", name))


@rule(
    Severity.ERROR,
    fields=("backend", "env_file"),
    needs=("env_file",),
    says=("env_file must be an absolute path", "env_file is a SUNK option"),
    bad=f"{SUNK}env_file: .env\n",
    good=SUNK,
)
def coreweave_env_file(config: Config) -> Iterator[Problem]:
    """A file of variables that the nodes cannot read.

    On SUNK, it is an absolute path without spaces, commas, or colons that every node sees. CKS does not accept such a
    file: variables come from `env` and `secret_env`.
    """
    if provider(config) != "coreweave" or config.typed("env_file") is None:
        return
    if config.typed("backend") == "cks":
        yield problem("CKS does not have this option: use `env` and `secret_env`.", "env_file", "backend")
    elif not _SHARED_PATH.fullmatch(config.typed("env_file")):
        yield problem("Write an absolute path that the nodes see, without spaces, commas, or colons.", "env_file")


@rule(
    Severity.WARNING,
    fields=("backend", "env_file"),
    needs=("env_file",),
    bad=f"{SUNK}env_file: /mnt/home/run.env\n",
    good=SUNK,
)
def sunk_env_file(config: Config) -> Iterator[Problem]:
    """A file of variables that must be on the cluster.

    The job reads it on each node before it trains: whether it is there depends on the cluster.
    """
    path = config.typed("env_file") if _on(config, "sunk") else None
    if path is not None and _SHARED_PATH.fullmatch(path):
        yield problem("Fails unless every node can read this file: put it on shared storage.", "env_file")


@rule(
    Severity.ERROR,
    fields=("backend", "namespace", "pvc", "pvc_mount"),
    needs=("backend",),
    says=("CKS requires namespace", "CKS requires pvc", "pvc_mount cannot contain"),
    bad=CKS.replace("pvc: shared\n", ""),
    good=CKS,
)
def cks_place(config: Config) -> Iterator[Problem]:
    """A job on CKS that does not say where it runs.

    `namespace` is where it runs, and `pvc` is the volume that all pods read and write, mounted at `pvc_mount` without
    `..`.
    """
    if not _on(config, "cks"):
        return
    yield from _missing(config, ("namespace", "pvc"), "CKS", "sunk")
    if _climbs(config.raw("pvc_mount")):
        yield problem("A mount must not contain `..`: write the path that it leads to.", "pvc_mount")


@rule(
    Severity.ERROR,
    fields=("backend", "secret_env"),
    needs=("secret_env",),
    says="secret_env entries are ENV: secret-name/key",
    bad=f"{CKS}secret_env:\n  HF_TOKEN: hub-token\n",
    good=f"{CKS}secret_env:\n  HF_TOKEN: hub-token/token\n",
)
def cks_secret_env(config: Config) -> Iterator[Problem]:
    """A secret that does not say which of its keys is meant.

    Kubernetes keeps keys in a secret: `VARIABLE: name-of-the-secret/key`, its name in lower case.
    """
    for name, secret in raw_block(config.raw("secret_env") if _on(config, "cks") else None).items():
        if not isinstance(name, str) or not isinstance(secret, str):
            continue
        if not is_variable(name):
            yield problem(NO_VARIABLE, ("secret_env", name))
        elif not _SECRET.fullmatch(secret):
            yield problem(
                "This does not name a secret and its key: write `name-of-the-secret/key`.", ("secret_env", name)
            )


@rule(
    Severity.IGNORED,
    fields=("backend", *ONLY_SUNK, *ONLY_CKS),
    bad=f"{CKS}time_limit: '24:00:00'\n",
    good=CKS,
)
def coreweave_backend(config: Config) -> Iterator[Problem]:
    """A key of CoreWeave's other backend.

    SUNK, the default, does not read the keys for Kubernetes, and CKS does not read those for Slurm.
    """
    if provider(config) != "coreweave":
        return
    backend = config.typed("backend")
    other, keys = ("sunk", ONLY_SUNK) if backend == "cks" else ("cks", ONLY_CKS)
    for key in keys:
        if config.written(key):
            yield problem(f"This is not read here: remove it, or use `backend: {other}`.", key, "backend")
