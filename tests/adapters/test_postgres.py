"""PostgreSQL: structure, samples, plans, rows and errors."""

from __future__ import annotations

import re
import tracemalloc
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import anyio
import psycopg
import pytest

from forerun.adapters.databases import postgres_session, server
from forerun.adapters.databases.postgres import PostgresDatabase
from forerun.adapters.databases.postgres_session import PostgresDriver, Session
from forerun.adapters.databases.server_sampling import ROWS_SCANNED
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
from tests.services import Scratch, postgres_with_passwords

pytestmark = pytest.mark.anyio

FILLING = """
CREATE TYPE mood AS ENUM ('sad', 'ok', 'very "happy"');
CREATE DOMAIN email AS text CHECK (VALUE LIKE '%@%');
CREATE DOMAIN work_email AS email;
CREATE TABLE people (
  id int PRIMARY KEY, name varchar(40) NOT NULL, mood mood, mail work_email, born date,
  seen timestamptz, wage numeric(10, 2), score float8, tags text[], extra jsonb, photo bytea,
  key uuid, fee money, active boolean, hours interval, UNIQUE (name, born)
);
COMMENT ON TABLE people IS 'Everybody';
COMMENT ON COLUMN people.name IS 'as on the passport';
CREATE UNIQUE INDEX only_some ON people (mail) WHERE active;
CREATE UNIQUE INDEX upside_down ON people (lower(name));
CREATE SCHEMA shop;
CREATE TABLE shop.orders (
  a int, b int, person int REFERENCES people, secret text, PRIMARY KEY (a, b)
);
CREATE TABLE shop.items (
  a int, b int, "Größe ""x"" %" text, FOREIGN KEY (a, b) REFERENCES shop.orders (a, b)
);
CREATE TABLE sales (day date, amount int) PARTITION BY RANGE (day);
CREATE TABLE sales_2023 PARTITION OF sales FOR VALUES FROM ('2023-01-01') TO ('2024-01-01');
CREATE TABLE sales_2024 PARTITION OF sales FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE VIEW adults AS SELECT id, name FROM people;
CREATE MATERIALIZED VIEW names AS SELECT name FROM people;
CREATE TABLE hidden (a int);
CREATE TABLE partly (shown int, hidden int);
CREATE TABLE many (n int, word text, long text);
INSERT INTO people (id, name, mood, mail, born, active)
  VALUES (1, 'Ann', 'ok', 'ann@x', '1990-01-02', true),
         (2, 'Bob', 'ok', 'bob@x', 'infinity', false), (3, 'Cid', 'sad', NULL, NULL, NULL);
INSERT INTO sales SELECT date '2023-12-01' + i, i FROM generate_series(1, 60) i;
INSERT INTO many SELECT i, 'w' || i % 3, repeat('x', 500) FROM generate_series(1, 20000) i;
GRANT USAGE ON SCHEMA shop TO {reader};
GRANT SELECT ON ALL TABLES IN SCHEMA shop TO {reader};
REVOKE SELECT ON hidden, partly FROM {reader};
GRANT SELECT (shown) ON partly TO {reader};
ANALYZE;
"""


@pytest.fixture(scope="module")
def filled(postgres: Scratch) -> Scratch:
    with psycopg.connect(postgres.owner_url, autocommit=True) as owner:
        owner.execute(FILLING.replace("{reader}", postgres.reader).encode())
    return postgres


@pytest.fixture
async def database(filled: Scratch) -> AsyncIterator[PostgresDatabase]:
    reader = PostgresDatabase(filled.reader_url)
    yield reader
    await reader.aclose()


@pytest.fixture
async def catalog(database: PostgresDatabase) -> Catalog:
    return await database.read_structure()


def table(catalog: Catalog, key: str) -> Table:
    found = catalog.table(key)
    assert found is not None, key
    return found


async def test_the_catalog_holds_what_the_role_may_select(
    catalog: Catalog, filled: Scratch
) -> None:
    """Tables, views and partitioned tables, without parts, forbidden tables and columns."""
    assert [t.key for t in catalog.tables] == [
        "adults", "many", "names", "partly", "people", "sales", "shop.items", "shop.orders",
    ]  # fmt: skip
    assert [t.name for t in catalog.tables if t.is_view] == ["adults", "names"]
    assert [c.name for c in table(catalog, "partly").columns] == ["shown"]
    assert (catalog.database, catalog.dialect) == (filled.name, "postgres")


