"""MySQL and MariaDB: structure, samples, plans, rows and errors."""

from __future__ import annotations

import re
import time
import tracemalloc
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from datetime import date, datetime, timedelta
from decimal import Decimal
from urllib.parse import unquote, urlsplit

import anyio
import pymysql
import pytest
from pymysql.cursors import Cursor

from forerun.adapters.databases import mysql_session, server
from forerun.adapters.databases.mysql import MySQLDatabase
from forerun.adapters.databases.mysql_powers import granted
from forerun.adapters.databases.mysql_session import MySQLDriver, Session
from forerun.domain import Catalog, ForeignKey, Kind, Limits, Statement, Table
from forerun.errors import (
    BadDatabaseURL,
    DatabaseDenied,
    DatabaseLocked,
    DatabaseNotFound,
    DatabaseUnreachable,
    ForerunError,
    StatementFailed,
    StatementTimedOut,
)
from tests.adapters.servers import ask, shown
from tests.services import Scratch

pytestmark = pytest.mark.anyio

FILLING = """
SET SESSION sql_mode = '';
CREATE TABLE people (
  id int unsigned PRIMARY KEY AUTO_INCREMENT,
  name varchar(40) NOT NULL COMMENT 'as on the passport',
  active boolean, born date, seen datetime, at time, since year, mood enum('sad', 'ok'),
  tags set('x', 'y'), wage decimal(10, 2), score double, photo blob, note text, bits bit(1),
  small tinyint(1), UNIQUE KEY one_name (name, born)
) COMMENT 'Everybody';
CREATE TABLE orders (a int, b int, person int unsigned, PRIMARY KEY (a, b),
  FOREIGN KEY (person) REFERENCES people (id));
CREATE TABLE `order ``items`` %` (a int, b int, `Größe "x"` varchar(10),
  FOREIGN KEY (a, b) REFERENCES orders (a, b));
CREATE VIEW adults AS SELECT id, name FROM people;
CREATE TABLE gone (a int);
CREATE VIEW broken AS SELECT a FROM gone;
DROP TABLE gone;
CREATE TABLE many (n int PRIMARY KEY, word varchar(10), `long` varchar(500));
INSERT INTO people VALUES
  (1, 'Ann', 1, '1990-01-02', '2024-01-01 12:00:00', '10:30:00', 1990, 'ok', 'x,y', 1.50, 2.5,
   x'00ff', 'é', 1, 5),
  (2, 'Bob', 0, '0000-00-00', '0000-00-00 00:00:00', '100:00:00', 1991, 'ok', 'x', 2, 0.5,
   NULL, NULL, 0, 1);
INSERT INTO orders VALUES (1, 1, 1);
INSERT INTO `order ``items`` %` VALUES (1, 1, 'a''b\\\\c');
INSERT INTO many WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 400)
  SELECT x.n * 400 + y.n, CONCAT('w', y.n % 3), REPEAT('x', 500) FROM r x JOIN r y ON x.n <= 50;
ANALYZE TABLE people, many;
"""


@contextmanager
def cursor_of(url: str) -> Iterator[Cursor]:
    """A cursor of a plain connection, with none of our walls, which commits by itself."""
    at = urlsplit(url)
    with closing(
        pymysql.connect(
            host=at.hostname,
            port=at.port or 3306,
            user=at.username,
            password=unquote(at.password or ""),
            database=at.path.removeprefix("/"),
            autocommit=True,
        )
    ) as plain:
        yield plain.cursor()


@pytest.fixture(scope="module")
def filled(mysql: Scratch) -> Scratch:
    with cursor_of(mysql.owner_url) as owner:
        for statement in FILLING.split(";\n"):
            if statement.strip():
                owner.execute(statement)
    return mysql


@pytest.fixture
async def database(filled: Scratch) -> AsyncIterator[MySQLDatabase]:
    reader = MySQLDatabase(filled.reader_url)
    yield reader
    await reader.aclose()


@pytest.fixture
async def catalog(database: MySQLDatabase) -> Catalog:
    return await database.read_structure()


def table(catalog: Catalog, key: str) -> Table:
    found = catalog.table(key)
    assert found is not None, key
    return found


async def test_the_catalog_holds_tables_and_views(catalog: Catalog, filled: Scratch) -> None:
    """Of the database that the URL names, and of no other; a broken view breaks nothing."""
    keys = [t.key for t in catalog.tables if t.key != "broken"]
    assert keys == ["adults", "many", "order `items` %", "orders", "people"]
    assert [t.name for t in catalog.tables if t.is_view and t.key != "broken"] == ["adults"]
    assert (catalog.database, catalog.dialect) == (filled.name, "mysql")


