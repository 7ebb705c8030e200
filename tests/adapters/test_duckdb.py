"""DuckDB files."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import AsyncIterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import anyio
import duckdb
import pytest

from forerun.adapters.databases import connect, duckdb_instance
from forerun.adapters.databases.duckdb_catalog import SCANNED_ROWS
from forerun.adapters.databases.duckdb_instance import FENCED_FROM_THE_START
from forerun.domain import ForeignKey, Kind, Limits, Rows, Statement
from forerun.errors import (
    DatabaseLocked,
    DatabaseUnreachable,
    StatementFailed,
    StatementTimedOut,
    UnreadableFile,
)
from forerun.ports import Database
from tests.adapters.fences import Ground, holds
from tests.duckdb_files import make_duckdb

pytestmark = pytest.mark.anyio

NAP_MS = 600
ENDLESS = "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r"
FILLING = """
CREATE TABLE t (a INTEGER PRIMARY KEY, b VARCHAR);
INSERT INTO t VALUES (1, 'x'), (2, 'y');
CREATE SEQUENCE s;
CREATE MACRO reads_a_file(name) AS TABLE SELECT * FROM read_csv(name);
CREATE TABLE "ord""er" ("sel ect" VARCHAR, "größe" DECIMAL(10, 2), day DATE, note VARCHAR,
                        raw BLOB, nested INTEGER[], UNIQUE ("größe"));
INSERT INTO "ord""er" SELECT 'v' || (range % 3), range / 4, DATE '2024-01-01', repeat('n', 300),
       'x'::BLOB, [1] FROM range(8);
COMMENT ON TABLE t IS 'Things';
COMMENT ON COLUMN t.b IS 'Their letter';
CREATE SCHEMA side;
CREATE TABLE side.t (id INTEGER PRIMARY KEY);
CREATE TABLE side.child (t_id INTEGER REFERENCES side.t (id));
CREATE VIEW v AS SELECT a + 1 AS next FROM t;
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return Path(make_duckdb(tmp_path / "shop.duckdb", FILLING))


@pytest.fixture
async def shop(file: Path) -> AsyncIterator[Database]:
    database = connect(f"duckdb:///{file}")
    yield database
    await database.aclose()


async def run(database: Database, sql: str, limits: Limits | None = None) -> Rows:
    return await database.run(Statement(sql, "duckdb"), limits or Limits())


async def test_structure(shop: Database) -> None:
    """Tables, views, columns, kinds, keys and comments; the default schema is not named."""
    catalog = await shop.read_structure()
    assert [t.key for t in catalog.tables] == ['ord"er', "t", "v", "side.child", "side.t"]
    t, v, child = catalog.by_key["t"], catalog.by_key["v"], catalog.by_key["side.child"]
    assert (t.primary_key, t.comment, t.rows, t.rows_estimated) == (("a",), "Things", 2, True)
    assert [(c.name, c.kind, c.nullable, c.comment) for c in t.columns] == [
        ("a", Kind.INTEGER, False, None),
        ("b", Kind.TEXT, True, "Their letter"),
    ]
    assert child.foreign_keys == (ForeignKey(("t_id",), "side.t", ("id",)),)
    assert (v.is_view, v.rows, v.columns[0].kind) == (True, None, Kind.INTEGER)
    assert catalog.by_key['ord"er'].unique == (("größe",),)
    assert catalog.database == "shop"


async def test_samples(shop: Database) -> None:
    """Most frequent first, texts too long, binary and nested left out; odd names are no trouble."""
    table = (await shop.read_structure()).by_key['ord"er']
    found = {c.name: c for c in await shop.sample(table, table.columns, 5)}
    assert found["sel ect"].samples == ("v0", "v1", "v2")
    assert found["sel ect"].samples_complete
    assert found["größe"].samples == tuple(Decimal(n) / 4 for n in range(5))
    assert not found["größe"].samples_complete
    assert (found["day"].samples, found["day"].samples_complete) == ((date(2024, 1, 1),), True)
    assert (found["note"].samples, found["note"].samples_complete) == ((), False)
    assert found["raw"].samples == found["nested"].samples == ()


