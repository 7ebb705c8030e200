"""DuckDB: database files, and the engine behind data files. Read only, fenced in.

The file is attached read only to an in-memory instance of our own, so that several objects and
the host program may have it open at once. Then every door is closed for good: no external
access, no file system at all (external access alone leaves the attached file's own `.wal`
writable by COPY), no extension loading, configuration locked. Each statement runs on a cursor
of its own in a read-only transaction that is rolled back.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import anyio
import anyio.to_thread
import duckdb
from duckdb import DuckDBPyConnection

from forerun.adapters.databases import duckdb_catalog
from forerun.adapters.databases.fetching import fetch_within
from forerun.adapters.databases.kinds import kind_of
from forerun.adapters.databases.threads import interruptible, interruptible_within
from forerun.domain import Catalog, Column, Limits, ResultColumn, Rows, Statement, Table
from forerun.errors import DatabaseLocked, DatabaseUnreachable, StatementFailed, UnreadableFile
from forerun.ports import DatabaseAbilities, Plan, Version

Result = TypeVar("Result")

STRUCTURE_TIMEOUT_S = 60.0
SAMPLE_TIMEOUT_S = 10.0
EXPLAIN_TIMEOUT_S = 10.0

_FENCED_FROM_THE_START: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "allow_persistent_secrets": "false",
    "python_enable_replacements": "false",  # Python variables are no tables
    "temp_directory": "",  # nothing spills to disk: a query that needs more memory fails
    "memory_limit": "50%",
}
_CLOSE_EVERY_DOOR = """
SET enable_external_access = false;
SET disabled_filesystems = 'LocalFileSystem';
SET lock_configuration = true;
"""
_RESERVED_CATALOGS = frozenset({"main", "memory", "system", "temp"})


@dataclass(frozen=True, slots=True)
class Filled:
    """Where in the instance the data is, and what its owner should know about it."""

    home: str
    """Name of DuckDB's catalog (its word for one database of several)."""
    warnings: tuple[str, ...] = ()


class DuckDBDatabase:
    """One DuckDB instance; see `forerun.ports.Database`.

    `fill` is given a fresh in-memory instance and attaches or loads the data. It runs once, in
    a worker thread, with the first statement.
    """

    dialect = "duckdb"
    abilities = DatabaseAbilities(concurrent=8)

    def __init__(
        self,
        name: str,
        fill: Callable[[DuckDBPyConnection], Filled],
        rows_estimated: bool = True,
    ) -> None:
        self.name = name
        self._fill = fill
        self._rows_estimated = rows_estimated
        self._opening = anyio.Lock()
        self._instance: DuckDBPyConnection | None = None
        self._filled = Filled("")
        self._closed = False

    async def read_structure(self) -> Catalog:
        read = partial(duckdb_catalog.read_tables, rows_estimated=self._rows_estimated)
        tables = await self._on_a_cursor(STRUCTURE_TIMEOUT_S, read)
        return Catalog(self.name, self.dialect, tables)

    async def sample(self, table: Table, columns: Sequence[Column], limit: int) -> list[Column]:
        def look(cursor: DuckDBPyConnection) -> list[Column]:
            return duckdb_catalog.sample(cursor, self._place(table), columns, limit)

        return await self._on_a_cursor(SAMPLE_TIMEOUT_S, look)

    async def explain(self, statement: Statement) -> Plan:
        return await self._on_a_cursor(EXPLAIN_TIMEOUT_S, partial(_explain, sql=statement.sql))

    async def run(self, statement: Statement, limits: Limits) -> Rows:
        fetch = partial(_run, sql=statement.sql, limits=limits)
        return await self._on_a_cursor(limits.timeout_s, fetch)

    async def version(self) -> Version:
        return Version()

    async def warnings(self) -> tuple[str, ...]:
        await self._opened()
        return self._filled.warnings

    async def aclose(self) -> None:
        self._closed = True
        instance, self._instance = self._instance, None
        if instance is not None:
            await anyio.to_thread.run_sync(instance.close)

    def _place(self, table: Table) -> str:
        """The full name: a schema may be called as the catalog is."""
        parts = (self._filled.home, table.schema or duckdb_catalog.DEFAULT_SCHEMA, table.name)
        return ".".join(map(duckdb_catalog.quoted, parts))

    async def _on_a_cursor(
        self, seconds: float, work: Callable[[DuckDBPyConnection], Result]
    ) -> Result:
        cursor = (await self._opened()).cursor()

        def in_a_transaction() -> Result:
            with _as_our_errors():
                cursor.execute(f"USE {duckdb_catalog.quoted(self._filled.home)}.main")
                cursor.execute("BEGIN TRANSACTION READ ONLY")
                return work(cursor)

        try:
            return await interruptible_within(seconds, in_a_transaction, cursor.interrupt)
        finally:
            cursor.close()  # rolls back

    async def _opened(self) -> DuckDBPyConnection:
        async with self._opening:
            if self._closed:
                raise DatabaseUnreachable(f"{self.name} has been closed.")
            if self._instance is None:
                self._instance = await self._open()
            return self._instance

    async def _open(self) -> DuckDBPyConnection:
        connect = partial(duckdb.connect, ":memory:", config=_FENCED_FROM_THE_START)
        instance = await anyio.to_thread.run_sync(connect)

        def fill_and_fence() -> Filled:
            filled = self._fill(instance)
            instance.execute(_CLOSE_EVERY_DOOR)
            return filled

        try:
            self._filled = await interruptible(fill_and_fence, instance.interrupt)
        except BaseException:
            instance.close()
            raise
        return instance


