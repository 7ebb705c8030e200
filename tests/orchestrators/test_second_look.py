"""What was written before the analyst added tables is reviewed once more; no answer hangs on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import anyio
import pytest

from forerun.adapters.databases import connect
from forerun.app import Settings
from forerun.domain import (
    Answer,
    Draft,
    Fate,
    Limits,
    Mode,
    Origin,
    Question,
    Rows,
    Rung,
    Speculation,
    Stage,
    Statement,
)
from forerun.events import Event, RowsArrived, listening
from forerun.orchestrators.passing import PassingDatabase
from forerun.stages import Models
from forerun.testing import Playbook, ScriptedModel
from forerun.testing.playbook import Asked
from tests.orchestrators.asking import (
    ASKED,
    NO_DRAFT,
    OTHER,
    OTHER_DRAFT,
    RIGHT,
    in_world,
    world,
)
from tests.orchestrators.test_equality import assert_equal
from tests.orchestrators.world import EAGER, NOW, QUERIES, World, make_shop

ADDED = "products"
ANALYSING_S, WRITING_S, REVIEWING_S, NARRATING_S = 5.0, 3.0, 4.0, 1.0
REFUSED = QUERIES[11]
RIGHT_DRAFT = Draft(RIGHT, Origin.MEMORY, 0.9)
WITHOUT = replace(EAGER, rungs=EAGER.rungs - {Rung.SECOND_LOOK.value})
TO_THE_END = replace(EAGER, rungs=EAGER.rungs - {Rung.SQL_FIRST.value})
TWO_WRITERS = replace(
    EAGER, rungs=(EAGER.rungs | {Rung.CANDIDATES.value}) - {Rung.WRITE_AHEAD.value}, candidates=2
)
NOT_AHEAD = replace(EAGER, rungs=EAGER.rungs - {Rung.WRITE_AHEAD.value})


@dataclass(frozen=True)
class Shown:
    """A script whose writer hangs on the tables that it is shown."""

    before: Playbook
    after: Playbook

    def __call__(self, asked: Asked) -> str:
        return (self.after if f"TABLE {ADDED}" in asked.user else self.before)(asked)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> str:
    return make_shop(Path(tmp_path_factory.mktemp("second_look")) / "shop.duckdb")


def models(before: str, after: str, writing_s: float = WRITING_S) -> Models:
    """Who is not shown the added table writes `before`, who is writes `after`."""
    missing = {ASKED: (ADDED,)}
    script = Shown(
        Playbook(queries={ASKED: before}, missing_tables=missing), Playbook(queries={ASKED: after})
    )

    def slow(seconds: float) -> ScriptedModel:
        return ScriptedModel(script, delay_s=seconds)

    return Models(slow(ANALYSING_S), slow(writing_s), slow(REVIEWING_S), slow(NARRATING_S))


def ask(
    shop: str,
    settings: Settings = EAGER,
    mode: Mode = Mode.PARALLEL,
    *,
    before: str = RIGHT,
    after: str = RIGHT,
    draft: Draft | None = NO_DRAFT,
    writing_s: float = WRITING_S,
) -> tuple[Answer, float]:
    async def story(made: World) -> tuple[Answer, float]:
        began_at = anyio.current_time()
        answer = await made.ask(Question(ASKED, NOW), mode)
        return answer, anyio.current_time() - began_at

    made = models(before, after, writing_s)
    return in_world(lambda: world(shop, settings, models=made, draft=draft), story)


def looks(answer: Answer) -> list[Speculation]:
    return [each for each in answer.speculation if each.rung is Rung.SECOND_LOOK]


def fates(answer: Answer, rung: Rung) -> Sequence[Fate]:
    return [each.outcome for each in answer.speculation if each.rung is rung]


def test_the_review_does_not_wait_for_the_same_query_again(shop: str) -> None:
    """The writer, shown one table more, comes to what it had written without it: the reviewer had
    begun when the analyst was done, and the rows were never asked for again."""
    answer, seconds = ask(shop)
    assert seconds == pytest.approx(ANALYSING_S + REVIEWING_S, abs=0.1)
    (used,) = looks(answer)
    assert (used.outcome, used.branch) == (Fate.USED, "second-look")
    assert used.saved_ms > 0
    assert fates(answer, Rung.WRITE_AHEAD) == [Fate.WASTED]
    assert len(answer.trace.statements) == 1
    assert_equal(answer, ask(shop, mode=Mode.SEQUENTIAL)[0])


def test_rows_that_were_found_again_are_not_wasted(shop: str) -> None:
    """What was written without the table was in vain, and its review; its rows and their summary
    are the answer's, and told as used with the second that they saved."""
    answer, _ = ask(shop)
    branch = "write-ahead/sql-first/review"
    (found,) = [each for each in answer.speculation if each.branch == branch]
    assert (found.outcome, found.reason) == (Fate.USED, None)
    assert (found.saved_ms, found.wasted_ms) == (NARRATING_S * 1000, 0.0)
    wasted = {(span.branch, span.stage): span.wasted for span in answer.trace.spans}
    assert not wasted[branch, Stage.RUN]
    assert not wasted[branch, Stage.NARRATE]
    assert wasted["write-ahead", Stage.DRAFT]
    assert wasted["write-ahead/sql-first", Stage.REVIEW]