async def test_samples_of_a_large_table(tmp_path: Path) -> None:
    """Values beyond the rows looked at make a sample incomplete, and it says so."""
    path = tmp_path / "large.duckdb"
    with duckdb.connect(path) as connection:
        connection.execute(f"CREATE TABLE t AS SELECT 1 AS a FROM range({SCANNED_ROWS + 1})")
        connection.execute(f"CREATE TABLE u AS SELECT 1 AS a FROM range({SCANNED_ROWS})")
    database = connect(str(path))
    catalog = await database.read_structure()
    for key, complete in (("t", False), ("u", True)):
        table = catalog.by_key[key]
        (column,) = await database.sample(table, table.columns, 5)
        assert (column.samples, column.samples_complete) == ((1,), complete)
    await database.aclose()


async def test_run(shop: Database) -> None:
    """Columns come with DuckDB's types, rows in order, and N + 1 tells that there are more."""
    rows = await run(shop, "SELECT a, b, 1.5 AS c FROM t ORDER BY a", Limits(max_rows=1))
    assert [(c.name, c.type, c.kind) for c in rows.columns] == [
        ("a", "INTEGER", Kind.INTEGER),
        ("b", "VARCHAR", Kind.TEXT),
        ("c", "DECIMAL(2,1)", Kind.DECIMAL),
    ]
    assert (rows.rows, rows.truncated) == (((1, "x", Decimal("1.5")),), True)
    assert not (await run(shop, "SELECT a FROM t", Limits(max_rows=2))).truncated


@pytest.mark.parametrize(
    "sql",
    [
        "FROM t",
        "VALUES (1)",
        "TABLE t",
        "PIVOT t ON b USING sum(a)",
        "WITH p AS (PIVOT t ON b USING sum(a)) FROM p",
        "SELECT * FROM shop.t",
        "SELECT * FROM shop.main.t",
        "SELECT 1;",
    ],
)
async def test_queries_of_every_shape_run(shop: Database, sql: str) -> None:
    """What DuckDB calls a query is one, and tables may be named with the database before them."""
    assert len(await run(shop, sql)) > 0


async def test_byte_limit(shop: Database) -> None:
    """Values beyond the byte limit are left out and the result says that it is cut."""
    sql = "SELECT repeat('x', 1000) FROM range(5000)"
    rows = await run(shop, sql, Limits(max_rows=10_000, max_bytes=10_500))
    assert (len(rows), rows.truncated) == (10, True)


async def test_explain(shop: Database) -> None:
    """The planner's estimate, and nothing is run."""
    started = time.perf_counter()
    plan = await shop.explain(Statement(ENDLESS, "duckdb"))
    assert time.perf_counter() - started < 10
    assert plan.cost is not None
    assert (await shop.explain(Statement("SELECT * FROM t", "duckdb"))).rows == 2


@pytest.mark.parametrize(
    "sql",
    ["SELECT nothing FROM t", "SELEC 1", "SELECT 'x'::INTEGER", "", "SELECT '\ud800'", "SELECT $1"],
)
async def test_failures_keep_the_databases_words(shop: Database, sql: str) -> None:
    """A statement that DuckDB refuses is a StatementFailed for run and explain alike."""
    with pytest.raises(StatementFailed) as failed:
        await run(shop, sql)
    if "nothing" in sql:
        assert 'Referenced column "nothing" not found' in failed.value.message
        with pytest.raises(StatementFailed):
            await shop.explain(Statement(sql, "duckdb"))


async def test_values_python_has_no_room_for(shop: Database) -> None:
    """An interval of a hundred million years fails clearly."""
    with pytest.raises(StatementFailed, match="cannot be shown"):
        await run(shop, "SELECT INTERVAL '100000000 years'")