async def test_types_have_kinds(catalog: Catalog) -> None:
    """A domain counts as its base type, an enum tells its values, arrays are none of the rest."""
    columns = {c.name: c for c in table(catalog, "people").columns}
    assert {name: column.kind for name, column in columns.items()} == {
        "id": Kind.INTEGER, "name": Kind.TEXT, "mood": Kind.TEXT, "mail": Kind.TEXT,
        "born": Kind.DATE, "seen": Kind.TIMESTAMP, "wage": Kind.DECIMAL, "score": Kind.FLOAT,
        "tags": Kind.OTHER, "extra": Kind.JSON, "photo": Kind.BINARY, "key": Kind.TEXT,
        "fee": Kind.OTHER, "active": Kind.BOOLEAN, "hours": Kind.OTHER,
    }  # fmt: skip
    assert columns["mood"].type == "enum('sad', 'ok', 'very \"happy\"')"
    assert columns["wage"].type == "numeric(10,2)"
    assert columns["name"].type == "character varying(40)"
    assert (columns["name"].nullable, columns["born"].nullable) == (False, True)


async def test_keys_and_comments(catalog: Catalog) -> None:
    """Composite and cross-schema keys; unique indexes on parts or expressions are no keys."""
    people, orders = table(catalog, "people"), table(catalog, "shop.orders")
    assert people.primary_key == ("id",)
    assert people.unique == (("name", "born"),)
    assert people.comment == "Everybody"
    assert people.columns[1].comment == "as on the passport"
    assert orders.primary_key == ("a", "b")
    assert orders.foreign_keys == (ForeignKey(("person",), "people", ("id",)),)
    assert table(catalog, "shop.items").foreign_keys == (
        ForeignKey(("a", "b"), "shop.orders", ("a", "b")),
    )


async def test_row_counts_are_estimates(catalog: Catalog) -> None:
    """Of partitioned tables too; views have none."""
    assert (table(catalog, "many").rows, table(catalog, "many").rows_estimated) == (20_000, True)
    assert table(catalog, "sales").rows == 60
    assert (table(catalog, "adults").rows, table(catalog, "adults").rows_estimated) == (None, False)


async def test_the_fingerprint_is_stable(database: PostgresDatabase, catalog: Catalog) -> None:
    """Reading twice gives the same catalog."""
    again = await database.read_structure()
    assert again == catalog
    assert again.fingerprint == catalog.fingerprint


async def test_a_table_never_analysed_has_no_estimate(filled: Scratch) -> None:
    """-1 is PostgreSQL's way to say that it does not know."""
    with psycopg.connect(filled.owner_url, autocommit=True) as owner:
        owner.execute("CREATE SCHEMA fresh CREATE TABLE unseen (a int)")
        database = PostgresDatabase(filled.owner_url)
        unseen = table(await database.read_structure(), "fresh.unseen")
        await database.aclose()
        owner.execute("DROP SCHEMA fresh CASCADE")
    assert (unseen.rows, unseen.rows_estimated) == (None, False)


class Counting(PostgresDriver):
    """Counts the queries that its sessions send."""

    sent = 0

    def open(self) -> Session:
        session = super().open()
        session.cursor_factory = self._counting_cursor()
        return session

    def _counting_cursor(self) -> type[psycopg.Cursor[Any]]:
        driver = self

        class CountingCursor(psycopg.Cursor[Any]):
            def execute(self, *args: Any, **options: Any) -> Any:
                driver.sent += 1
                return super().execute(*args, **options)

        return CountingCursor


async def test_structure_takes_a_fixed_number_of_round_trips(filled: Scratch) -> None:
    """Seven in all (begin, name, four of the catalogue, end), for one table or a hundred."""
    counts = []
    for extra in (0, 100):
        with psycopg.connect(filled.owner_url, autocommit=True) as owner:
            owner.execute("CREATE SCHEMA lots")
            for i in range(extra):
                owner.execute(f"CREATE TABLE lots.t{i} (a int PRIMARY KEY, b text)".encode())
            database = PostgresDatabase(filled.owner_url)
            database._sessions.driver = driver = Counting(filled.owner_url)
            read = await database.read_structure()
            await database.aclose()
            owner.execute("DROP SCHEMA lots CASCADE")
        assert len([t for t in read.tables if t.schema == "lots"]) == extra
        counts.append(driver.sent)
    assert counts == [7, 7]


