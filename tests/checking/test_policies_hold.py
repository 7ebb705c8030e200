"""A query under policies gives what it gives over a database that holds only what may be seen."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from typing import TypeAlias
from urllib.parse import urlsplit

import duckdb
import psycopg
import pymysql
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from forerun.checking import check
from forerun.domain import Catalog, Draft, Kind, Origin, ResultColumn, Rows
from forerun.running import same_rows
from tests.cases import shop
from tests.checking import policed
from tests.checking.policed import ATTRIBUTES, WHOLE, part, queries, seen_catalog
from tests.services import Scratch

Ask: TypeAlias = Callable[[str], Rows]
"""Raises an error of the driver's."""
ERRORS = (sqlite3.Error, duckdb.Error, psycopg.Error, pymysql.Error)


class Beside:
    """The whole database, and for each asker one that holds only his part."""

    def __init__(self, dialect: str, whole: Ask, parts: list[Ask]) -> None:
        self.dialect = dialect
        self.whole = whole
        self.parts = parts
        self.seen = [seen_catalog(attributes, dialect) for attributes in ATTRIBUTES]
        self.plain = [part(attributes).catalog(dialect) for attributes in ATTRIBUTES]

    def agree(self, sql: str, asker: int, *, may_refuse: bool = False) -> str:
        """Both say the same of the query; in a word, what."""
        seen, plain = self.seen[asker], self.plain[asker]
        limited, alone = checked(sql, seen), checked(sql, plain)
        if limited is None and may_refuse:
            return "refused"
        if limited is None or alone is None:
            assert (limited is None) == (alone is None), (sql, reasons(sql, seen))
            return "refused by both"
        under, over = asked(self.whole, limited), asked(self.parts[asker], alone)
        assert type(under) is type(over), (sql, limited, under, over)
        if isinstance(under, Rows) and isinstance(over, Rows):
            assert names(under) == names(over), (sql, limited)
            assert same_rows(under, over, ordered=False), (sql, limited, under.rows, over.rows)
            return "rows" if under.rows else "no rows"
        return "an error in both"

    def shows_nothing_more(self, sql: str) -> None:
        """To any of the askers, in rows, reasons or errors."""
        for asker, seen in enumerate(self.seen):
            said = self.agree(sql, asker, may_refuse=True)
            if said == "refused":
                told = repr(reasons(sql, seen))
                hints = told.replace(sql, "").lower()
                assert "did you mean secrets" not in hints
                assert "title" not in hints.partition("there are")[2]


def checked(sql: str, catalog: Catalog) -> str | None:
    verdict = check(Draft(sql, Origin.USER, 1.0), catalog)
    return verdict.statement.sql if verdict.statement is not None else None


def reasons(sql: str, catalog: Catalog) -> object:
    return check(Draft(sql, Origin.USER, 1.0), catalog).reasons


def asked(ask: Ask, sql: str) -> Rows | str:
    try:
        return ask(sql)
    except ERRORS as error:
        return str(error)


def names(rows: Rows) -> list[str]:
    return [column.name for column in rows.columns]


def as_rows(columns: list[str], rows: list[tuple[object, ...]]) -> Rows:
    return Rows(tuple(ResultColumn(c, "", Kind.OTHER) for c in columns), tuple(rows))


def as_text(cell: object) -> object:
    """A whole row of a table comes as text, one of a query as a tuple."""
    return f"({','.join(map(str, cell))})" if isinstance(cell, tuple) else cell


def in_duckdb(world: policed.World) -> Ask:
    connection = duckdb.connect()
    for step in world.setup("duckdb"):
        connection.execute(step)

    def ask(sql: str) -> Rows:
        cursor = connection.execute(sql)
        return as_rows([column[0] for column in cursor.description or ()], cursor.fetchall())

    return ask


def in_sqlite(world: policed.World) -> Ask:
    connection = sqlite3.connect(":memory:")
    for step in world.setup("sqlite"):
        connection.execute(step)

    def ask(sql: str) -> Rows:
        cursor = connection.execute(sql)
        return as_rows([column[0] for column in cursor.description], cursor.fetchall())

    return ask


@pytest.fixture(scope="module")
def on_duckdb() -> Beside:
    return Beside("duckdb", in_duckdb(WHOLE), [in_duckdb(part(a)) for a in ATTRIBUTES])


@pytest.fixture(scope="module")
def on_sqlite() -> Beside:
    return Beside("sqlite", in_sqlite(WHOLE), [in_sqlite(part(a)) for a in ATTRIBUTES])


