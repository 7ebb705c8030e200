"""A cache in a SQLite file: for warm restarts, and for several processes of one machine.

Not for network file systems: SQLite's shared memory does not reach over them.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import anyio
import anyio.to_thread

from forerun.adapters.caches.disk_listening import Listener
from forerun.adapters.caches.purging import scope_to_text
from forerun.adapters.caches.sqlite_file import CacheFile
from forerun.domain import Shelf, ShelfStatus
from forerun.ports import Labels, Scope

Result = TypeVar("Result")

MAX_BYTES = 256 * 1024 * 1024
LARGEST_SHARE = 4
"""A text that would take more than a fourth of the room is not kept."""
THREADS = 4
PURGES_KEPT = 1_000
"""Who has missed more than that takes it that everything was purged."""
LISTENING_PAUSE_S = 0.02

_LIVE = "FROM entries JOIN texts USING (id) WHERE expires > ?"
_INSERT = """
INSERT INTO entries (key, kept, expires, bytes, shelf, tenant, database, tables)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
_OLDEST = "DELETE FROM entries WHERE id = (SELECT min(id) FROM entries)"
_SCOPED = """
SELECT id, shelf, tenant, database, tables FROM entries
WHERE (?1 IS NULL OR tenant = ?1) AND (?2 IS NULL OR database = ?2)
"""
_LEASE = """
INSERT INTO leases (key, token, expires) VALUES (?, ?, ?) ON CONFLICT (key)
DO UPDATE SET token = excluded.token, expires = excluded.expires WHERE expires <= ?
"""
_STATUS = """
SELECT shelf, tenant, database, count(*), sum(bytes), min(kept) FROM entries WHERE expires > ?
GROUP BY shelf, tenant, database ORDER BY shelf, tenant, database
"""


class DiskCache:
    """See `forerun.ports.SharedCache`.

    The file takes at most about `max_bytes` (SQLite's journal beside it, a few MB, comes on
    top): what was kept longest ago goes first. How often something was read does not count, as
    what is read often is read from memory.
    """

    def __init__(self, path: Path, max_bytes: int = MAX_BYTES) -> None:
        self._file = CacheFile(path)
        self._max_bytes = max_bytes
        self._threads = anyio.CapacityLimiter(THREADS)

    @property
    def name(self) -> str:
        return "disk"

    async def get(self, keys: Sequence[str]) -> Sequence[str | None]:
        wanted = [_bytes(key) for key in keys]
        marks = ", ".join("?" * len(wanted))
        found = await self._do(
            lambda db: db.execute(
                f"SELECT key, text {_LIVE} AND key IN ({marks})", (time.time(), *wanted)
            ).fetchall()
        )
        texts = {key: text.decode("utf-8", "surrogatepass") for key, text in found}
        return [texts.get(key) for key in wanted]

    async def put(self, key: str, text: str, labels: Labels, keep_s: float) -> None:
        """Nothing, where `text` is too long to be worth the room."""
        name, content = _bytes(key), _bytes(text)
        if len(content) > self._max_bytes // LARGEST_SHARE:
            return

        def put(db: sqlite3.Connection) -> None:
            now = time.time()
            db.execute("DELETE FROM entries WHERE key = ? OR expires <= ?", (name, now))
            entry = (name, now, now + keep_s, len(content), *_columns(labels))
            added = db.execute(_INSERT, entry).lastrowid
            db.execute("INSERT INTO texts VALUES (?, ?)", (added, content))
            while _used_bytes(db) > self._max_bytes and db.execute(_OLDEST).rowcount:
                pass

        await self._do_whole(put)

    async def purge(self, scope: Scope) -> int:
        def purge(db: sqlite3.Connection) -> int:
            asked = [None if part is None else json.dumps(part) for part in _place(scope)]
            ids = [
                (number,)
                for number, *columns in db.execute(_SCOPED, asked)
                if scope.covers(_labels(*columns))
            ]
            db.executemany("DELETE FROM entries WHERE id = ?", ids)
            told = db.execute("INSERT INTO purges (scope) VALUES (?)", (scope_to_text(scope),))
            db.execute("DELETE FROM purges WHERE id <= ?", ((told.lastrowid or 0) - PURGES_KEPT,))
            return len(ids)

        return await self._do_whole(purge)

    async def hear_purges(self, on_purge: Callable[[Scope], None]) -> None:
        """Also called with an empty Scope once it hears at all: before, it may have missed some."""
        listener, thread = Listener(self._file.path), anyio.CapacityLimiter(1)
        try:
            while True:
                for scope in await anyio.to_thread.run_sync(listener.news, limiter=thread):
                    on_purge(scope)
                await anyio.sleep(LISTENING_PAUSE_S)
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(listener.close, limiter=thread)

    async def lease(self, key: str, seconds: float) -> str | None:
        token, now = secrets.token_hex(16), time.time()
        asked = (_bytes(key), token, now + seconds, now)

        def lease(db: sqlite3.Connection) -> bool:
            taken = db.execute(_LEASE, asked).rowcount == 1
            db.execute("DELETE FROM leases WHERE expires <= ?", (now,))
            return taken

        return token if await self._do_whole(lease) else None

    async def release(self, key: str, token: str) -> None:
        gone = "DELETE FROM leases WHERE key = ? AND token = ?"
        await self._do_whole(lambda db: db.execute(gone, (_bytes(key), token)))

    async def status(self) -> Sequence[ShelfStatus]:
        now = time.time()
        rows = await self._do(lambda db: db.execute(_STATUS, (now,)).fetchall())
        return [
            ShelfStatus(
                Shelf(shelf),
                json.loads(tenant),
                json.loads(database),
                entries,
                size,
                max(now - oldest, 0.0),
            )
            for shelf, tenant, database, entries, size, oldest in rows
        ]

    async def aclose(self) -> None:
        await anyio.to_thread.run_sync(self._file.close, limiter=self._threads)

    async def _do(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        return await anyio.to_thread.run_sync(self._file.do, work, limiter=self._threads)

    async def _do_whole(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        return await anyio.to_thread.run_sync(self._file.do_whole, work, limiter=self._threads)


def _used_bytes(db: sqlite3.Connection) -> int:
    """Of the file, without the room that deleted entries left."""
    pages, free, size = (
        db.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("page_count", "freelist_count", "page_size")
    )
    return int((pages - free) * size)


def _columns(labels: Labels) -> tuple[str, str, str, str]:
    """As JSON, which has a way to write even what UTF-8 has not."""
    tables = json.dumps(sorted(labels.tables))
    return labels.shelf.value, json.dumps(labels.tenant), json.dumps(labels.database), tables


def _labels(shelf: str, tenant: str, database: str, tables: str) -> Labels:
    return Labels(
        Shelf(shelf), json.loads(tenant), json.loads(database), frozenset(json.loads(tables))
    )


def _place(scope: Scope) -> tuple[str | None, str | None]:
    return scope.tenant, scope.database


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
