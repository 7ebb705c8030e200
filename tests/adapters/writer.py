"""A program that commits what it is told to, line by line: `[kind, where, sql]` as JSON.

It answers each line with another: null, or why the database refused, as JSON.
"""

from __future__ import annotations

import json
import sqlite3
import sys
from contextlib import closing
from urllib.parse import urlsplit

import duckdb
import psycopg
import pymysql


def into_sqlite(where: str, sql: str) -> None:
    with closing(sqlite3.connect(where, isolation_level=None)) as connection:
        connection.executescript(sql)


def into_duckdb(where: str, sql: str) -> None:
    with duckdb.connect(where) as connection:
        connection.execute(sql)


def into_postgres(where: str, sql: str) -> None:
    with psycopg.connect(where, autocommit=True) as connection:
        for statement in sql.split(";"):
            connection.execute(statement.encode())


def into_mysql(where: str, sql: str) -> None:
    at = urlsplit(where)
    connection = pymysql.connect(
        host=at.hostname, port=at.port or 3306, user=at.username, password=at.password or "",
        database=at.path[1:], autocommit=True,
    )  # fmt: skip
    with closing(connection), connection.cursor() as cursor:
        for statement in sql.split(";"):
            cursor.execute(statement)


INTO = {
    "sqlite": into_sqlite, "duckdb": into_duckdb, "postgres": into_postgres, "mysql": into_mysql,
}  # fmt: skip
REFUSED = (sqlite3.Error, duckdb.Error, psycopg.Error, pymysql.Error)


def main() -> None:
    for line in sys.stdin:
        kind, where, sql = json.loads(line)
        why = None
        try:
            INTO[kind](where, sql)
        except REFUSED as error:
            why = f"{type(error).__name__}: {error}"
        sys.stdout.write(f"{json.dumps(why)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