async def test_types_have_kinds(catalog: Catalog) -> None:
    """tinyint(1) is how these servers write BOOLEAN, and a year is a number."""
    columns = {c.name: c for c in table(catalog, "people").columns}
    assert {name: column.kind for name, column in columns.items()} == {
        "id": Kind.INTEGER, "name": Kind.TEXT, "active": Kind.BOOLEAN, "born": Kind.DATE,
        "seen": Kind.TIMESTAMP, "at": Kind.TIME, "since": Kind.INTEGER, "mood": Kind.TEXT,
        "tags": Kind.TEXT, "wage": Kind.DECIMAL, "score": Kind.FLOAT, "photo": Kind.BINARY,
        "note": Kind.TEXT, "bits": Kind.OTHER, "small": Kind.BOOLEAN,
    }  # fmt: skip
    assert columns["mood"].type == "enum('sad','ok')"
    assert (columns["name"].nullable, columns["born"].nullable) == (False, True)


async def test_keys_comments_and_estimates(catalog: Catalog) -> None:
    """Primary, unique and composite foreign keys; comments of tables and columns."""
    people, orders = table(catalog, "people"), table(catalog, "orders")
    assert (people.primary_key, people.unique) == (("id",), (("name", "born"),))
    assert (people.comment, people.columns[1].comment) == ("Everybody", "as on the passport")
    assert orders.primary_key == ("a", "b")
    assert orders.foreign_keys == (ForeignKey(("person",), "people", ("id",)),)
    assert table(catalog, "order `items` %").foreign_keys == (
        ForeignKey(("a", "b"), "orders", ("a", "b")),
    )
    many, adults = table(catalog, "many"), table(catalog, "adults")
    assert many.rows is not None
    assert 10_000 < many.rows < 40_000
    assert (many.rows_estimated, adults.rows, adults.comment) == (True, None, None)


async def test_without_a_database_every_readable_one_is_there(filled: Scratch) -> None:
    """Tables carry the name of their database, and so do foreign keys."""
    database = MySQLDatabase(filled.reader_url.rpartition("/")[0])
    catalog = await database.read_structure()
    await database.aclose()
    orders = table(catalog, f"{filled.name}.orders")
    assert orders.foreign_keys[0].table == f"{filled.name}.people"
    assert {t.schema for t in catalog.tables} == {filled.name}


async def test_only_readable_columns_are_there(filled: Scratch) -> None:
    """A grant on one column shows that column alone."""
    name = f"{filled.reader[:20]}_c"
    with cursor_of(filled.owner_url) as owner:
        owner.execute(f"CREATE USER {name} IDENTIFIED BY 'secret-word'")
        owner.execute(f"GRANT SELECT (name), INSERT (wage) ON people TO {name}")
        database = MySQLDatabase(filled.reader_url.replace(filled.reader, name))
        catalog = await database.read_structure()
        warnings = await database.warnings()
        await database.aclose()
        owner.execute(f"DROP USER {name}")
    assert [(t.key, [c.name for c in t.columns]) for t in catalog.tables] == [("people", ["name"])]
    assert table(catalog, "people").unique == ()
    assert ["INSERT" in warning for warning in warnings] == [True]


class Counting(MySQLDriver):
    """Counts the statements that its sessions send."""

    sent = 0

    def _connect(self, timeout_s: float) -> Session:
        session = super()._connect(timeout_s)
        query = session.query

        def counted(sql: str, unbuffered: bool = False) -> int:
            self.sent += 1
            return query(sql, unbuffered)

        session.query = counted  # type: ignore[method-assign]
        return session


async def test_structure_takes_a_fixed_number_of_round_trips(filled: Scratch) -> None:
    """Seven in all, for few tables or a hundred more."""
    counts = []
    for extra in (0, 100):
        with cursor_of(filled.owner_url) as owner:
            for i in range(extra):
                owner.execute(f"CREATE TABLE lots_{i} (a int PRIMARY KEY, b text)")
            database = MySQLDatabase(filled.owner_url)
            database._sessions.driver = driver = Counting(filled.owner_url)
            read = await database.read_structure()
            await database.aclose()
            for i in range(extra):
                owner.execute(f"DROP TABLE lots_{i}")
        assert len([t for t in read.tables if t.name.startswith("lots_")]) == extra
        counts.append(driver.sent)
    assert counts == [7, 7]


