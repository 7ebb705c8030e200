"""The shop on the databases that it is meant for."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import duckdb
import psycopg
import pymysql
import pytest

from tests.cases import shop
from tests.services import Scratch

Ask = Callable[[str], list[tuple[object, ...]]]


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

        def ask(sql: str) -> list[tuple[object, ...]]:
            cursor = connection.execute(sql.encode())
            return cursor.fetchall() if cursor.description else []

        yield ask


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