RUNNING_S, RUNNING_LONG_S = 4.0, 60.0


@dataclass(frozen=True, slots=True)
class Slow(PassingDatabase):
    """Takes its time, and more of it where rows are left out."""

    async def run(self, statement: Statement, limits: Limits) -> Rows:
        await anyio.sleep(RUNNING_LONG_S if "WHERE" in statement.sql else RUNNING_S)
        return await self.inner.run(statement, limits)


@pytest.mark.parametrize("settings", [EAGER, TO_THE_END])
def test_a_statement_under_way_is_not_begun_anew(shop: str, settings: Settings) -> None:
    """It runs while the analyst adds a table: its rows come when they would have come, and no
    statement was cut off."""
    rows_at: list[float] = []

    def hear(event: Event) -> None:
        if isinstance(event, RowsArrived):
            rows_at.append(event.at)

    async def story(made: World) -> Answer:
        began_at = anyio.current_time()
        with listening(hear):
            answer = await made.ask(Question(ASKED, NOW), Mode.PARALLEL)
        rows_at[:] = [at - began_at for at in rows_at]
        return answer

    async def slow() -> World:
        return await world(Slow(connect(shop)), settings, models=models(RIGHT, RIGHT))

    answer = in_world(slow, story)
    assert WRITING_S < ANALYSING_S < WRITING_S + RUNNING_S
    assert rows_at[0] == pytest.approx(WRITING_S + RUNNING_S, abs=0.1)
    assert [run.outcome for run in answer.trace.statements] == ["ok"]
    assert [each.outcome for each in looks(answer)] == [Fate.USED]
    assert_equal(answer, ask(shop, settings, Mode.SEQUENTIAL)[0])


def test_a_statement_under_way_goes_with_the_look_at_it(shop: str) -> None:
    """The writer, shown the table, writes another query: once its rows are there, long before the
    answer, what still runs of the first one is cut off."""

    async def slow() -> World:
        return await world(Slow(connect(shop)), models=models(OTHER, RIGHT))

    async def story(made: World) -> Answer:
        return await made.ask(Question(ASKED, NOW), Mode.PARALLEL)

    answer = in_world(slow, story)
    rows_s = ANALYSING_S + WRITING_S + RUNNING_S
    found, cut_off = answer.trace.statements
    assert (found.outcome, cut_off.outcome) == ("ok", "cancelled")
    assert cut_off.end_ms == pytest.approx(rows_s * 1000, abs=100)
    assert answer.trace.total_ms > rows_s * 1000 + 900


def test_without_it_the_review_waits_for_the_writer(shop: str) -> None:
    """Switched off, it takes as long as the writer needs more; the answer is the same."""
    answer, seconds = ask(shop, WITHOUT)
    assert seconds == pytest.approx(ANALYSING_S + WRITING_S + REVIEWING_S, abs=0.1)
    assert looks(answer) == []
    assert_equal(answer, ask(shop)[0])


def test_another_query_with_the_table_changes_nothing(shop: str) -> None:
    """The writer needed the table: what was reviewed once more is of no use, and the answer is the
    sequential path's."""
    answer, _ = ask(shop, before=OTHER, after=RIGHT)
    (wasted,) = looks(answer)
    assert (wasted.outcome, wasted.reason) == (Fate.WASTED, "the writer's query gives other rows")
    assert_equal(answer, ask(shop, mode=Mode.SEQUENTIAL, before=OTHER, after=RIGHT)[0])


def test_a_draft_is_looked_at_where_nothing_was_written_ahead(shop: str) -> None:
    """Its rows and summary are there; reviewed it is with the tables that the writer is shown, and
    no longer without them."""
    answer, seconds = ask(shop, NOT_AHEAD, draft=RIGHT_DRAFT)
    assert seconds == pytest.approx(ANALYSING_S + REVIEWING_S, abs=0.1)
    assert [each.outcome for each in looks(answer)] == [Fate.USED]
    assert fates(answer, Rung.DRAFT_AHEAD) == [Fate.USED]
    assert len(answer.trace.statements) == 1
    assert_equal(answer, ask(shop, mode=Mode.SEQUENTIAL)[0])


