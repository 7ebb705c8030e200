"""What is remembered from one process to the next."""

from __future__ import annotations

from pathlib import Path

from forerun.adapters.databases.masking import masked
from forerun.adapters.stores.memory import MemoryStore
from forerun.adapters.stores.sqlite import SQLiteStore
from forerun.adapters.stores.sqlite_file import SQLiteFile, SQLiteMemory, must_not_be_newer
from forerun.errors import BadDatabaseURL, MissingExtra
from forerun.ports import Layout, SQLStore, Store

__all__ = [
    "IN_MEMORY",
    "MemoryStore",
    "SQLiteStore",
    "must_not_be_newer",
    "open_sql",
    "open_store",
]

IN_MEMORY = "memory"
_POSTGRES = ("postgresql", "postgres")


def open_store(place: str) -> Store:
    """The store in the file at `place`; `memory` keeps nothing. Opened with the first call."""
    return MemoryStore() if place == IN_MEMORY else SQLiteStore(Path(place))


def open_sql(place: str, layout: Layout) -> SQLStore:
    """Tables in the file at `place`, at a `postgresql://` URL, or, with `memory`, in no place.

    Opened with the first call. Raises `BadDatabaseURL` or `MissingExtra`.
    """
    if place == IN_MEMORY:
        return SQLiteMemory(layout)
    scheme, is_url, _ = place.partition("://")
    if not is_url and place.strip():
        return SQLiteFile(Path(place).expanduser(), layout, held=True)
    if scheme.lower() not in _POSTGRES:
        raise BadDatabaseURL(
            f"{layout.contents} cannot be kept at {masked(place)!r}: it is neither a file nor "
            "PostgreSQL.",
            "Give a path, postgresql://user:password@host:5432/name, or memory.",
        )
    try:
        from forerun.adapters.stores.postgres import PostgresTables
    except ModuleNotFoundError as missing:
        if missing.name is not None and missing.name.startswith("forerun"):
            raise
        raise MissingExtra("postgres", f"What is kept at {masked(place)}") from missing
    return PostgresTables(place, layout)