async def test_samples_are_the_most_frequent_values(
    database: MySQLDatabase, catalog: Catalog
) -> None:
    """Complete only where the whole table was seen and nothing was left out."""
    people = table(catalog, "people")
    sampled = {c.name: c for c in await database.sample(people, people.columns, 2)}
    assert list(sampled) == [c.name for c in people.columns]
    assert (sampled["mood"].samples, sampled["mood"].samples_complete) == (("ok",), True)
    assert sampled["born"].samples == ("0000-00-00", date(1990, 1, 2))
    assert sampled["active"].samples == (False, True)
    assert sampled["note"].samples == ("é",)
    assert (sampled["photo"].samples, sampled["photo"].samples_complete) == ((), False)


async def test_samples_of_a_large_table_are_bounded(
    database: MySQLDatabase, catalog: Catalog
) -> None:
    """Only the first rows are looked at, long texts are left out, and neither is hidden."""
    many = table(catalog, "many")
    n, word, long = await database.sample(many, many.columns, 5)
    assert sorted(map(str, word.samples)) == ["w0", "w1", "w2"]
    assert not word.samples_complete
    assert len(n.samples) == 5
    assert (long.samples, long.samples_complete) == ((), False)
    assert [n, word, long] == await database.sample(many, many.columns, 5)


async def test_awkward_names_and_values_can_be_sampled(
    database: MySQLDatabase, catalog: Catalog
) -> None:
    """Backticks, blanks and percent signs in names, quotes and backslashes in values are data."""
    items = table(catalog, "order `items` %")
    assert (await database.sample(items, items.columns[2:], 3))[0].samples == ("a'b\\c",)


async def test_the_plan_tells_its_cost_and_runs_nothing(database: MySQLDatabase) -> None:
    """Sleeping and benchmarking statements are planned in no time."""
    with anyio.fail_after(8):
        plan = await database.explain(Statement("SELECT n, SLEEP(60) FROM many", "mysql"))
        await database.explain(Statement("SELECT BENCHMARK(1000000000, MD5('x'))", "mysql"))
        await database.explain(
            Statement("WITH q AS (SELECT SLEEP(9) AS s, n FROM many) SELECT MAX(s) FROM q", "mysql")
        )
    assert plan.cost is not None
    assert plan.cost > 100


async def test_the_planner_refuses_in_the_servers_own_words(database: MySQLDatabase) -> None:
    """A repair needs to know what was wrong."""
    with pytest.raises(StatementFailed, match="Unknown column 'nam'"):
        await database.explain(Statement("SELECT nam FROM people", "mysql"))
    with pytest.raises(StatementFailed, match="poeple' doesn't exist"):
        await database.explain(Statement("SELECT 1 FROM poeple", "mysql"))
    with pytest.raises(StatementFailed, match="near 'FORM t' at line 1"):
        await ask(database, "SELECT 1 AS a FORM t")


async def test_values_come_as_python_values(database: MySQLDatabase) -> None:
    """Every common type; zero dates and long times, which Python has not, too."""
    rows = await ask(database, "SELECT * FROM people ORDER BY id")
    assert rows.rows[0] == (
        1, "Ann", True, date(1990, 1, 2), datetime.fromisoformat("2024-01-01 12:00"),
        timedelta(hours=10.5), 1990,
        "ok", "x,y", Decimal("1.50"), 2.5, b"\x00\xff", "é", b"\x01", 5,
    )  # fmt: skip
    assert rows.rows[1][3:6] == ("0000-00-00", "0000-00-00 00:00:00", timedelta(hours=100))
    kinds = {c.name: c.kind for c in rows.columns}
    assert (kinds["active"], kinds["small"]) == (Kind.BOOLEAN, Kind.INTEGER)
    assert (kinds["photo"], kinds["note"], kinds["wage"]) == (
        Kind.BINARY, Kind.TEXT, Kind.DECIMAL,
    )  # fmt: skip
    assert [type(value) for value in rows.rows[1][2:3]] == [bool]


