"""The bench's questions: as many as promised, all different, their SQL what it says it is."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import anyio
import pytest

from forerun import Forerun, demo
from forerun.adapters.databases import connect
from forerun.app import Settings
from forerun.checking import canonical
from forerun.domain import Answer, Status
from forerun.lab.latency.questions import SLICE_TABLES, cases, distinct
from forerun.lab.latency.running import COMPLEX_SHARE
from forerun.running import same_rows
from forerun.testing.simulator.case import Case

ALL = cases(840)


def test_all_cases_are_distinct() -> None:
    """No wording and no SQL comes twice among the most that can be asked for."""
    assert len(ALL) == 840
    assert distinct(ALL)
    assert len({case.sql for case in ALL}) == len(ALL)
    for case in ALL:
        assert len({case.sql, case.same_sql, case.wrong_sql, case.broken_sql}) == 4
        assert case.size > 0


def test_repeated_wordings_are_noticed() -> None:
    """The check that the others lean on can fail."""
    assert not distinct([ALL[0], ALL[1], ALL[0]])


def test_two_complex_for_each_simple_one() -> None:
    """Half of the complex ones are follow-ups; and N complex questions are N, for every N."""
    assert sum(case.complex for case in ALL) == 560
    assert sum(bool(case.conversation) for case in ALL) == 280
    assert all(case.complex for case in ALL if case.conversation)
    for count in range(6, 561):
        chosen = ALL[: round(count / COMPLEX_SHARE)]
        assert sum(case.complex for case in chosen) == count


def test_the_seed_decides() -> None:
    """The same again for the same seed, fewer are the first of more, other seeds differ."""
    assert cases(30, seed=3) == cases(30, seed=3) == cases(90, seed=3)[:30]
    assert cases(30, seed=3) != cases(30, seed=4)


def test_as_many_as_promised() -> None:
    """The docstring says at most 870, and the command line asks for no more."""
    assert len(cases(870)) == 870


@dataclass(frozen=True)
class Judged:
    """What the demo says to the four queries of a case."""

    case: Case
    right: Answer
    same: Answer
    wrong: Answer
    broken: Answer
    one_tree: bool


async def judge(chosen: Sequence[Case]) -> list[Judged]:
    settings = Settings(state="memory", slice_tables=SLICE_TABLES, statement_timeout=60)
    async with Forerun("demo", settings=settings) as forerun:
        catalog = await forerun.catalog()

        async def tree(sql: str) -> str:
            verdict = await forerun.check(sql)
            assert verdict.statement is not None
            return canonical(verdict.statement, catalog)

        found = []
        for case in chosen:
            right, same, wrong = case.sql, case.same_sql, case.wrong_sql
            found.append(
                Judged(
                    case,
                    await forerun.sql(right),
                    await forerun.sql(same),
                    await forerun.sql(wrong),
                    await forerun.sql(case.broken_sql),
                    await tree(right) == await tree(same) != await tree(wrong),
                )
            )
        return found


@pytest.fixture(scope="module")
def judged() -> list[Judged]:
    """Sixty of them, on the real database."""
    return anyio.run(judge, random.Random("sixty").sample(ALL, 60))


def test_right_queries_give_the_same_rows(judged: list[Judged]) -> None:
    """The right query and its twin in other words: accepted, with the same rows."""
    for each in judged:
        assert each.right.status is each.same.status is Status.ANSWERED, each.case
        assert each.right.rows is not None
        assert each.same.rows is not None
        assert len(each.right.rows) > 0, each.case
        assert same_rows(each.right.rows, each.same.rows, ordered=True), each.case


def test_twins_that_count_have_one_canonical_tree(judged: list[Judged]) -> None:
    """Those of simple questions, which sum nothing."""
    simple = [each for each in judged if not each.case.complex]
    assert simple
    assert all(each.one_tree for each in simple)


def test_wrong_queries_pass_and_mostly_give_other_rows(judged: list[Judged]) -> None:
    """Valid SQL, accepted by the gate; nineteen in twenty answer something else."""
    other = 0
    for each in judged:
        assert each.wrong.status is Status.ANSWERED, each.case
        assert each.right.rows is not None
        assert each.wrong.rows is not None
        other += not same_rows(each.right.rows, each.wrong.rows, ordered=False)
    assert other >= 0.95 * len(judged)


def test_broken_queries_are_refused(judged: list[Judged]) -> None:
    """By the gate, for the column that does not exist."""
    for each in judged:
        assert each.broken.status is Status.REFUSED, each.case
        assert each.broken.refusal is not None
        assert [reason.code for reason in each.broken.refusal.reasons] == ["unknown_column"]


def test_there_is_work_for_the_analyst() -> None:
    """The demo has more tables than fit into the slice."""

    async def tables() -> int:
        database = connect(str(demo.path()))
        try:
            return len((await database.read_structure()).tables)
        finally:
            await database.aclose()

    assert anyio.run(tables) > SLICE_TABLES
