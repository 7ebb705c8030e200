"""Legitimate golden SQL, as the gate writes it, on the databases it is meant for."""

from __future__ import annotations

import pytest

from forerun.running import same_rows
from tests.cases import shop
from tests.checking.ask import statement
from tests.checking.conftest import Ask


def cases(dialect: str) -> pytest.MarkDecorator:
    found = shop.cases("legitimate", dialect)
    return pytest.mark.parametrize("sql", [c.sql for c in found], ids=[c.name for c in found])


def check_meaning(ask: Ask, dialect: str, sql: str) -> None:
    """The written statement runs, and gives what the draft itself gives."""
    made = statement(sql, dialect)
    given = ask(made.sql)
    arrow = "LAMBDA" in made.sql and "->" in sql  # DuckDB no longer takes it; we write LAMBDA
    if not made.volatile and not arrow:
        assert same_rows(given, ask(sql.removeprefix("\ufeff")), ordered=False)


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
