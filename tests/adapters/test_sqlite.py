"""SQLite files."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import anyio
import pytest

from forerun.adapters.databases import connect
from forerun.adapters.databases.sqlite_catalog import SCANNED_ROWS
from forerun.adapters.databases.sqlite_kinds import kind_of_declaration
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

pytestmark = pytest.mark.anyio

ENDLESS = "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r"
FILLING = """
CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT);
INSERT INTO t VALUES (1, 'x'), (2, 'y');
CREATE TABLE child (
    id INTEGER PRIMARY KEY, "T_ID" INTEGER REFERENCES T, email TEXT UNIQUE, pair_a INT, pair_b INT,
    UNIQUE (pair_a, pair_b));
CREATE UNIQUE INDEX some_only ON child (pair_a) WHERE pair_b > 1;
CREATE TABLE two (x TEXT, y TEXT, PRIMARY KEY (y, x)) WITHOUT ROWID;
CREATE TABLE toward (x1 TEXT, y1 TEXT, FOREIGN KEY (y1, x1) REFERENCES two);
CREATE TABLE nowhere (a INTEGER REFERENCES dropped (id));
CREATE TABLE "ord""er" ("sel ect" varchar(20), "größe" number(10, 2), day date, note TEXT,
                        raw BLOB, untyped, mixed TEXT);
CREATE VIEW v AS SELECT a + 1 AS next, b FROM t;
CREATE TABLE soon_gone (a);
CREATE VIEW broken AS SELECT a FROM soon_gone;
DROP TABLE soon_gone;
CREATE VIRTUAL TABLE words USING fts5 (body);
INSERT INTO words VALUES ('hello world');
"""


def fill(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(FILLING)
        connection.executemany(
            'INSERT INTO "ord""er" VALUES (?, ?, ?, ?, ?, ?, ?)',
            [
                (f"v{n % 3}", n / 4, "2024-01-01", "n" * 300, b"x", n, b"blob" if n else "text")
                for n in range(8)
            ],
        )
        connection.commit()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    fill(tmp_path / "shop.sqlite")
    return tmp_path / "shop.sqlite"


@pytest.fixture
async def shop(file: Path) -> AsyncIterator[Database]:
    database = connect(f"sqlite:///{file}")
    yield database
    await database.aclose()


async def run(database: Database, sql: str, limits: Limits | None = None) -> Rows:
    return await database.run(Statement(sql, "sqlite"), limits or Limits())


async def test_structure(shop: Database) -> None:
    """Tables and views with columns, kinds, keys and rows; broken views and indexes left out."""
    catalog = await shop.read_structure()
    names = ["child", "nowhere", 'ord"er', "t", "toward", "two", "v", "words"]
    assert [table.key for table in catalog.tables] == names
    t, child, two = catalog.by_key["t"], catalog.by_key["child"], catalog.by_key["two"]
    assert (t.primary_key, t.rows, t.rows_estimated) == (("a",), 2, False)
    assert [(c.name, c.type, c.kind, c.nullable) for c in t.columns] == [
        ("a", "INTEGER", Kind.INTEGER, False),
        ("b", "TEXT", Kind.TEXT, True),
    ]
    assert set(child.unique) == {("email",), ("pair_a", "pair_b")}
    assert two.primary_key == ("y", "x")
    kinds = {column.name: column.kind for column in catalog.by_key['ord"er'].columns}
    assert (kinds["größe"], kinds["day"], kinds["untyped"]) == (
        Kind.DECIMAL,
        Kind.DATE,
        Kind.INTEGER,
    )
    view = catalog.by_key["v"]
    assert (view.is_view, view.rows, view.columns[0].kind) == (True, None, Kind.INTEGER)


async def test_foreign_keys(shop: Database) -> None:
    """A key that names no column means the primary key; one to a dropped table is left out."""
    catalog = await shop.read_structure()
    assert catalog.by_key["child"].foreign_keys == (ForeignKey(("T_ID",), "t", ("a",)),)
    assert catalog.by_key["toward"].foreign_keys == (ForeignKey(("y1", "x1"), "two", ("y", "x")),)
    assert catalog.by_key["nowhere"].foreign_keys == ()


@pytest.mark.parametrize("analysed", [True, False])
async def test_rows_of_a_large_file_are_estimated(
    file: Path, analysed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By ANALYZE's figures, else by the highest rowid; and it says that they are estimates."""
    monkeypatch.setattr("forerun.adapters.databases.sqlite_catalog.COUNTED_FILE_BYTES", 0)
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE many (a)")
        connection.executemany("INSERT INTO many VALUES (?)", [(n,) for n in range(100)])
        connection.execute("CREATE INDEX many_a ON many (a)")
        connection.execute("DELETE FROM many WHERE a < 50")
        if analysed:
            connection.execute("ANALYZE")
        connection.commit()
    database = connect(str(file))
    catalog = await database.read_structure()
    many, two = catalog.by_key["many"], catalog.by_key["two"]
    assert (many.rows, many.rows_estimated) == (50 if analysed else 100, True)
    assert (two.rows, two.rows_estimated) == (0, False)
    await database.aclose()


