"""Legitimate golden SQL, as the gate writes it, on the databases it is meant for."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import duckdb
import psycopg
import pymysql
import pytest

from forerun.domain import ResultColumn, Rows
from forerun.domain.catalog import Kind
from forerun.running import same_rows
from tests.cases import shop
from tests.checking.ask import statement
from tests.services import Scratch

Ask = Callable[[str], list[tuple[object, ...]]]


def cases(dialect: str) -> pytest.MarkDecorator:
    found = shop.cases("legitimate", dialect)
    return pytest.mark.parametrize("sql", [c.sql for c in found], ids=[c.name for c in found])


@pytest.fixture(scope="module")
def on_duckdb() -> Iterator[Ask]:
    connection = duckdb.connect()
    for step in shop.setup("duckdb"):
        connection.execute(step)
    yield lambda sql: connection.execute(sql).fetchall()
    connection.close()


@pytest.fixture(scope="module")
def on_sqlite() -> Iterator[Ask]:
    connection = sqlite3.connect(":memory:")
    for step in shop.setup("sqlite"):
        connection.execute(step)
    yield lambda sql: connection.execute(sql).fetchall()
    connection.close()


@pytest.fixture(scope="module")
def on_postgres(postgres: Scratch) -> Iterator[Ask]:
    with psycopg.connect(postgres.owner_url, autocommit=True) as connection:
        for step in shop.setup("postgres"):
            connection.execute(step.encode())
        yield lambda sql: connection.execute(sql.encode()).fetchall()


@pytest.fixture(scope="module")
def on_mysql(mysql: Scratch) -> Iterator[Ask]:
    at = urlsplit(mysql.owner_url)
    connection = pymysql.connect(
        host=at.hostname or "",
        port=at.port or 3306,
        user=at.username,
        password=at.password or "",
        database=mysql.name,
        charset="utf8mb4",
    )
    cursor = connection.cursor()

    def ask(sql: str) -> list[tuple[object, ...]]:
        cursor.execute(sql)
        return list(cursor.fetchall())

    cursor.execute(f"ALTER DATABASE `{mysql.name}` CHARACTER SET utf8mb4")
    for step in shop.setup("mysql"):
        cursor.execute(step)
    yield ask
    connection.close()


def rows(found: list[tuple[object, ...]]) -> Rows:
    width = len(found[0]) if found else 0
    return Rows(tuple(ResultColumn("", "", Kind.OTHER) for _ in range(width)), tuple(found))


def check_meaning(ask: Ask, dialect: str, sql: str) -> None:
    """The written statement runs, and gives what the draft itself gives."""
    made = statement(sql, dialect)
    given = ask(made.sql)
    arrow = "LAMBDA" in made.sql and "->" in sql  # DuckDB no longer takes it; we write LAMBDA
    if not made.volatile and not arrow:
        assert same_rows(rows(given), rows(ask(sql.removeprefix("\ufeff"))), ordered=False)


@cases("duckdb")
def test_duckdb_runs_it(on_duckdb: Ask, sql: str) -> None:
    """DuckDB gives the rows of the draft."""
    check_meaning(on_duckdb, "duckdb", sql)


@cases("sqlite")
def test_sqlite_runs_it(on_sqlite: Ask, sql: str) -> None:
    """SQLite gives the rows of the draft."""
    check_meaning(on_sqlite, "sqlite", sql)


@cases("postgres")
def test_postgresql_runs_it(on_postgres: Ask, sql: str) -> None:
    """PostgreSQL gives the rows of the draft."""
    check_meaning(on_postgres, "postgres", sql)


@cases("mysql")
def test_mysql_runs_it(on_mysql: Ask, sql: str) -> None:
    """MySQL or MariaDB gives the rows of the draft."""
    check_meaning(on_mysql, "mysql", sql)
