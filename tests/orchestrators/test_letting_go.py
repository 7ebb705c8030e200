"""With its answer, everything that a question held is gone: nothing is left for the collector."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest

from forerun.domain import Draft, Fate, Mode, Origin, Rung
from forerun.orchestrators import attempt, flights, guess, parallel
from forerun.testing.virtual_clock import run_virtually
from tests.orchestrators.asking import NO_DRAFT, OTHER, RIGHT, question, world
from tests.orchestrators.world import make_shop

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
