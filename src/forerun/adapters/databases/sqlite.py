"""SQLite files by the standard library's driver, read only and fenced in.

`mode=ro` alone lets ATTACH create files, so an authorizer allows reading and nothing else.
A lone SELECT is its own transaction in SQLite: there is nothing to roll back, and BEGIN is
denied like every other statement that is not a query.

A database in WAL mode is read through its `-wal` and `-shm` files. Where they are missing SQLite
itself creates them, and leaves them: to read past them would miss what others are writing.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Lock
from typing import TypeVar
from urllib.parse import quote

from forerun.adapters.databases import sqlite_catalog
from forerun.adapters.databases.fetching import fetch_within
from forerun.adapters.databases.sqlite_kinds import column_of_values
from forerun.adapters.databases.stamps import gone, stamp_of, stamp_of_writes
from forerun.adapters.databases.threads import interruptible_within
from forerun.domain import Catalog, Column, Limits, Rows, Statement, Table
from forerun.errors import DatabaseLocked, DatabaseUnreachable, StatementFailed, UnreadableFile
from forerun.ports import DatabaseAbilities, Plan, Version

Result = TypeVar("Result")

STRUCTURE_TIMEOUT_S = 60.0
SAMPLE_TIMEOUT_S = 10.0
EXPLAIN_TIMEOUT_S = 10.0
LOCK_PATIENCE_S = 1.0
KEPT_OPEN = 4
"""Idle connections; as many more as are needed at once are opened and closed again."""
LOG_SETTLED_AFTER_NS = 5_000_000_000
"""In WAL mode a commit is written to the log, synced to disk, and only then seen by readers, by
nothing that a stamp would show: as long as a disk may take for that, twice over, a log just
written to is not relied on."""

_LIMITS = {
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
    sqlite3.SQLITE_LIMIT_LENGTH: 64 * 1024 * 1024,
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: 1_000_000,
    sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 1_000,
    sqlite3.SQLITE_LIMIT_WORKER_THREADS: 0,
}
_READING = frozenset(
    {
        sqlite3.SQLITE_SELECT,
        sqlite3.SQLITE_READ,
        sqlite3.SQLITE_FUNCTION,
        sqlite3.SQLITE_RECURSIVE,
    }
)
_DENIED_FUNCTIONS = frozenset(
    {"edit", "fts3_tokenizer", "fts5", "load_extension", "readfile", "sqlite_log", "writefile"}
)
"""Load code, overwrite pointers, reach files or the log. Every other built-in only computes."""

_TABLE_FUNCTIONS = ("json_each", "json_tree")
_WITHOUT_ITS_FOLDER = frozenset(
    {"SQLITE_CANTOPEN", "SQLITE_READONLY_CANTINIT", "SQLITE_READONLY_DIRECTORY"}
)
"""A database in WAL mode needs to write beside itself, even for reading."""
_BROKEN = frozenset({"SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_READONLY_ROLLBACK"})


@dataclass(frozen=True, slots=True)
class _Opened:
    """A connection, and which file it is to: another may be put in its place."""

    connection: sqlite3.Connection
    file: tuple[int, int]


class SQLiteDatabase:
    """One SQLite file; see `forerun.ports.Database`. A connection serves one call at a time."""

    dialect = "sqlite"
    abilities = DatabaseAbilities(concurrent=8)

    def __init__(self, path: Path) -> None:
        self.name = path.stem
        self._path = path
        self._file = str(path)
        self._log = f"{path}-wal"
        self._idle: list[_Opened] = []
        self._idle_lock = Lock()
        self._immutable = False
        self._closed = False

    async def read_structure(self) -> Catalog:
        tables = await self._on_a_connection(
            STRUCTURE_TIMEOUT_S, sqlite_catalog.read_tables, fenced=False
        )
        return Catalog(self.name, self.dialect, tables)

    async def sample(self, table: Table, columns: Sequence[Column], limit: int) -> list[Column]:
        look = partial(sqlite_catalog.sample, table=table, columns=columns, limit=limit)
        return await self._on_a_connection(SAMPLE_TIMEOUT_S, look)

    async def explain(self, statement: Statement) -> Plan:
        """SQLite estimates nothing that it tells: an empty plan, once the statement is planned."""
        await self._on_a_connection(EXPLAIN_TIMEOUT_S, partial(_explain, sql=statement.sql))
        return Plan()

    async def run(self, statement: Statement, limits: Limits) -> Rows:
        fetch = partial(_run, sql=statement.sql, limits=limits)
        return await self._on_a_connection(limits.timeout_s, fetch)

    async def version(self) -> Version:
        """By the stamps of file and log; not of `-shm`, to which readers write as well.

        Of the log only writes count: SQLite, run by root, gives it to the file's owner whenever
        it opens it. Nothing can be told of a file that is read without its log.
        """
        self._refuse_if_closed()
        if self._immutable:
            return Version()
        log = stamp_of_writes(self._log, LOG_SETTLED_AFTER_NS)
        text = f"{stamp_of(self._file)}/{log}"
        return Version(text, text)

    async def warnings(self) -> tuple[str, ...]:
        await self._on_a_connection(EXPLAIN_TIMEOUT_S, _touch)
        if not self._immutable:
            return ()
        return (
            f"{self._path.name} is in WAL mode in a folder that cannot be written to: it is read "
            "as it was at its last checkpoint, and changes are not noticed.",
        )

    async def aclose(self) -> None:
        self._closed = True
        with self._idle_lock:
            idle, self._idle = self._idle, []
        for opened in idle:
            opened.connection.close()

    def _refuse_if_closed(self) -> None:
        if self._closed:
            raise DatabaseUnreachable(f"{self.name} has been closed.")

    async def _on_a_connection(
        self, seconds: float, work: Callable[[sqlite3.Connection], Result], fenced: bool = True
    ) -> Result:
        """`work` on an idle or new connection. Our own catalogue queries need no fence."""
        self._refuse_if_closed()
        taken: list[_Opened] = []

        def work_on_it() -> Result:
            taken.append(self._take() if fenced else self._open())
            with _as_our_errors(self._path):
                return work(taken[0].connection)

        def interrupt() -> None:
            for opened in taken:
                opened.connection.interrupt()

        try:
            return await interruptible_within(seconds, work_on_it, interrupt)
        finally:  # only now is no interrupt on its way that would hit the next user
            for opened in taken:
                self._give_back(opened, fenced)

    def _take(self) -> _Opened:
        file = self._which()
        with self._idle_lock:
            while self._idle:
                idle = self._idle.pop()
                if idle.file == file:
                    return idle
                idle.connection.close()
        opened = self._open()
        with _as_our_errors(self._path):
            _fence(opened.connection)
        return opened

    def _give_back(self, opened: _Opened, fenced: bool) -> None:
        with self._idle_lock:
            if fenced and not self._closed and len(self._idle) < KEPT_OPEN:
                self._idle.append(opened)
                return
        opened.connection.close()

    def _open(self) -> _Opened:
        file = self._which()
        try:
            return _Opened(_connect(self._path, self._immutable), file)
        except sqlite3.Error as failed:
            if failed.sqlite_errorname not in _WITHOUT_ITS_FOLDER:
                raise _our_error(failed, self._path) from failed
        with _as_our_errors(self._path):
            connection = _connect(self._path, immutable=True)
        self._immutable = True
        return _Opened(connection, file)

    def _which(self) -> tuple[int, int]:
        """Which file is there now. An idle connection keeps the number of its own from reuse."""
        try:
            found = os.stat(self._file)  # noqa: PTH116
        except FileNotFoundError as missing:
            raise gone(self._file) from missing
        except OSError as failed:
            raise UnreadableFile(f"{self._path} cannot be read: {failed.strerror}.") from failed
        return found.st_dev, found.st_ino


def open_file(path: Path) -> SQLiteDatabase:
    """The SQLite database file at `path`. Opened with the first statement."""
    return SQLiteDatabase(path)


def _connect(path: Path, immutable: bool) -> sqlite3.Connection:
    """A connection that has read the file's header, so that a broken file is noticed here."""
    options = "mode=ro&immutable=1" if immutable else "mode=ro"
    connection = sqlite3.connect(
        f"file:{quote(str(path))}?{options}",
        uri=True,
        timeout=LOCK_PATIENCE_S,
        isolation_level=None,
        check_same_thread=False,
    )
    connection.text_factory = partial(str, encoding="utf-8", errors="replace")
    try:
        _touch(connection)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _touch(connection: sqlite3.Connection) -> None:
    connection.execute("SELECT count(*) FROM sqlite_master").fetchone()