@pytest.fixture(scope="module")
def on_postgres(postgres: Scratch) -> Iterator[Beside]:
    connections: list[psycopg.Connection[tuple[object, ...]]] = []

    def filled(world: policed.World, schema: str) -> Ask:
        connection = psycopg.connect(postgres.owner_url, autocommit=True)
        connections.append(connection)
        connection.execute(f"CREATE SCHEMA {schema}".encode())
        connection.execute(f"SET search_path = {schema}".encode())
        for step in world.setup("postgres"):
            connection.execute(step.encode())

        def ask(sql: str) -> Rows:
            cursor = connection.execute(sql.encode())
            rows = [tuple(map(as_text, row)) for row in cursor.fetchall()]
            return as_rows([c.name for c in cursor.description or ()], rows)

        return ask

    parts = [filled(part(a), f"part_{at}") for at, a in enumerate(ATTRIBUTES)]
    yield Beside("postgres", filled(WHOLE, "whole"), parts)
    for connection in connections:
        connection.close()


@pytest.fixture(scope="module")
def on_mysql(mysql: Scratch) -> Iterator[Beside]:
    at = urlsplit(mysql.owner_url)
    connections: list[pymysql.Connection[pymysql.cursors.Cursor]] = []
    own = at.path.removeprefix("/")

    def filled(world: policed.World, tag: str) -> Ask:
        connection = pymysql.connect(
            host=at.hostname or "",
            port=at.port or 3306,
            user=at.username or "",
            password=at.password or "",
            database=own,
            charset="utf8mb4",
            autocommit=True,
        )
        connections.append(connection)
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE IF NOT EXISTS {own}_{tag}")
            cursor.execute(f"USE {own}_{tag}")
            for step in world.setup("mysql"):
                cursor.execute(step)

        def ask(sql: str) -> Rows:
            with connection.cursor() as cursor:
                cursor.execute(sql)
                return as_rows([c[0] for c in cursor.description or ()], list(cursor.fetchall()))

        return ask

    tags = [f"part_{at}" for at in range(len(ATTRIBUTES))]
    parts = [filled(part(a), tag) for tag, a in zip(tags, ATTRIBUTES, strict=True)]
    try:
        yield Beside("mysql", filled(WHOLE, "whole"), parts)
    finally:
        with connections[0].cursor() as cursor:
            for tag in (*tags, "whole"):
                cursor.execute(f"DROP DATABASE IF EXISTS {own}_{tag}")
        for connection in connections:
            connection.close()


def hostile(dialect: str) -> pytest.MarkDecorator:
    found = shop.cases("out_of_sight", dialect)
    return pytest.mark.parametrize("sql", [c.sql for c in found], ids=[c.name for c in found])


@hostile("duckdb")
def test_duckdb_shows_nothing_out_of_sight(on_duckdb: Beside, sql: str) -> None:
    on_duckdb.shows_nothing_more(sql)


@hostile("sqlite")
def test_sqlite_shows_nothing_out_of_sight(on_sqlite: Beside, sql: str) -> None:
    on_sqlite.shows_nothing_more(sql)


@hostile("postgres")
def test_postgres_shows_nothing_out_of_sight(on_postgres: Beside, sql: str) -> None:
    on_postgres.shows_nothing_more(sql)


@hostile("mysql")
def test_mysql_shows_nothing_out_of_sight(on_mysql: Beside, sql: str) -> None:
    on_mysql.shows_nothing_more(sql)


QUICK = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
askers = st.integers(0, len(ATTRIBUTES) - 1)


@QUICK
@given(sql=queries("duckdb"), asker=askers)
def test_duckdb_answers_as_if_there_were_no_more(on_duckdb: Beside, sql: str, asker: int) -> None:
    event(on_duckdb.agree(sql, asker))


@QUICK
@given(sql=queries("sqlite"), asker=askers)
def test_sqlite_answers_as_if_there_were_no_more(on_sqlite: Beside, sql: str, asker: int) -> None:
    event(on_sqlite.agree(sql, asker))


@QUICK
@given(sql=queries("postgres"), asker=askers)
def test_postgres_answers_as_if_there_were_no_more(
    on_postgres: Beside, sql: str, asker: int
) -> None:
    event(on_postgres.agree(sql, asker))


@QUICK
@given(sql=queries("mysql"), asker=askers)
def test_mysql_answers_as_if_there_were_no_more(on_mysql: Beside, sql: str, asker: int) -> None:
    event(on_mysql.agree(sql, asker))
