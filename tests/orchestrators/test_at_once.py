"""A follow-up is written in the asker's own words while it is resolved; no answer hangs on it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from forerun import stages
from forerun.domain import Answer, Fate, Mode, Question, Rung, Slice, Speculation, Stage
from forerun.events import Event, RowsArrived, listening
from forerun.orchestrators.complexity import Complexity
from forerun.orchestrators.latency import Latencies
from forerun.stages import Models
from forerun.testing import Playbook, ScriptedModel
from forerun.testing.playbook import Asked
from tests.orchestrators.asking import ASKED, OTHER, RIGHT, in_world, question, world
from tests.orchestrators.test_equality import assert_equal
from tests.orchestrators.world import EAGER, NOW, World, make_shop

FOLLOW_UP = "and per city?"
UNDRAFTED = replace(EAGER, rungs=EAGER.rungs - {Rung.DRAFT_AHEAD.value})
"""Where no cheap draft promises more."""
RESOLVING_S, WRITING_S = 5.0, 1.0


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> str:
    return make_shop(Path(tmp_path_factory.mktemp("at_once")) / "shop.duckdb")


def shop_of(shop: str, own_words: str) -> Callable[[], Awaitable[World]]:
    """Who hears the asker's own words writes `own_words`; who hears all of it is right."""
    playbook = Playbook(queries={FOLLOW_UP: own_words, ASKED: RIGHT}, standalone={FOLLOW_UP: ASKED})
    slow = ScriptedModel(playbook, name="slow", delay_s=RESOLVING_S)
    quick = ScriptedModel(playbook, name="quick", delay_s=WRITING_S)
    return lambda: world(shop, UNDRAFTED, models=Models(slow, quick, quick, quick))


def ask(shop: str, own_words: str, mode: Mode) -> tuple[Answer, float, float]:
    """The answer, when the first rows were there, and when it was."""

    async def story(made: World) -> tuple[Answer, float, float]:
        rows_at: list[float] = []

        def hear(event: Event) -> None:
            if isinstance(event, RowsArrived):
                rows_at.append(event.at)

        began_at = anyio.current_time()
        with listening(hear):
            answer = await made.ask(question(FOLLOW_UP), mode)
        return answer, rows_at[0] - began_at, anyio.current_time() - began_at

    return in_world(shop_of(shop, own_words), story)


def at_once(answer: Answer) -> list[Speculation]:
    return [each for each in answer.speculation if each.rung is Rung.AT_ONCE]


def test_rows_are_there_before_the_follow_up_is_resolved(shop: str) -> None:
    """The writer needs a second and the analyst five: the rows of the one do not wait for the
    other, and the summary of them is there when the writer has come to the same."""
    answer, first_s, seconds = ask(shop, RIGHT, Mode.PARALLEL)
    assert first_s == pytest.approx(WRITING_S, abs=0.1)
    assert seconds == pytest.approx(RESOLVING_S + WRITING_S, abs=0.1)
    (used,) = at_once(answer)
    assert (used.outcome, used.branch) == (Fate.USED, "at-once")
    assert used.saved_ms > 0
    assert [run.branch for run in answer.trace.statements] == ["at-once"]
    sequential, _, sequential_s = ask(shop, RIGHT, Mode.SEQUENTIAL)
    assert_equal(answer, sequential)
    assert sequential_s == pytest.approx(2 * RESOLVING_S + 3 * WRITING_S, abs=0.1)


def test_a_follow_up_that_was_misread_changes_nothing(shop: str) -> None:
    """The rows of the asker's own words were others: they are taken back, and the answer is made
    of what the writer wrote of the question in full."""
    answer, first_s, _ = ask(shop, OTHER, Mode.PARALLEL)
    assert first_s == pytest.approx(WRITING_S, abs=0.1)
    (wasted,) = at_once(answer)
    assert (wasted.outcome, wasted.reason) == (Fate.WASTED, "the writer's query gives other rows")
    assert answer.sql is not None
    sequential, *_ = ask(shop, OTHER, Mode.SEQUENTIAL)
    assert_equal(answer, sequential)


