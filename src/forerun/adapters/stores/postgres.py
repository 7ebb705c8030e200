"""Tables in a PostgreSQL database, in a schema of their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import Any, TypeVar

from psycopg import ClientCursor, Cursor
from psycopg.rows import TupleRow

from forerun.adapters.databases.masking import masked
from forerun.adapters.databases.postgres_session import PostgresDriver, Session
from forerun.adapters.databases.server import LONGEST_LOCK_WAIT_S, Sessions
from forerun.adapters.stores.newer import REMEDY, is_newer, said_of
from forerun.errors import DatabaseLocked, ForerunError, StatementFailed, Unavailable
from forerun.ports import Layout, SQLValue, Transaction

Result = TypeVar("Result")

READ_TIMEOUT_S = 30.0
WRITE_TIMEOUT_S = 8.0
ROWS_AT_ONCE = 1_000
LONGEST_SILENCE_S = 3.0
"""A writer that falls silent for longer loses its lock, before those behind it lose patience."""

# Asked of the catalog's tables: `to_regclass` may answer from a cache of before the lock was had.
_HAS_SCHEMA = "SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = ?"
_HAS_LAYOUT = (
    "SELECT 1 FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n "
    "ON n.oid = c.relnamespace WHERE n.nspname = ? AND c.relname = 'layout'"
)
_MAKE_VERSION = "CREATE TABLE layout (version BIGINT NOT NULL)"
# The isolation is named because a role or a database may have another one by default.
_BEGIN = """
BEGIN ISOLATION LEVEL READ COMMITTED;
SET LOCAL search_path = {schema}, pg_temp;
SET LOCAL statement_timeout = {statement_ms};
SET LOCAL lock_timeout = {lock_ms};
SET LOCAL idle_in_transaction_session_timeout = {idle_ms};
SET LOCAL jit = off;
"""
_ONE_MOMENT = b"SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
_UNFLUSHED = b"SET LOCAL synchronous_commit = off; "
# Each statement after the lock sees what was committed before it was had: read committed.
_ONE_AT_A_TIME = "SET TRANSACTION READ WRITE; SELECT pg_catalog.pg_advisory_xact_lock({key})"


class PostgresTables:
    """See `forerun.ports.SQLStore`. Connects with the first call.

    The role needs the right to create a schema in the database, once; or a schema of the layout's
    name, `forerun_experiments` for one, that it may create tables in.
    """

    def __init__(self, url: str, layout: Layout) -> None:
        self._layout = layout
        self._schema = f"forerun_{layout.name}"
        self._place = masked(url)
        self._sessions = Sessions(_Driver(url, layout, self._schema))
        self._lock = _ONE_AT_A_TIME.format(key=_key(self._schema)).encode()
        self._is_laid_out = False

    async def read(self, work: Callable[[Transaction], Result]) -> Result:
        def at_one_moment(session: Session) -> Result:
            session.execute(_ONE_MOMENT)
            return work(_Transaction(session))

        await self._laid_out()
        return await self._sessions.read(at_one_moment, READ_TIMEOUT_S)

    async def write(self, work: Callable[[Transaction], Result], *, lasting: bool = True) -> Result:
        begin = self._lock if lasting else _UNFLUSHED + self._lock
        await self._laid_out()
        return await self._sessions.read(lambda s: _whole(s, begin, work), WRITE_TIMEOUT_S)

    async def aclose(self) -> None:
        await self._sessions.aclose()

    async def _laid_out(self) -> None:
        """Looked at once for each store."""
        if self._is_laid_out:
            return
        version = await self._sessions.read(
            lambda s: _version(_Transaction(s), self._schema), WRITE_TIMEOUT_S
        )
        if version is None or self._layout.missing(version):
            version = await self._sessions.read(
                lambda s: _whole(s, self._lock, self._make), WRITE_TIMEOUT_S
            )
        if version != self._layout.version:
            raise self._of_another(version)
        self._is_laid_out = True

    def _of_another(self, version: int) -> Unavailable:
        layout, newer = self._layout, is_newer(version, self._layout)
        other = f"what is there is of version {version}, not {layout.version}"
        return Unavailable(
            f"{layout.contents} cannot be kept at {self._place}, in the schema {self._schema}: "
            f"{said_of(version, layout) if newer else other}.",
            REMEDY if newer else layout.remedy,
        )

    def _make(self, tx: Transaction) -> int:
        """Looked at again under the lock: somebody else may have been first."""
        found = _version(tx, self._schema)
        missing = self._layout.missing(found or 0)
        if found is not None and not missing:
            return found
        if found is None:
            if not tx.rows(_HAS_SCHEMA, self._schema):
                tx.change(f"CREATE SCHEMA {self._schema}")
            tx.change(_MAKE_VERSION)
        for statement in missing or ():
            tx.change(statement)
        tx.change("DELETE FROM layout")
        tx.add("layout", [(self._layout.version,)])
        return self._layout.version


class _Driver(PostgresDriver):
    """Transactions that may write, unlike those on a database that is asked; and errors in the
    words of a store."""

    def __init__(self, url: str, layout: Layout, schema: str) -> None:
        super().__init__(url)
        self._layout = layout
        self._schema = schema
        self._place = masked(url)

    def open(self) -> Session:
        """Values are written into the statements here, so that each is one message.

        The server times the silence between messages only where it waits for a whole statement:
        a line that goes dead between the messages of one would keep the lock for hours.
        """
        session = super().open()
        session.cursor_factory = ClientCursor
        return session

    def begin(self, connection: Session, timeout_s: float) -> None:
        connection.execute(
            _BEGIN.format(
                schema=self._schema,
                statement_ms=round(1_000 * timeout_s),
                lock_ms=round(1_000 * LONGEST_LOCK_WAIT_S),
                idle_ms=round(1_000 * LONGEST_SILENCE_S),
            ).encode()
        )

    def failure(self, error: Exception) -> ForerunError:
        failure = super().failure(error)
        if isinstance(failure, DatabaseLocked):
            return Unavailable(
                f"{self._layout.contents} could not be changed at {self._place}: somebody else "
                f"has been changing it for longer than {LONGEST_LOCK_WAIT_S:g} s.",
                "Try again in a moment.",
            )
        if isinstance(failure, StatementFailed):
            return Unavailable(
                f"{self._layout.contents} cannot be kept at {self._place}: {failure.message}.",
                self._layout.remedy,
            )
        return failure


class _Transaction:
    """See `forerun.ports.Transaction`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def rows(self, sql: str, *values: SQLValue) -> list[tuple[Any, ...]]:
        return self._do(sql, values).fetchall()

    def change(self, sql: str, *values: SQLValue) -> int:
        return self._do(sql, values).rowcount

    def add(self, table: str, rows: Sequence[Sequence[SQLValue]]) -> int:
        return sum(
            self._add(table, rows[start : start + ROWS_AT_ONCE])
            for start in range(0, len(rows), ROWS_AT_ONCE)
        )

    def _add(self, table: str, rows: Sequence[Sequence[SQLValue]]) -> int:
        row = f"({', '.join('?' for _ in rows[0])})"
        insert = f"INSERT INTO {table} VALUES {', '.join([row] * len(rows))} ON CONFLICT DO NOTHING"
        return self._do(insert, [value for row in rows for value in row]).rowcount

    def _do(self, sql: str, values: Sequence[SQLValue]) -> Cursor[TupleRow]:
        return self._session.execute(sql.replace("?", "%s").encode(), values or None)


def _whole(session: Session, begin: bytes, work: Callable[[Transaction], Result]) -> Result:
    """Whatever ends before the COMMIT is rolled back with the session's turn."""
    session.execute(begin)
    result = work(_Transaction(session))
    session.execute(b"COMMIT")
    return result


def _version(tx: Transaction, schema: str) -> int | None:
    """Of what is laid out; None where nothing is."""
    if not tx.rows(_HAS_LAYOUT, schema):
        return None
    [(version,)] = tx.rows(f"SELECT version FROM {schema}.layout")
    return int(version)


def _key(schema: str) -> int:
    """The number of the lock, which PostgreSQL keeps for each database."""
    return int.from_bytes(blake2b(schema.encode(), digest_size=8).digest(), "big", signed=True)
