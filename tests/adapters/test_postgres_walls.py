"""PostgreSQL: what the connection alone stops, cancellation, and a network that misbehaves."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import anyio
import psycopg
import pytest
from psycopg import sql

from forerun.adapters.databases import postgres_session, server
from forerun.adapters.databases.postgres import PostgresDatabase
from forerun.domain import Limits
from forerun.errors import DatabaseLocked, ForerunError, StatementFailed
from tests.adapters.fences import hostile
from tests.adapters.servers import (
    anybodys_folder,
    ask,
    sql_blocks_of,
    through_a_proxy,
    unreachable_within,
)
from tests.services import Scratch

pytestmark = pytest.mark.anyio

FILLING = """
CREATE TABLE t (a int PRIMARY KEY, b text);
INSERT INTO t VALUES (1, 'x'), (2, 'y');
CREATE SEQUENCE s;
CREATE MATERIALIZED VIEW m AS SELECT * FROM t;
CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER
  AS $$ INSERT INTO t VALUES (3, 'z') RETURNING a $$;
CREATE PROCEDURE p() LANGUAGE plpgsql AS $$ BEGIN COMMIT; INSERT INTO t VALUES (3, 'z'); END $$;
CREATE EXTENSION dblink;
CREATE TABLE lo AS SELECT lo_from_bytea(0, 'x') AS id;
GRANT USAGE ON SEQUENCE s TO {reader};
"""

# Whatever a hostile statement could have changed, as one row.
STATE = """
SELECT (SELECT md5(string_agg(t::text, '|' ORDER BY a)) FROM t),
       (SELECT (last_value, is_called)::text FROM s),
       (SELECT count(*) FROM pg_class WHERE relnamespace::regnamespace::text !~ '^pg_toast'),
       (SELECT count(*) FROM pg_proc), (SELECT count(*) FROM pg_namespace
        WHERE nspname !~ '^pg_(toast_)?temp'),
       (SELECT count(*) FROM pg_extension), (SELECT count(*) FROM pg_largeobject_metadata),
       (SELECT md5(string_agg(a::text, '|' ORDER BY oid)) FROM pg_authid a
        WHERE rolname = {reader}),
       (SELECT md5(string_agg(r::text, '|')) FROM pg_db_role_setting r
        JOIN pg_roles ON pg_roles.oid = setrole WHERE rolname = {reader}),
       (SELECT count(*) FROM pg_description WHERE objoid = 't'::regclass),
       (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())),
       (SELECT count(*) FROM pg_replication_slots WHERE slot_name = 'mine'),
       (SELECT relacl::text FROM pg_class WHERE oid = 't'::regclass)
"""


@dataclass
class Ground:
    """A filled database, its owner's connection, and a folder that the server could write to."""

    scratch: Scratch
    owner: psycopg.Connection
    folder: Path

    def state(self) -> object:
        query = sql.SQL(STATE).format(reader=sql.Literal(self.scratch.reader))
        return self.owner.execute(query).fetchone(), sorted(self.folder.iterdir())

    def written(self, pattern: str) -> str:
        return pattern.format(
            folder=self.folder, name=self.scratch.name, reader=self.scratch.reader
        )

    def running(self, marker: str) -> int:
        """Statements that hold `marker` and still run on the server."""
        found = self.owner.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' "
            "AND query LIKE %s AND pid <> pg_backend_pid()",
            (f"%{marker}%",),
        ).fetchone()
        return int(found[0]) if found else 0


@pytest.fixture(scope="module")
def ground(postgres: Scratch) -> Iterator[Ground]:
    with (
        anybodys_folder() as folder,
        psycopg.connect(postgres.owner_url, autocommit=True) as owner,
    ):
        owner.execute(FILLING.replace("{reader}", postgres.reader).encode())
        yield Ground(postgres, owner, folder)


@pytest.fixture
async def database(ground: Ground) -> AsyncIterator[PostgresDatabase]:
    reader = PostgresDatabase(ground.scratch.reader_url)
    yield reader
    await reader.aclose()


async def test_hostile_statements_are_refused_and_change_nothing(
    database: PostgresDatabase, ground: Ground
) -> None:
    """Each of the golden file, sent with no gate before it."""
    before = ground.state()
    ran = []
    for pattern in hostile("postgres"):
        statement = ground.written(pattern)
        try:
            await ask(database, statement, Limits(timeout_s=0.2))
        except (StatementFailed, DatabaseLocked):
            pass
        except ForerunError as other:
            pytest.fail(f"{statement}: {other!r}")
        else:
            ran.append(statement)
        assert ground.state() == before, statement
    assert ran == []