async def test_queries_of_every_form_run(database: MySQLDatabase) -> None:
    """Also those that these servers do not take in parentheses."""
    for sql, first in {
        "WITH q AS (SELECT 7 AS a) SELECT a FROM q": 7,
        "with recursive r(n) as (select 1 union all select n+1 from r where n<3) "
        "select max(n) from r": 3,
        "(SELECT 2) UNION (SELECT 1) ORDER BY 1": 1,
        "SELECT 1 UNION ALL SELECT 2 ORDER BY 1 DESC LIMIT 1": 2,
        "SELECT n FROM many ORDER BY n LIMIT 1": 401,
        "-- a comment\nSELECT 5 # another": 5,
        "VALUES (1), (2)": 1,
    }.items():
        assert (await ask(database, sql)).rows[0][0] == first, sql


async def test_a_result_without_rows_has_columns(database: MySQLDatabase) -> None:
    """Names, types and kinds."""
    rows = await ask(database, "SELECT id, name, wage AS id FROM people WHERE false")
    assert rows.rows == ()
    assert [(c.name, c.kind) for c in rows.columns] == [
        ("id", Kind.INTEGER), ("name", Kind.TEXT), ("id", Kind.DECIMAL),
    ]  # fmt: skip


async def test_text_is_sent_as_it_is(database: MySQLDatabase) -> None:
    """Percent signs, colons, quotes and backslashes mean nothing to the driver."""
    sql = "SELECT '100 %s :x ? \\\\' AS a, 5 % 3 AS b, 'it''s' AS c"
    assert (await ask(database, sql)).rows == (("100 %s :x ? \\", 2, "it's"),)
    with pytest.raises(StatementFailed):
        await ask(database, "SELECT '\ud800'")


async def test_the_session_reads_text_as_the_gate_does(filled: Scratch) -> None:
    """Whatever the server's own sql_mode says of quotes, backslashes and ||."""
    with cursor_of(filled.owner_url) as owner:
        owner.execute("SELECT @@GLOBAL.sql_mode")
        [usual] = owner.fetchone() or ("",)
        owner.execute(
            "SET GLOBAL sql_mode = "
            "'ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT,ONLY_FULL_GROUP_BY'"
        )
        try:
            database = MySQLDatabase(filled.reader_url)
            for _ in range(2):  # the second time in a session that was reset
                rows = await ask(
                    database, 'SELECT "a\\"b", 0 || 0, @@sql_mode, @@character_set_client'
                )
                assert rows.rows == (('a"b', 0, "ONLY_FULL_GROUP_BY", "utf8mb4"),)
            await database.aclose()
        finally:
            owner.execute("SET GLOBAL sql_mode = %s", (usual,))


async def test_rows_are_bounded_before_they_are_fetched(database: MySQLDatabase) -> None:
    """A result of a trillion rows takes no longer than its first few."""
    with anyio.fail_after(3):
        rows = await ask(
            database, "SELECT a.n FROM many a, many b, many c", Limits(max_rows=7, timeout_s=30)
        )
    assert (len(rows), rows.truncated) == (7, True)
    exact = await ask(database, "SELECT n FROM many ORDER BY n LIMIT 7", Limits(max_rows=7))
    assert (len(exact), exact.truncated) == (7, False)
    limits = Limits(max_rows=100, max_bytes=2_600)
    rows = await ask(database, "SELECT `long` FROM many", limits)
    assert (len(rows), rows.truncated) == (5, True)


async def test_enormous_rows_are_not_gathered(database: MySQLDatabase) -> None:
    """The first row to pass the limit of bytes is the last that is fetched."""
    tracemalloc.start()
    limits = Limits(max_rows=100, max_bytes=1_000_000)
    rows = await ask(database, "SELECT REPEAT('x', 10000000) FROM many", limits)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (len(rows), rows.truncated) == (0, True)
    assert peak < 150_000_000


async def test_the_server_ends_what_takes_too_long(database: MySQLDatabase) -> None:
    """And the connection goes on to serve."""
    for sql in ("SELECT SLEEP(20) FROM people", "SELECT COUNT(*) FROM many a, many b, many c"):
        with anyio.fail_after(8), pytest.raises(StatementTimedOut):
            await ask(database, sql, Limits(timeout_s=0.2))
    assert (await ask(database, "SELECT 1")).rows == ((1,),)


