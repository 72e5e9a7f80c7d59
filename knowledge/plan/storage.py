"""Bytes of checkpoints: in `output_dir` while the run lasts, and on the Hub."""

from __future__ import annotations

from typing import Final

from knowledge.plan.values import CheckpointStorage

HUB_DEFAULT: Final = "every_save"


def checkpoint_storage(
    *,
    weights_bytes: int,
    optimizer_bytes: int,
    saves: int,
    save_total_limit: int,
    save_only_model: bool = False,
    hub_strategy: str | None = None,
    at_most: bool = False,
    exact: bool = True,
) -> CheckpointStorage:
    """What the checkpoints of a run take.

    Old checkpoints are deleted after the new one is written, so for a moment there is one more than the limit; the
    final weights stand in `output_dir` besides. Deleting them there deletes nothing on the Hub.

    Args:
        weights_bytes: trained weights (W), as they are saved.
        optimizer_bytes: optimizer state (O).
        saves: checkpoints that are written.
        save_total_limit: how many are kept.
        save_only_model: leave the optimizer state out.
        hub_strategy: None where nothing is uploaded.
        at_most: `saves` is an upper bound.
        exact: the sizes are not guessed.
    """
    checkpoint = weights_bytes + (0 if save_only_model else optimizer_bytes)
    head, history = hub_bytes(hub_strategy, weights_bytes, checkpoint, saves)
    return CheckpointStorage(
        saves=saves,
        at_most=at_most,
        weights_bytes=weights_bytes,
        checkpoint_bytes=checkpoint,
        local_peak_bytes=min(saves, save_total_limit + 1) * checkpoint + weights_bytes,
        local_end_bytes=min(saves, save_total_limit) * checkpoint + weights_bytes,
        hub_strategy=hub_strategy,
        hub_bytes=head,
        hub_history_bytes=history,
        exact=exact,
    )


def hub_bytes(strategy: str | None, weights: int, checkpoint: int, saves: int) -> tuple[int, int]:
    """What the newest revision on the Hub lists, and what all revisions hold at most, in bytes.

    Args:
        strategy: `hub_strategy`, None where nothing is uploaded.
        weights: bytes of the weights.
        checkpoint: bytes of one checkpoint.
        saves: checkpoints that are written.
    """
    if strategy is None:
        return 0, 0
    if strategy == "end":
        return weights, weights
    if strategy == "checkpoint":
        return weights + checkpoint * min(saves, 1), max(saves * checkpoint, weights)
    if strategy == "all_checkpoints":
        return weights + saves * checkpoint, max(saves * checkpoint, weights)
    return weights, max(saves, 1) * weights


def storage_in_gigabytes(storage: CheckpointStorage) -> dict[str, float]:
    """The same in GB, for every way of uploading, under the names that worked cases use."""
    weights, checkpoint, saves = storage.weights_bytes, storage.checkpoint_bytes, storage.saves
    sizes = {
        "checkpoint_GB": checkpoint,
        "local_peak_GB": storage.local_peak_bytes,
        "local_end_GB": storage.local_end_bytes,
        "hub_end_GB": hub_bytes("end", weights, checkpoint, saves)[0],
    }
    for strategy, head, history in _HUB_NAMES:
        sizes[f"hub_{strategy}_{head}"], sizes[f"hub_{strategy}_{history}"] = hub_bytes(
            strategy, weights, checkpoint, saves
        )
    return {name: round(size / _GIGABYTE, 2) for name, size in sizes.items()}


_GIGABYTE: Final = 1_000_000_000
_HUB_NAMES: Final = (
    ("every_save", "head_GB", "history_upper_bound_GB"),
    ("checkpoint", "head_GB", "history_upper_bound_GB"),
    ("all_checkpoints", "head_listed_GB", "unique_lfs_GB"),
)
