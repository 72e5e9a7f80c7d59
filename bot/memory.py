"""Memory that files have left behind in the process."""

from __future__ import annotations

import ctypes
import gc


def give_back() -> None:
    """Returns freed memory to the system; does nothing where the C library keeps none back.

    The C library of Linux holds on to what a burst of large files has used, in case more of them come: tens of MiB
    that other processes in the container need.
    """
    gc.collect()
    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):  # musl, macOS and Windows
        return
    trim(0)
