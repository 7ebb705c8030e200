"""Two walls before what the team hides, each tried as if the other were not there."""

from __future__ import annotations

import sqlite3
from dataclasses import replace

import duckdb
import psycopg
import pymysql
import pytest

from forerun import syntax
from forerun.checking import gate, hiding
from forerun.checking.names import resolve
from forerun.checking.nodes import forbidden_syntax
from forerun.domain import (
    Catalog,
    Draft,
    Origin,
    ReasonCode,
    Rows,
    Table,
    Verdict,
)
from forerun.running import same_rows
from tests.cases import shop
from tests.checking.conftest import Ask

HIDDEN = {"employees": {"salary"}, "customers": {"email", "profile"}}
ERRORS = (sqlite3.Error, duckdb.Error, psycopg.Error, pymysql.Error)
BESIDE_UNKNOWN_COLUMNS = {
    "duckdb": "range(1)",
    "sqlite": "json_each('[1]')",
    "postgres": "generate_series(1, 1)",
    "mysql": "JSON_TABLE('[1]', '$[*]' COLUMNS (a INT PATH '$')) AS t",
}
EVERY = [
    pytest.param(dialect, case.sql, id=f"{dialect}: {case.name}")
    for dialect in shop.DIALECTS
    for case in shop.cases("hidden", dialect)
]


def seen(dialect: str) -> Catalog:
    return replace(
        shop.catalog(dialect), tables=tuple(map(without_hidden, shop.catalog(dialect).tables))
    )


def without_hidden(table: Table) -> Table:
    gone = HIDDEN.get(table.name, set())
    shown = tuple(column for column in table.columns if column.name not in gone)
    return replace(table, columns=shown, hidden=tuple(sorted(gone)))


def check(sql: str, dialect: str) -> Verdict:
    return gate.check(Draft(sql, Origin.USER, 1.0), seen(dialect))


@pytest.mark.parametrize(("dialect", "sql"), EVERY)
def test_its_names_are_refused(dialect: str, sql: str) -> None:
    """Before anything is put into the query, what it names is found to be out of sight."""
    tree, catalog = syntax.read(sql, dialect), seen(dialect)
    reasons = (*forbidden_syntax(tree, catalog), *resolve(tree, catalog).reasons)
    codes = {ReasonCode.UNKNOWN_COLUMN, ReasonCode.UNKNOWN_TABLE, ReasonCode.FORBIDDEN_SYNTAX}
    assert codes & {reason.code for reason in reasons}


@pytest.mark.parametrize(("dialect", "sql"), EVERY)
def test_the_gate_refuses_it_and_says_nothing_of_what_is_hidden(dialect: str, sql: str) -> None:
    """Its reasons name no hidden column that the query itself does not name."""
    verdict = check(sql, dialect)
    assert not verdict.accepted
    assert tells_nothing(repr(verdict.reasons), sql)


@pytest.fixture
def hiding_finds_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hiding, "_partial", lambda relations: iter(()))


def gives(ask: Ask, sql: str) -> Rows | str:
    """The rows, or what the database complains of."""
    try:
        return ask(sql)
    except ERRORS as error:
        return str(error)


def what_runs_shows_nothing(dialect: str, ask: Ask) -> None:
    """Each query gives what it gives where the hidden columns are not there at all."""
    made = [check(case.sql, dialect).statement for case in shop.cases("hidden", dialect)]
    run = [(one.shown, gives(ask, one.sql)) for one in made if one is not None]
    assert run, "nothing was sent at all"
    for name in ("salarx", "profilx", "emial"):
        names_nothing_hidden(dialect, ask, name)
    for table, gone in HIDDEN.items():
        for name in gone:
            ask(f"ALTER TABLE {table} DROP COLUMN {name}")
    for sql, shown in run:
        if isinstance(shown, Rows):
            alone = gives(ask, sql)
            assert isinstance(alone, Rows), (sql, shown, alone)
            assert same_rows(shown, alone, ordered=False), (sql, shown, alone)
        else:
            assert tells_nothing(shown, sql), (sql, shown)


def tells_nothing(said: str, sql: str) -> bool:
    """Whether it names no hidden column that the query does not name."""
    names = {name for gone in HIDDEN.values() for name in gone}
    return all(name in sql.lower() for name in names if name in said.lower())


def names_nothing_hidden(dialect: str, ask: Ask, misspelled: str) -> None:
    """Databases say which column may have been meant: here, none that is hidden."""
    other = BESIDE_UNKNOWN_COLUMNS[dialect]
    for table in HIDDEN:
        statement = check(f"SELECT {misspelled} FROM {table}, {other}", dialect).statement
        assert statement is not None
        said = gives(ask, statement.sql)
        assert isinstance(said, str)
        assert tells_nothing(said, "")


def test_duckdb_is_sent_no_hidden_column(hiding_finds_nothing: None, on_duckdb: Ask) -> None:
    """Were the first wall not there, DuckDB would still give nothing of them."""
    what_runs_shows_nothing("duckdb", on_duckdb)


def test_sqlite_is_sent_no_hidden_column(hiding_finds_nothing: None, on_sqlite: Ask) -> None:
    """Nor would SQLite."""
    what_runs_shows_nothing("sqlite", on_sqlite)


def test_postgresql_is_sent_no_hidden_column(hiding_finds_nothing: None, on_postgres: Ask) -> None:
    """Nor PostgreSQL."""
    what_runs_shows_nothing("postgres", on_postgres)


def test_mysql_is_sent_no_hidden_column(hiding_finds_nothing: None, on_mysql: Ask) -> None:
    """Nor MySQL or MariaDB."""
    what_runs_shows_nothing("mysql", on_mysql)
