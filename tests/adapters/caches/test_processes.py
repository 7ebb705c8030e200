"""Shared caches between two processes."""

from __future__ import annotations

import os
import statistics
import sys
import time

import anyio
import anyio.to_thread
import pytest

from forerun.ports import Scope
from tests.adapters.caches.places import Place, child, labels

pytestmark = pytest.mark.anyio

SOON_S = 2.0
"""Promised are 50 ms; a busy machine may take longer to let a process run."""


async def test_a_purge_is_heard_by_another_process(place: Place) -> None:
    """Each of ten purges, soon after it began, and by then the other finds nothing any more."""
    delays = []
    with child(place) as other:
        async with place.open() as cache:
            for number in range(10):
                await cache.put("a", f"text {number}", labels("orders"), 600)
                assert other.ask("get", "a") == [f"text {number}"]
                began = time.time()
                assert await cache.purge(Scope(table="orders")) == 1
                assert other.ask("get", "a") == [None]
                heard = other.ask("heard", number + 2)
                assert isinstance(heard, list)
                at, *scope = heard[-1]
                assert scope == [None, None, "orders"]
                delays.append(at - began)
                await anyio.sleep(0.013)
    if os.environ.get("FORERUN_TEST_FIGURES"):
        sys.stderr.write(f"\n{place.address}: p50 {statistics.median(delays) * 1e3:.1f} ms, ")
        sys.stderr.write(f"longest {max(delays) * 1e3:.1f} ms\n")
    assert max(delays) < SOON_S


async def test_another_process_purges_for_this_one(place: Place) -> None:
    """The other way round, with what the other has kept."""
    heard: list[Scope] = []
    with child(place) as other:
        async with place.open() as cache, anyio.create_task_group() as group:
            group.start_soon(cache.hear_purges, heard.append)
            with anyio.fail_after(30):
                while not heard:
                    await anyio.sleep(0.005)
            other.ask("put many", 3, "k", 10)
            assert list(await cache.get(["k0", "k2"])) == ["x" * 10, "x" * 10]
            dropped = await anyio.to_thread.run_sync(other.ask, "purge", "ann", None, None)
            assert isinstance(dropped, list)
            assert dropped[0] == 3
            assert list(await cache.get(["k0", "k2"])) == [None, None]
            with anyio.fail_after(30):
                while len(heard) < 2:
                    await anyio.sleep(0.005)
            group.cancel_scope.cancel()
    assert heard == [Scope(), Scope(tenant="ann")]


async def test_a_lease_is_one_processes(place: Place) -> None:
    """Held here, it is not to be had there, until it ends or is given back."""
    with child(place) as other:
        async with place.open() as cache:
            token = await cache.lease("a", 600)
            assert token is not None
            assert other.ask("lease", "a", 60) is None
            await cache.release("a", token)
            assert isinstance(other.ask("lease", "a", 0.2), str)
            assert await cache.lease("a", 60) is None
            await anyio.sleep(0.3)
            assert await cache.lease("a", 60) is not None


async def test_processes_that_put_at_once_all_keep(place: Place) -> None:
    """From the first moment on, when there was nothing yet: neither breaks the other's."""
    with child(place) as one, child(place) as two:
        one.tell("put many", 150, "one", 1_000)
        two.tell("put many", 150, "two", 1_000)
        assert (one.answer(), two.answer()) == (True, True)
        async with place.open() as cache:
            keys = [f"{name}{number}" for name in ("one", "two") for number in range(150)]
            assert set(await cache.get(keys)) == {"x" * 1_000}
            assert sum(status.entries for status in await cache.status()) == 300