async def test_what_no_privilege_stops_leaves_nothing_behind(
    database: PostgresDatabase, ground: Ground
) -> None:
    """Locks are released and settings are back before the next statement."""
    before = ground.state()
    settings = "SELECT name, setting FROM pg_settings WHERE source = 'session' ORDER BY name"
    usual = (await ask(database, settings)).rows
    for pattern in hostile("postgres_runs"):
        await ask(database, ground.written(pattern))
        assert ground.state() == before, pattern
    assert (await ask(database, settings)).rows == usual
    assert (await ask(database, "SELECT current_setting('forerun.left', true)")).rows in (
        (("",),), ((None,),),
    )  # fmt: skip


async def test_even_a_superuser_cannot_send_what_is_no_query(ground: Ground) -> None:
    """A read-only transaction alone would run this program: the parentheses do not let it in."""
    database = PostgresDatabase(ground.scratch.owner_url)
    program = f"COPY (SELECT 1) TO PROGRAM 'cat > {ground.folder}/out'"
    with pytest.raises(StatementFailed, match="syntax error"):
        await ask(database, program)
    await database.aclose()
    assert not (ground.folder / "out").exists()
    with psycopg.connect(ground.scratch.owner_url) as unfenced:
        unfenced.execute("SET TRANSACTION READ ONLY")
        unfenced.execute(program.encode())
        unfenced.rollback()
    assert (ground.folder / "out").exists()
    (ground.folder / "out").unlink()


async def test_nobodys_function_stands_in_for_the_servers(ground: Ground) -> None:
    """A role whose search_path puts pg_catalog last is served as if it did not."""
    ground.owner.execute("CREATE SCHEMA trap")
    ground.owner.execute("CREATE FUNCTION trap.upper(text) RETURNS text LANGUAGE sql AS $$"
                         "SELECT 'trapped' $$")  # fmt: skip
    ground.owner.execute("GRANT USAGE ON SCHEMA trap TO PUBLIC")
    path = "-c%20search_path%3Dtrap,public,pg_catalog"
    database = PostgresDatabase(f"{ground.scratch.reader_url}?options={path}")
    assert (await ask(database, "SELECT upper('a'), (SELECT b FROM t WHERE a = 1)")).rows == (
        ("A", "x"),
    )
    await database.aclose()
    ground.owner.execute("DROP SCHEMA trap CASCADE")


async def test_strings_are_read_as_the_gate_reads_them(ground: Ground) -> None:
    """Whatever the role's own setting says of backslashes."""
    options = "-c%20standard_conforming_strings%3Doff"
    database = PostgresDatabase(f"{ground.scratch.reader_url}?options={options}")
    assert (await ask(database, r"SELECT 'a\', ' OR true --'")).rows == (("a\\", " OR true --"),)
    await database.aclose()


async def test_cancellation_reaches_the_server(database: PostgresDatabase, ground: Ground) -> None:
    """The statement is gone within half a second, and the next one is served."""
    await ask(database, "SELECT 1")
    for statement in (
        "SELECT pg_sleep(60), 'm1'",
        "SELECT count(*), 'm1' FROM generate_series(1, 1e12)",
    ):
        async with anyio.create_task_group() as group:
            group.start_soon(ask, database, statement, Limits(timeout_s=60))
            with anyio.fail_after(3):
                while not ground.running("m1"):
                    await anyio.sleep(0.02)
            cancelled_at = anyio.current_time()
            group.cancel_scope.cancel()
        assert anyio.current_time() - cancelled_at < 0.5
        assert ground.running("m1") == 0
    assert (await ask(database, "SELECT 1")).rows == ((1,),)


async def test_many_askers_share_few_connections(
    database: PostgresDatabase, ground: Ground
) -> None:
    """Twenty at once are all served, half of them cancelled, and nothing runs on."""
    answered = []

    async def one(i: int) -> None:
        with anyio.move_on_after(0.3 if i % 2 else 10):
            rows = await ask(database, f"SELECT {i}, pg_sleep({5 if i % 2 else 0.02}), 'm2'")
            answered.append(rows.rows[0][0])

    async with anyio.create_task_group() as group:
        for i in range(20):
            group.start_soon(one, i)
    assert sorted(map(str, answered)) == sorted(str(i) for i in range(0, 20, 2))
    assert ground.running("m2") == 0


async def test_a_connection_lost_while_idle_is_replaced(
    database: PostgresDatabase, ground: Ground
) -> None:
    """A server that was restarted meanwhile costs nothing but a new connection."""
    await ask(database, "SELECT 1")
    ended = ground.owner.execute(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = %s",
        (ground.scratch.reader,),
    ).fetchone()
    assert ended is not None
    assert ended[0] >= 1
    await anyio.sleep(0.1)
    assert (await ask(database, "SELECT 1")).rows == ((1,),)


