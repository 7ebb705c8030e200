"""What is remembered from one process to the next."""

from __future__ import annotations

from pathlib import Path

from forerun.adapters.stores.memory import MemoryStore
from forerun.adapters.stores.sqlite import SQLiteStore
from forerun.ports import Store

__all__ = ["IN_MEMORY", "MemoryStore", "SQLiteStore", "open_store"]

IN_MEMORY = "memory"


def open_store(place: str) -> Store:
    """The store in the file at `place`; `memory` keeps nothing. Opened with the first call."""
    return MemoryStore() if place == IN_MEMORY else SQLiteStore(Path(place))
