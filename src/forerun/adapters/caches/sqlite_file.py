"""The SQLite file of the disk cache: private, replaced where it is broken, never mistaken.

What is in it can be had again, so a file of ours that is broken or of another version makes room
for a new one. A file that is not ours is left alone. Anybody may remove the file at any time: each
use looks whether the file that is open is still the one at the path.
"""

from __future__ import annotations

import os
import sqlite3
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TypeAlias, TypeVar

from forerun.errors import Unavailable

Result = TypeVar("Result")
Work: TypeAlias = Callable[[sqlite3.Connection], Result]
Identity: TypeAlias = tuple[int, int]

APPLICATION = 0x46524331
"""SQLite's `application_id`, bytes 68 to 71 of the file: FRC1."""
LAYOUT = 1
"""Kept in the file's `user_version`."""
PATIENCE_S = 0.5
"""How long a write waits for others that write."""

_TABLES = (
    # What is asked of many entries at once stands apart from the long texts.
    """
CREATE TABLE entries (
    id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, kept REAL NOT NULL, expires REAL NOT NULL,
    bytes INTEGER NOT NULL, shelf TEXT NOT NULL, tenant TEXT NOT NULL, database TEXT NOT NULL,
    tables TEXT NOT NULL
)
""",
    "CREATE INDEX expiring ON entries (expires)",
    "CREATE TABLE texts (id INTEGER PRIMARY KEY, text BLOB NOT NULL)",
    """
CREATE TRIGGER dropped AFTER DELETE ON entries
BEGIN DELETE FROM texts WHERE id = old.id; END
""",
    "CREATE TABLE leases (key BLOB PRIMARY KEY, token TEXT NOT NULL, expires REAL NOT NULL)",
    "CREATE TABLE purges (id INTEGER PRIMARY KEY AUTOINCREMENT, scope TEXT NOT NULL)",
    f"PRAGMA application_id = {APPLICATION}",
    f"PRAGMA user_version = {LAYOUT}",
)
_BROKEN = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


@dataclass(frozen=True, slots=True)
class _Open:
    db: sqlite3.Connection
    identity: Identity


class _OtherLayout(Exception):
    """Ours, of another version."""


class CacheFile:
    """Connections to one file, for use by several threads. Blocks; raises `Unavailable`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._idle: deque[_Open] = deque()
        self._opening = Lock()

    def do(self, work: Work[Result]) -> Result:
        """`work` on a connection that nobody else uses meanwhile."""
        try:
            return self._again_if_broken(work)
        except (sqlite3.Error, OSError) as error:
            raise _unavailable(self.path, str(error)) from error

    def do_whole(self, work: Work[Result]) -> Result:
        """`work` in one transaction that writes: all of it, or nothing."""

        def whole(db: sqlite3.Connection) -> Result:
            with db:
                db.execute("BEGIN IMMEDIATE")
                return work(db)

        return self.do(whole)

    def identity(self) -> Identity | None:
        """Which file is at the path now; None where there is none."""
        return _identity(self.path)

    def close(self) -> None:
        """Close what is not in use. The next use opens again."""
        with suppress(IndexError):
            while True:
                self._idle.pop().db.close()

    def _again_if_broken(self, work: Work[Result]) -> Result:
        found = _identity(self.path)
        try:
            return self._once(work)
        except _OtherLayout:
            _remove(self.path, found)
        except sqlite3.DatabaseError as error:
            if _code(error) not in _BROKEN or not _is_ours(self.path):
                raise
            _remove(self.path, found)
        return self._once(work)

    def _once(self, work: Work[Result]) -> Result:
        opened = self._take()
        try:
            result = work(opened.db)
        except BaseException:
            opened.db.close()
            raise
        self._idle.append(opened)
        return result

    def _take(self) -> _Open:
        identity = _identity(self.path)
        with suppress(IndexError):
            while True:
                opened = self._idle.pop()
                if opened.identity == identity:
                    return opened
                opened.db.close()
        with self._opening:
            return _open(self.path)


def _open(path: Path) -> _Open:
    """Called by one thread at a time: to close a file by hand while SQLite has it open would
    take SQLite's locks away."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    state = path.stat()
    if hasattr(os, "geteuid") and state.st_uid != os.geteuid():
        raise _unavailable(path, "it belongs to another user, who could put answers into it")
    db = sqlite3.connect(path, PATIENCE_S, isolation_level=None, check_same_thread=False)
    try:
        _lay_out(db)
        if state.st_mode & 0o077:
            path.chmod(0o600)
        db.execute("PRAGMA synchronous = NORMAL")
        db.execute("PRAGMA journal_size_limit = 1048576")
    except BaseException:
        db.close()
        raise
    return _Open(db, (state.st_dev, state.st_ino))


def _lay_out(db: sqlite3.Connection) -> None:
    """Once for each file. Looked at again under the lock: somebody else may have been first."""
    if _is_laid_out(db):
        return
    with suppress(sqlite3.OperationalError):  # waits for nobody: whoever is in the way does it
        db.execute("PRAGMA journal_mode = WAL")
    with db:
        db.execute("BEGIN IMMEDIATE")
        if not _is_laid_out(db):
            for statement in _TABLES:
                db.execute(statement)


def _is_laid_out(db: sqlite3.Connection) -> bool:
    """False for an empty file. Raises where it is something else, or of another version."""
    (application,) = db.execute("PRAGMA application_id").fetchone()
    (layout,) = db.execute("PRAGMA user_version").fetchone()
    if application == APPLICATION:
        if layout != LAYOUT:
            raise _OtherLayout
        return True
    if application or layout or db.execute("SELECT 1 FROM sqlite_master").fetchone():
        raise sqlite3.DatabaseError("it holds something else")
    return False


def _identity(path: Path) -> Identity | None:
    try:
        state = path.stat()
    except FileNotFoundError:
        return None
    return state.st_dev, state.st_ino


def _is_ours(path: Path) -> bool:
    """By the file's own first bytes, as SQLite no longer reads it."""
    with path.open("rb") as file:
        head = file.read(100)
    return head[:16] == b"SQLite format 3\0" and head[68:72] == APPLICATION.to_bytes(4, "big")


def _remove(path: Path, found: Identity | None) -> None:
    """The file and what SQLite keeps beside it; unless somebody else has replaced it already."""
    if found is not None and _identity(path) == found:
        for suffix in ("-wal", "-shm", ""):
            path.with_name(path.name + suffix).unlink(missing_ok=True)


def _code(error: sqlite3.Error) -> int:
    """SQLite's primary result code; 0 where Python itself raised."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def _unavailable(path: Path, why: str) -> Unavailable:
    return Unavailable(
        f"The cache in {path} cannot be used: {why}.",
        "Make room and that file writable, or remove it; or have the shared cache in another "
        "file, in Redis (redis://…), or not at all (none).",
    )
