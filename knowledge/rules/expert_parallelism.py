"""Expert parallelism."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knowledge.conditions import block
from knowledge.finding import Severity
from knowledge.rule import Problem, problem, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.config import Config


EP = "expert_parallel_size: 2\n"
FULL = "fsdp_config:\n  state_dict_type: FULL_STATE_DICT\n"


@rule(
    Severity.ERROR,
    fields=("expert_parallel_size", "expert_parallel_token_capacity"),
    says=("expert_parallel_size must be >= 1", "expert_parallel_token_capacity must be >= 1"),
    bad="expert_parallel_size: 0\n",
    good="expert_parallel_size: 1\n",
)
def expert_parallel_bounds(config: Config) -> Iterator[Problem]:
    """A size of expert parallelism below 1.

    1 turns it off.
    """
    for name in ("expert_parallel_size", "expert_parallel_token_capacity"):
        value = config.typed(name)
        if value is not None and value < 1:
            yield problem("The minimum is 1: leave it out to turn it off.", name)


@rule(
    Severity.ERROR,
    fields=("expert_parallel_size", "fsdp_config", "fsdp_version", "optimizer"),
    needs=("expert_parallel_size",),
    says=("> 1 requires FSDP2", "requires fsdp_config", "> 1 does not support optimizer"),
    bad=EP,
    good=f"{EP}{FULL}",
    gpus=2,
)
def expert_parallel_setting(config: Config) -> Iterator[Problem]:
    """Expert parallelism without the sharding and saving it needs.

    It needs FSDP with full state dicts and no 4-bit or FP8 optimizer state: other settings save only one group's
    experts.
    """
    if (config.typed("expert_parallel_size") or 1) <= 1:
        return
    inner = block(config, "fsdp_config")
    if not inner:
        yield problem("Needs FSDP: add `fsdp_config` with `state_dict_type: FULL_STATE_DICT`.", "expert_parallel_size")
        return
    if inner.get("state_dict_type") != "FULL_STATE_DICT":
        message = "Needs `state_dict_type: FULL_STATE_DICT`, or checkpoints lack experts."
        yield problem(message, "fsdp_config.state_dict_type", "expert_parallel_size")
    if inner.get("final_state_dict_type") not in (None, "FULL_STATE_DICT"):
        yield problem("Must be FULL_STATE_DICT.", "fsdp_config.final_state_dict_type", "expert_parallel_size")
    if config.typed("optimizer") in ("adamw_torch_4bit", "ao_adamw_4bit", "ao_adamw_fp8"):
        yield problem(
            "Incompatible with expert parallelism: use `adamw_torch_8bit`.", "optimizer", "expert_parallel_size"
        )


@rule(
    Severity.ERROR,
    fields=(
        *("expert_parallel_size", "expert_parallel_backend", "gradient_checkpointing"),
        *("gradient_checkpointing_kwargs", "activation_offloading"),
    ),
    needs=("expert_parallel_size",),
    says=("expert_parallel_backend: torch requires non-reentrant", "expert_parallel_backend: torch is incompatible"),
    bad=f"{EP}{FULL}expert_parallel_backend: torch\ngradient_checkpointing: true\nactivation_offloading: true\n",
    good=f"{EP}{FULL}expert_parallel_backend: torch\ngradient_checkpointing: true\n"
    "activation_offloading: hidden_states\n",
    gpus=2,
)
def expert_parallel_checkpointing(config: Config) -> Iterator[Problem]:
    """Expert parallelism in torch with checkpointing that can route differently the second time.

    Checkpointing must not be reentrant, and the only offloading mode is hidden_states.
    """
    if (config.typed("expert_parallel_size") or 1) <= 1 or config.typed("expert_parallel_backend") == "deep_ep":
        return
    if not config.typed("gradient_checkpointing"):
        return
    if block(config, "gradient_checkpointing_kwargs").get("use_reentrant"):
        message = "Must be false with expert parallelism."
        yield problem(message, "gradient_checkpointing_kwargs.use_reentrant", "expert_parallel_size")
    if config.typed("activation_offloading") in (True, "legacy", "disk"):
        yield problem(
            "With expert parallelism, only hidden_states works.", "activation_offloading", "expert_parallel_size"
        )


@rule(
    Severity.ERROR,
    fields=("expert_parallel_dispatch_chunks", "expert_parallel_backend"),
    says="expert_parallel_dispatch_chunks > 1 requires expert_parallel_backend",
    bad="expert_parallel_dispatch_chunks: 2\nexpert_parallel_backend: deep_ep\n",
    good="expert_parallel_dispatch_chunks: 2\nexpert_parallel_backend: torch\n",
)
def expert_parallel_chunks(config: Config) -> Iterator[Problem]:
    """`expert_parallel_dispatch_chunks` with the deep_ep backend.

    That backend sends the whole batch at once; chunks need the torch backend.
    """
    chunks = config.typed("expert_parallel_dispatch_chunks") or 1
    if chunks > 1 and config.typed("expert_parallel_backend") == "deep_ep":
        yield problem("Needs `expert_parallel_backend: torch`.", "expert_parallel_dispatch_chunks")


@rule(
    Severity.WARNING,
    fields=("expert_parallel_size", "expert_parallel_num_rdma_bytes"),
    says="RDMA path requires",
    bad=f"{EP}{FULL}expert_parallel_num_rdma_bytes: 1000000\n",
    good=f"{EP}{FULL}",
    gpus=2,
)
def expert_parallel_rdma(config: Config) -> Iterator[Problem]:
    """`expert_parallel_num_rdma_bytes` is set.

    That path needs Hopper GPUs and a suitable InfiniBand network; elsewhere it fails.
    """
    if (config.typed("expert_parallel_size") or 1) > 1 and config.typed("expert_parallel_num_rdma_bytes"):
        yield problem(
            "Needs Hopper GPUs and InfiniBand; on one machine, leave it at 0.", "expert_parallel_num_rdma_bytes"
        )