async def test_memory_limit(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A statement that would take too much memory fails clearly, and the next one runs."""
    monkeypatch.setitem(FENCED_FROM_THE_START, "memory_limit", "50MB")
    database = connect(str(file))
    with pytest.raises(StatementFailed, match="more memory"):
        await run(database, "SELECT repeat('x', 10000) || range AS a FROM range(100000) ORDER BY a")
    assert len(await run(database, "SELECT 1")) == 1
    await database.aclose()


async def test_timeout(shop: Database) -> None:
    """DuckDB has no statement timeout; ours stops the statement."""
    started = time.perf_counter()
    with pytest.raises(StatementTimedOut):
        await run(shop, ENDLESS, Limits(timeout_s=0.2))
    assert time.perf_counter() - started < 10
    assert len(await run(shop, "SELECT 1")) == 1


async def test_cancellation_reaches_the_driver(shop: Database) -> None:
    """A cancelled statement has ended when the await returns: no thread works on."""
    await run(shop, "SELECT 1")
    started = time.perf_counter()
    with anyio.move_on_after(0.2):
        await run(shop, ENDLESS)
    assert 0.2 <= time.perf_counter() - started < 10
    used = time.process_time()
    await anyio.sleep(0.2)
    assert time.process_time() - used < 0.1


async def test_statements_side_by_side(shop: Database) -> None:
    """Several statements run at once, and one that is cancelled does not touch the others."""
    results = []

    async def slow(n: int) -> None:
        rows = await run(shop, f"SELECT sleep_ms({NAP_MS}), {n}")
        results.append(rows.rows[0][1])

    async def cancelled() -> None:
        with anyio.move_on_after(0.05):
            await run(shop, ENDLESS)

    started = time.perf_counter()
    async with anyio.create_task_group() as tasks:
        for n in range(4):
            tasks.start_soon(slow, n)
        tasks.start_soon(cancelled)
    assert set(results) == {0, 1, 2, 3}
    assert time.perf_counter() - started < 3 * NAP_MS / 1_000  # one by one takes four naps


async def test_memory_that_duckdb_does_not_give_back(
    shop: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many statements run, one beside another, what DuckDB keeps of them stays small."""
    monkeypatch.setattr(duckdb_instance, "WORN", 20)
    join = 'SELECT t.b, count(*) FROM t JOIN "ord""er" ON t.a < "größe" GROUP BY t.b'

    async def ask(times: int) -> None:
        for _ in range(times):
            assert (await run(shop, join)).rows == (("x", 3),)

    async def kept() -> int:
        rows = await run(shop, "SELECT sum(dead_nodes)::BIGINT FROM duckdb_eviction_queues()")
        count = rows.rows[0][0]
        assert isinstance(count, int)
        return count

    await ask(10)
    of_ten = await kept()
    assert of_ten > 0
    async with anyio.create_task_group() as tasks:
        for _ in range(4):
            tasks.start_soon(ask, 50)
    assert await kept() <= 3 * of_ten


async def test_fence(shop: Database, file: Path) -> None:
    """With the gate off, hostile statements are refused, change nothing and read no file."""
    with duckdb.connect(file.parent / "other.duckdb") as other:
        other.execute("CREATE TABLE secret AS SELECT 'SECRET-7431' AS x")
    python_variable = [(1,)]
    await holds(shop, "duckdb", Ground(file.parent, file))
    assert python_variable


@pytest.mark.parametrize("sql", ["SELECT write_log('x')", "FROM truncate_duckdb_logs()"])
async def test_functions_on_the_log_find_none(shop: Database, file: Path, sql: str) -> None:
    """Logging is off and cannot be turned on, so writing to the log leaves nothing."""
    before = Ground(file.parent, file).fingerprint()
    await run(shop, sql)
    assert Ground(file.parent, file).fingerprint() == before
    assert len(await run(shop, "FROM duckdb_logs")) == 0


async def test_locked_by_another_process(shop: Database, file: Path) -> None:
    """A file that another program writes to is DatabaseLocked, and answers once it is free."""
    hold = f"import duckdb; c = duckdb.connect({str(file)!r}); print('held', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(DatabaseLocked, match="locked"):
            await run(shop, "SELECT 1")
        holder.communicate("\n")
    assert len(await run(shop, "SELECT 1")) == 1


async def test_locked_by_this_process(shop: Database, file: Path) -> None:
    """A connection for writing in the host program is told as such."""
    with duckdb.connect(file), pytest.raises(DatabaseLocked, match="this very program"):
        await run(shop, "SELECT 1")


async def test_two_objects_on_one_file(shop: Database, file: Path) -> None:
    """Two objects, and the host program's own reader, have the file open side by side."""
    second = connect(str(file))
    with duckdb.connect(file, read_only=True) as own:
        assert len(await run(shop, "FROM t")) == len(await run(second, "FROM t")) == 2
        assert own.execute("SELECT count(*) FROM t").fetchone() == (2,)
    await shop.aclose()
    assert len(await run(second, "FROM t")) == 2
    await second.aclose()


async def test_closing(shop: Database, file: Path) -> None:
    """Closing twice is safe, later use is an error, and the file is free for writing."""
    await run(shop, "SELECT 1")
    await shop.aclose()
    await shop.aclose()
    with pytest.raises(DatabaseUnreachable):
        await run(shop, "SELECT 1")
    with duckdb.connect(file) as connection:
        connection.execute("INSERT INTO t VALUES (3, 'z')")


@pytest.mark.parametrize("content", [b"\0" * 8 + b"DUCK" + b"\0" * 5000, b"12345678DUCK"])
async def test_broken_file(tmp_path: Path, content: bytes) -> None:
    """A file that only begins like a DuckDB database is UnreadableFile, with the reason."""
    path = tmp_path / "broken.duckdb"
    path.write_bytes(content)
    with pytest.raises(UnreadableFile, match=r"broken\.duckdb cannot be opened by DuckDB"):
        await run(connect(str(path)), "SELECT 1")


@pytest.mark.parametrize("stem", ["main", "temp", "memory", "system", "side", 'o"dd', "it's"])
async def test_names_of_files(tmp_path: Path, stem: str) -> None:
    """The file's name becomes the catalog's; names that DuckDB keeps for itself work too."""
    path = tmp_path / f"{stem}.duckdb"
    scratch = tmp_path / "scratch.duckdb"
    with duckdb.connect(scratch) as connection:
        connection.execute(FILLING)
    scratch.rename(path)
    database = connect(str(path))
    catalog = await database.read_structure()
    for key in ("t", "side.t"):
        table = catalog.by_key[key]
        await database.sample(table, table.columns, 3)
        assert len(await run(database, f"SELECT * FROM {key}")) >= 0
    await database.aclose()


async def test_view_on_something_gone(tmp_path: Path) -> None:
    """A view that can no longer be read does not keep the rest from being read."""
    path = tmp_path / "views.duckdb"
    gone = tmp_path / "gone.csv"
    gone.write_text("a\n1\n")
    with duckdb.connect(path) as connection:
        connection.execute(f"CREATE TABLE t (a INT); CREATE VIEW v AS FROM read_csv('{gone}')")
    gone.unlink()
    database = connect(str(path))
    assert (await database.read_structure()).table("t") is not None
    with pytest.raises(StatementFailed):
        await run(database, "FROM v")
    await database.aclose()


async def test_structure_of_many_tables(tmp_path: Path) -> None:
    """1,000 tables of 20 columns are read whole, in well under a minute."""
    path = tmp_path / "wide.duckdb"
    columns = ", ".join(f"c{i} INTEGER" for i in range(20))
    with duckdb.connect(path) as connection:
        connection.execute("BEGIN")
        for i in range(1_000):
            connection.execute(f"CREATE TABLE t{i} ({columns})")
        connection.execute("COMMIT")
    database = connect(str(path))
    await run(database, "SELECT 1")
    started = time.perf_counter()
    catalog = await database.read_structure()
    print(f"DuckDB: {time.perf_counter() - started:.2f} s")  # noqa: T201
    assert sum(len(table.columns) for table in catalog.tables) == 20_000
    await database.aclose()
