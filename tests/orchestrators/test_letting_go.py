"""With its answer, everything that a question held is gone: nothing is left for the collector."""

from __future__ import annotations

import gc
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import FrameType

import anyio
import pytest

from forerun.domain import Answer, Draft, Fate, Mode, Origin, Question, Rung, Stage
from forerun.errors import ModelBusy
from forerun.orchestrators import attempt, flights, guess, parallel
from forerun.orchestrators.ahead import launching
from forerun.orchestrators.race import NoWinner, hedged, race
from forerun.stages import Models
from forerun.testing import Playbook, ScriptedModel
from forerun.testing.faults import Fault
from forerun.testing.virtual_clock import run_virtually
from tests.orchestrators import test_faults
from tests.orchestrators.asking import ASKED, NO_DRAFT, OTHER, OTHER_DRAFT, RIGHT, question, world
from tests.orchestrators.test_ahead import Ledger
from tests.orchestrators.world import EARLIER, NOW, make_shop

OF_ONE_QUESTION = {module.__name__ for module in (attempt, flights, guess, parallel)}
"""Not `ahead`: a thread that is done remembers the branch of its last call until the next one."""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> str:
    return make_shop(Path(tmp_path_factory.mktemp("letting_go")) / "shop.duckdb")


def left_over() -> list[object]:
    return [each for each in gc.get_objects() if type(each).__module__ in OF_ONE_QUESTION]


@pytest.mark.parametrize(
    "draft", [Draft(RIGHT, Origin.MEMORY, 0.9), Draft(OTHER, Origin.MEMORY, 0.9), NO_DRAFT]
)
def test_nothing_waits_for_the_collector(shop: str, draft: Draft | None) -> None:
    """Its branches, flights and drafts held each other in no circle, used or wasted: with the
    collector switched off they are gone all the same."""

    async def story() -> tuple[set[Rung], list[object]]:
        there = await world(shop, draft=draft)
        try:
            gc.collect()
            gc.disable()
            answer = await there.ask(question(), Mode.PARALLEL)
            launched = {s.rung for s in answer.speculation if s.outcome is not Fate.SKIPPED}
            return launched, left_over()
        finally:
            gc.enable()
            await there.aclose()

    launched, left = run_virtually(story)
    assert launched >= {Rung.SQL_FIRST, Rung.REVIEW, Rung.DRAFT_AHEAD}
    assert left == []


async def rings_of(what: Callable[[], Awaitable[object]]) -> list[str]:
    """What of ours, and which frames and errors, the collector had to find after `what`.

    Of syntax trees, whose nodes know their parents, nobody asks here. The least of three times:
    what a thread of an earlier test lets go of meanwhile is not ours.
    """
    await what()  # what is read once is there
    least = await found_after(what)
    for _ in range(2):
        if least:
            least = min(least, await found_after(what), key=len)
    return least


async def found_after(what: Callable[[], Awaitable[object]]) -> list[str]:
    gc.collect()
    gc.set_debug(gc.DEBUG_SAVEALL)
    gc.disable()
    try:
        await what()
        await anyio.sleep(0)
        gc.collect()
        return sorted(str(type(each)) for each in gc.garbage if is_ours(each))
    finally:
        gc.enable()
        gc.set_debug(0)
        gc.garbage.clear()


def is_ours(found: object) -> bool:
    of_us = type(found).__module__.startswith("forerun")
    return of_us or isinstance(found, BaseException | FrameType)


def test_a_guess_cut_off_in_its_review_leaves_no_ring(shop: str) -> None:
    """The writer's rows are there, and are others, while the guess is still being reviewed."""
    playbook = Playbook(queries={ASKED: RIGHT})
    quick = ScriptedModel(playbook, name="quick", delay_s=1.0)
    slow = ScriptedModel(playbook, name="slow", delay_s=9.0)

    async def story() -> tuple[Answer, list[str]]:
        models = Models(quick, quick, slow, quick)
        there = await world(shop, draft=OTHER_DRAFT, models=models)
        try:
            left = await rings_of(lambda: there.ask(question(), Mode.PARALLEL))
            return await there.ask(question(), Mode.PARALLEL), left
        finally:
            await there.aclose()

    answer, left = run_virtually(story)
    reviews = [span for span in answer.trace.spans if span.stage is Stage.REVIEW]
    assert ("draft-ahead", "cancelled") in {(span.branch, span.outcome) for span in reviews}
    assert left == []


@pytest.mark.parametrize("fault", [Fault.ERROR, Fault.HANG])
@pytest.mark.parametrize("stage", [Stage.ANALYSE, Stage.CONTEXTUALISE, Stage.DRAFT, Stage.REVIEW])
def test_a_fallback_leaves_no_ring(shop: str, stage: Stage, fault: Fault) -> None:
    """An error's traceback holds the steps that it went through: none of them holds the error."""

    async def story() -> tuple[Answer, list[str]]:
        made = await test_faults.world(shop)
        made, _ = test_faults.with_fault(made, stage, fault)

        async def ask() -> Answer:
            return await made.ask(Question("and per city?", NOW, EARLIER), Mode.PARALLEL)

        try:
            left = await rings_of(ask)
            return await ask(), left
        finally:
            await made.aclose()

    answer, left = run_virtually(story)
    assert answer.fallback.used
    assert left == []


async def fails() -> str:
    await anyio.sleep(1)
    raise ModelBusy("It is busy.")


async def answers() -> str:
    await anyio.sleep(2)
    return "answered"


async def nobody_answers() -> None:
    with pytest.raises(NoWinner):
        await race(fails, fails)


async def one_fails() -> None:
    assert await hedged(fails, answers, after_s=0.5, alive=anyio.Event()) == "answered"


async def one_is_cut_off() -> None:
    assert await race(answers, anyio.sleep_forever) == "answered"


async def what_is_needed_fails() -> None:
    """Alone, so that it needs no task of its own."""
    async with launching(Ledger()) as launcher:
        with pytest.raises(ModelBusy):
            await launcher.beside(fails).claim()


def test_work_that_fails_where_it_is_needed_leaves_no_ring() -> None:
    """Nor does it where nothing was begun beside it."""
    assert run_virtually(lambda: rings_of(what_is_needed_fails)) == []


@pytest.mark.parametrize("contest", [nobody_answers, one_fails, one_is_cut_off])
def test_a_race_leaves_no_ring(contest: Callable[[], Awaitable[None]]) -> None:
    """Neither those who failed nor those who were too late."""
    assert run_virtually(lambda: rings_of(contest)) == []
