"""What must be proven before anybody promotes, and what a rollback does not wait for."""

from __future__ import annotations

import time
from dataclasses import replace

import anyio
import pytest

from forerun.errors import Unavailable
from forerun.rollout.experiments import Arm, State
from forerun.rollout.experiments.conducting import QUICK_LOOK_S
from forerun.rollout.experiments.judging import NotProven
from tests.rollout.experiments.test_conducting import ANN, PLAN, Lab, begun, lab, now

__all__ = ["lab"]

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("faster", [None, 0.99, 2.0])
async def test_nobody_promotes_without_evidence(lab: Lab, faster: float | None) -> None:
    """Whoever wants it: there is no data, it is not decided yet, or it is slower."""
    experiment = await begun(lab, replace(PLAN, ramp=(50.0,), auto_rollback=False))
    if faster is not None:
        lab.ask(400, faster)
        await lab.conductor.refresh()
    with pytest.raises(NotProven, match={None: "no_data", 0.99: "hold", 2.0: "roll_back"}[faster]):
        await lab.conductor.promote(experiment.id, ANN)
    assert (await now(lab, experiment)).state is State.RUNNING


async def test_units_that_get_lost_promote_nothing(lab: Lab) -> None:
    """Twice as fast, and half of the parallel arm's questions are never heard of again."""
    experiment = await begun(lab, replace(PLAN, ramp=(50.0,), guardrails=()))
    lab.ask(1_000, 0.5)
    seen = lab.watch._seen
    kept = [each for n, each in enumerate(seen) if n % 2 or each[1].arm is Arm.SEQUENTIAL]
    seen.clear()
    seen.extend(kept)
    await lab.conductor.refresh()
    with pytest.raises(NotProven, match="invalid_srm"):
        await lab.conductor.promote(experiment.id, ANN)
    await lab.conductor.judge()
    assert (await now(lab, experiment)).state is State.INVALID


async def test_the_control_is_never_promoted_over_itself(lab: Lab) -> None:
    """Whatever luck says."""
    plan = replace(PLAN, ramp=(50.0,), control_only=True, guardrails=())
    experiment = await begun(lab, plan)
    with pytest.raises(NotProven, match="with itself"):
        await lab.conductor.promote(experiment.id, ANN)


class Silent:
    """A store that neither answers nor fails for a long time, then fails as a server does."""

    def __getattr__(self, name: str) -> object:
        async def wait(*_: object) -> None:
            await anyio.sleep(0.5)
            raise Unavailable("The store does not answer.")

        return wait


async def test_a_rollback_does_not_wait_for_a_silent_store(lab: Lab) -> None:
    """In a process that answers questions nobody goes parallel any more while the store hangs."""
    experiment = await begun(lab, replace(PLAN, ramp=(50.0,)))
    lab.conductor.store = Silent()  # type: ignore[assignment]
    lab.conductor.look_s = QUICK_LOOK_S
    begun_at, killed_at = time.monotonic(), 0.0
    async with anyio.create_task_group() as group:
        group.start_soon(lab.conductor.roll_back_if_it_can_be, experiment.id, ANN)
        while lab.conductor.flags.kill_of("parallel") is None:
            await anyio.sleep(0.001)
        killed_at = time.monotonic()
    assert killed_at - begun_at < 0.4
    assert lab.conductor.owed
