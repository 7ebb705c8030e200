"""What the team hides, through Forerun: what is answered, shown, kept, and complained of."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from forerun import Forerun, Settings
from forerun.domain import Answer, Status
from tests.duckdb_files import make_duckdb

pytestmark = pytest.mark.anyio

KNOWN = """
tables:
  employees:
    columns:
      salary: {hidden: true}
"""


@pytest.fixture
async def forerun(tmp_path: Path) -> AsyncIterator[Forerun]:
    known = tmp_path / "known.yaml"
    known.write_text(KNOWN)
    path = make_duckdb(
        tmp_path / "staff.duckdb",
        "CREATE TABLE employees (id INTEGER, name TEXT, salary INTEGER);"
        "INSERT INTO employees VALUES (1, 'Zoe', 9000), (2, 'Yan', 5000);",
    )
    async with Forerun(path, settings=Settings(state="memory", knowledge=str(known))) as it:
        yield it


def rows(answer: Answer) -> tuple[tuple[object, ...], ...]:
    assert answer.status is Status.ANSWERED, answer
    assert answer.rows is not None
    return answer.rows.rows


async def test_what_is_shown_is_the_query_that_was_asked(forerun: Forerun) -> None:
    """What runs is a query over the other columns; nobody is shown it, and it is kept as asked."""
    sql = "SELECT name FROM employees ORDER BY id"
    verdict = await forerun.check(sql)
    assert verdict.statement is not None
    assert verdict.statement.sql == (
        'SELECT name FROM (SELECT "id", "name" FROM "employees") AS "employees" ORDER BY id'
    )
    assert verdict.statement.shown == sql
    answer = await forerun.sql(sql)
    assert answer.sql is not None
    assert answer.sql.startswith(sql)
    assert "(" not in answer.sql
    assert rows(answer) == (("Zoe",), ("Yan",))
    assert (await forerun.check(answer.sql)).accepted


async def test_questions_are_answered_as_before(forerun: Forerun) -> None:
    """Twice: the second time from what is kept."""
    for _ in range(2):
        answer = await forerun.ask("How many employees are there?")
        assert rows(answer) == ((2,),)
        assert answer.sql is not None
        assert "SELECT" not in answer.sql[6:]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT salarx FROM employees, range(1)",
        "SELECT e.x FROM (SELECT unnest([1])) AS x, employees AS e WHERE strptime(name, '%Y') > 1",
        "SELECT strptime(name, '%Y') FROM employees",
        "SELECT x.nothing FROM (SELECT unnest([1])) AS x, employees",
    ],
)
async def test_what_the_database_complains_of_names_nothing_hidden(
    forerun: Forerun, sql: str
) -> None:
    """It proposes names of its own, and quotes the query that it was sent: not to the asker."""
    answer = await forerun.sql(sql)
    assert answer.status is Status.REFUSED
    told = repr(answer.refusal)
    assert "salary" not in told.lower()
    assert 'SELECT "id"' not in told


async def test_other_complaints_are_told_as_they_are(forerun: Forerun) -> None:
    """Where no hidden column is near, the database's own words help."""
    answer = await forerun.sql("SELECT CAST('x' AS INTEGER) AS n WHERE (1 = 1)")
    assert answer.status is Status.REFUSED
    assert "Could not convert string 'x'" in repr(answer.refusal)
