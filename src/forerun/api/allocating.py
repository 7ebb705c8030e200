"""The system's allocator, set for a process that serves."""

from __future__ import annotations

import ctypes
import os

MOST_ARENAS = 2
_M_ARENA_MAX = -8
"""Of glibc's `malloc.h`."""


def in_few_arenas() -> bool:
    """Have all threads allocate from two heaps; whether that could be set.

    By default glibc gives each thread a heap of its own, eight times as many as there are cores.
    What a question has in one thread and frees in another leaves holes in all of them, and a
    service that runs for long grows by these (docs/load.md). Python allocates under one lock
    anyhow. What glibc was told by `MALLOC_ARENA_MAX` or `GLIBC_TUNABLES` stays. Without glibc
    nothing is set.
    """
    told = os.environ  # noqa: TID251 - glibc's own settings, not ours
    if "MALLOC_ARENA_MAX" in told or "arena_max" in told.get("GLIBC_TUNABLES", ""):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if os.name == "posix" else None
    return mallopt is not None and bool(mallopt(_M_ARENA_MAX, MOST_ARENAS))
