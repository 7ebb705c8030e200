"""Any SQLAlchemy dialect, shown with the one that is always at hand, SQLite's."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import anyio
import pytest

from forerun.adapters.databases.generic import GenericDatabase
from forerun.adapters.databases.generic_session import GenericDriver
from forerun.domain import Catalog, ForeignKey, Kind, Limits, Statement, Table
from forerun.errors import (
    BadDatabaseURL,
    DatabaseUnreachable,
    ForerunError,
    StatementFailed,
    StatementTimedOut,
)
from tests.adapters.servers import ask, shown

pytestmark = pytest.mark.anyio

FILLING = """
CREATE TABLE people (id INTEGER PRIMARY KEY, name VARCHAR(40) NOT NULL, born DATE,
  wage DECIMAL(10, 2), photo BLOB, CONSTRAINT one_name UNIQUE (name, born));
CREATE TABLE "or der" (a INTEGER, "pers""on" INTEGER REFERENCES people (id), PRIMARY KEY (a));
CREATE VIEW adults AS SELECT id, name FROM people;
INSERT INTO people VALUES (1, 'Ann', '1990-01-02', 1.5, x'00'), (2, 'Bob', NULL, 2, NULL),
  (3, 'Bob', '2000-01-01', 2, NULL);
INSERT INTO "or der" VALUES (1, 2);
"""
ENDLESS = "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT {} FROM r"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "shop.sqlite"
    connection = sqlite3.connect(path)
    connection.executescript(FILLING)
    connection.close()
    return path


@pytest.fixture
async def database(file: Path) -> AsyncIterator[GenericDatabase]:
    opened = GenericDatabase(f"sqlite+pysqlite:///{file}")
    yield opened
    await opened.aclose()


@pytest.fixture
async def catalog(database: GenericDatabase) -> Catalog:
    return await database.read_structure()


def table(catalog: Catalog, key: str) -> Table:
    found = catalog.table(key)
    assert found is not None, key
    return found


async def test_the_catalog_holds_tables_views_and_keys(catalog: Catalog) -> None:
    """As far as the dialect's inspector tells of them; row counts are unknown."""
    assert [t.key for t in catalog.tables] == ["adults", "or der", "people"]
    assert [t.name for t in catalog.tables if t.is_view] == ["adults"]
    people = table(catalog, "people")
    assert [(c.name, c.kind) for c in people.columns] == [
        ("id", Kind.INTEGER), ("name", Kind.TEXT), ("born", Kind.DATE), ("wage", Kind.DECIMAL),
        ("photo", Kind.BINARY),
    ]  # fmt: skip
    assert (people.primary_key, people.unique) == (("id",), (("name", "born"),))
    assert people.rows is None
    assert table(catalog, "or der").foreign_keys == (ForeignKey(('pers"on',), "people", ("id",)),)
    assert catalog.dialect == "sqlite"


async def test_samples_are_bounded_and_honest(database: GenericDatabase, catalog: Catalog) -> None:
    """One query in the dialect's own words, whatever the names."""
    people = table(catalog, "people")
    sampled = {c.name: c for c in await database.sample(people, people.columns, 2)}
    assert (sampled["name"].samples, sampled["name"].samples_complete) == (("Bob", "Ann"), True)
    assert (sampled["id"].samples, sampled["id"].samples_complete) == ((1, 2), False)
    assert sampled["born"].samples == (date(1990, 1, 2), date(2000, 1, 1))
    assert sampled["wage"].samples == (Decimal(2), Decimal("1.5"))
    assert sampled["photo"].samples == ()
    odd = table(catalog, "or der")
    assert [c.samples for c in await database.sample(odd, odd.columns, 2)] == [(1,), (2,)]


async def test_statements_are_planned_where_that_is_safe(database: GenericDatabase) -> None:
    """An error is found without running anything."""
    await database.explain(Statement(ENDLESS.format("count(*)"), "sqlite"))
    with pytest.raises(StatementFailed, match="no such column: nam"):
        await database.explain(Statement("SELECT nam FROM people", "sqlite"))


