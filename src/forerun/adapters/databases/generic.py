"""Any other database that SQLAlchemy has a dialect for, as best it can be done.

What holds everywhere: the gate, a transaction that is rolled back, limits on rows and bytes
while fetching, a timeout on our side. What depends on the database is in docs/security.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TypeVar
from uuid import UUID

import anyio
import sqlalchemy
from sqlalchemy import String, cast, column, func, literal, null, select, union_all

from forerun.adapters.databases.fetching import fetch_within
from forerun.adapters.databases.generic_session import (
    READ_ONLY,
    SQLGLOT_NAMES,
    GenericDriver,
    Session,
)
from forerun.adapters.databases.generic_structure import read_tables
from forerun.adapters.databases.masking import masked
from forerun.adapters.databases.powers import MAKE_A_ROLE
from forerun.adapters.databases.sampling import LONGEST_TEXT, worth_sampling
from forerun.adapters.databases.server import (
    CONNECTIONS,
    PLAN_TIMEOUT_S,
    SAMPLE_TIMEOUT_S,
    STRUCTURE_TIMEOUT_S,
    Sessions,
    in_pieces,
)
from forerun.adapters.databases.server_sampling import ROWS_SCANNED, with_samples
from forerun.adapters.databases.threads import timed_out
from forerun.domain import (
    Catalog,
    Column,
    Kind,
    Limits,
    ResultColumn,
    Rows,
    Statement,
    Table,
    Value,
)
from forerun.ports import DatabaseAbilities, Plan, Version

Result = TypeVar("Result")

EXPLAINED = frozenset(
    {
        "clickhouse", "clickhousedb", "cockroachdb", "databricks", "duckdb", "hive", "impala",
        "presto", "redshift", "snowflake", "sqlite", "starrocks", "trino", "vertica",
    }
)  # fmt: skip
"""Dialects where EXPLAIN and a query plans it without running it."""

_KINDS: tuple[tuple[type, Kind], ...] = (
    (bool, Kind.BOOLEAN),
    (int, Kind.INTEGER),
    (Decimal, Kind.DECIMAL),
    (float, Kind.FLOAT),
    (str, Kind.TEXT),
    (datetime, Kind.TIMESTAMP),
    (date, Kind.DATE),
    (time, Kind.TIME),
    (timedelta, Kind.OTHER),
    (bytes, Kind.BINARY),
    (dict, Kind.JSON),
    (list, Kind.OTHER),
    (UUID, Kind.TEXT),
)
"""Types of values as they are, in the order in which they are looked up."""


class GenericDatabase:
    """One database of any dialect, its default schema. Connects with the first statement."""

    def __init__(self, url: str) -> None:
        self.name = masked(url)
        self._driver = GenericDriver(url)
        self._sessions = Sessions(self._driver)
        known = self._driver.engine.dialect.name
        self.dialect = SQLGLOT_NAMES.get(known, known)
        # Whether a driver hears a cancellation is not known: nothing is run on trial.
        self.abilities = DatabaseAbilities(
            cancels=False, concurrent=CONNECTIONS, plans=known in EXPLAINED
        )

    async def read_structure(self) -> Catalog:
        def read(session: Session) -> Catalog:
            return Catalog(self.name, self.dialect, read_tables(session.connection))

        return await self._sessions.read(read, STRUCTURE_TIMEOUT_S)

    async def sample(self, table: Table, columns: Sequence[Column], limit: int) -> list[Column]:
        looked_at = worth_sampling(columns)
        if not looked_at:
            return list(columns)
        query = _sampling_query(table, looked_at, limit)

        def read(session: Session) -> list[Column]:
            found = session.connection.execute(query)
            return with_samples(columns, looked_at, [tuple(row) for row in found], limit)

        return await self._sessions.read(read, SAMPLE_TIMEOUT_S)

    async def explain(self, statement: Statement) -> Plan:
        """Have the database plan the statement where it can. No dialect's figures are read."""
        if self._driver.engine.dialect.name in EXPLAINED:
            sql = f"EXPLAIN {statement.sql}"
            await self._sessions.read(lambda s: s.execute(sql).close(), PLAN_TIMEOUT_S)
        return Plan()

    async def run(self, statement: Statement, limits: Limits) -> Rows:
        with anyio.move_on_after(limits.timeout_s):
            return await self._sessions.read(
                lambda s: _rows(s, statement.sql, limits), limits.timeout_s
            )
        raise timed_out(limits.timeout_s)

    async def version(self) -> Version:
        """No two databases tell it in the same way: nothing."""
        return Version()

    async def warnings(self) -> tuple[str, ...]:
        name = self._driver.engine.dialect.name
        unknown = "what its login may do is not known"
        if name not in READ_ONLY:
            unknown = f"its transactions cannot be made read only from here, and {unknown}"
        return (f"This database ({name}) is read as best it can be done: {unknown}. {MAKE_A_ROLE}",)

    async def is_superuser(self) -> bool | None:
        """None: there is no telling."""
        return None

    async def aclose(self) -> None:
        await self._sessions.aclose()


def _rows(session: Session, sql: str, limits: Limits) -> Rows:
    cursor = session.execute(sql)
    try:
        arriving = iter(cursor.fetchone, None)
        rows, truncated = fetch_within(limits, in_pieces(arriving, limits.max_bytes))
        names = [field[0] for field in cursor.description or ()]
    finally:
        cursor.close()
    plain = tuple(tuple(_plain(value) for value in row) for row in rows)
    columns = (_column(name, [row[index] for row in plain]) for index, name in enumerate(names))
    return Rows(tuple(columns), plain, truncated)


def _plain(value: Value) -> Value:
    """Drivers give types of their own; what is not a plain value is shown as text."""
    if isinstance(value, bytearray | memoryview):
        return bytes(value)
    plain = value is None or isinstance(value, tuple(type_ for type_, _ in _KINDS))
    return value if plain else str(value)


def _column(name: str, values: Sequence[Value]) -> ResultColumn:
    """Type codes mean something else in each driver, so a column is typed by its first value."""
    first = next((value for value in values if value is not None), None)
    kind = next((kind for type_, kind in _KINDS if isinstance(first, type_)), Kind.OTHER)
    return ResultColumn(name, kind.value, kind)


def _sampling_query(
    table: Table, columns: Sequence[Column], limit: int
) -> sqlalchemy.CompoundSelect[tuple[int, str, int]]:
    """`server_sampling.sampling_query`, written in any dialect."""
    text = String(LONGEST_TEXT + 1)
    place = sqlalchemy.table(table.name, *(column(c.name) for c in columns), schema=table.schema)
    picked = [cast(place.c[c.name], text).label(f"c{i}") for i, c in enumerate(columns)]
    scanned = select(*picked).limit(ROWS_SCANNED + 1).cte("scanned")
    times = func.count().label("times")
    counted = [
        select(literal(-1).label("position"), cast(null(), text).label("value"), times).select_from(
            scanned
        )
    ]
    for index in range(len(columns)):
        value = scanned.c[index].label("value")
        frequent = (
            select(literal(index).label("position"), value, times)
            .where(value.is_not(None))
            .group_by(value)
            .order_by(times.desc(), value)
            .limit(limit + 1)
            .subquery(f"s{index}")
        )
        counted.append(select(frequent.c.position, frequent.c.value, frequent.c.times))
    return union_all(*counted)
