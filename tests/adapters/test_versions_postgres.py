"""Versions of PostgreSQL: data by its transactions, schema by its catalogue; also of a standby."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager

import anyio
import psycopg
import pytest

from forerun.adapters.databases import connect
from forerun.ports import Database
from tests.adapters.servers import anybodys_folder, through_a_proxy, unreachable_within
from tests.adapters.writing import Refused, data_of, settled, value, written
from tests.services import Scratch, postgres_programs

pytestmark = pytest.mark.anyio

FILLING = """
DROP SCHEMA IF EXISTS side CASCADE; DROP SCHEMA IF EXISTS public CASCADE; CREATE SCHEMA public;
GRANT USAGE ON SCHEMA public TO {reader};
CREATE TYPE mood AS ENUM ('glad', 'sad');
CREATE TABLE t (n INTEGER PRIMARY KEY, b TEXT, m mood);
INSERT INTO t SELECT g, 'x' FROM generate_series(1, 100) g;
CREATE TABLE hidden (a INTEGER);
CREATE VIEW v AS SELECT n FROM t;
GRANT SELECT ON t, v TO {reader}
"""


@pytest.fixture
async def shop(postgres: Scratch) -> AsyncIterator[Database]:
    await written("postgres", postgres.owner_url, FILLING.format(reader=postgres.reader))
    database = connect(postgres.reader_url)
    yield database
    await database.aclose()


async def schema_of(database: Database) -> str:
    schema = (await database.version()).schema
    assert schema is not None
    return schema


@pytest.mark.parametrize(
    "change",
    [
        "INSERT INTO t VALUES (1000, 'y')",
        "UPDATE t SET b = 'z' WHERE n = 1",
        "DELETE FROM t WHERE n = 2",
        "TRUNCATE t",
        "BEGIN; SAVEPOINT a; DELETE FROM t WHERE n = 3; RELEASE a; COMMIT",
        "CREATE TABLE u (a INTEGER)",
    ],
)
async def test_every_commit_is_another_version(
    shop: Database, postgres: Scratch, change: str
) -> None:
    """And what is asked then sees it."""
    sql = "SELECT sum(n) || '/' || count(*) || '/' || coalesce(max(b), '') FROM t"
    before, held = await settled(shop), await value(shop, sql)
    await written("postgres", postgres.owner_url, change)
    assert await data_of(shop) != before
    assert (await value(shop, sql) == held) is change.startswith("CREATE")


async def test_a_commit_among_others_that_go_on(shop: Database, postgres: Scratch) -> None:
    """Neither the oldest transaction nor the newest: the commit of the middle one shows."""
    with ExitStack() as open_ones:
        first, middle, last = (
            open_ones.enter_context(psycopg.connect(postgres.owner_url)) for _ in range(3)
        )
        for number, transaction in enumerate((first, middle, last)):
            transaction.execute("INSERT INTO t VALUES (%s)", [2_000 + number])
        last.commit()
        before = await settled(shop)
        assert await value(shop, "SELECT count(*) FROM t WHERE n >= 2000") == 1
        middle.commit()
        assert await data_of(shop) != before
        assert await value(shop, "SELECT count(*) FROM t WHERE n >= 2000") == 2
        first.rollback()


@pytest.mark.slow
async def test_200_commits(shop: Database, postgres: Scratch) -> None:
    """One right after the other: no two share a version, and each is seen."""
    shown: dict[str, object] = {}
    with psycopg.connect(postgres.owner_url, autocommit=True) as owner:
        for number in range(200):
            owner.execute("UPDATE t SET b = %s WHERE n = 1", [str(number)])
            text = await data_of(shop)
            assert await value(shop, "SELECT b FROM t WHERE n = 1") == str(number)
            assert shown.setdefault(text, number) == number


async def test_reading_is_no_change(shop: Database, postgres: Scratch) -> None:
    """Questions, ours or another's, leave the version as it is, as long as nobody else writes."""
    other = connect(postgres.owner_url)

    async def read_by_all() -> None:
        for database in (shop, other):
            await database.read_structure()
            assert await value(database, "SELECT count(*) FROM t") == 100

    with anyio.fail_after(60):
        while True:  # other databases of the server are others' business
            before = await shop.version()
            await read_by_all()
            if await shop.version() == before:
                break
    await other.aclose()


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE t ADD COLUMN c DATE",
        "ALTER TABLE t RENAME COLUMN b TO c",
        "ALTER TABLE t ALTER COLUMN b TYPE VARCHAR(9)",
        "ALTER TABLE t ALTER COLUMN b SET NOT NULL",
        "ALTER TABLE t DROP COLUMN b",
        "ALTER TABLE t DROP CONSTRAINT t_pkey",
        "ALTER TABLE t ADD CONSTRAINT refers FOREIGN KEY (n) REFERENCES t (n)",
        "ALTER TABLE t RENAME TO t2",
        "CREATE UNIQUE INDEX ON t (b, n)",
        "COMMENT ON TABLE t IS 'Things'",
        "COMMENT ON COLUMN t.b IS 'Their letter'",
        "COMMENT ON SCHEMA public IS 'All'",
        "GRANT SELECT ON hidden TO {reader}",
        "GRANT SELECT (a) ON hidden TO {reader}",
        "REVOKE SELECT ON t FROM {reader}",
        "REVOKE USAGE ON SCHEMA public FROM {reader}",
        "GRANT pg_read_all_data TO {reader}",
        "REVOKE pg_read_all_data FROM {reader}",
        "ALTER ROLE {reader} SET search_path = side",
        "ALTER ROLE {reader} RESET search_path",
        "ALTER TYPE mood ADD VALUE 'so so'",
        "CREATE TABLE u (a INTEGER)",
        "CREATE SCHEMA side; CREATE TABLE side.u (a INTEGER)",
        "CREATE OR REPLACE VIEW v AS SELECT n + 1 AS n FROM t",
        "CREATE MATERIALIZED VIEW w AS SELECT n FROM t",
        "ALTER TABLE t ENABLE ROW LEVEL SECURITY",
        "CREATE POLICY p ON t USING (n < 5)",
        "DROP VIEW v",
        "DROP TABLE hidden",
    ],
)
async def test_what_changes_the_schema(shop: Database, postgres: Scratch, change: str) -> None:
    """Every change to tables, comments and rights shows, in the schema as in the data."""
    before = await shop.version()
    await written("postgres", postgres.owner_url, change.format(reader=postgres.reader))
    after = await shop.version()
    assert after.data != before.data
    assert after.schema != before.schema
    with anyio.fail_after(60):
        while await schema_of(shop) != after.schema:  # other roles are others' business
            after = await shop.version()


