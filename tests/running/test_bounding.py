"""The row limit that is put on a statement."""

from __future__ import annotations

import gc
import sqlite3
from collections.abc import Iterator

import duckdb
import pytest
from sqlglot import exp

from forerun import syntax
from forerun.domain import Statement
from forerun.running import bounded
from forerun.running.bounding import bounded_text, may_give_more, with_limit
from tests.cases import shop
from tests.checking.ask import statement


@pytest.mark.parametrize(
    ("dialect", "sql", "expected"),
    [
        ("duckdb", "SELECT a FROM t", "SELECT a FROM t LIMIT 5"),
        ("duckdb", "SELECT a FROM t LIMIT 3", "SELECT a FROM t LIMIT 3"),
        ("duckdb", "SELECT a FROM t LIMIT 300", "SELECT a FROM t LIMIT 5"),
        ("duckdb", "SELECT a FROM t LIMIT 50%", "SELECT a FROM t LIMIT 50%"),
        ("duckdb", "SELECT a FROM t OFFSET 7", "SELECT a FROM t LIMIT 5 OFFSET 7"),
        ("mysql", "SELECT a FROM t LIMIT 99 OFFSET 7", "SELECT a FROM t LIMIT 5 OFFSET 7"),
        ("sqlite", "SELECT a FROM t LIMIT -1", "SELECT a FROM t LIMIT 5"),
        ("postgres", "SELECT a FROM t LIMIT ALL", "SELECT a FROM t LIMIT 5"),
        ("postgres", "SELECT a FROM t LIMIT (SELECT 2)", "SELECT a FROM t LIMIT (SELECT 2)"),
        (
            "postgres",
            "SELECT a FROM t ORDER BY a FETCH FIRST 900 ROWS WITH TIES",
            "SELECT a FROM t ORDER BY a FETCH FIRST 900 ROWS WITH TIES",
        ),
        ("duckdb", "SELECT 1 UNION ALL SELECT 2", "SELECT 1 UNION ALL SELECT 2 LIMIT 5"),
        (
            "postgres",
            "(SELECT 1 LIMIT 9) UNION SELECT 2",
            "(SELECT 1 LIMIT 9) UNION SELECT 2 LIMIT 5",
        ),
        ("duckdb", "VALUES (1), (2)", "VALUES (1), (2)"),
        (
            "duckdb",
            "PIVOT t ON a USING count(*)",
            "SELECT * FROM (PIVOT t ON a USING count(*)) AS pivoted LIMIT 5",
        ),
        ("mysql", "SELECT a FROM t WHERE a RLIKE 'x'", "SELECT a FROM t WHERE a RLIKE 'x' LIMIT 5"),
    ],
)
def test_the_outermost_level_is_limited(dialect: str, sql: str, expected: str) -> None:
    """A smaller limit, an offset and an order stay; what cannot be limited stays as it is."""
    assert bounded(Statement(sql, dialect), 5).sql == expected


def test_a_limit_that_is_small_enough_is_only_looked_at() -> None:
    """No tree is copied to find that there is nothing to change."""
    small = Statement("SELECT a FROM t ORDER BY a LIMIT 3", "duckdb")
    bounded(small, 5)
    gc.collect()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        assert bounded(small, 5) == small
        gc.collect()
        assert [each for each in gc.garbage if isinstance(each, exp.Expr)] == []
    finally:
        gc.set_debug(0)
        gc.garbage.clear()


@pytest.fixture(scope="module")
def on_duckdb() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect()
    for step in shop.setup("duckdb"):
        connection.execute(step)
    yield connection
    connection.close()


@pytest.fixture(scope="module")
def on_sqlite() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:")
    for step in shop.setup("sqlite"):
        connection.execute(step)
    yield connection
    connection.close()


@pytest.mark.parametrize("case", shop.cases("legitimate", "sqlite"), ids=lambda c: c.name)
def test_sqlite_gives_the_same_first_rows(on_sqlite: sqlite3.Connection, case: shop.Case) -> None:
    """Bounded, a statement gives the beginning of what it gives unbounded."""
    made = statement(case.sql, "sqlite")
    whole = on_sqlite.execute(made.sql).fetchall()
    first = on_sqlite.execute(bounded(made, 2).sql).fetchall()
    assert len(first) == min(2, len(whole)) or made.sql.startswith("VALUES")
    if made.ordered and not made.volatile:
        assert first == whole[: len(first)]


@pytest.mark.parametrize("case", shop.cases("legitimate", "duckdb"), ids=lambda c: c.name)
def test_duckdb_gives_the_same_first_rows(
    on_duckdb: duckdb.DuckDBPyConnection, case: shop.Case
) -> None:
    """The same on DuckDB, PIVOT statements and relative limits among them."""
    made = statement(case.sql, "duckdb")
    whole = on_duckdb.execute(made.sql).fetchall()
    first = on_duckdb.execute(bounded(made, 2).sql).fetchall()
    unlimited = made.sql.startswith("VALUES") or made.sql.endswith("%") or made.volatile
    assert unlimited or len(first) == min(2, len(whole))
    if made.ordered and not made.volatile:
        assert first == whole[: len(first)]


@pytest.mark.parametrize("dialect", shop.DIALECTS)
def test_a_limit_at_the_end_is_where_sqlglot_would_write_it(dialect: str) -> None:
    """Most texts of the gate only get a few words more; the tree, written anew, has them too."""
    shortened = 0
    for case in shop.cases("legitimate", dialect):
        made = statement(case.sql, dialect).sql
        tree = syntax.read(made, dialect)
        limits = may_give_more(tree, 7)
        expected = syntax.write(with_limit(tree, 7), dialect) if limits else made
        assert bounded_text(made, dialect, 7) == expected
        shortened += bounded_text(made, dialect, 7) == f"{made} LIMIT 7"
    assert shortened > 40