async def test_samples(shop: Database) -> None:
    """Most frequent first; long texts and BLOBs left out, and then the sample is not complete."""
    table = (await shop.read_structure()).by_key['ord"er']
    found = {c.name: c for c in await shop.sample(table, table.columns, 5)}
    assert (found["sel ect"].samples, found["sel ect"].samples_complete) == (
        ("v0", "v1", "v2"),
        True,
    )
    assert found["größe"].samples == (0.0, 0.25, 0.5, 0.75, 1.0)
    assert not found["größe"].samples_complete
    assert (found["day"].samples, found["day"].samples_complete) == (("2024-01-01",), True)
    assert (found["note"].samples, found["note"].samples_complete) == ((), False)
    assert (found["mixed"].samples, found["mixed"].samples_complete) == (("text",), False)
    assert found["raw"].samples == ()


async def test_samples_of_a_large_table(tmp_path: Path) -> None:
    """Values beyond the rows looked at make a sample incomplete, and it says so."""
    path = tmp_path / "large.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        for name, rows in (("t", SCANNED_ROWS + 1), ("u", SCANNED_ROWS)):
            connection.execute(f"CREATE TABLE {name} (a INT)")
            connection.executemany(f"INSERT INTO {name} VALUES (?)", [(1,)] * rows)
        connection.commit()
    database = connect(str(path))
    catalog = await database.read_structure()
    for key, complete in (("t", False), ("u", True)):
        table = catalog.by_key[key]
        (column,) = await database.sample(table, table.columns, 5)
        assert (column.samples, column.samples_complete) == ((1,), complete)
    await database.aclose()


@pytest.mark.parametrize(
    ("declared", "kind"),
    [
        ("number(10)", Kind.DECIMAL),
        ("varchar(255)", Kind.TEXT),
        ("VARYING CHARACTER(255)", Kind.TEXT),
        ("datetime", Kind.TIMESTAMP),
        ("bool", Kind.BOOLEAN),
        ("bit", Kind.BOOLEAN),
        ("unsigned big int", Kind.INTEGER),
        ("double precision", Kind.FLOAT),
        ("whatever", Kind.DECIMAL),
        ("", Kind.OTHER),
    ],
)
def test_declared_types(declared: str, kind: Kind) -> None:
    """A declaration is taken by its usual meaning, else by SQLite's rules of affinity."""
    assert kind_of_declaration(declared) is kind


async def test_run(shop: Database) -> None:
    """SQLite does not say the types of a result: they are what the values are."""
    sql = (
        "SELECT a, b, a / 2.0 AS c, NULL AS d, '2024-0' || a || '-01' AS e, x'00' AS f, "
        "'2024-01-01 10:00:00' AS g, CASE a WHEN 1 THEN 1 ELSE 'one' END AS h FROM t ORDER BY a"
    )
    rows = await run(shop, sql)
    assert [(c.name, c.kind) for c in rows.columns] == [
        ("a", Kind.INTEGER),
        ("b", Kind.TEXT),
        ("c", Kind.FLOAT),
        ("d", Kind.OTHER),
        ("e", Kind.DATE),
        ("f", Kind.BINARY),
        ("g", Kind.TIMESTAMP),
        ("h", Kind.OTHER),
    ]
    assert rows.rows[0][:2] == (1, "x")
    cut = await run(shop, "SELECT a FROM t", Limits(max_rows=1))
    assert (len(cut), cut.truncated) == (1, True)
    nothing = await run(shop, "SELECT a FROM t WHERE a > 5")
    assert (len(nothing), len(nothing.columns), nothing.truncated) == (0, 1, False)


