"""Without a model, readings are run and compared before one is answered: counted, and bounded."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from forerun import Forerun, Settings
from forerun.domain import Answer, Mode, Status
from forerun.parsing.merging import RIVALS
from tests.app import people as having
from tests.duckdb_files import make_duckdb

pytestmark = pytest.mark.anyio
SURE = "How many cities are there?"
TORN = "number of people per city"


@pytest.fixture
def people(tmp_path: Path) -> str:
    """Whose two cities are always the same, so that it makes no difference which is meant."""
    alike = having.script([("Bremen", "Bremen"), ("Kiel", "Kiel"), ("Kiel", "Kiel")])
    return make_duckdb(
        tmp_path / "people.duckdb",
        f"{alike} CREATE TABLE cities (id INTEGER PRIMARY KEY, city_name VARCHAR);"
        "INSERT INTO cities VALUES (1, 'Bremen'), (2, 'Kiel');",
    )


async def asked(people: str, question: str, settings: Settings, mode: Mode) -> Answer:
    async with Forerun(people, settings=settings) as fr:
        return await fr.ask(question, mode=mode)


async def test_every_statement_is_counted_and_none_runs_twice(people: str) -> None:
    """The readings that were compared stand in the trace; the answer is one of them."""
    answer = await asked(people, SURE, Settings(), Mode.SEQUENTIAL)
    assert answer.status is Status.ANSWERED
    assert answer.trace is not None
    statements = answer.trace.statements
    assert 1 < len(statements) <= RIVALS
    assert [run.sql for run in statements].count(f"{answer.sql} LIMIT 1001") == 1
    assert len({run.sql for run in statements}) == len(statements)


@pytest.mark.parametrize("most", [1, 2])
async def test_no_more_are_compared_than_an_answer_may_run(people: str, most: int) -> None:
    """The limit on different statements holds for readings too."""
    answer = await asked(people, SURE, Settings(max_speculative_queries=most), Mode.SEQUENTIAL)
    assert len(answer.trace.statements) <= most
    assert answer.rows is not None
    assert answer.rows.rows == ((2,),)


async def test_switched_off_nothing_runs_but_the_answer(people: str) -> None:
    """One statement, as many as were ever run before."""
    settings = Settings(merge_results=False)
    answer = await asked(people, SURE, settings, Mode.SEQUENTIAL)
    assert answer.trace is not None
    assert len(answer.trace.statements) == 1


async def test_readings_with_the_same_rows_are_surer_than_with_others(people: str) -> None:
    """Torn between two columns that hold the same, the answer is the same either way."""
    settings = Settings(guess=True, guess_threshold=0.1)
    merged = await asked(people, TORN, settings, Mode.SEQUENTIAL)
    with duckdb.connect(people) as connection:
        connection.execute("UPDATE people SET work_city = 'Husum'")
    apart = await asked(people, TORN, settings, Mode.SEQUENTIAL)
    assert merged.confidence is not None
    assert apart.confidence is not None
    assert merged.confidence > apart.confidence


@pytest.mark.parametrize("question", [SURE, TORN, "show all people", "names of cities"])
async def test_every_schedule_merges_alike(people: str, question: str) -> None:
    """It is part of the draft, which is the same function on every path."""
    found = [
        await asked(people, question, Settings(enable_parallel=True, parallel_threshold=0), mode)
        for mode in Mode
    ]
    assert len({(a.status, a.sql, a.confidence, str(a.clarification)) for a in found}) == 1


@pytest.mark.parametrize("most", [5, 1])
async def test_who_ties_for_the_first_place_is_noted(people: str, most: int) -> None:
    """Both cities are of one size: the answer shows one and says that another ties, unless an
    answer may run no statement but its own.
    """
    with duckdb.connect(people) as connection:
        connection.execute("ALTER TABLE cities ADD COLUMN population INTEGER DEFAULT 500")
    settings = Settings(max_speculative_queries=most)
    question = "Which city has the highest population?"
    answer = await asked(people, question, settings, Mode.SEQUENTIAL)
    assert answer.status is Status.ANSWERED
    assert answer.rows is not None
    assert len(answer.rows) == 1
    note = "2 tie for the first place; one of them is shown."
    assert (note in answer.warnings) is (most > 1)