@pytest.mark.parametrize(
    "change",
    [
        "INSERT INTO t SELECT g, 'y' FROM generate_series(1000, 9000) g ON CONFLICT DO NOTHING",
        "UPDATE t SET b = 'z'",
        "DELETE FROM t",
        "ANALYZE",
        "ANALYZE t; ANALYZE pg_class; ANALYZE pg_attribute",
        "VACUUM",
        "VACUUM (FREEZE, ANALYZE)",
        "CREATE TEMPORARY TABLE u (a INTEGER); INSERT INTO u VALUES (1)",
    ],
)
async def test_what_does_not_change_the_schema(
    shop: Database, postgres: Scratch, change: str
) -> None:
    """Rows, statistics, cleaning and temporary tables of others leave the schema as it is."""
    with anyio.fail_after(60):
        while True:  # other roles are others' business
            before = await schema_of(shop)
            await written("postgres", postgres.owner_url, change)
            await written("postgres", postgres.owner_url, "UPDATE t SET b = 'last'")
            if await schema_of(shop) == before:
                break


async def test_tables_that_are_elsewhere(shop: Database, postgres: Scratch) -> None:
    """A foreign table's rows change without a transaction here: there is no data version then."""
    try:
        await written(
            "postgres",
            postgres.owner_url,
            "CREATE EXTENSION file_fdw; CREATE SERVER files FOREIGN DATA WRAPPER file_fdw; "
            "CREATE FOREIGN TABLE f (a TEXT) SERVER files OPTIONS (filename '/etc/hostname')",
        )
    except Refused:
        pytest.skip("this server has no file_fdw")
    version = await shop.version()
    assert version.data is None
    assert version.schema is not None
    await written("postgres", postgres.owner_url, "DROP EXTENSION file_fdw CASCADE")
    assert await data_of(shop)