@pytest.mark.parametrize(
    "sql",
    [
        'SELECT * FROM t WHERE b = "x"',
        "VALUES (1)",
        "SELECT * FROM words WHERE words MATCH 'hello'",
        "SELECT highlight(words, 0, '<', '>') FROM words WHERE words MATCH 'hello'",
        "SELECT value FROM json_each('[1, 2]')",
        "SELECT * FROM main.t",
        "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT n FROM r LIMIT 3",
        "SELECT sum(a) OVER (ORDER BY a) FROM t",
        "SELECT name FROM sqlite_master",
        "SELECT 1;",
    ],
)
async def test_queries_of_every_shape_run(shop: Database, sql: str) -> None:
    """Double-quoted literals, full text search and JSON work within the fence."""
    assert len(await run(shop, sql)) > 0


async def test_byte_limit(shop: Database) -> None:
    """Values beyond the byte limit are left out and the result says that it is cut."""
    sql = (
        "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) "
        "SELECT hex(zeroblob(500)) FROM r"
    )
    rows = await run(shop, sql, Limits(max_rows=10_000, max_bytes=10_500))
    assert (len(rows), rows.truncated) == (10, True)


async def test_bytes_that_are_no_text(shop: Database) -> None:
    """Text that is not UTF-8 is shown with replacement signs instead of failing."""
    rows = await run(shop, "SELECT CAST(x'41ff42' AS TEXT), 'é'")
    assert rows.rows == (("A\N{REPLACEMENT CHARACTER}B", "é"),)


@pytest.mark.parametrize("sql", ["SELECT missing FROM t", "SELEC 1", "", "SELECT '\ud800'"])
async def test_failures_keep_the_databases_words(shop: Database, sql: str) -> None:
    """A statement that SQLite refuses is a StatementFailed for run and explain alike."""
    with pytest.raises(StatementFailed) as failed:
        await run(shop, sql)
    if "missing" in sql:
        assert failed.value.message == "no such column: missing."
        with pytest.raises(StatementFailed):
            await shop.explain(Statement(sql, "sqlite"))


async def test_explain_runs_nothing(shop: Database) -> None:
    """An endless query is planned in no time."""
    started = time.perf_counter()
    plan = await shop.explain(Statement(ENDLESS, "sqlite"))
    assert time.perf_counter() - started < 10
    assert (plan.rows, plan.cost) == (None, None)


async def test_timeout(shop: Database) -> None:
    """SQLite has no statement timeout; ours stops the statement, and the connection lives on."""
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
    """More statements at once than connections are kept; cancelled ones do not touch others."""
    counted: list[object] = []
    to = 300_000
    slow = f"WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < {to}) "

    async def count() -> None:
        counted.append((await run(shop, slow + "SELECT count(*) FROM r")).rows[0][0])

    async def cancelled() -> None:
        for _ in range(5):
            with anyio.move_on_after(0.03):
                await run(shop, ENDLESS)

    async with anyio.create_task_group() as tasks:
        for _ in range(8):
            tasks.start_soon(count)
        tasks.start_soon(cancelled)
    assert counted == [to] * 8


async def test_fence(shop: Database, file: Path) -> None:
    """With the gate off, hostile statements are refused, change nothing and read no file."""
    await holds(shop, "sqlite", Ground(file.parent, file))