@pytest.mark.parametrize(
    "longest_s", [1.0, pytest.param(server.LONGEST_LOCK_WAIT_S, marks=pytest.mark.slow)]
)
async def test_a_locked_table_is_told(
    database: MySQLDatabase, filled: Scratch, longest_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Waiting for somebody else's lock ends before the statement's own time does."""
    monkeypatch.setattr(mysql_session, "LONGEST_LOCK_WAIT_S", longest_s)
    with cursor_of(filled.owner_url) as owner:
        owner.execute("LOCK TABLES people WRITE")
        with anyio.fail_after(9), pytest.raises(DatabaseLocked):
            await ask(database, "SELECT * FROM people", Limits(timeout_s=30))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("secret-word", "wrong-word"), DatabaseDenied),
        (("_r:", "_nobody:"), DatabaseDenied),
        ((r":\d+/", ":1/"), DatabaseUnreachable),
        ((r"@[^:]+:", "@no-such-host.invalid:"), DatabaseUnreachable),
        ((r":\d+/", ":many/"), BadDatabaseURL),
    ],
)
async def test_what_is_wrong_with_a_url_is_told_without_its_password(
    filled: Scratch, change: tuple[str, str], expected: type[ForerunError]
) -> None:
    """One clear error each, whatever is printed of it."""
    url = re.sub(*change, filled.reader_url)
    assert url != filled.reader_url
    with pytest.raises(expected) as failed:
        await ask(MySQLDatabase(url), "SELECT 1")
    assert failed.value.hint
    assert "-word" not in shown(failed.value)


async def test_a_database_that_is_not_there_is_told(filled: Scratch) -> None:
    """The owner is told that it is absent; a reader only that it may not enter."""
    with pytest.raises(DatabaseNotFound):
        await ask(MySQLDatabase(filled.owner_url + "_absent"), "SELECT 1")
    with pytest.raises(DatabaseDenied):
        await ask(MySQLDatabase(filled.reader_url + "_absent"), "SELECT 1")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?ssl_mode=required", DatabaseUnreachable),
        ("?ssl_mode=perhaps", BadDatabaseURL),
        ("?ssl_ca=/no/such/file", BadDatabaseURL),
        ("?local_infile=1", BadDatabaseURL),
        ("?client_flag=65536", BadDatabaseURL),
        ("?init_command=DROP", BadDatabaseURL),
    ],
)
async def test_parameters_that_cannot_be_are_told(
    filled: Scratch, query: str, expected: type[ForerunError]
) -> None:
    """TLS that is required and missing, and whatever would open a wall."""
    with pytest.raises(expected):
        await ask(MySQLDatabase(filled.reader_url + query), "SELECT 1")


@pytest.mark.parametrize("scheme", ["mysql", "mariadb", "mysql+pymysql", "MYSQL"])
async def test_urls_as_people_write_them(filled: Scratch, scheme: str) -> None:
    """With any of the usual schemes and harmless parameters."""
    url = filled.reader_url.replace("mysql", scheme, 1) + "?charset=latin1&ssl-mode=DISABLED"
    database = MySQLDatabase(url)
    assert (await ask(database, "SELECT 'é'")).rows == (("é",),)
    assert "secret-word" not in database.name
    await database.aclose()
    await database.aclose()


def test_grants_are_understood() -> None:
    """As MySQL and MariaDB write them, roles and column grants included."""
    assert granted(
        [
            "GRANT ALL PRIVILEGES ON *.* TO `root`@`localhost` WITH GRANT OPTION",
            "GRANT `analyst`@`%` TO `a`@`%`",
            "GRANT SELECT (`a`, `b`), UPDATE (`c`) ON `d`.`t` TO `a`@`%`",
        ]
    ) == ({"ALL PRIVILEGES"}, {"GRANT OPTION", "SELECT", "UPDATE"})


@pytest.mark.slow
async def test_a_thousand_tables_are_read_in_seconds(mysql: Scratch) -> None:
    """1,000 tables of 20 columns, by set-based queries."""
    columns = ", ".join(f"column_{i} varchar(20)" for i in range(19))
    with cursor_of(mysql.owner_url) as owner:
        for i in range(1_000):
            owner.execute(f"CREATE TABLE large_{i} (id int PRIMARY KEY, {columns})")
    database = MySQLDatabase(mysql.reader_url)
    with anyio.fail_after(60):  # where it hangs, not how fast it is
        started = time.perf_counter()
        catalog = await database.read_structure()
        print(f"MySQL: {time.perf_counter() - started:.2f} s")  # noqa: T201
    await database.aclose()
    large = [t for t in catalog.tables if t.name.startswith("large_")]
    assert (len(large), sum(len(t.columns) for t in large)) == (1_000, 20_000)
