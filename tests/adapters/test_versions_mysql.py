"""Versions of MySQL and MariaDB: the schema alone, and what nobody can tell."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from forerun.adapters.databases import connect
from forerun.adapters.databases.generic import GenericDatabase
from forerun.ports import Database, Version
from tests.adapters.servers import through_a_proxy, unreachable_within
from tests.adapters.writing import value, written
from tests.services import Scratch

pytestmark = pytest.mark.anyio

FILLING = """
DROP VIEW IF EXISTS v; DROP TABLE IF EXISTS child, t, t2, u;
CREATE TABLE t (n INTEGER PRIMARY KEY, b VARCHAR(20) COMMENT 'Their letter') COMMENT 'Things';
CREATE TABLE child (a INTEGER, t_n INTEGER);
INSERT INTO t VALUES (1, 'x'), (2, 'y');
CREATE VIEW v AS SELECT n FROM t
"""


@pytest.fixture
async def shop(mysql: Scratch) -> AsyncIterator[Database]:
    await written("mysql", mysql.owner_url, FILLING)
    database = connect(mysql.reader_url)
    yield database
    await database.aclose()


async def schema_of(database: Database) -> str:
    schema = (await database.version()).schema
    assert schema is not None
    return schema


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE t ADD COLUMN c DATE",
        "ALTER TABLE t CHANGE b c VARCHAR(20) COMMENT 'Their letter'",
        "ALTER TABLE t MODIFY b VARCHAR(30) COMMENT 'Their letter'",
        "ALTER TABLE t MODIFY b VARCHAR(20) NOT NULL COMMENT 'Their letter'",
        "ALTER TABLE t MODIFY b VARCHAR(20) COMMENT 'Her letter'",
        "ALTER TABLE t MODIFY b VARCHAR(20) COMMENT 'Their letter' FIRST",
        "ALTER TABLE t COMMENT 'Other things'",
        "ALTER TABLE t ADD UNIQUE (b)",
        "ALTER TABLE t DROP PRIMARY KEY",
        "ALTER TABLE child ADD FOREIGN KEY (t_n) REFERENCES t (n)",
        "RENAME TABLE t TO t2",
        "CREATE TABLE u (a INTEGER)",
        "CREATE OR REPLACE VIEW v AS SELECT n, b FROM t",
        "DROP VIEW v",
        "DROP TABLE child",
    ],
)
async def test_what_changes_the_schema(shop: Database, mysql: Scratch, change: str) -> None:
    """Every change to tables, columns, keys and comments shows, and is no other the next time."""
    before = await schema_of(shop)
    await written("mysql", mysql.owner_url, change)
    after = await schema_of(shop)
    assert after != before
    assert await schema_of(shop) == after


async def schema_seen_anew(mysql: Scratch) -> str:
    """By a new connection: the server lets one that stands keep its rights on a database."""
    database = connect(mysql.reader_url)
    try:
        return await schema_of(database)
    finally:
        await database.aclose()


async def test_rights_are_in_it(shop: Database, mysql: Scratch) -> None:
    """What the reader may no longer see is no part of what it is told."""
    before = await schema_of(shop)
    grant = f"ON `{mysql.name}`.* {{}} `{mysql.reader}`@`%`"
    await written("mysql", mysql.owner_url, "REVOKE SELECT " + grant.format("FROM"))
    try:
        assert await schema_seen_anew(mysql) != before
    finally:
        await written("mysql", mysql.owner_url, "GRANT SELECT " + grant.format("TO"))
    assert await schema_seen_anew(mysql) == before


async def test_rows_are_not_told_of(shop: Database, mysql: Scratch) -> None:
    """There is no data version, and no write changes that of the schema."""
    before = await shop.version()
    assert before.data is None
    for change in ("INSERT INTO t VALUES (3, 'z')", "UPDATE t SET b = 'w'", "ANALYZE TABLE t"):
        await written("mysql", mysql.owner_url, change)
        assert await shop.version() == before
    assert await value(shop, "SELECT count(*) FROM t WHERE b = 'w'") == 3


async def test_all_databases_of_a_server(mysql: Scratch, shop: Database) -> None:
    """Where the URL names no database, all that the user may read are looked at."""
    database = connect(mysql.reader_url.removesuffix(mysql.name))
    before = await schema_of(database)
    await written("mysql", mysql.owner_url, "CREATE TABLE u (a INTEGER)")
    assert await schema_of(database) != before
    await database.aclose()


@pytest.mark.slow
async def test_a_server_that_is_silent(mysql: Scratch) -> None:
    """Asking for the version of a server that cannot be reached says so, and ends."""
    async with through_a_proxy(mysql.reader_url) as (proxy, url):
        database = connect(url)
        assert await schema_of(database)
        proxy.hang()
        await unreachable_within(60, database.version)
        proxy.behave()
        assert await schema_of(database)
        await database.aclose()


async def test_of_other_databases_nothing_is_told() -> None:
    """Nor are they asked: this one is not there."""
    database = GenericDatabase("postgresql+psycopg://nobody@127.0.0.1:9/nowhere")
    assert await database.version() == Version()
    await database.aclose()
