"""The shop on the databases that it is meant for."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import duckdb
import psycopg
import pymysql
import pytest

from forerun.domain import Kind, ResultColumn, Rows
from tests.cases import shop
from tests.services import Scratch

Ask: TypeAlias = Callable[[str], Rows]


def asked(cursor: Any, sql: str) -> Rows:
    """No columns for what gives no rows."""
    cursor.execute(sql)
    columns = [ResultColumn(each[0], "", Kind.OTHER) for each in cursor.description or ()]
    return Rows(tuple(columns), tuple(cursor.fetchall()) if columns else ())


@pytest.fixture(scope="module")
def on_duckdb() -> Iterator[Ask]:
    with duckdb.connect() as connection:
        for step in shop.setup("duckdb"):
            connection.execute(step)
        yield lambda sql: asked(connection, sql)


@pytest.fixture(scope="module")
def on_sqlite() -> Iterator[Ask]:
    connection = sqlite3.connect(":memory:")
    for step in shop.setup("sqlite"):
        connection.execute(step)
    yield lambda sql: asked(connection.cursor(), sql)
    connection.close()


@pytest.fixture(scope="module")
def on_postgres(postgres: Scratch) -> Iterator[Ask]:
    with psycopg.connect(postgres.owner_url, autocommit=True) as connection:
        for step in shop.setup("postgres"):
            connection.execute(step.encode())
        yield lambda sql: asked(connection.cursor(), sql)


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
    cursor.execute(f"ALTER DATABASE `{mysql.name}` CHARACTER SET utf8mb4")
    for step in shop.setup("mysql"):
        cursor.execute(step)
    yield lambda sql: asked(cursor, sql)
    connection.close()
