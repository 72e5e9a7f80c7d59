"""What preparing the dataset takes on the host: disk from its tokens, memory from the number of processes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from knowledge.plan.values import Preparation

if TYPE_CHECKING:
    from knowledge.plan.rows import Rows
    from knowledge.plan.settings import Settings

# Bytes of a token in the prepared files, measured: input_ids 4, attention_mask 1, labels 8, and position_ids 8 where
# rows are packed. Each pass over the rows leaves a copy in the cache.
_BYTES: Final = {False: 13, True: 21}
_COPIES: Final = 4
# Bytes of memory: of the main process, and of each that tokenizes, at least and at most; assumed, not measured.
_MAIN: Final = 1_000_000_000
_PROCESS: Final = (300_000_000, 1_200_000_000)


def preparation_of(config: Settings, data: Rows, *, packed: bool) -> Preparation | None:
    """Disk and memory of preparing the dataset; None where its tokens are not known.

    Args:
        config: the config.
        data: its rows.
        packed: whether rows are packed.
    """
    tokens = data.logged_tokens or data.tokens
    if not tokens or config.get("skip_prepare_dataset"):
        return None
    processes = config.get("dataset_num_proc")
    size = _BYTES[packed] * tokens
    low, high = (None, None) if not processes else (_MAIN + processes * _PROCESS[0], _MAIN + processes * _PROCESS[1])
    return Preparation(
        disk_low_bytes=size, disk_high_bytes=_COPIES * size, memory_low_bytes=low, memory_high_bytes=high
    )