async def test_samples_are_the_most_frequent_values(
    database: PostgresDatabase, catalog: Catalog
) -> None:
    """Complete only where the whole table was seen and nothing was left out."""
    people = table(catalog, "people")
    sampled = {c.name: c for c in await database.sample(people, people.columns, 2)}
    assert list(sampled) == [c.name for c in people.columns]
    assert (sampled["mood"].samples, sampled["mood"].samples_complete) == (("ok", "sad"), True)
    assert (sampled["id"].samples, sampled["id"].samples_complete) == ((1, 2), False)
    assert sampled["born"].samples == (date(1990, 1, 2), "infinity")
    assert sampled["active"].samples == (False, True)
    assert (sampled["seen"].samples, sampled["seen"].samples_complete) == ((), True)
    assert (sampled["photo"].samples, sampled["photo"].samples_complete) == ((), False)


async def test_samples_of_a_large_table_are_bounded(
    database: PostgresDatabase, catalog: Catalog
) -> None:
    """Only the first rows are looked at, long texts are left out, and neither is hidden."""
    many = table(catalog, "many")
    n, word, long = await database.sample(many, many.columns, 5)
    assert many.rows is not None
    assert many.rows > ROWS_SCANNED
    assert word.samples == ("w1", "w2", "w0")
    assert not word.samples_complete
    assert len(n.samples) == 5
    assert (long.samples, long.samples_complete) == ((), False)
    assert [n, word, long] == await database.sample(many, many.columns, 5)


async def test_awkward_names_can_be_sampled(
    database: PostgresDatabase, catalog: Catalog, filled: Scratch
) -> None:
    """Schemas, quotes, blanks and percent signs in names are data."""
    with psycopg.connect(filled.owner_url, autocommit=True) as owner:
        owner.execute("INSERT INTO shop.orders VALUES (1, 1, 1, '100 %')")
        owner.execute("INSERT INTO shop.items VALUES (1, 1, 'a''b')")
    items = table(catalog, "shop.items")
    assert (await database.sample(items, items.columns[2:], 3))[0].samples == ("a'b",)


async def test_the_plan_tells_rows_and_cost_and_runs_nothing(database: PostgresDatabase) -> None:
    """An endless statement is planned in no time."""
    endless = "SELECT n, pg_sleep(60) FROM many"
    with anyio.fail_after(8):
        plan = await database.explain(Statement(endless, "postgres"))
    assert plan.rows == 20_000
    assert plan.cost is not None
    assert plan.cost > 100


async def test_the_planner_refuses_in_the_servers_own_words(database: PostgresDatabase) -> None:
    """Message, hint and place are what a repair needs."""
    with pytest.raises(StatementFailed) as missing:
        await database.explain(Statement("SELECT nam FROM people", "postgres"))
    assert missing.value.message == 'column "nam" does not exist'
    assert missing.value.hint == 'Perhaps you meant to reference the column "people.name".'
    with pytest.raises(StatementFailed) as unknown:
        await database.explain(Statement("SELECT 1\nFROM poeple WHERE true", "postgres"))
    assert (unknown.value.message, unknown.value.hint) == (
        'relation "poeple" does not exist',
        "Near: poeple WHERE true",
    )


async def test_explain_takes_nothing_but_a_query(database: PostgresDatabase) -> None:
    """Neither a row change nor EXPLAIN's own ANALYZE."""
    for sql in ("DELETE FROM people", "ANALYZE SELECT 1", "SELECT 1; SELECT 2"):
        with pytest.raises(StatementFailed):
            await database.explain(Statement(sql, "postgres"))


async def test_values_come_as_python_values(database: PostgresDatabase) -> None:
    """Every common type, with its column's type and kind."""
    rows = await ask(
        database,
        "SELECT 1 AS i, 1.50::numeric(5, 2) AS d, 2.5::float8 AS f, 'é'::text AS t, true AS b, "
        "date '2024-02-29' AS day, time '10:30' AS at, timestamptz '2024-01-01 12:00+00' AS ts, "
        "interval '36 hours' AS gap, '\\x00ff'::bytea AS raw, '{\"a\": [1]}'::jsonb AS j, "
        "ARRAY[1, 2] AS list, '00000000-0000-0000-0000-000000000001'::uuid AS u, "
        "NULL::int AS nothing, 'ok'::mood AS mood",
    )
    assert rows.rows == (
        (
            1, Decimal("1.50"), 2.5, "é", True, date(2024, 2, 29), time(10, 30),
            datetime(2024, 1, 1, 12, tzinfo=UTC), timedelta(hours=36), b"\x00\xff", {"a": [1]},
            [1, 2], UUID(int=1), None, "ok",
        ),
    )  # fmt: skip
    assert [(c.name, c.type, c.kind) for c in rows.columns][:2] == [
        ("i", "integer", Kind.INTEGER),
        ("d", "numeric(5,2)", Kind.DECIMAL),
    ]
    assert (rows.columns[-1].type, rows.columns[-1].kind) == ("mood", Kind.TEXT)


