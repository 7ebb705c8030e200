"""The golden SQL of the gate, sent to real servers: what is hostile with no gate before it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import suppress

import psycopg
import pytest

from forerun import checking
from forerun.adapters.databases.mysql import MySQLDatabase
from forerun.adapters.databases.postgres import PostgresDatabase
from forerun.domain import Draft, Limits, Origin
from forerun.errors import DatabaseLocked, StatementFailed
from forerun.ports import Database
from tests.adapters.servers import ask
from tests.adapters.test_mysql import cursor_of
from tests.cases import shop
from tests.services import Scratch

pytestmark = pytest.mark.anyio

SOON = Limits(timeout_s=0.2)


@pytest.fixture(scope="module")
def postgres_shop(postgres: Scratch) -> Iterator[psycopg.Connection]:
    with psycopg.connect(postgres.owner_url, autocommit=True) as owner:
        for statement in shop.setup("postgres"):
            owner.execute(statement.encode())
        yield owner


@pytest.fixture
async def on_postgres(
    postgres: Scratch, postgres_shop: psycopg.Connection
) -> AsyncIterator[PostgresDatabase]:
    reader = PostgresDatabase(postgres.reader_url)
    yield reader
    await reader.aclose()


@pytest.fixture(scope="module")
def mysql_shop(mysql: Scratch) -> Scratch:
    with cursor_of(mysql.owner_url) as owner:
        for statement in shop.setup("mysql"):
            owner.execute(statement)
    return mysql


@pytest.fixture
async def on_mysql(mysql_shop: Scratch) -> AsyncIterator[MySQLDatabase]:
    reader = MySQLDatabase(mysql_shop.reader_url)
    yield reader
    await reader.aclose()


async def try_to_run(database: Database, sql: str) -> None:
    with suppress(StatementFailed, DatabaseLocked):
        await ask(database, sql, SOON)


async def refused_though_legitimate(database: Database, dialect: str) -> dict[str, str]:
    """Accepted by the gate, and not by the server: names of cases with the server's words."""
    catalog = shop.catalog(dialect)
    refused = {}
    for case in shop.cases("legitimate", dialect):
        verdict = checking.check(Draft(case.sql, Origin.USER, 1.0), catalog)
        assert verdict.statement is not None, case
        try:
            await database.explain(verdict.statement)
            await database.run(verdict.statement, Limits())
        except StatementFailed as failed:
            refused[case.name] = failed.message
    return refused


async def test_hostile_statements_change_nothing_in_postgres(
    on_postgres: PostgresDatabase, postgres_shop: psycopg.Connection
) -> None:
    """No row of any table, no object, no role, no lock."""
    contents = "; ".join(
        f"SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM \"{name}\" t"
        for name in shop.SHOP
    )

    def state() -> list[object]:
        cursor = postgres_shop.execute(
            f"{contents}; SELECT count(*) FROM pg_class WHERE relname !~ '^pg_'; "
            "SELECT count(*) FROM pg_proc; SELECT count(*) FROM pg_largeobject_metadata; "
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = "
            "(SELECT oid FROM pg_database WHERE datname = current_database())".encode()
        )
        return [result.fetchall() for result in cursor.results()]

    before = state()
    for case in shop.cases("hostile", "postgres"):
        await try_to_run(on_postgres, case.sql)
        assert state() == before, case


async def test_hostile_statements_change_nothing_in_mysql(
    on_mysql: MySQLDatabase, mysql_shop: Scratch
) -> None:
    """No row of any table, no object, no user, no setting."""
    queries = [f"SELECT * FROM `{name}` ORDER BY 1, 2" for name in shop.SHOP]
    queries += [
        "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()",
        "SELECT COUNT(*) FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = DATABASE()",
        f"SELECT authentication_string FROM mysql.user WHERE User = '{mysql_shop.reader}'",
        "SELECT @@GLOBAL.sql_mode, @@GLOBAL.max_connections, @@GLOBAL.general_log",
    ]
    with cursor_of(mysql_shop.owner_url) as owner:

        def state() -> list[object]:
            found: list[object] = []
            for query in queries:
                owner.execute(query)
                found.append(owner.fetchall())
            return found

        before = state()
        for case in shop.cases("hostile", "mysql"):
            await try_to_run(on_mysql, case.sql)
            assert state() == before, case


async def test_legitimate_statements_run_on_postgres(on_postgres: PostgresDatabase) -> None:
    """What the gate lets through, in the form in which it is sent."""
    assert await refused_though_legitimate(on_postgres, "postgres") == {}


async def test_legitimate_statements_run_on_mysql(on_mysql: MySQLDatabase) -> None:
    """What the gate lets through, in the form in which it is sent."""
    assert await refused_though_legitimate(on_mysql, "mysql") == {}
