"""PostgreSQL goes away in the middle: it is said, and nothing is half written."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import anyio
import pytest

from forerun.app.experimenting import open_experiments
from forerun.errors import Unavailable
from forerun.rollout.experiments import Experiment, State, paused, resumed, started
from forerun.rollout.experiments.store import ExperimentStore
from forerun.testing.proxy import MisbehavingProxy
from tests.adapters.servers import through_a_proxy
from tests.rollout.experiments.samples import (
    CREATE,
    PARALLEL,
    PAUSE,
    RESUME,
    START,
    draft,
    exposure,
    mismatch,
    outcome,
)

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def both(
    place: str,
) -> AsyncIterator[tuple[MisbehavingProxy, ExperimentStore, ExperimentStore]]:
    """A proxy, the store as it is reached through it, and the same store directly."""
    async with through_a_proxy(place) as (proxy, url):
        far, near = open_experiments(url), open_experiments(place)
        try:
            yield proxy, far, near
        finally:
            proxy.behave()
            with anyio.CancelScope(shield=True):
                await far.aclose()
                await near.aclose()


USES: dict[str, Callable[[ExperimentStore], Awaitable[object]]] = {
    "create": lambda store: store.create(draft("e2"), CREATE),
    "save": lambda store: store.save(started(draft(), 1.0), 1, START),
    "done": lambda store: store.done("k"),
    "read": lambda store: store.read("e1"),
    "all": lambda store: store.all(),
    "assign": lambda store: store.assign("e1", "u", PARALLEL, 1.0),
    "assigned": lambda store: store.assigned("e1"),
    "add_exposures": lambda store: store.add_exposures("e1", [exposure("r")]),
    "add_outcomes": lambda store: store.add_outcomes("e1", [outcome("r")]),
    "seen": lambda store: store.seen("e1"),
    "add_mismatch": lambda store: store.add_mismatch("e1", mismatch("r")),
    "mismatches": lambda store: store.mismatches("e1"),
    "audit": lambda store: store.audit(),
    "verify_audit": lambda store: store.verify_audit(),
}


@pytest.mark.parametrize("use", USES)
async def test_a_server_that_is_gone_is_said_by_every_method(postgres_place: str, use: str) -> None:
    """With the place, what to do, and no password; once the server is back, all works again."""
    place = postgres_place.replace("postgres@", "postgres:secret-word@")
    async with both(place) as (proxy, far, near):
        await near.create(draft(), CREATE)
        await far.read("e1")
        await proxy.reset()
        with anyio.fail_after(60), pytest.raises(Unavailable, match=r"127\.0\.0\.1") as raised:
            await USES[use](far)
        assert raised.value.hint
        assert "secret-word" not in f"{raised.value.message} {raised.value.hint}"
        assert len(await near.audit()) == 1
        proxy.behave()
        await USES[use](far)


@pytest.mark.slow
async def test_a_server_that_falls_silent_is_given_up(postgres_place: str) -> None:
    """Within its timeouts; and it keeps nobody else from writing meanwhile."""
    async with both(postgres_place) as (proxy, far, near):
        await near.create(draft(), CREATE)
        await far.read("e1")
        proxy.hang()
        async with anyio.create_task_group() as tasks:

            @tasks.start_soon
            async def _() -> None:
                with anyio.fail_after(100), pytest.raises(Unavailable):
                    await far.add_exposures("e1", [exposure(f"far {n}") for n in range(100)])

            with anyio.fail_after(100):
                assert await near.add_exposures("e1", [exposure("near")]) == 1
        assert await near.add_exposures("e1", [exposure(f"far {n}") for n in range(100)]) == 100


async def test_connections_that_break_at_any_moment_leave_nothing_half_done(
    postgres_place: str,
) -> None:
    """Broken forty times at random moments in the middle of changes and batches: each batch is
    there whole or not at all, what was confirmed is there, and so is a line for each change."""
    chance = random.Random(5)
    confirmed: set[str] = set()
    async with both(postgres_place) as (proxy, far, near):
        now = await near.create(draft(), CREATE)
        now = await near.save(started(now, 101.0), 1, START)
        for number in range(40):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(work, far, now, f"batch {number}", confirmed)
                await anyio.sleep(chance.uniform(0.0, 0.06))
                await proxy.reset()
            proxy.behave()
            # A COMMIT may still be on its way; whoever writes next comes after it.
            await near.assign("e1", f"unit {number}", PARALLEL, 1.0)
            now = await near.read("e1")
            assert await near.verify_audit() is None
            assert now.version == len(await near.audit("e1"))
        units = [each.unit for each in await near.seen("e1")]
        assert all(units.count(batch) == 200 for batch in set(units))
        assert confirmed <= set(units)


async def work(store: ExperimentStore, now: Experiment, batch: str, confirmed: set[str]) -> None:
    """A change, a batch of exposures, and one of their outcomes; or as much as can be done."""
    requests = [f"{batch} {number}" for number in range(200)]
    try:
        if now.state is State.PAUSED:
            await store.save(resumed(now, 200.0), now.version, RESUME)
        else:
            await store.save(paused(now, "To look."), now.version, PAUSE)
        await store.add_exposures("e1", [exposure(each, unit=batch) for each in requests])
        await store.add_outcomes("e1", [outcome(each) for each in requests])
    except Unavailable:
        return
    confirmed.add(batch)