def test_the_prose_is_left_unsaid(shop: str) -> None:
    """Of the reply to the asker's own words no more is heard than its query."""
    answer, *_ = ask(shop, RIGHT, Mode.PARALLEL)
    (drafted,) = [
        span for span in answer.trace.spans if (span.stage, span.branch) == (Stage.DRAFT, "at-once")
    ]
    assert drafted.outcome == "cut"


def test_what_stands_alone_is_not_written_twice(shop: str) -> None:
    """Without a conversation there is nothing to resolve, and the writer begins at once anyway."""

    async def story(made: World) -> Answer:
        return await made.ask(Question(ASKED, NOW), Mode.PARALLEL)

    assert at_once(in_world(shop_of(shop, OTHER), story)) == []


def test_what_stands_alone_teaches_nothing_of_resolving(shop: str) -> None:
    """Else a follow-up would be expected to be resolved in no time, and nothing begun before."""

    def seconds_of(latencies: Latencies) -> list[float]:
        return [latencies.quantile(Stage.CONTEXTUALISE, each, 0.5) for each in Complexity]

    async def story(made: World) -> tuple[list[float], list[float]]:
        latencies = made.wired.experience.latencies
        await made.ask(Question(ASKED, NOW), Mode.SEQUENTIAL)
        alone = seconds_of(latencies)
        await made.ask(question(FOLLOW_UP), Mode.SEQUENTIAL)
        return alone, seconds_of(latencies)

    alone, after_a_follow_up = in_world(shop_of(shop, RIGHT), story)
    assert alone == seconds_of(Latencies("never asked"))
    assert after_a_follow_up > alone


ADDED = "products"


def needing_products(shop: str) -> Callable[[], Awaitable[World]]:
    """The analyst adds a table, without which the writer writes something else."""
    standalone, missing = {FOLLOW_UP: ASKED}, {ASKED: (ADDED,), FOLLOW_UP: (ADDED,)}

    def writing(sql: str) -> Playbook:
        queries = {FOLLOW_UP: sql, ASKED: sql}
        return Playbook(queries=queries, standalone=standalone, missing_tables=missing)

    without, shown = writing(OTHER), writing(RIGHT)

    def script(asked: Asked) -> str:
        return (shown if f"TABLE {ADDED}" in asked.user else without)(asked)

    slow = ScriptedModel(script, name="slow", delay_s=RESOLVING_S)
    quick = ScriptedModel(script, name="quick", delay_s=WRITING_S)
    return lambda: world(shop, UNDRAFTED, models=Models(slow, quick, quick, quick))


def test_a_table_that_the_analyst_will_add_is_shown_at_once(shop: str) -> None:
    """He adds one that comes next by the words: what was written in the asker's words knows it
    already, and is looked at once more before what was written without it."""

    async def story(made: World) -> tuple[Answer, Answer]:
        fast = await made.ask(question(FOLLOW_UP), Mode.PARALLEL)
        return fast, await made.ask(question(FOLLOW_UP), Mode.SEQUENTIAL)

    answer, plain = in_world(needing_products(shop), story)
    looked = [each.outcome for each in answer.speculation if each.rung is Rung.SECOND_LOOK]
    assert looked == [Fate.USED]
    assert [each.outcome for each in at_once(answer)] == [Fate.USED]
    assert answer.trace.total_ms == pytest.approx((RESOLVING_S + WRITING_S) * 1000, abs=100)
    assert_equal(answer, plain)


def test_what_may_be_added_comes_on_top_of_the_slice(shop: str) -> None:
    """Twice as many tables as a slice may have, its own among them."""

    async def story(made: World) -> tuple[Slice, Slice, Slice]:
        resources = made.resources
        asks = question(FOLLOW_UP)
        linked = await stages.link(asks, resources)
        alone = replace(resources, models=replace(resources.models, analyst=None))
        return (
            linked,
            await stages.widened(asks, linked, resources),
            await stages.widened(asks, linked, alone),
        )

    linked, wide, without_analyst = in_world(needing_products(shop), story)
    assert wide.catalog.by_key.keys() > linked.catalog.by_key.keys()
    assert ADDED in {table.name for table in wide.catalog.tables}
    assert ADDED not in {table.name for table in linked.catalog.tables}
    assert without_analyst == linked
