"""Tables in a SQLite file that several processes write to, whole or not at all."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

import anyio
import anyio.to_thread

from forerun.adapters.stores.newer import REMEDY, is_newer, said_of
from forerun.errors import Unavailable
from forerun.ports import Layout, SQLValue, Transaction

Result = TypeVar("Result")

PATIENCE_S = 2.0
MOST_IDLE = 4
"""Connections kept between calls; who comes when all are lent opens another."""
READ, WRITE = "BEGIN", "BEGIN IMMEDIATE"
FLUSHED, UNFLUSHED = "PRAGMA synchronous = FULL", "PRAGMA synchronous = NORMAL"
"""Unflushed, a transaction is with the operating system, which outlives us."""


class IsNewer(sqlite3.DatabaseError):
    """The file is ours, in a layout of after our time."""


class SQLiteFile:
    """See `forerun.ports.SQLStore`. Each call is one transaction on a connection of its own.

    `held` keeps connections for the calls to come: to open one, and to look at the file again,
    takes longer than most transactions, and whenever the last one is closed SQLite tidies up,
    which makes a call some 20 ms longer.
    """

    def __init__(self, path: Path, layout: Layout, *, held: bool = False) -> None:
        self._path = path
        self._layout = layout
        self._held = held
        self._idle: list[_Opened] = []
        self._lending = Lock()

    async def read(self, work: Callable[[Transaction], Result]) -> Result:
        return await _off_the_loop(lambda: self._do(READ, FLUSHED, work))

    async def write(self, work: Callable[[Transaction], Result], *, lasting: bool = True) -> Result:
        flush = FLUSHED if lasting else UNFLUSHED
        return await _off_the_loop(lambda: self._do(WRITE, flush, work))

    async def aclose(self) -> None:
        await _off_the_loop(self._let_go)

    def _do(self, begin: str, flush: str, work: Callable[[Transaction], Result]) -> Result:
        try:
            with self._lent() as db:
                db.execute(flush)
                return _whole(db, begin, work, self._layout)
        except (sqlite3.Error, OSError) as error:
            raise Unavailable(
                f"{self._layout.contents} cannot be kept in {self._path}: {error}.",
                REMEDY if isinstance(error, IsNewer) else self._layout.remedy,
            ) from error

    @contextmanager
    def _lent(self) -> Iterator[sqlite3.Connection]:
        """One that nobody else uses meanwhile. It is not used again where SQLite has failed."""
        opened, sound = self._kept() or self._opened(), True
        try:
            yield opened.db
        except sqlite3.Error:
            sound = False
            raise
        finally:
            if not (sound and self._keep(opened)):
                opened.db.close()

    def _kept(self) -> _Opened | None:
        """One to the file that is there now: another may have been put in its place."""
        file = _file_at(self._path)
        with self._lending:
            while self._idle:
                opened = self._idle.pop()
                if opened.file == file:
                    return opened
                opened.db.close()
        return None

    def _opened(self) -> _Opened:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        db = _connected(self._path)
        try:
            _lay_out(db, self._layout)
        except BaseException:
            db.close()
            raise
        return _Opened(db, _file_at(self._path))

    def _keep(self, opened: _Opened) -> bool:
        with self._lending:
            if not self._held or len(self._idle) >= MOST_IDLE:
                return False
            self._idle.append(opened)
            return True

    def _let_go(self) -> None:
        with self._lending:
            idle, self._idle, self._held = self._idle, [], False
        for opened in idle:
            opened.db.close()


@dataclass(frozen=True, slots=True)
class _Opened:
    """A connection, and the file that it is to."""

    db: sqlite3.Connection
    file: tuple[int, int] | None


def _file_at(path: Path) -> tuple[int, int] | None:
    """What no two files share at a time; None where there is none."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def must_not_be_newer(path: Path, layout: Layout) -> None:
    """Raises `Unavailable` for a file that a newer Forerun has brought further. Of one that is not
    there, or is something else, nothing is said."""
    if not path.exists():
        return
    try:
        with closing(_connected(path)) as db:
            _refuse_newer(db, layout)
    except IsNewer as newer:
        said = f"{layout.contents} cannot be kept in {path}: {newer}."
        raise Unavailable(said, REMEDY) from newer
    except sqlite3.Error:
        return


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


def _whole(
    db: sqlite3.Connection,
    begin: str,
    work: Callable[[Transaction], Result],
    layout: Layout | None = None,
) -> Result:
    """In one transaction: all of it, or nothing. A newer process may have brought a file further
    since it was opened here: nothing is written into what is not in its `layout`."""
    with db:
        db.execute(begin)
        if begin == WRITE and layout is not None:
            _refuse_newer(db, layout)
        return work(_Transaction(db))


def _lay_out(db: sqlite3.Connection, layout: Layout) -> None:
    """Once for each file. Looked at again under the lock: somebody else may have been first."""
    if not _missing(db, layout):
        return
    with suppress(sqlite3.OperationalError):  # waits for nobody: whoever is in the way does it
        db.execute("PRAGMA journal_mode = WAL")
    with db:
        db.execute(WRITE)
        for statement in _missing(db, layout):
            db.execute(statement)
        application, version = _mark_of(layout)
        db.execute(f"PRAGMA application_id = {application}")
        db.execute(f"PRAGMA user_version = {version}")


def _missing(db: sqlite3.Connection, layout: Layout) -> tuple[str, ...]:
    """Statements that bring the file to the layout. Raises `DatabaseError` for a file of somebody
    else.

    The mark is looked at after the tables: both come into a file at once.
    """
    if db.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,):
        return layout.tables
    _refuse_newer(db, layout)
    (application, version), (ours, _) = _mark(db), _mark_of(layout)
    missing = layout.missing(version) if application == ours and version else None
    if missing is None:
        raise sqlite3.DatabaseError("it holds something else, or is of another version")
    return missing


def _refuse_newer(db: sqlite3.Connection, layout: Layout) -> None:
    """Raises `IsNewer`. A layout without a name cannot be told from anybody's file."""
    (application, version), (ours, _) = _mark(db), _mark_of(layout)
    if ours and application == ours and is_newer(version, layout):
        raise IsNewer(said_of(version, layout))


def _mark_of(layout: Layout) -> tuple[int, int]:
    """What a file of this layout has in its head: four letters of the name, and the version."""
    return int.from_bytes(layout.name.encode("ascii")[:4], "big"), layout.version


def _mark(db: sqlite3.Connection) -> tuple[int, int]:
    [(application,)] = db.execute("PRAGMA application_id")
    [(version,)] = db.execute("PRAGMA user_version")
    return application, version
