"""Running gold and predicted SQL for comparison: one read-only query, in limited time.

This is the measuring instrument, apart from what is measured: it opens the databases by their
own drivers, and runs SQL as it was written.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from forerun.domain import Value
from forerun.errors import StatementFailed, StatementTimedOut
from forerun.running.comparing import comparable

if TYPE_CHECKING:
    import duckdb

TIME_LIMIT_S = 30.0
MOST_ROWS = 200_000
"""A result with more rows is no answer to any of these questions: it counts as an error."""


@dataclass(frozen=True, slots=True)
class Result:
    """All rows of a query, their cells made comparable; `width` is the number of columns."""

    width: int
    rows: tuple[tuple[Value, ...], ...]


class Engine(Protocol):
    """One database, open for reading. One query at a time, from any thread.

    Errors: `StatementFailed`, also where the text is no single SELECT or WITH statement;
    `StatementTimedOut`.
    """

    def fetch(self, sql: str) -> Result:
        """The complete result of one query."""

    def interrupt(self) -> None:
        """End the running query, from another thread."""

    def close(self) -> None:
        """Close the connection."""


def open_engine(dialect: str, where: str) -> Engine:
    """Open a database: `where` is a file, for PostgreSQL a URL. Raises `StatementFailed`."""
    if dialect == "postgres":
        return PostgresEngine(where)
    return DuckDBEngine(Path(where)) if dialect == "duckdb" else SQLiteEngine(Path(where))


class SQLiteEngine:
    """SQLite with everything but reading denied."""

    def __init__(self, path: Path, time_limit_s: float = TIME_LIMIT_S) -> None:
        import sqlite3

        self._time_limit_s = time_limit_s
        self._deadline = 0.0
        uri = f"{path.resolve().as_uri()}?mode=ro"
        try:
            self._connection = sqlite3.connect(uri, uri=True, check_same_thread=False)
        except sqlite3.Error as error:
            raise StatementFailed(str(error)) from error
        self._connection.isolation_level = None
        self._connection.text_factory = lambda raw: raw.decode("utf-8", "ignore")
        reading = {
            sqlite3.SQLITE_SELECT,
            sqlite3.SQLITE_READ,
            sqlite3.SQLITE_FUNCTION,
            sqlite3.SQLITE_RECURSIVE,
        }
        self._connection.set_authorizer(
            lambda action, *_: sqlite3.SQLITE_OK if action in reading else sqlite3.SQLITE_DENY
        )
        self._connection.set_progress_handler(lambda: time.monotonic() > self._deadline, 10_000)

    def fetch(self, sql: str) -> Result:
        import sqlite3

        self._deadline = time.monotonic() + self._time_limit_s
        try:
            cursor = self._connection.execute(sql)
            rows = cursor.fetchmany(MOST_ROWS + 1)
        except (sqlite3.Error, sqlite3.Warning, ValueError) as error:
            if time.monotonic() > self._deadline:
                raise StatementTimedOut(f"Not done in {self._time_limit_s:g} s.") from error
            raise StatementFailed(str(error)) from error
        return _result(cursor.description, rows)

    def interrupt(self) -> None:
        self._connection.interrupt()

    def close(self) -> None:
        self._connection.close()


class DuckDBEngine:
    """A DuckDB file, with no way out of it."""

    def __init__(self, path: Path, time_limit_s: float = TIME_LIMIT_S) -> None:
        import duckdb

        self._time_limit_s = time_limit_s
        config: dict[str, str | bool | int | float | list[str]] = {
            "enable_external_access": False,
            "lock_configuration": True,
        }
        try:
            self._connection = duckdb.connect(str(path), read_only=True, config=config)
        except duckdb.Error as error:
            raise StatementFailed(str(error)) from error

    def fetch(self, sql: str) -> Result:
        import duckdb

        try:
            with self._limited():
                self._connection.execute(self._only_query(sql))
                rows = self._connection.fetchmany(MOST_ROWS + 1)
        except duckdb.InterruptException as error:
            raise StatementTimedOut(f"Not done in {self._time_limit_s:g} s.") from error
        except duckdb.Error as error:
            raise StatementFailed(str(error)) from error
        return _result(self._connection.description, rows)

    def interrupt(self) -> None:
        self._connection.interrupt()

    def close(self) -> None:
        self._connection.close()

    def _only_query(self, sql: str) -> duckdb.Statement:
        import duckdb

        statements = self._connection.extract_statements(sql)
        if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
            raise StatementFailed("Not one SELECT or WITH statement.")
        return statements[0]

    @contextmanager
    def _limited(self) -> Iterator[None]:
        alarm = threading.Timer(self._time_limit_s, self._connection.interrupt)
        alarm.start()
        try:
            yield
        finally:
            alarm.cancel()


class PostgresEngine:
    """PostgreSQL, in read-only transactions that are always rolled back."""

    def __init__(self, url: str, time_limit_s: float = TIME_LIMIT_S) -> None:
        import psycopg

        self._time_limit_s = time_limit_s
        timeout = f"-c statement_timeout={int(time_limit_s * 1000)}"
        options = f"{timeout} -c cursor_tuple_fraction=1"
        try:
            self._connection = psycopg.connect(url, options=options)
        except psycopg.Error as error:
            raise StatementFailed(str(error)) from error
        self._connection.read_only = True

    def fetch(self, sql: str) -> Result:
        """A cursor can be declared for one SELECT or WITH alone; prepared, it is one statement."""
        import psycopg

        declared = f"DECLARE result NO SCROLL CURSOR FOR {sql}".encode()
        try:
            self._connection.execute(declared, prepare=True)
            cursor = self._connection.execute(f"FETCH {MOST_ROWS + 1} FROM result")
            return _result(cursor.description, cursor.fetchall())
        except psycopg.errors.QueryCanceled as error:
            raise StatementTimedOut(f"Not done in {self._time_limit_s:g} s.") from error
        except (psycopg.Error, ValueError) as error:
            raise StatementFailed(str(error)) from error
        finally:
            self._rollback()

    def interrupt(self) -> None:
        self._connection.cancel_safe()

    def close(self) -> None:
        self._connection.close()

    def _rollback(self) -> None:
        import psycopg

        try:
            self._connection.rollback()
        except psycopg.Error:  # the connection is gone: the query has said so already
            return


def _result(description: object, rows: list[tuple[Value, ...]]) -> Result:
    if not isinstance(description, list | tuple):
        raise StatementFailed("The statement gives no rows.")
    if len(rows) > MOST_ROWS:
        raise StatementFailed(f"More than {MOST_ROWS:,} rows.")
    return Result(len(description), tuple(tuple(map(comparable, row)) for row in rows))
