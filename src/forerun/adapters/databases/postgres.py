"""PostgreSQL, read through psycopg 3 as the least-privilege role of docs/security.md.

psycopg is used without SQLAlchemy: it reads URLs as libpq does (several hosts, service files,
TLS settings), and SQLAlchemy alone would add half a second to every start.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import closing
from typing import cast

from psycopg import Cursor
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGresult
from psycopg.rows import TupleRow

from forerun.adapters.databases.fetching import fetch_within
from forerun.adapters.databases.masking import masked
from forerun.adapters.databases.postgres_powers import read_powers
from forerun.adapters.databases.postgres_session import PostgresDriver, Session, as_query
from forerun.adapters.databases.postgres_structure import read_tables
from forerun.adapters.databases.postgres_values import (
    TypeNames,
    columns_of,
    kind_of_postgres,
    unknown_types,
)
from forerun.adapters.databases.postgres_version import read_version
from forerun.adapters.databases.powers import Powers
from forerun.adapters.databases.sampling import LONGEST_TEXT, worth_sampling
from forerun.adapters.databases.server import (
    CONNECTIONS,
    PLAN_TIMEOUT_S,
    SAMPLE_TIMEOUT_S,
    STRUCTURE_TIMEOUT_S,
    VERSION_TIMEOUT_S,
    Sessions,
    in_pieces,
)
from forerun.adapters.databases.server_sampling import sampling_query, with_samples
from forerun.domain import Catalog, Column, Kind, Limits, Rows, Statement, Table
from forerun.errors import StatementFailed, StatementTimedOut
from forerun.ports import DatabaseAbilities, Plan, Version

_DATABASE_NAME = b"SELECT pg_catalog.current_database()"
_TYPE_NAMES = """
SELECT t.oid, pg_catalog.format_type(t.oid, NULL), t.typtype::text
FROM pg_catalog.pg_type t WHERE t.oid IN ({oids})
"""


class PostgresDatabase:
    """One PostgreSQL database. Connects with the first statement."""

    dialect = "postgres"
    abilities = DatabaseAbilities(concurrent=CONNECTIONS)

    def __init__(self, url: str) -> None:
        self.name = masked(url)
        self._sessions = Sessions(PostgresDriver(url))
        self._known = Version()

    async def read_structure(self) -> Catalog:
        def read(session: Session) -> Catalog:
            [(name,)] = session.execute(_DATABASE_NAME)
            return Catalog(name, self.dialect, read_tables(session))

        return await self._sessions.read(read, STRUCTURE_TIMEOUT_S)

    async def sample(self, table: Table, columns: Sequence[Column], limit: int) -> list[Column]:
        looked_at = worth_sampling(columns)
        if not looked_at:
            return list(columns)
        query = sampling_query(table, looked_at, limit, _quoted, _as_text)

        def read(session: Session) -> list[Column]:
            return with_samples(columns, looked_at, session.execute(query.encode()), limit)

        return await self._sessions.read(read, SAMPLE_TIMEOUT_S)

    async def explain(self, statement: Statement) -> Plan:
        """The planner's rows and cost. EXPLAIN evaluates immutable functions, no more."""
        query = f"EXPLAIN (FORMAT JSON) {as_query(statement.sql)}"

        def read(session: Session) -> Plan:
            with session.cursor() as cursor, closing(_streamed(cursor, query)) as rows:
                [node] = next(rows)[0]
            top = node["Plan"]
            return Plan(rows=float(top["Plan Rows"]), cost=float(top["Total Cost"]))

        return await self._sessions.read(read, PLAN_TIMEOUT_S)

    async def run(self, statement: Statement, limits: Limits) -> Rows:
        """Rows arrive one by one over the extended protocol, which takes one statement only."""
        query = as_query(statement.sql)
        return await self._sessions.read(lambda s: _rows(s, query, limits), limits.timeout_s)

    async def version(self) -> Version:
        """Where the URL names several hosts: of the one that a connection reached."""
        try:
            self._known = await self._sessions.read(
                lambda s: read_version(s, self._known), VERSION_TIMEOUT_S
            )
        except StatementTimedOut:
            raise
        except StatementFailed:  # it speaks PostgreSQL's protocol and is another database
            return Version()
        return self._known

    async def warnings(self) -> tuple[str, ...]:
        return (await self._powers()).sentences

    async def is_superuser(self) -> bool:
        """True when no wall of the database's own stands behind ours."""
        return (await self._powers()).superuser

    async def aclose(self) -> None:
        await self._sessions.aclose()

    async def _powers(self) -> Powers:
        return await self._sessions.read(read_powers, PLAN_TIMEOUT_S)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _as_text(column: str) -> str:
    return f"left({column}::text, {LONGEST_TEXT + 1})"


def _rows(session: Session, query: str, limits: Limits) -> Rows:
    with session.cursor() as cursor:
        with closing(_streamed(cursor, query)) as stream:
            rows, truncated = fetch_within(limits, in_pieces(stream, limits.max_bytes))
        result = cursor.pgresult
    if result is None or result.nfields == 0:
        result = _described(session, query)
    others = _type_names(session, unknown_types(result, session.adapters))
    return Rows(columns_of(result, session.adapters, others), rows, truncated)


def _streamed(cursor: Cursor[TupleRow], query: str) -> Generator[TupleRow, None, None]:
    """Rows one by one, by the extended protocol. Closing it cancels what is still to come."""
    return cast("Generator[TupleRow, None, None]", cursor.stream(query))


def _described(session: Session, query: str) -> PGresult:
    """The columns of a statement that gave no row to read them from."""
    for answer in (
        session.pgconn.prepare(b"", query.encode()),
        session.pgconn.describe_prepared(b""),
    ):
        if answer.status != ExecStatus.COMMAND_OK:
            raise StatementFailed(answer.get_error_message())
    return answer


def _type_names(session: Session, oids: set[int]) -> TypeNames:
    if not oids:
        return {}
    query = _TYPE_NAMES.format(oids=", ".join(str(oid) for oid in sorted(oids)))
    return {
        oid: (name, Kind.TEXT if sort == "e" else kind_of_postgres(name))
        for oid, name, sort in session.execute(query.encode())
    }
