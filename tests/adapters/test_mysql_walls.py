"""MySQL and MariaDB: what the connection alone stops, cancellation, a network that misbehaves."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import anyio
import pymysql
import pytest
from pymysql.cursors import Cursor

from forerun.adapters.databases import mysql_session, server
from forerun.adapters.databases.mysql import MySQLDatabase
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
from tests.adapters.test_mysql import cursor_of
from tests.services import Scratch

pytestmark = pytest.mark.anyio

FILLING = (
    "CREATE TABLE t (a int PRIMARY KEY, b text)",
    "INSERT INTO t VALUES (1, 'x'), (2, 'y')",
    "CREATE SEQUENCE s",
    "CREATE FUNCTION f() RETURNS int MODIFIES SQL DATA "
    "BEGIN INSERT INTO t VALUES (3, 'z'); RETURN 3; END",
    "CREATE PROCEDURE p() BEGIN COMMIT; INSERT INTO t VALUES (3, 'z'); END",
)

# Whatever a hostile statement could have changed.
STATE = (
    "SELECT a, b FROM t ORDER BY a",
    "SELECT next_not_cached_value FROM s",
    "SELECT TABLE_NAME, TABLE_TYPE FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()",
    "SELECT COUNT(*) FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = DATABASE()",
    "SELECT COUNT(*) FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = 'mine'",
    "SELECT User, authentication_string FROM mysql.user WHERE User IN ('mine', {reader})",
    "SELECT PRIVILEGE_TYPE FROM information_schema.TABLE_PRIVILEGES WHERE TABLE_NAME = 't'",
    "SELECT @@GLOBAL.max_connections, @@GLOBAL.sql_mode, IS_USED_LOCK('left')",
)


@dataclass
class Ground:
    """A filled database, its owner's cursor, and a folder that the server could write to."""

    scratch: Scratch
    owner: Cursor
    folder: Path

    def rows(self, query: str) -> list[tuple[object, ...]]:
        self.owner.execute(query.format(reader=f"'{self.scratch.reader}'"))
        return list(self.owner.fetchall())

    def state(self) -> object:
        return [self.rows(query) for query in STATE], sorted(self.folder.iterdir())

    def running(self, marker: str) -> int:
        """Statements that hold `marker` and still run on the server."""
        processes = self.rows("SELECT INFO, ID FROM information_schema.PROCESSLIST")
        return len([1 for info, _ in processes if marker in str(info)])


@pytest.fixture(scope="module")
def ground(mysql: Scratch) -> Iterator[Ground]:
    with anybodys_folder() as folder, cursor_of(mysql.owner_url) as owner:
        for statement in FILLING:
            owner.execute(statement)
        yield Ground(mysql, owner, folder)


@pytest.fixture
async def database(ground: Ground) -> AsyncIterator[MySQLDatabase]:
    reader = MySQLDatabase(ground.scratch.reader_url)
    yield reader
    await reader.aclose()


async def test_hostile_statements_are_refused_and_change_nothing(
    database: MySQLDatabase, ground: Ground
) -> None:
    """Each of the golden file, sent with no gate before it."""
    before = ground.state()
    ran = []
    for pattern in hostile("mysql"):
        statement = pattern.format(folder=ground.folder)
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
    database: MySQLDatabase, ground: Ground
) -> None:
    """Locks are released, variables and settings are gone before the next statement."""
    before = ground.state()
    for pattern in hostile("mysql_runs"):
        rows = await ask(database, pattern.format(folder=ground.folder))
        assert ground.state() == before, pattern
        if "LOAD_FILE" in pattern:
            assert not any(isinstance(value, str | bytes) for row in rows.rows for value in row)
    left = await ask(database, "SELECT @left, LAST_INSERT_ID(), @@max_statement_time")
    assert left.rows == ((None, 0, 5.0),)


async def test_even_an_administrator_cannot_send_what_is_no_query(ground: Ground) -> None:
    """A read-only transaction alone lets a user change their own password: measured here."""
    with cursor_of(ground.scratch.reader_url) as unfenced:
        unfenced.execute("START TRANSACTION READ ONLY")
        unfenced.execute("SET PASSWORD = PASSWORD('secret-word')")
    database = MySQLDatabase(ground.scratch.owner_url)
    for statement in ("SET PASSWORD = ''", "DROP TABLE t", "SET GLOBAL max_connections = 7"):
        with pytest.raises(StatementFailed, match="SQL syntax"):
            await ask(database, statement)
    await database.aclose()


async def test_cancellation_reaches_the_server(database: MySQLDatabase, ground: Ground) -> None:
    """The statement is gone within half a second, and the next one is served."""
    await ask(database, "SELECT 1")
    busy = "SELECT COUNT(*), 'm1' FROM seq_1_to_1000000000000 WHERE seq % 2 = 0"
    for statement in ("SELECT SLEEP(60), 'm1'", busy):
        async with anyio.create_task_group() as group:
            group.start_soon(ask, database, statement, Limits(timeout_s=60))
            with anyio.fail_after(3):
                while not ground.running("'m1'"):
                    await anyio.sleep(0.02)
            cancelled_at = anyio.current_time()
            group.cancel_scope.cancel()
        assert anyio.current_time() - cancelled_at < 0.5
        assert ground.running("'m1'") == 0
    assert (await ask(database, "SELECT 1")).rows == ((1,),)


