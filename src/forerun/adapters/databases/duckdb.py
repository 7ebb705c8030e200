"""DuckDB: database files, and the engine behind data files. Read only, fenced in.

`duckdb_instance.py` opens, fences in and closes. Each statement runs on a cursor of its own in a
read-only transaction that is rolled back.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import duckdb
from duckdb import DuckDBPyConnection

from forerun.adapters.databases import duckdb_catalog
from forerun.adapters.databases.duckdb_instance import Filled, Instances, Source
from forerun.adapters.databases.fetching import fetch_within
from forerun.adapters.databases.kinds import kind_of
from forerun.adapters.databases.stamps import stamp, stamp_of
from forerun.adapters.databases.threads import interruptible_within
from forerun.domain import Catalog, Column, Limits, ResultColumn, Rows, Statement, Table
from forerun.errors import DatabaseLocked, StatementFailed, UnreadableFile
from forerun.ports import DatabaseAbilities, Plan, Version

Result = TypeVar("Result")

STRUCTURE_TIMEOUT_S = 60.0
SAMPLE_TIMEOUT_S = 10.0
EXPLAIN_TIMEOUT_S = 10.0

_RESERVED_CATALOGS = frozenset({"main", "memory", "system", "temp"})


class DuckDBDatabase:
    """What one source holds, asked of DuckDB; see `forerun.ports.Database`.

    Opened with the first statement, and anew once its files have changed.
    """

    dialect = "duckdb"
    abilities = DatabaseAbilities(concurrent=8)

    def __init__(self, name: str, source: Source, rows_estimated: bool = True) -> None:
        self.name = name
        self._instances = Instances(name, source)
        self._rows_estimated = rows_estimated

    async def read_structure(self) -> Catalog:
        read = partial(duckdb_catalog.read_tables, rows_estimated=self._rows_estimated)
        tables = await self._on_a_cursor(STRUCTURE_TIMEOUT_S, read)
        return Catalog(self.name, self.dialect, tables)

    async def sample(self, table: Table, columns: Sequence[Column], limit: int) -> list[Column]:
        look = partial(duckdb_catalog.sample, table=table, columns=columns, limit=limit)
        return await self._on_a_cursor(SAMPLE_TIMEOUT_S, look)

    async def explain(self, statement: Statement) -> Plan:
        return await self._on_a_cursor(EXPLAIN_TIMEOUT_S, partial(_explain, sql=statement.sql))

    async def run(self, statement: Statement, limits: Limits) -> Rows:
        fetch = partial(_run, sql=statement.sql, limits=limits)
        return await self._on_a_cursor(limits.timeout_s, fetch)

    async def version(self) -> Version:
        """By the stamps of the files, which stay closed."""
        text = self._instances.stamp()
        return Version(text, text)

    async def warnings(self) -> tuple[str, ...]:
        async with self._instances.lent() as instance:
            return instance.filled.warnings

    async def aclose(self) -> None:
        await self._instances.aclose()

    async def _on_a_cursor(
        self, seconds: float, work: Callable[[DuckDBPyConnection], Result]
    ) -> Result:
        async with self._instances.lent() as instance:
            cursor = instance.connection.cursor()

            def in_a_transaction() -> Result:
                with _as_our_errors():
                    cursor.execute(f"USE {duckdb_catalog.quoted(instance.filled.home)}.main")
                    cursor.execute("BEGIN TRANSACTION READ ONLY")
                    return work(cursor)

            try:
                return await interruptible_within(seconds, in_a_transaction, cursor.interrupt)
            finally:
                cursor.close()  # rolls back


def open_file(path: Path) -> DuckDBDatabase:
    """The DuckDB database file at `path`. Opened with the first statement."""
    file, log = str(path), f"{path}.wal"

    def both() -> str:
        return f"{stamp_of(file)}/{stamp(log)}"

    return DuckDBDatabase(path.stem, Source(partial(_attach, path), both, held=path))


def _attach(path: Path, instance: DuckDBPyConnection, known: Filled | None) -> Filled:
    """Under the file's own name, so that `shop.t` works; unless `shop` means something else.

    Where the file is open already, under the same name as there: to detach it would close it.
    """
    file = str(path).replace("'", "''")
    home = path.stem if known is None else known.home
    if home.lower() in _RESERVED_CATALOGS:
        home = f"{home}_db"
    try:
        instance.execute(f"ATTACH '{file}' AS {duckdb_catalog.quoted(home)} (READ_ONLY)")
        if known is None and duckdb_catalog.has_schema(instance, home, home):
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
