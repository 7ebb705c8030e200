"""Tables in a SQLite file that several processes write to, whole or not at all."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

import anyio
import anyio.to_thread

from forerun.errors import Unavailable
from forerun.ports import Layout, SQLValue, Transaction

Result = TypeVar("Result")

PATIENCE_S = 2.0
READ, WRITE = "BEGIN", "BEGIN IMMEDIATE"
FLUSHED, UNFLUSHED = "PRAGMA synchronous = FULL", "PRAGMA synchronous = NORMAL"
"""Unflushed, a transaction is with the operating system, which outlives us."""


class SQLiteFile:
    """See `forerun.ports.SQLStore`. Each call is one transaction on a connection of its own.

    `held` keeps another one open in between: SQLite tidies up whenever the last one is closed,
    which makes each call some 20 ms longer.
    """

    def __init__(self, path: Path, layout: Layout, *, held: bool = False) -> None:
        self._path = path
        self._layout = layout
        self._held = held
        self._holder: sqlite3.Connection | None = None
        self._holding = Lock()

    async def read(self, work: Callable[[Transaction], Result]) -> Result:
        return await _off_the_loop(lambda: self._do(READ, FLUSHED, work))

    async def write(self, work: Callable[[Transaction], Result], *, lasting: bool = True) -> Result:
        flush = FLUSHED if lasting else UNFLUSHED
        return await _off_the_loop(lambda: self._do(WRITE, flush, work))

    async def aclose(self) -> None:
        await _off_the_loop(self._let_go)

    def _do(self, begin: str, flush: str, work: Callable[[Transaction], Result]) -> Result:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with closing(_connected(self._path)) as db:
                _lay_out(db, self._layout)
                self._hold()
                db.execute(flush)
                return _whole(db, begin, work)
        except (sqlite3.Error, OSError) as error:
            raise Unavailable(
                f"{self._layout.contents} cannot be kept in {self._path}: {error}.",
                self._layout.remedy,
            ) from error

    def _hold(self) -> None:
        """A connection that has looked at the file counts as one that uses it."""
        with self._holding:
            if self._held and self._holder is None:
                self._holder = _connected(self._path)
                _mark(self._holder)

    def _let_go(self) -> None:
        with self._holding:
            holder, self._holder, self._held = self._holder, None, False
        if holder is not None:
            holder.close()


class SQLiteMemory:
    """The same for one process alone, and forgotten with it."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._db = _connected(":memory:")
        self._one_at_a_time = Lock()
        _lay_out(self._db, layout)

    async def read(self, work: Callable[[Transaction], Result]) -> Result:
        return await _off_the_loop(lambda: self._do(READ, work))

    async def write(self, work: Callable[[Transaction], Result], *, lasting: bool = True) -> Result:
        return await _off_the_loop(lambda: self._do(WRITE, work))

    async def aclose(self) -> None:
        with self._one_at_a_time:
            self._db.close()

    def _do(self, begin: str, work: Callable[[Transaction], Result]) -> Result:
        try:
            with self._one_at_a_time:
                return _whole(self._db, begin, work)
        except sqlite3.Error as error:
            raise Unavailable(f"{self._layout.contents} cannot be kept: {error}.") from error


class _Transaction:
    """See `forerun.ports.Transaction`."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def rows(self, sql: str, *values: SQLValue) -> list[tuple[Any, ...]]:
        return self._db.execute(sql, values).fetchall()

    def change(self, sql: str, *values: SQLValue) -> int:
        return self._db.execute(sql, values).rowcount

    def add(self, table: str, rows: Sequence[Sequence[SQLValue]]) -> int:
        if not rows:
            return 0
        signs = ", ".join("?" for _ in rows[0])
        insert = f"INSERT INTO {table} VALUES ({signs}) ON CONFLICT DO NOTHING"
        return self._db.executemany(insert, rows).rowcount


async def _off_the_loop(call: Callable[[], Result]) -> Result:
    """In a worker thread, to its end: a transaction is short, and is whole or not at all."""
    with anyio.CancelScope(shield=True):
        return await anyio.to_thread.run_sync(call)
    raise AssertionError("a shielded scope that nobody cancels swallows nothing")


def _connected(place: Path | str) -> sqlite3.Connection:
    """Transactions are begun in words; who uses it from which thread is for the caller to see."""
    return sqlite3.connect(place, timeout=PATIENCE_S, isolation_level=None, check_same_thread=False)


def _whole(db: sqlite3.Connection, begin: str, work: Callable[[Transaction], Result]) -> Result:
    """In one transaction: all of it, or nothing."""
    with db:
        db.execute(begin)
        return work(_Transaction(db))


def _lay_out(db: sqlite3.Connection, layout: Layout) -> None:
    """Once for each file. Looked at again under the lock: somebody else may have been first."""
    if _is_laid_out(db, layout):
        return
    with suppress(sqlite3.OperationalError):  # waits for nobody: whoever is in the way does it
        db.execute("PRAGMA journal_mode = WAL")
    with db:
        db.execute(WRITE)
        if _is_laid_out(db, layout):
            return
        for statement in layout.tables:
            db.execute(statement)
        application, version = _mark_of(layout)
        db.execute(f"PRAGMA application_id = {application}")
        db.execute(f"PRAGMA user_version = {version}")


def _is_laid_out(db: sqlite3.Connection, layout: Layout) -> bool:
    """False for an empty file. Raises `DatabaseError` for a file of somebody else.

    The mark is looked at after the tables: both come into a file at once.
    """
    if db.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,):
        return False
    if _mark(db) != _mark_of(layout):
        raise sqlite3.DatabaseError("it holds something else, or is of another version")
    return True


def _mark_of(layout: Layout) -> tuple[int, int]:
    """What a file of this layout has in its head: four letters of the name, and the version."""
    return int.from_bytes(layout.name.encode("ascii")[:4], "big"), layout.version


def _mark(db: sqlite3.Connection) -> tuple[int, int]:
    [(application,)] = db.execute("PRAGMA application_id")
    [(version,)] = db.execute("PRAGMA user_version")
    return application, version
