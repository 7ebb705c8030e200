"""The measuring instrument itself: reads only, in limited time, and says why when it cannot."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest

from forerun.errors import StatementFailed, StatementTimedOut
from forerun.lab.evaluation import engines
from forerun.lab.evaluation.engines import DuckDBEngine, Engine, PostgresEngine, SQLiteEngine
from tests.services import Scratch

SETUP = "CREATE TABLE city (name VARCHAR(20)); INSERT INTO city VALUES ('Aldermoor')"
ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
TIME_LIMIT_S = 0.3


def sqlite_engine(tmp_path: Path) -> Engine:
    connection = sqlite3.connect(tmp_path / "city.sqlite")
    connection.executescript(SETUP)
    connection.close()
    return SQLiteEngine(tmp_path / "city.sqlite", TIME_LIMIT_S)


def duckdb_engine(tmp_path: Path) -> Engine:
    with duckdb.connect(str(tmp_path / "city.duckdb")) as connection:
        connection.execute(SETUP)
    return DuckDBEngine(tmp_path / "city.duckdb", TIME_LIMIT_S)


@pytest.fixture(params=[sqlite_engine, duckdb_engine, "postgres"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    if request.param == "postgres":
        import psycopg

        scratch: Scratch = request.getfixturevalue("postgres")
        with psycopg.connect(scratch.owner_url) as connection:
            connection.execute("DROP TABLE IF EXISTS city")
            connection.execute(SETUP)
        made: Engine = PostgresEngine(scratch.owner_url, TIME_LIMIT_S)
    else:
        make: Callable[[Path], Engine] = request.param
        made = make(tmp_path)
    yield made
    made.close()


def test_a_query_gives_all_its_rows(engine: Engine) -> None:
    """Width and rows, also with WITH, a trailing semicolon or a comment."""
    for sql in (
        "SELECT name, 1 FROM city",
        "WITH c AS (SELECT name FROM city) SELECT name, 1 FROM c;",
        "-- a comment\nSELECT name, 1 FROM city -- and another",
    ):
        result = engine.fetch(sql)
        assert (result.width, result.rows) == (2, (("Aldermoor", 1),))


def test_an_empty_result_still_has_its_width(engine: Engine) -> None:
    """How many columns there are is known without any row."""
    result = engine.fetch("SELECT name, 1 FROM city WHERE 1 = 0")
    assert (result.width, result.rows) == (2, ())


@pytest.mark.parametrize(
    "hostile",
    [
        "DELETE FROM city",
        "INSERT INTO city VALUES ('x')",
        "DROP TABLE city",
        "CREATE TABLE other (a INTEGER)",
        "SELECT 1; DELETE FROM city",
        "COPY city TO '/tmp/forerun-stolen.csv'",
        "COPY (SELECT 1) TO PROGRAM 'true'",
        "ATTACH ':memory:' AS other",
        "WITH gone AS (DELETE FROM city RETURNING name) SELECT * FROM gone",
        "EXPLAIN ANALYZE DELETE FROM city",
        "",
        ";",
        "no SQL at all",
    ],
)
def test_nothing_but_one_query_runs(engine: Engine, hostile: str) -> None:
    """Whatever a predictions file holds, the database stays as it was, and the engine usable."""
    with pytest.raises(StatementFailed):
        engine.fetch(hostile)
    assert engine.fetch("SELECT * FROM city").rows == (("Aldermoor",),)


def test_an_endless_query_is_ended(engine: Engine) -> None:
    """After the time limit it is a typed failure, and the next query runs."""
    started = time.monotonic()
    with pytest.raises(StatementTimedOut):
        engine.fetch(ENDLESS)
    assert time.monotonic() - started < 5
    assert engine.fetch("SELECT 1").rows == ((1,),)


def test_more_rows_than_any_answer_has_are_a_failure(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cross join gone wrong does not fill the memory."""
    monkeypatch.setattr(engines, "MOST_ROWS", 3)
    five = " UNION ALL ".join(["SELECT 1"] * 5)
    with pytest.raises(StatementFailed, match="More than 3 rows"):
        engine.fetch(five)


def test_text_that_is_no_utf8_is_read_all_the_same(tmp_path: Path) -> None:
    """Old SQLite files hold such bytes; the undecodable ones are left out."""
    connection = sqlite3.connect(tmp_path / "old.sqlite")
    connection.execute("CREATE TABLE t AS SELECT CAST(x'6361ff66e9' AS TEXT) AS name")
    connection.commit()
    connection.close()
    engine = SQLiteEngine(tmp_path / "old.sqlite")
    assert engine.fetch("SELECT name FROM t").rows == (("caf",),)
    engine.close()


def test_a_file_that_is_no_database_is_a_typed_failure(tmp_path: Path) -> None:
    """Neither engine lets its driver's error out."""
    path = tmp_path / "broken"
    path.write_text("not a database, but long enough to be looked at as one" * 100)
    with pytest.raises(StatementFailed):
        DuckDBEngine(path)
    engine = SQLiteEngine(path)
    with pytest.raises(StatementFailed):
        engine.fetch("SELECT 1 FROM city")
    engine.close()