async def test_many_askers_share_few_connections(database: MySQLDatabase, ground: Ground) -> None:
    """Twenty at once are all served, half of them cancelled, and nothing runs on."""
    answered = []

    async def one(i: int) -> None:
        with anyio.move_on_after(0.3 if i % 2 else 10):
            rows = await ask(database, f"SELECT {i}, SLEEP({5 if i % 2 else 0.02}), 'm2'")
            answered.append(rows.rows[0][0])

    async with anyio.create_task_group() as group:
        for i in range(20):
            group.start_soon(one, i)
    assert sorted(map(str, answered)) == sorted(str(i) for i in range(0, 20, 2))
    assert ground.running("'m2'") == 0


async def test_a_connection_lost_while_idle_is_replaced(
    database: MySQLDatabase, ground: Ground
) -> None:
    """A server that was restarted meanwhile costs nothing but a new connection."""
    await ask(database, "SELECT 1")
    ground.owner.execute(f"KILL USER `{ground.scratch.reader}`")
    await anyio.sleep(0.1)
    assert (await ask(database, "SELECT 1")).rows == ((1,),)


async def test_a_connection_that_breaks_is_told(ground: Ground) -> None:
    """Reset in the middle of a statement, garbage, and refused from the start."""
    async with through_a_proxy(ground.scratch.reader_url) as (proxy, url):
        database = MySQLDatabase(url)
        async with anyio.create_task_group() as group:
            group.start_soon(unreachable_within, 3, lambda: ask(database, "SELECT SLEEP(30)"))
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
    monkeypatch.setattr(server, "CONNECT_TIMEOUT_S", 1.0)
    monkeypatch.setattr(mysql_session, "CONNECT_TIMEOUT_S", 1.0)
    async with through_a_proxy(ground.scratch.reader_url) as (proxy, url):
        database = MySQLDatabase(url)
        await ask(database, "SELECT 1")
        proxy.hang()
        monkeypatch.setattr(server, "GRACE_S", grace_s)
        soon = Limits(timeout_s=0.5)
        await unreachable_within(7, lambda: ask(database, "SELECT 1", soon))
        await unreachable_within(7, lambda: ask(database, "SELECT 1", soon))
        await database.aclose()
    gc.collect()


async def test_the_documented_user_reads_and_cannot_write(ground: Ground) -> None:
    """The SQL of docs/security.md, executed as it stands there but for the names."""
    name = f"{ground.scratch.reader[:20]}_d"
    for statement in sql_blocks_of("MySQL"):
        own = statement.replace("forerun_reader", name).replace("shop", ground.scratch.name)
        ground.owner.execute(own)
    url = ground.scratch.reader_url.replace(
        f"{ground.scratch.reader}:secret-word", f"{name}:choose-a-long-one"
    )
    database = MySQLDatabase(url)
    try:
        assert (await ask(database, "SELECT count(*) FROM t")).rows == ((2,),)
        assert await database.warnings() == ()
        assert not await database.is_superuser()
        with cursor_of(url) as plain:
            for statement in (
                "INSERT INTO t VALUES (3, 'z')",
                "CREATE TEMPORARY TABLE x (a int)",
                "CREATE TABLE x (a int)",
                "DO f()",
                f"SELECT 1 INTO OUTFILE '{ground.folder}/out'",
            ):
                with pytest.raises(pymysql.err.OperationalError, match="denied"):
                    plain.execute(statement)
    finally:
        await database.aclose()
        ground.owner.execute(f"DROP USER `{name}`")


async def test_powers_beyond_reading_are_warned_of(ground: Ground) -> None:
    """One sentence each, saying who may do what and where the remedy is."""
    owner = MySQLDatabase(ground.scratch.owner_url)
    [warning] = await owner.warnings()
    assert await owner.is_superuser()
    assert "administrator" in warning
    assert "docs/security.md" in warning
    await owner.aclose()
    reader = f"`{ground.scratch.reader}`@`%`"
    ground.owner.execute(f"GRANT FILE ON *.* TO {reader}")
    ground.owner.execute(f"GRANT INSERT, UPDATE (b) ON t TO {reader}")
    database = MySQLDatabase(ground.scratch.reader_url)
    warnings = await database.warnings()
    assert not await database.is_superuser()
    await database.aclose()
    ground.owner.execute(f"REVOKE INSERT, UPDATE (b) ON t FROM {reader}")
    ground.owner.execute(f"REVOKE FILE ON *.* FROM {reader}")
    told = [w.partition(" may ")[2].partition(".")[0] for w in warnings]
    assert told == [
        "read and write files of the database server, even while only reading",
        "do more than read: INSERT, UPDATE",
    ]