async def test_values_beyond_python_come_as_text(database: PostgresDatabase) -> None:
    """Infinity, BC, years past 9999, 24:00, months, ranges, composites: nothing crashes."""
    rows = await ask(
        database,
        "SELECT date 'infinity', date '0044-03-15 BC', date '12000-01-01', time '24:00', "
        "timestamp '-infinity', timestamptz '20000-01-01+00', interval '1 mon 2 days', "
        "int4range(1, 3), inet '10.0.0.1', ROW(1, 'a'), ARRAY[date 'infinity'], "
        "'NaN'::numeric, '-Infinity'::float8",
    )
    first = rows.rows[0]
    assert first[:5] == ("infinity", "0044-03-15 BC", "12000-01-01", "24:00:00", "-infinity")
    assert str(first[5]).startswith("20000-01-01")
    assert first[6:11] == ("1 mon 2 days", "[1,3)", "10.0.0.1", "(1,a)", ["infinity"])
    assert isinstance(first[11], Decimal)
    assert first[11].is_nan()
    assert first[12] == float("-inf")


async def test_a_result_without_rows_has_columns(database: PostgresDatabase) -> None:
    """Names, types and kinds, also of types that are not built in."""
    rows = await ask(database, "SELECT id, mood, name AS id FROM people WHERE false")
    assert rows.rows == ()
    assert [(c.name, c.type, c.kind) for c in rows.columns] == [
        ("id", "integer", Kind.INTEGER),
        ("mood", "mood", Kind.TEXT),
        ("id", "character varying(40)", Kind.TEXT),
    ]


async def test_text_is_sent_as_it_is(database: PostgresDatabase) -> None:
    """Percent signs, colons, comments, quotes and backslashes mean nothing to the driver."""
    sql = "-- one\nSELECT '100 %s :x ? \\' AS a, 5 % 3 AS b /* two */ -- three"
    assert (await ask(database, sql)).rows == (("100 %s :x ? \\", 2),)
    with pytest.raises(StatementFailed):
        await ask(database, "SELECT 1\0")
    with pytest.raises(StatementFailed):
        await ask(database, "SELECT '\ud800'")


async def test_rows_are_bounded_before_they_are_fetched(database: PostgresDatabase) -> None:
    """A result of a trillion rows takes no longer than its first few."""
    with anyio.fail_after(3):
        rows = await ask(
            database,
            "SELECT a.n FROM many a, many b, many c",
            Limits(max_rows=7, timeout_s=30),
        )
    assert (len(rows), rows.truncated) == (7, True)
    exact = await ask(database, "SELECT n FROM many ORDER BY n LIMIT 7", Limits(max_rows=7))
    assert (len(exact), exact.truncated) == (7, False)


async def test_bytes_are_bounded(database: PostgresDatabase) -> None:
    """The row that passes the limit is left out."""
    limits = Limits(max_rows=100, max_bytes=2_600)
    rows = await ask(database, "SELECT long FROM many", limits)
    assert (len(rows), rows.truncated) == (5, True)


async def test_enormous_rows_are_not_gathered(database: PostgresDatabase) -> None:
    """The first row to pass the limit of bytes is the last that is fetched."""
    tracemalloc.start()
    limits = Limits(max_rows=100, max_bytes=1_000_000)
    rows = await ask(database, "SELECT repeat('x', 50000000), generate_series(1, 100)", limits)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (len(rows), rows.truncated) == (0, True)
    assert peak < 150_000_000


async def test_the_server_ends_what_takes_too_long(database: PostgresDatabase) -> None:
    """Also when the statement tries to lift the limit; and the connection goes on to serve."""
    lifting = "SELECT set_config('statement_timeout', '0', false), pg_sleep(20)"
    for sql in ("SELECT pg_sleep(20)", lifting):
        with anyio.fail_after(8), pytest.raises(StatementTimedOut):
            await ask(database, sql, Limits(timeout_s=0.2))
    assert (await ask(database, "SELECT current_setting('statement_timeout')")).rows == (("5s",),)