def _fence(connection: sqlite3.Connection) -> None:
    """Nothing but reading from here on."""
    connection.execute("PRAGMA query_only = ON")
    connection.execute("PRAGMA trusted_schema = OFF")
    for limit, value in _LIMITS.items():
        connection.setlimit(limit, value)
    _wake_virtual_tables(connection)
    connection.set_authorizer(_authorize)


def _wake_virtual_tables(connection: sqlite3.Connection) -> None:
    """Setting one up asks for rights to write that the authorizer will not give."""
    virtual = sqlite_catalog.virtual_tables(connection)
    for name in (*_TABLE_FUNCTIONS, *virtual):
        try:
            connection.execute(f"SELECT 1 FROM {sqlite_catalog.quoted(name)} LIMIT 0")
        except sqlite3.OperationalError:
            continue  # its module is not compiled in: a query that needs it will say so


def _authorize(
    action: int, what: str | None, more: str | None, database: str | None, _inside: str | None
) -> int:
    if action == sqlite3.SQLITE_FUNCTION and more is not None:
        denied = more.lower() in _DENIED_FUNCTIONS
        return sqlite3.SQLITE_DENY if denied else sqlite3.SQLITE_OK
    if action in _READING:
        return sqlite3.SQLITE_OK
    if action == sqlite3.SQLITE_PRAGMA and (what, more, database) == ("data_version", None, "main"):
        return sqlite3.SQLITE_OK  # full text search asks for it whenever it reads
    return sqlite3.SQLITE_DENY


