"""Rival queries compared by what they give."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from forerun.adapters.databases import connect
from forerun.domain import Limits, Outcome, Statement
from forerun.running import grouped, run_rivals

pytestmark = pytest.mark.anyio
LIMITS = Limits(max_rows=10, timeout_s=5.0)
SLOW = (
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500000000) "
    "SELECT count(*) FROM n"
)


def _statement(sql: str) -> Statement:
    return Statement(sql, "sqlite")


async def _compared(
    path: Path, queries: list[str | None], limits: Limits = LIMITS, within_s: float = 10.0
) -> tuple[Outcome, ...]:
    database = connect(str(path))
    try:
        statements = [None if sql is None else _statement(sql) for sql in queries]
        return grouped(await run_rivals(database, statements, limits, within_s))
    finally:
        await database.aclose()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    import sqlite3

    path = tmp_path / "t.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE t (a INTEGER, b TEXT)")
        connection.executemany("INSERT INTO t VALUES (?, ?)", [(1, "x"), (2, "y"), (None, None)])
    return path


async def test_the_same_rows_in_another_order_are_one_group(path: Path) -> None:
    """Also where the columns have other names; other rows are another group."""
    found = await _compared(
        path,
        ["SELECT a FROM t ORDER BY a", "SELECT a AS c FROM t ORDER BY a DESC", "SELECT b FROM t"],
    )
    assert found == (Outcome(0, 3), Outcome(0, 3), Outcome(1, 3))


async def test_nothing_nulls_and_errors_are_told_apart(path: Path) -> None:
    """No rows, only NULLs, a single 0, what the gate refused and what the database does."""
    found = await _compared(
        path,
        [
            "SELECT a FROM t WHERE a > 9",
            "SELECT b FROM t WHERE a IS NULL",
            "SELECT count(*) FROM t WHERE a > 9",
            None,
            "SELECT nowhere FROM t",
        ],
    )
    assert found == (
        Outcome(0),
        Outcome(1, 1, blank=True),
        Outcome(2, 1, blank=True),
        Outcome(3, failed=True),
        Outcome(4, failed=True),
    )


async def test_what_takes_too_long_tells_nothing_of_any(path: Path) -> None:
    """One past its limit, or all past theirs: half of the results would favour what is quick."""
    quick = replace(LIMITS, timeout_s=0.1)
    assert await _compared(path, ["SELECT a FROM t", SLOW], quick) == ()
    began = anyio.current_time()
    assert await _compared(path, ["SELECT a FROM t", SLOW], within_s=0.1) == ()
    assert anyio.current_time() - began < 3