@pytest.mark.parametrize(
    "longest_s", [0.3, pytest.param(server.LONGEST_LOCK_WAIT_S, marks=pytest.mark.slow)]
)
async def test_a_locked_table_is_told_soon(
    database: PostgresDatabase, filled: Scratch, longest_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Waiting for somebody else's lock ends before the statement's own time does."""
    monkeypatch.setattr(postgres_session, "LONGEST_LOCK_WAIT_S", longest_s)
    with psycopg.connect(filled.owner_url) as owner:
        owner.execute("LOCK TABLE people IN ACCESS EXCLUSIVE MODE")
        with anyio.fail_after(8), pytest.raises(DatabaseLocked):
            await ask(database, "SELECT * FROM people", Limits(timeout_s=30))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("_reader:", "_nobody:"), DatabaseDenied),
        ((r"/(\w+)$", r"/absent_\1"), DatabaseNotFound),
        ((r":\d+/", ":1/"), DatabaseUnreachable),
        ((r"@[^:]+:", "@no-such-host.invalid:"), DatabaseUnreachable),
        (("postgresql://", "postgres://%zz"), BadDatabaseURL),
    ],
)
async def test_what_is_wrong_with_a_url_is_told_without_its_password(
    filled: Scratch, change: tuple[str, str], expected: type[ForerunError]
) -> None:
    """One clear error each, whatever is printed of it."""
    url = re.sub(*change, filled.reader_url)
    assert url != filled.reader_url
    with pytest.raises(expected) as failed:
        await PostgresDatabase(url).run(Statement("SELECT 1", "postgres"), Limits())
    assert failed.value.hint
    assert "-word" not in shown(failed.value)
    assert "Traceback" not in failed.value.message


async def test_a_wrong_password_is_told_and_the_right_one_works() -> None:
    """On a server that asks for passwords; no word of either is shown."""
    with postgres_with_passwords("secret-word") as port:
        url = f"postgresql://ann:secret-word@127.0.0.1:{port}/postgres"
        right = PostgresDatabase(url)
        assert (await ask(right, "SELECT 1")).rows == ((1,),)
        await right.aclose()
        wrong = PostgresDatabase(url.replace("secret-word", "wrong-word"))
        with pytest.raises(DatabaseDenied) as denied:
            await ask(wrong, "SELECT 1")
    assert "-word" not in shown(denied.value)


async def test_tls_that_the_server_lacks_is_told(filled: Scratch) -> None:
    """A required TLS is not silently left out."""
    database = PostgresDatabase(f"{filled.reader_url}?sslmode=require")
    with pytest.raises(DatabaseUnreachable, match="SSL"):
        await ask(database, "SELECT 1")


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg2", "POSTGRESQL"])
async def test_urls_as_people_write_them(filled: Scratch, scheme: str) -> None:
    """With any of the usual schemes."""
    database = PostgresDatabase(filled.reader_url.replace("postgresql", scheme, 1))
    assert (await ask(database, "SELECT 1")).rows == ((1,),)
    assert "secret-word" not in database.name
    await database.aclose()
    await database.aclose()


@pytest.mark.slow
async def test_a_thousand_tables_are_read_in_seconds(postgres: Scratch) -> None:
    """1,000 tables of 20 columns, by set-based queries."""
    columns = ", ".join(f"column_{i} text" for i in range(19))
    with psycopg.connect(postgres.owner_url) as owner:
        owner.execute("CREATE SCHEMA large")
        for i in range(1_000):
            owner.execute(f"CREATE TABLE large.table_{i} (id int PRIMARY KEY, {columns})".encode())
    database = PostgresDatabase(postgres.owner_url)
    await ask(database, "SELECT 1")
    with anyio.fail_after(60):  # where it hangs, not how fast it is
        started = anyio.current_time()
        catalog = await database.read_structure()
        print(f"PostgreSQL: {anyio.current_time() - started:.2f} s")  # noqa: T201
    await database.aclose()
    large = [t for t in catalog.tables if t.schema == "large"]
    assert (len(large), sum(len(t.columns) for t in large)) == (1_000, 20_000)
    with psycopg.connect(postgres.owner_url, autocommit=True) as owner:
        for start in range(0, 1_000, 50):
            for i in range(start, start + 50):
                owner.execute(f"DROP TABLE large.table_{i}".encode())
