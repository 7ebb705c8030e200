"""What is asked of a database, and what comes back when it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from forerun.adapters.databases import connect
from forerun.domain import Limits, ReasonCode, Rows, Statement, Verdict
from forerun.ports import Plan
from forerun.running import explain, run
from tests.duckdb_files import make_duckdb

pytestmark = pytest.mark.anyio


@pytest.fixture
def numbers(tmp_path: Path) -> str:
    script = "CREATE TABLE n AS SELECT range AS i FROM range(100)"
    return make_duckdb(tmp_path / "numbers.duckdb", script)


async def ask(url: str, sql: str, limits: Limits) -> Rows | Verdict:
    database = connect(url)
    try:
        return await run(database, Statement(sql, "duckdb"), limits)
    finally:
        await database.aclose()


@pytest.mark.parametrize(
    ("max_rows", "given", "truncated"), [(10, 10, True), (100, 100, False), (99, 99, True)]
)
async def test_truncation_is_told_honestly(
    numbers: str, max_rows: int, given: int, *, truncated: bool
) -> None:
    """Exactly as many rows as allowed is no truncation; one more is."""
    rows = await ask(numbers, "SELECT i FROM n ORDER BY i", Limits(max_rows=max_rows))
    assert isinstance(rows, Rows)
    assert [row[0] for row in rows.rows] == list(range(given))
    assert rows.truncated is truncated


async def test_a_limit_of_the_query_is_no_truncation(numbers: str) -> None:
    """What the query itself asked for is the whole answer."""
    rows = await ask(numbers, "SELECT i FROM n ORDER BY i LIMIT 3", Limits(max_rows=10))
    assert isinstance(rows, Rows)
    assert (len(rows), rows.truncated) == (3, False)


async def test_a_refusal_is_a_value_in_the_databases_words(numbers: str) -> None:
    """Repair reads it; nothing is raised."""
    refused = await ask(numbers, "SELECT nothing FROM n", Limits())
    assert isinstance(refused, Verdict)
    (reason,) = refused.reasons
    assert reason.code is ReasonCode.DATABASE_REFUSED
    assert "nothing" in reason.message


async def test_running_out_of_time_is_a_value(numbers: str) -> None:
    """A statement that the timeout ended says so by its code."""
    sql = (
        "SELECT count(*) FROM n a, n b, n c, n d, n e, n f WHERE a.i + b.i * c.i = d.i + e.i * f.i"
    )
    late = await ask(numbers, sql, Limits(timeout_s=0.2))
    assert isinstance(late, Verdict)
    assert [reason.code for reason in late.reasons] == [ReasonCode.TIMED_OUT]


async def test_explaining_accepts_refuses_and_weighs(numbers: str) -> None:
    """The planner's word decides, its estimate against a ceiling where there is one."""
    database = connect(numbers)
    try:
        good = Statement("SELECT a.i FROM n AS a, n AS b", "duckdb")
        accepted = await explain(database, good)
        unknown = await explain(database, Statement("SELECT x FROM n", "duckdb"))
        heavy = await explain(database, good, Plan(rows=5))
    finally:
        await database.aclose()
    assert accepted.statement == good
    assert [reason.code for reason in unknown.reasons] == [ReasonCode.DATABASE_REFUSED]
    assert [reason.code for reason in heavy.reasons] == [ReasonCode.TOO_EXPENSIVE]
    assert "more than the 5 allowed" in heavy.reasons[0].message