@pytest.mark.slow
async def test_a_server_that_is_silent(shop: Database, postgres: Scratch) -> None:
    """Asking for the version of a server that cannot be reached says so, and ends."""
    async with through_a_proxy(postgres.reader_url) as (proxy, url):
        database = connect(url)
        assert await data_of(database)
        proxy.hang()
        await unreachable_within(60, database.version)
        proxy.behave()
        assert await data_of(database)
        await database.aclose()


@contextmanager
def primary_and_standby() -> Iterator[tuple[str, str]]:
    """URLs of two servers of their own: a primary, and its standby that follows it."""
    run_as = postgres_programs()
    ports = []
    for _ in range(2):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            ports.append(str(free.getsockname()[1]))
    with anybodys_folder() as folder, ExitStack() as servers:
        primary, standby = (f"postgresql://postgres@127.0.0.1:{port}/postgres" for port in ports)

        def start(name: str, port: str) -> None:
            options = (
                f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' "
                "-c fsync=off -c max_prepared_transactions=2"
            )
            where = ["-D", str(folder / name), "-l", str(folder / f"{name}.log")]
            servers.callback(run_as, "pg_ctl", *where, "-m", "immediate", "stop")
            run_as("pg_ctl", "-w", *where, "-o", options, "start")

        new = ["-D", str(folder / "primary"), "-U", "postgres", "-A", "trust", "--no-sync"]
        run_as("initdb", *new)
        start("primary", ports[0])
        copy = ["-D", str(folder / "standby"), "-d", primary, "-R", "-c", "fast", "--no-sync"]
        run_as("pg_basebackup", *copy)
        start("standby", ports[1])
        yield primary, standby


async def followed(database: Database, sql: str, wanted: object) -> None:
    """Wait until the standby has replayed so much that `sql` gives what is wanted."""
    with anyio.fail_after(60):
        while await value(database, sql) != wanted:
            await anyio.sleep(0.02)


async def test_a_standby() -> None:
    """It does not tell which transactions are under way, and yet a commit among them shows.

    This one is made in two phases; the first shows nobody anything.
    """
    with primary_and_standby() as (primary, standby), ExitStack() as open_ones:
        first, middle, last = (open_ones.enter_context(psycopg.connect(primary)) for _ in range(3))
        first.execute("CREATE TABLE t (n INTEGER)")
        first.commit()
        database = connect(standby)
        await followed(database, "SELECT to_regclass('t')::text", "t")
        for number, transaction in enumerate((first, middle, last)):
            transaction.execute("INSERT INTO t VALUES (%s)", [number])
        middle.execute("PREPARE TRANSACTION 'middle'")
        last.commit()
        await followed(database, "SELECT count(*) FROM t", 1)
        before = await settled(database)
        middle.autocommit = True
        middle.execute("COMMIT PREPARED 'middle'")
        await followed(database, "SELECT count(*) FROM t", 2)
        assert await data_of(database) != before
        schema = await schema_of(database)
        last.execute("COMMENT ON TABLE t IS 'Things'")
        last.commit()
        await followed(database, "SELECT obj_description('t'::regclass)", "Things")
        assert await schema_of(database) != schema
        await database.aclose()