async def test_rows_are_bounded(database: GenericDatabase) -> None:
    """In rows, in bytes and in time, also of an endless result."""
    rows = await ask(database, ENDLESS.format("n, 'x', 1.5, x'00', NULL"), Limits(max_rows=3))
    assert rows.rows[:2] == ((1, "x", 1.5, b"\0", None), (2, "x", 1.5, b"\0", None))
    assert (len(rows), rows.truncated) == (3, True)
    assert [c.kind for c in rows.columns] == [
        Kind.INTEGER, Kind.TEXT, Kind.FLOAT, Kind.BINARY, Kind.OTHER,
    ]  # fmt: skip
    few = await ask(database, ENDLESS.format("printf('%.500c', 'x')"), Limits(max_bytes=2_600))
    assert (len(few), few.truncated) == (5, True)
    with anyio.fail_after(3), pytest.raises(StatementTimedOut):
        await ask(database, ENDLESS.format("count(*)"), Limits(timeout_s=0.2))


async def test_text_is_sent_as_it_is(database: GenericDatabase) -> None:
    """Neither SQLAlchemy's :name nor a driver's %s or ? is looked for in it."""
    assert (await ask(database, "SELECT '100 %s :x ?', 5 % 3")).rows == (("100 %s :x ?", 2),)


async def test_cancellation_reaches_the_driver(database: GenericDatabase) -> None:
    """The thread has ended when the cancellation goes on, and the next statement is served."""
    with anyio.fail_after(20):
        with anyio.move_on_after(0.2):
            await ask(database, ENDLESS.format("count(*)"), Limits(timeout_s=60))
        assert (await ask(database, "SELECT 1")).rows == ((1,),)


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO people (name) VALUES ('Eve')",
        "DELETE FROM people",
        "CREATE TABLE x (a)",
        "DROP TABLE people",
        "SELECT 1; DELETE FROM people",
    ],
)
async def test_nothing_is_written(database: GenericDatabase, file: Path, sql: str) -> None:
    """With no gate before it: the transaction is read only where that is known, and rolled back."""
    before = file.read_bytes()
    with pytest.raises(StatementFailed):
        await ask(database, sql)
    assert file.read_bytes() == before


async def test_what_is_written_is_rolled_back(
    database: GenericDatabase, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a dialect has no read-only transaction, the rollback is the wall."""
    monkeypatch.setattr(GenericDriver, "begin", lambda *_: None)
    rows = await ask(database, "INSERT INTO people (name) VALUES ('Eve') RETURNING name")
    assert rows.rows == (("Eve",),)
    assert (await ask(database, "SELECT count(*) FROM people")).rows == ((3,),)


async def test_a_warning_says_that_little_is_known(database: GenericDatabase) -> None:
    """Best effort is called so in every answer."""
    [warning] = await database.warnings()
    assert "as best it can be done" in warning
    assert "docs/security.md" in warning
    assert await database.is_superuser() is None


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("nothing+atall://ann:secret-word@host/db", BadDatabaseURL),
        ("mssql+pyodbc://ann:secret-word@host/db", BadDatabaseURL),
        ("sqlite+pysqlite:////no/such/folder/x.db", DatabaseUnreachable),
        ("rubbish secret-word", BadDatabaseURL),
        ("postgresql+psycopg://ann:secret-word@127.0.0.1:1/db", DatabaseUnreachable),
    ],
)
async def test_what_is_wrong_with_a_url_is_told_without_its_password(
    url: str, expected: type[ForerunError]
) -> None:
    """One clear error each, whatever is printed of it."""
    with pytest.raises(expected) as failed:
        await ask(GenericDatabase(url), "SELECT 1")
    assert failed.value.hint
    if "://" in url:
        assert "secret-word" not in shown(failed.value)
    assert "sqlalche.me" not in failed.value.message


def test_dialects_have_the_gates_names() -> None:
    """sqlglot calls some of them otherwise than SQLAlchemy does."""
    assert GenericDatabase("postgresql+psycopg://h/d").dialect == "postgres"
    assert GenericDatabase("mysql+pymysql://h/d").dialect == "mysql"
