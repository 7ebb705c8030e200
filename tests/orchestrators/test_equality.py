"""Whatever the schedule, the answer is the same; and nothing is run twice or left running."""

from __future__ import annotations

import tempfile
from pathlib import Path

import anyio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forerun.checking import canonical
from forerun.domain import Answer, FallbackCode, Mode, Stage, Statement, Status, Strategy
from forerun.running import bounded, same_rows
from forerun.testing.virtual_clock import run_virtually
from tests.orchestrators.generated import make_database
from tests.orchestrators.world import EAGER, ROOM, World, make_shop, question_of, world_of


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> str:
    return make_shop(tmp_path_factory.mktemp("equality") / "shop.duckdb")


def assert_equal(a: Answer, b: Answer) -> None:
    """Equal in everything that the asker sees of an answer, its way apart."""
    assert a.status is b.status
    assert a.sql == b.sql
    assert (a.rows is None) == (b.rows is None)
    if a.rows is not None and b.rows is not None:
        assert a.rows.columns == b.rows.columns
        assert same_rows(a.rows, b.rows, ordered=True)
    assert a.summary == b.summary
    assert a.chart == b.chart
    assert a.suggestions == b.suggestions
    assert a.clarification == b.clarification
    assert a.refusal == b.refusal
    assert a.standalone == b.standalone
    assert a.reading in (b.reading, None)  # its writer was not heard to the end
    assert a.warnings == b.warnings


async def answers(seed: int, shop: str) -> dict[Mode, tuple[Answer, World]]:
    found = {}
    for mode in Mode:
        world = await world_of(seed, shop)
        try:
            found[mode] = await world.ask(question_of(seed), mode), world
        finally:
            await world.aclose()
    return found


def assert_every_schedule_gives_the_same(seed: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        found = anyio.run(answers, seed, make_database(Path(folder), seed))
    sequential, _ = found[Mode.SEQUENTIAL]
    assert sequential.status is not Status.FAILED
    for mode in (Mode.PARALLEL, Mode.HYBRID):
        answer, world = found[mode]
        assert answer.decision is not None
        assert answer.decision.strategy is Strategy.PARALLEL
        if sequential.status is not Status.REFUSED:
            # On a busy machine a stage may well take the second that it has at least.
            assert answer.fallback.code in (None, FallbackCode.TOO_SLOW), answer.fallback
        assert_equal(answer, sequential)
        assert_nothing_twice(answer, world)
        assert_rows_are_not_wasted(answer, world)
        assert world.model.under_way == 0


@given(seed=st.integers(0, 10**9))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_schedule_gives_the_same_answer(seed: int) -> None:
    """Hybrid, parallel and sequential are equal: made databases, writers that also err validly."""
    assert_every_schedule_gives_the_same(seed)


@pytest.mark.slow
@pytest.mark.timeout(900)  # of six hundred worlds together, not of one
@given(seed=st.integers(0, 10**9))
@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_schedule_gives_the_same_answer_at_length(seed: int) -> None:
    """The same, with fifty times as many worlds."""
    assert_every_schedule_gives_the_same(seed)


def assert_nothing_twice(answer: Answer, world: World) -> None:
    """No statement that has returned rows ran again, and there were not too many of them."""
    catalog = world.resources.catalog.known
    assert catalog is not None
    forms = [
        canonical(Statement(run.sql, world.resources.database.dialect), catalog)
        for run in answer.trace.statements
        if run.outcome == "ok"
    ]
    assert len(forms) == len(set(forms))
    repairs = world.resources.policy.repairs
    assert len(set(forms)) <= EAGER.max_speculative_queries + repairs


def assert_rows_are_not_wasted(answer: Answer, world: World) -> None:
    """Where the answer's statement ran, something came of it, whoever it ran for at first."""
    catalog, dialect = world.resources.catalog.known, world.resources.database.dialect
    if answer.sql is None or catalog is None or answer.status is not Status.ANSWERED:
        return
    told = Statement(answer.sql, dialect)
    forms = {canonical(bounded(told, room + 1), catalog) for room in ROOM}
    ran = {
        (run.branch, run.start_ms)
        for run in answer.trace.statements
        if run.outcome == "ok" and canonical(Statement(run.sql, dialect), catalog) in forms
    }
    assert ran
    stages = [span for span in answer.trace.spans if span.stage is Stage.RUN]
    fruitful = {
        (branch, at)
        for branch, at in ran
        for span in stages
        if span.branch == branch and span.start_ms <= at <= span.end_ms and not span.wasted
    }
    assert fruitful == ran


@pytest.mark.parametrize("seeds", [40, pytest.param(120, marks=pytest.mark.slow)])
def test_the_world_errs_in_every_way(shop: str, seeds: int) -> None:
    """Over many seeds each status, refusals by gate, database and reviewer, and each rung occur."""
    statuses: set[str] = set()
    outcomes: set[tuple[str, str]] = set()

    async def survey() -> None:
        for seed in range(seeds):
            world = await world_of(seed, shop)
            answer = await world.ask(question_of(seed), Mode.PARALLEL)
            await world.aclose()
            assert_rows_are_not_wasted(answer, world)
            statuses.add(answer.status.value)
            outcomes.update((each.rung.value, each.outcome.value) for each in answer.speculation)

    run_virtually(survey)
    assert statuses == {"answered", "clarify", "refused"}
    for rung in ("review", "write-ahead", "draft-ahead", "sql-first", "second-look"):
        assert {(rung, "used"), (rung, "wasted")} <= outcomes
    assert {("context", "used"), ("at-once", "wasted")} <= outcomes  # of use: test_at_once