def _run(connection: sqlite3.Connection, sql: str, limits: Limits) -> Rows:
    with closing(connection.execute(sql)) as cursor:
        if cursor.description is None:
            raise StatementFailed("This is not a query.")
        names = [name for name, *_ in cursor.description]
        rows, truncated = fetch_within(limits, cursor.fetchmany)
    values = zip(*rows, strict=True) if rows else ((),) * len(names)
    columns = tuple(map(column_of_values, names, values))
    return Rows(columns, rows, truncated)


def _explain(connection: sqlite3.Connection, sql: str) -> None:
    connection.execute(f"EXPLAIN QUERY PLAN {sql}").close()


@contextmanager
def _as_our_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as failed:
        raise _our_error(failed, path) from failed
    except ValueError as failed:
        raise StatementFailed(f"This text cannot be read or sent as UTF-8: {failed}.") from failed


def _our_error(
    failed: sqlite3.Error, path: Path
) -> StatementFailed | DatabaseLocked | UnreadableFile:
    """SQLite's error with SQLite's words. The driver's own errors have no code."""
    code = getattr(failed, "sqlite_errorname", "")
    if code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return DatabaseLocked(
            f"{path} is locked: another program is writing to it.", "Try again in a moment."
        )
    if code.startswith("SQLITE_CANTOPEN") or code in _BROKEN:
        return UnreadableFile(f"{path} cannot be read by SQLite: {failed}.")
    return StatementFailed(str(failed).rstrip(".") + ".")
