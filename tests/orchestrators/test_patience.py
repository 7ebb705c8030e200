"""A branch waits for its stages only so long, and always ends with a result or with a reason."""

from __future__ import annotations

import time
from typing import Any

import anyio
import pytest

from forerun.domain import Stage
from forerun.orchestrators.patience import Paced, Patience, StageTooSlow

SOON_S, LONG_S = 0.01, 60.0
BUDGETS = {Stage.CHECK: SOON_S, Stage.RUN: LONG_S}


@pytest.fixture(
    params=[
        pytest.param(("asyncio", {"use_uvloop": True}), id="uvloop"),
        pytest.param(("asyncio", {"use_uvloop": False}), id="asyncio"),
        pytest.param(("trio", {}), id="trio"),
    ]
)
def anyio_backend(request: pytest.FixtureRequest) -> Any:
    """uvloop, on which the service runs, and trio look at timers before whoever may go on."""
    if request.param == ("asyncio", {"use_uvloop": True}):
        pytest.importorskip("uvloop")
    return request.param


def paced() -> Paced:
    return Paced(BUDGETS.__getitem__, {})


@pytest.mark.anyio
async def test_a_stage_that_ends_just_as_its_time_is_up_leaves_a_reason() -> None:
    """Its timer cancels what comes next: that is told as too slow, never as no result at all."""
    ended, at = anyio.Event(), paced()

    async def branch() -> str:
        with Patience():
            await at(Stage.CHECK, ended.wait)
            await at(Stage.RUN, anyio.sleep, SOON_S)
            return "a result"
        return "nothing"

    async def end_it_late() -> None:
        await anyio.sleep(0)
        ended.set()
        time.sleep(3 * SOON_S)  # so both are due when the loop looks again

    outcome = ""
    async with anyio.create_task_group() as group:
        group.start_soon(end_it_late)
        try:
            outcome = await branch()
        except StageTooSlow as slow:
            outcome = str(slow)
    assert outcome in ("a result", "check had not ended after 0.0 s.")


@pytest.mark.anyio
async def test_a_stage_that_takes_too_long_is_named() -> None:
    """And how long it was given."""
    at = paced()
    with pytest.raises(StageTooSlow, match=r"check had not ended after 0\.0 s"), Patience():
        await at(Stage.CHECK, anyio.sleep, LONG_S)


@pytest.mark.anyio
async def test_a_branch_that_is_told_to_stop_ends_without_a_reason() -> None:
    """Nobody waits for what was cancelled from outside."""
    at, reached_the_end = paced(), False

    async def stop(patience: Patience) -> None:
        patience.scope.cancel()

    async with anyio.create_task_group() as group:
        with Patience() as patience:
            group.start_soon(stop, patience)
            await at(Stage.RUN, anyio.sleep, LONG_S)
            reached_the_end = True
    assert not reached_the_end
