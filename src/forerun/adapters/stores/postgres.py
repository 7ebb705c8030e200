"""Tables in a PostgreSQL database, in a schema of their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import Any, TypeVar

from forerun.adapters.databases.masking import masked
from forerun.adapters.databases.postgres_session import PostgresDriver, Session
from forerun.adapters.databases.server import LONGEST_LOCK_WAIT_S, Sessions
from forerun.errors import DatabaseLocked, ForerunError, StatementFailed, Unavailable
from forerun.ports import Layout, SQLValue, Transaction

Result = TypeVar("Result")

READ_TIMEOUT_S = 30.0
WRITE_TIMEOUT_S = 15.0
LONGEST_SILENCE_S = 3.0
"""A writer that falls silent for longer loses its lock, before those behind it lose patience."""

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

    async def write(self, work: Callable[[Transaction], Result]) -> Result:
        await self._laid_out()
        return await self._sessions.read(lambda s: self._whole(s, work), WRITE_TIMEOUT_S)

    async def aclose(self) -> None:
        await self._sessions.aclose()

    def _whole(self, session: Session, work: Callable[[Transaction], Result]) -> Result:
        """Whatever ends before the COMMIT is rolled back with the session's turn."""
        session.execute(self._lock)
        result = work(_Transaction(session))
        session.execute(b"COMMIT")
        return result

    async def _laid_out(self) -> None:
        """Looked at once for each store."""
        if not self._is_laid_out:
            await self._sessions.read(self._lay_out, WRITE_TIMEOUT_S)
            self._is_laid_out = True

    def _lay_out(self, session: Session) -> None:
        version = _version(_Transaction(session))
        if version is None:
            version = self._whole(session, self._make)
        if version != self._layout.version:
            raise Unavailable(
                f"{self._layout.contents} cannot be kept at {self._place}: what is there, in the "
                f"schema {self._schema}, is of version {version}, not {self._layout.version}.",
                self._layout.remedy,
            )

    def _make(self, tx: Transaction) -> int:
        """Looked at again under the lock: somebody else may have been first."""
        found = _version(tx)
        if found is not None:
            return found
        if tx.rows("SELECT pg_catalog.to_regnamespace(?) IS NULL", self._schema) == [(True,)]:
            tx.rows(f"CREATE SCHEMA {self._schema}")
        for statement in (*self._layout.tables, _MAKE_VERSION):
            tx.rows(statement)
        tx.change("INSERT INTO layout VALUES (?)", [(self._layout.version,)])
        return self._layout.version


class _Driver(PostgresDriver):
    """Transactions that may write, and errors in the words of a store."""

    def __init__(self, url: str, layout: Layout, schema: str) -> None:
        super().__init__(url)
        self._layout = layout
        self._schema = schema
        self._place = masked(url)

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
        cursor = self._session.execute(_with_its_signs(sql), values or None)
        return cursor.fetchall() if cursor.description else []

    def change(self, sql: str, rows: Sequence[Sequence[SQLValue]]) -> int:
        with self._session.cursor() as cursor:
            cursor.executemany(_with_its_signs(sql), rows)
            return max(0, cursor.rowcount)


def _with_its_signs(sql: str) -> bytes:
    return sql.replace("?", "%s").encode()


def _version(tx: Transaction) -> int | None:
    """Of what is laid out; None where nothing is."""
    if tx.rows("SELECT pg_catalog.to_regclass('layout') IS NULL") == [(True,)]:
        return None
    [(version,)] = tx.rows("SELECT version FROM layout")
    return int(version)


def _key(schema: str) -> int:
    """The number of the lock, which PostgreSQL keeps for each database."""
    return int.from_bytes(blake2b(schema.encode(), digest_size=8).digest(), "big", signed=True)