async def test_a_connection_that_breaks_is_told(ground: Ground) -> None:
    """Reset in the middle of a statement, garbage, and refused from the start."""
    async with through_a_proxy(ground.scratch.reader_url) as (proxy, url):
        database = PostgresDatabase(url)
        async with anyio.create_task_group() as group:
            group.start_soon(unreachable_within, 3, lambda: ask(database, "SELECT pg_sleep(30)"))
            await anyio.sleep(0.3)
            await proxy.reset()
        await unreachable_within(3, lambda: ask(database, "SELECT 1"))
        proxy.behave()
        assert (await ask(database, "SELECT 1")).rows == ((1,),)
        proxy.garble()
        await unreachable_within(9, lambda: ask(database, "SELECT 1"))
        await unreachable_within(9, lambda: database.read_structure())
        proxy.behave()
        proxy.delay_s = 0.05
        assert (await ask(database, "SELECT 1")).rows == ((1,),)
        await database.aclose()
    gc.collect()  # a connection left open would warn here, and warnings are errors


@pytest.mark.parametrize("grace_s", [0.3, pytest.param(server.GRACE_S, marks=pytest.mark.slow)])
async def test_a_server_that_falls_silent_is_given_up(
    ground: Ground, monkeypatch: pytest.MonkeyPatch, grace_s: float
) -> None:
    """Neither a running statement nor a new connection hangs for longer than its timeouts."""
    async with through_a_proxy(ground.scratch.reader_url) as (proxy, url):
        monkeypatch.setattr(server, "CONNECT_TIMEOUT_S", 1.0)
        monkeypatch.setattr(postgres_session, "CONNECT_TIMEOUT_S", 1.0)
        database = PostgresDatabase(url)
        await ask(database, "SELECT 1")
        proxy.hang()
        monkeypatch.setattr(server, "GRACE_S", grace_s)
        soon = Limits(timeout_s=0.5)
        await unreachable_within(7, lambda: ask(database, "SELECT 1", soon))
        await unreachable_within(7, lambda: ask(database, "SELECT 1", soon))
        await database.aclose()
    gc.collect()


async def test_the_documented_role_reads_and_cannot_write(ground: Ground) -> None:
    """The SQL of docs/security.md, executed as it stands there but for the names."""
    role = f"{ground.scratch.name}_documented"
    for statement in sql_blocks_of("PostgreSQL"):
        own = statement.replace("forerun_reader", role).replace("shop", ground.scratch.name)
        ground.owner.execute(own.encode())
    url = ground.scratch.reader_url.replace(
        f"{ground.scratch.reader}:secret-word", f"{role}:choose-a-long-one"
    )
    database = PostgresDatabase(url)
    try:
        ground.owner.execute("CREATE TABLE later AS SELECT 1 AS a")
        assert (await ask(database, "SELECT count(*) FROM t, later")).rows == ((2,),)
        assert await database.warnings() == ()
        assert not await database.is_superuser()
        for statement in (
            "INSERT INTO t VALUES (3, 'z')",
            "CREATE TEMP TABLE x (a int)",
            "CREATE TABLE x (a int)",
            "SELECT pg_read_file('/etc/hostname')",
        ):
            with psycopg.connect(url) as plain:
                plain.execute("SET TRANSACTION READ WRITE")
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    plain.execute(statement.encode())
    finally:
        await database.aclose()
        ground.owner.execute("DROP TABLE later")
        ground.owner.execute(f"DROP OWNED BY {role}".encode())
        ground.owner.execute(f"DROP ROLE {role}".encode())


async def test_powers_beyond_reading_are_warned_of(ground: Ground) -> None:
    """One sentence each, saying who may do what and where the remedy is."""
    owner = PostgresDatabase(ground.scratch.owner_url)
    [warning] = await owner.warnings()
    assert await owner.is_superuser()
    assert "superuser" in warning
    assert "docs/security.md" in warning
    await owner.aclose()
    reader = ground.scratch.reader
    ground.owner.execute(f"GRANT INSERT ON t TO {reader}".encode())
    ground.owner.execute(f"GRANT CREATE ON SCHEMA public TO {reader}".encode())
    ground.owner.execute(f"GRANT pg_write_server_files TO {reader}".encode())
    ground.owner.execute(f"ALTER ROLE {reader} CREATEROLE".encode())
    database = PostgresDatabase(ground.scratch.reader_url)
    warnings = await database.warnings()
    assert not await database.is_superuser()
    await database.aclose()
    ground.owner.execute(f"ALTER ROLE {reader} NOCREATEROLE".encode())
    ground.owner.execute(f"REVOKE pg_write_server_files FROM {reader}".encode())
    ground.owner.execute(f"REVOKE CREATE ON SCHEMA public FROM {reader}".encode())
    ground.owner.execute(f"REVOKE INSERT ON t FROM {reader}".encode())
    told = [w.removeprefix(f"The login {reader} may ").partition(".")[0] for w in warnings]
    assert told == [
        "make and change roles",
        "act as pg_write_server_files",
        "write to 1 table",
        "create objects in the schema public",
    ]
