"""MySQL and MariaDB, read through PyMySQL as the least-privilege user of docs/security.md."""

from __future__ import annotations

from collections.abc import Sequence

from pymysql.cursors import SSCursor

from forerun.adapters.databases.fetching import fetch_within
from forerun.adapters.databases.masking import masked
from forerun.adapters.databases.mysql_plan import read_plan
from forerun.adapters.databases.mysql_powers import read_powers
from forerun.adapters.databases.mysql_session import MySQLDriver, Session, all_rows, as_query
from forerun.adapters.databases.mysql_structure import read_tables
from forerun.adapters.databases.mysql_values import typed
from forerun.adapters.databases.mysql_version import read_version
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
from forerun.domain import Catalog, Column, Limits, Rows, Statement, Table
from forerun.ports import DatabaseAbilities, Plan, Version


class MySQLDatabase:
    """One MySQL or MariaDB database, or all of a server's. Connects with the first statement."""

    dialect = "mysql"
    abilities = DatabaseAbilities(concurrent=CONNECTIONS)

    def __init__(self, url: str) -> None:
        self.name = masked(url)
        self._sessions = Sessions(MySQLDriver(url))

    async def read_structure(self) -> Catalog:
        def read(session: Session) -> Catalog:
            database, tables = read_tables(session)
            return Catalog(database or self.name, self.dialect, tables)

        return await self._sessions.read(read, STRUCTURE_TIMEOUT_S)

    async def sample(self, table: Table, columns: Sequence[Column], limit: int) -> list[Column]:
        looked_at = worth_sampling(columns)
        if not looked_at:
            return list(columns)
        query = sampling_query(table, looked_at, limit, _quoted, _as_text)

        def read(session: Session) -> list[Column]:
            return with_samples(columns, looked_at, all_rows(session, query), limit)

        return await self._sessions.read(read, SAMPLE_TIMEOUT_S)

    async def explain(self, statement: Statement) -> Plan:
        return await self._sessions.read(lambda s: read_plan(s, statement.sql), PLAN_TIMEOUT_S)

    async def run(self, statement: Statement, limits: Limits) -> Rows:
        """Rows are read as they arrive; the connection is closed over rows that are too many."""
        query = as_query(statement.sql)
        return await self._sessions.read(lambda s: _rows(s, query, limits), limits.timeout_s)

    async def version(self) -> Version:
        return await self._sessions.read(read_version, VERSION_TIMEOUT_S)

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
    return "`" + name.replace("`", "``") + "`"


def _as_text(column: str) -> str:
    return f"CONVERT(LEFT({column}, {LONGEST_TEXT + 1}) USING utf8mb4) COLLATE utf8mb4_bin"


def _rows(session: Session, query: str, limits: Limits) -> Rows:
    with session.cursor(SSCursor) as cursor:
        cursor.execute(query)
        try:
            arriving = iter(cursor.fetchone, None)
            rows, truncated = fetch_within(limits, in_pieces(arriving, limits.max_bytes))
            cursor.fetchone()  # the end, where the statement had no more to give
        finally:
            session.abandon_rows()
        return typed(cursor.description, rows, truncated)