async def test_locked_by_another_process(shop: Database, file: Path) -> None:
    """A file that another program is writing to is DatabaseLocked, and answers once it is free."""
    hold = (
        f"import sqlite3; c = sqlite3.connect({str(file)!r}, isolation_level=None);"
        "c.execute('BEGIN EXCLUSIVE'); print('held', flush=True); input()"
    )
    await run(shop, "SELECT 1")
    with subprocess.Popen(
        [sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(DatabaseLocked, match="writing to it"):
            await run(shop, "SELECT * FROM t")
        holder.communicate("\n")
    assert len(await run(shop, "SELECT * FROM t")) == 2


async def test_changes_by_others_are_seen(shop: Database, file: Path) -> None:
    """A kept connection sees what another one has committed since, tables included."""
    await run(shop, "SELECT 1")
    with closing(sqlite3.connect(file)) as writer:
        writer.execute("INSERT INTO t VALUES (3, 'z')")
        writer.execute("CREATE TABLE later (a)")
        writer.commit()
    assert len(await run(shop, "SELECT * FROM t")) == 3
    assert len(await run(shop, "SELECT * FROM later")) == 0


async def test_wal(shop: Database, file: Path) -> None:
    """A database in WAL mode with a writer at work is read as last committed."""
    with closing(sqlite3.connect(file)) as writer:
        writer.execute("PRAGMA journal_mode = WAL")
        writer.execute("INSERT INTO t VALUES (3, 'z')")
        writer.commit()
        writer.execute("INSERT INTO t VALUES (4, 'open')")
        assert len(await run(shop, "SELECT * FROM t")) == 3
    assert await shop.warnings() == ()


IN_A_SEALED_FOLDER = """
import os, sys, sqlite3, anyio, anyio.to_thread, anyio._backends._asyncio, encodings.idna
from forerun.adapters.databases import connect, sqlite
from forerun.domain import Limits, Statement

async def main():
    if os.geteuid() == 0:
        os.setuid(65534)
    database = connect(sys.argv[1])
    rows = await database.run(Statement("SELECT count(*) FROM t", "sqlite"), Limits())
    print(rows.rows[0][0], *await database.warnings())
    await database.aclose()

anyio.run(main)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="folders are sealed otherwise on Windows")
def test_wal_in_a_folder_that_cannot_be_written_to() -> None:
    """SQLite needs to write beside a WAL database; without that it is read as it lies, warning."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = folder / "shop.sqlite"
        fill(file)
        with closing(sqlite3.connect(file)) as writer:
            writer.execute("PRAGMA journal_mode = WAL")
        folder.chmod(0o555)
        done = subprocess.run(
            [sys.executable, "-c", IN_A_SEALED_FOLDER, str(file)], capture_output=True, text=True
        )
        left = [path.name for path in folder.iterdir()]
        folder.chmod(0o755)
    assert done.stdout.startswith("2 shop.sqlite is in WAL mode in a folder"), done.stderr
    assert left == ["shop.sqlite"]


@pytest.mark.parametrize("size", [16, 600, 5000])
async def test_broken_file(file: Path, size: int) -> None:
    """A file that only begins like an SQLite database is UnreadableFile, with the reason."""
    file.write_bytes(file.read_bytes()[:size] + b"\xff" * 3000)
    with pytest.raises(UnreadableFile, match=r"shop\.sqlite cannot be read by SQLite"):
        await connect(str(file)).read_structure()


async def test_closing(shop: Database, file: Path) -> None:
    """Closing twice is safe, later use is an error, and nothing holds the file."""
    await run(shop, "SELECT 1")
    await shop.aclose()
    await shop.aclose()
    with pytest.raises(DatabaseUnreachable):
        await run(shop, "SELECT 1")
    with closing(sqlite3.connect(file, timeout=0)) as writer:
        writer.execute("BEGIN EXCLUSIVE")
    open_files = Path("/proc/self/fd")
    if open_files.exists():
        links = [link.readlink() for link in open_files.iterdir() if link.is_symlink()]
        assert file not in links


async def test_structure_of_many_tables(tmp_path: Path) -> None:
    """1,000 tables of 20 columns are read whole, in well under a minute."""
    path = tmp_path / "wide.sqlite"
    columns = ", ".join(f"c{i} INTEGER" for i in range(20))
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("BEGIN")
        for i in range(1_000):
            connection.execute(f"CREATE TABLE t{i} ({columns})")
        connection.commit()
    database = connect(str(path))
    started = time.perf_counter()
    catalog = await database.read_structure()
    print(f"SQLite: {time.perf_counter() - started:.2f} s")  # noqa: T201
    assert sum(len(table.columns) for table in catalog.tables) == 20_000
    await database.aclose()


async def test_development_databases(data: Path) -> None:
    """Every SQLite database of the development data reads, with a sample of each table."""
    files = sorted((data / "databases" / "sqlite").glob("*.sqlite"))
    assert files
    for file in files[::10]:
        database = connect(str(file))
        catalog = await database.read_structure()
        assert catalog.tables
        for table in catalog.tables:
            sampled = await database.sample(table, table.columns, 20)
            assert [c.name for c in sampled] == [c.name for c in table.columns]
        await database.aclose()