def test_a_query_is_looked_at_that_was_heard_with_its_last_word_only(shop: str) -> None:
    """Without `sql-first` the writer's query is known once the reply has ended; it stands all the
    same, before a draft that is another."""
    answer, seconds = ask(shop, TO_THE_END, draft=OTHER_DRAFT)
    assert seconds == pytest.approx(ANALYSING_S + REVIEWING_S, abs=0.1)
    assert [each.outcome for each in looks(answer)] == [Fate.USED]
    assert_equal(answer, ask(shop, TO_THE_END, Mode.SEQUENTIAL, draft=OTHER_DRAFT)[0])


def test_a_query_that_was_refused_is_not_looked_at(shop: str) -> None:
    """It names a column that is not there: the draft is looked at, and is right."""
    answer, seconds = ask(shop, before=REFUSED, draft=RIGHT_DRAFT)
    assert seconds == pytest.approx(ANALYSING_S + REVIEWING_S, abs=0.1)
    assert [each.outcome for each in looks(answer)] == [Fate.USED]


def test_looking_at_a_wrong_draft_makes_no_use_of_it(shop: str) -> None:
    """Several writers agree on other rows: neither the draft nor the look at it saved anything."""
    answer, _ = ask(shop, TWO_WRITERS, draft=OTHER_DRAFT)
    assert [each.outcome for each in looks(answer)] == [Fate.WASTED]
    assert fates(answer, Rung.DRAFT_AHEAD) == [Fate.WASTED]


def test_nothing_is_looked_at_where_nothing_was_written(shop: str) -> None:
    """Neither a draft nor a query was there when the analyst was done."""
    answer, seconds = ask(shop, NOT_AHEAD)
    assert looks(answer) == []
    assert seconds == pytest.approx(ANALYSING_S + WRITING_S + REVIEWING_S, abs=0.1)


LONGER_S = 8.0
"""Longer than the analyst takes."""


@pytest.mark.parametrize("settings", [EAGER, TO_THE_END])
def test_a_writer_who_is_still_at_it_is_heard_out(shop: str, settings: Settings) -> None:
    """The analyst is done first: the query written without his table is there, run and reviewed
    with it, when the writer who was shown it comes to the same."""
    answer, seconds = ask(shop, settings, writing_s=LONGER_S)
    assert seconds == pytest.approx(ANALYSING_S + LONGER_S, abs=0.1)
    assert [each.outcome for each in looks(answer)] == [Fate.USED]
    assert fates(answer, Rung.WRITE_AHEAD) == [Fate.WASTED]
    (found,) = answer.trace.statements
    assert found.branch == "second-look"
    assert found.start_ms == pytest.approx(LONGER_S * 1000, abs=100)
    assert_equal(answer, ask(shop, settings, Mode.SEQUENTIAL, writing_s=LONGER_S)[0])


def test_who_is_heard_out_is_not_reviewed_as_before(shop: str) -> None:
    """No more than its query is wanted of it: it is reviewed with the added table alone."""
    answer, _ = ask(shop, writing_s=LONGER_S)
    reviews = {span.branch for span in answer.trace.spans if span.stage is Stage.REVIEW}
    assert not any(branch.startswith("write-ahead") for branch in reviews)


def test_being_heard_out_changes_nothing_where_it_is_another_query(shop: str) -> None:
    """Its rows are shown for the time being, taken back, and counted as wasted."""
    answer, _ = ask(shop, before=OTHER, after=RIGHT, writing_s=LONGER_S)
    assert [each.outcome for each in looks(answer)] == [Fate.WASTED]
    assert {run.branch for run in answer.trace.statements} >= {"second-look"}
    plain, _ = ask(shop, mode=Mode.SEQUENTIAL, before=OTHER, after=RIGHT, writing_s=LONGER_S)
    assert_equal(answer, plain)


@pytest.mark.parametrize("settings", [WITHOUT, replace(EAGER, candidates=2)])
def test_nobody_is_heard_out_whom_nobody_looks_at(shop: str, settings: Settings) -> None:
    """Without a second look, or where several writers are at it, who wrote ahead is cut off when
    the analyst is done."""
    if settings.candidates == 2:
        settings = replace(settings, rungs=EAGER.rungs | {Rung.CANDIDATES.value})
    answer, _ = ask(shop, settings, writing_s=LONGER_S)
    ahead = [
        span
        for span in answer.trace.spans
        if span.branch.startswith("write-ahead") and span.stage is Stage.DRAFT
    ]
    assert ahead
    assert {span.outcome for span in ahead} == {"cancelled"}
    assert all(span.end_ms == pytest.approx(ANALYSING_S * 1000, abs=100) for span in ahead)