def open_file(path: Path) -> DuckDBDatabase:
    """The DuckDB database file at `path`. Opened with the first statement."""
    return DuckDBDatabase(path.stem, partial(_attach, path))


def _attach(path: Path, instance: DuckDBPyConnection) -> Filled:
    """Under the file's own name, so that `shop.t` works; unless `shop` means something else."""
    file = str(path).replace("'", "''")
    home = path.stem
    if home.lower() in _RESERVED_CATALOGS:
        home = f"{home}_db"
    try:
        instance.execute(f"ATTACH '{file}' AS {duckdb_catalog.quoted(home)} (READ_ONLY)")
        if duckdb_catalog.has_schema(instance, home, home):
            instance.execute(f"DETACH {duckdb_catalog.quoted(home)}")
            home = f"{home}_db"
            instance.execute(f"ATTACH '{file}' AS {duckdb_catalog.quoted(home)} (READ_ONLY)")
    except duckdb.Error as failed:
        words = _words(failed)
        if "already attached" in words:
            raise DatabaseLocked(
                f"{path} is open for writing in this very program.", "Close it there first."
            ) from failed
        if "Could not set lock" in words:
            raise DatabaseLocked(
                f"{path} is locked: another program has it open for writing.",
                "Close it there, or ask a copy of the file.",
            ) from failed
        raise UnreadableFile(
            f"{path} cannot be opened by DuckDB {duckdb.__version__}: {words}"
        ) from failed
    return Filled(home)


def _run(cursor: DuckDBPyConnection, sql: str, limits: Limits) -> Rows:
    cursor.execute(_the_one_query(cursor, sql))
    columns = tuple(
        ResultColumn(name, str(type_), kind_of(str(type_)))
        for name, type_, *_ in cursor.description or ()
    )
    rows, truncated = fetch_within(limits, cursor.fetchmany)
    return Rows(columns, rows, truncated)


def _explain(cursor: DuckDBPyConnection, sql: str) -> Plan:
    """`rows` is the planner's estimate for the result, `cost` the rows of all its operators."""
    _the_one_query(cursor, sql)
    found = cursor.execute(f"EXPLAIN (FORMAT json) {sql}").fetchone()
    operators = json.loads(found[1]) if found else []
    if not operators:
        return Plan()
    return Plan(_estimate(operators[0]), sum(_estimates(operators)))


def _estimates(operators: list[dict[str, Any]]) -> Iterator[float]:
    for operator in operators:
        yield _estimate(operator) or 0.0
        yield from _estimates(operator["children"])


def _estimate(operator: dict[str, Any]) -> float | None:
    rows = operator["extra_info"].get("Estimated Cardinality")
    return None if rows is None else float(rows)


_QUERIES = frozenset({"SELECT", "MULTI"})
"""MULTI is how DuckDB runs a PIVOT: it looks the column names up first."""


def _the_one_query(cursor: DuckDBPyConnection, sql: str) -> duckdb.Statement:
    """The only statement in `sql`. Raises `StatementFailed` unless it is one, and a query."""
    try:
        sql.encode()
        statements = cursor.extract_statements(sql)
        kinds = [statement.type.name for statement in statements]
    except UnicodeEncodeError as broken:
        raise StatementFailed("The statement holds half a character.") from broken
    except ValueError as unknown:  # statement types that the Python package has no name for
        raise StatementFailed("This is not a query.") from unknown
    if len(statements) != 1:
        raise StatementFailed(f"Exactly one statement is run; this holds {len(statements)}.")
    if kinds[0] not in _QUERIES:
        raise StatementFailed(f"Only queries are run; this is {kinds[0]}.")
    return statements[0]


@contextmanager
def _as_our_errors() -> Iterator[None]:
    """DuckDB's errors with DuckDB's words; and values that Python has no room for."""
    try:
        yield
    except duckdb.OutOfMemoryException as full:
        raise StatementFailed(
            "The statement needs more memory than DuckDB may take here.",
            "Ask for less: fewer rows before sorting or grouping, fewer wide columns.",
        ) from full
    except duckdb.Error as failed:
        raise StatementFailed(_words(failed)) from failed
    except (OverflowError, ValueError) as failed:
        raise StatementFailed(f"A value of the result cannot be shown: {failed}.") from failed


def _words(failed: duckdb.Error) -> str:
    """The message without the pointer to DuckDB's own web pages."""
    return str(failed).partition("See also http")[0].strip()
