"""Stages are cut off at any moment, on a loop that others keep busy: the answer stays the same."""

from __future__ import annotations

import random
import time
from collections import Counter
from functools import partial
from pathlib import Path

import anyio
import pytest

from forerun.domain import Answer, FallbackCode, Mode, Stage
from forerun.orchestrators.outlook import Outlook
from tests.orchestrators.test_equality import assert_equal
from tests.orchestrators.world import make_shop, question_of, world_of

BUDGETS_S = (0.002, 0.004, 0.006, 0.008, 0.01, 0.02, 0.03, 1.0, 1.0, 1.0)
"""About as long as stages take here."""
WORLDS = 120
LOOPS = {"uvloop": ("asyncio", {"use_uvloop": True}), "trio": ("trio", {})}
"""Both look at timers before those who may go on, unlike asyncio's own."""


async def _keep_busy(luck: random.Random) -> None:
    """So that several things are due each time the loop looks, timers among them."""
    while True:
        await anyio.sleep(luck.random() * 0.002)
        time.sleep(luck.random() * 0.004)


async def _asked(seed: int, shop: str, mode: Mode, luck: random.Random | None = None) -> Answer:
    world = await world_of(seed, shop)
    try:
        async with anyio.create_task_group() as group:
            if luck is not None:
                group.start_soon(_keep_busy, luck)
            with anyio.fail_after(20):
                answer = await world.ask(question_of(seed), mode)
            group.cancel_scope.cancel()
        assert world.model.under_way == 0
        return answer
    finally:
        await world.aclose()


async def _compare(shop: str, luck: random.Random, cut_off: Counter[Stage | None]) -> None:
    for seed in range(WORLDS):
        sequential = await _asked(seed, shop, Mode.SEQUENTIAL)
        parallel = await _asked(seed, shop, Mode.PARALLEL, luck)
        assert_equal(parallel, sequential)
        assert parallel.fallback.code is not FallbackCode.UNEXPECTED, parallel.fallback.reason
        cut_off[parallel.fallback.at_stage] += 1


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("loop", LOOPS)
def test_stages_cut_off_at_any_moment_change_no_answer(
    loop: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever stage is given up, and whatever else is due at that moment, sequential goes on."""
    if loop == "uvloop":
        pytest.importorskip("uvloop")
    luck, cut_off = random.Random(1), Counter[Stage | None]()
    monkeypatch.setattr(Outlook, "budget_s", lambda self, stage: luck.choice(BUDGETS_S))
    backend, options = LOOPS[loop]
    work = partial(_compare, make_shop(tmp_path / "shop.duckdb"), luck, cut_off)
    anyio.run(work, backend=backend, backend_options=options)
    assert {Stage.ANALYSE, Stage.DRAFT, Stage.CHECK, None} <= cut_off.keys()
