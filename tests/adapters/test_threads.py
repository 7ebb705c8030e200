"""Blocking calls in worker threads."""

from __future__ import annotations

import gc
import threading
import time

import anyio
import anyio.to_thread
import pytest

from forerun.adapters.databases.threads import interruptible, interruptible_within
from forerun.errors import StatementFailed, StatementTimedOut

pytestmark = pytest.mark.anyio


class Driver:
    """Blocks until interrupted, deaf to interrupts for the first while, as drivers are."""

    def __init__(self, deaf_s: float = 0.0) -> None:
        self.deaf_until = time.perf_counter() + deaf_s
        self.interrupts = 0
        self.running = False
        self._stop = threading.Event()

    def block(self) -> str:
        self.running = True
        try:
            self._stop.wait(5)
            return "ended"
        finally:
            self.running = False

    def interrupt(self) -> None:
        self.interrupts += 1
        if time.perf_counter() >= self.deaf_until:
            self._stop.set()


async def test_result_and_error_come_through() -> None:
    """What the call returns or raises is what the await does."""
    driver = Driver()
    assert await interruptible(lambda: 7, driver.interrupt) == 7
    with pytest.raises(ZeroDivisionError):
        await interruptible(lambda: 1 // 0, driver.interrupt)
    assert driver.interrupts == 0


async def test_a_failed_call_leaves_nothing_to_the_collector() -> None:
    """Its error is not kept by what waited for it, which the error's traceback holds."""

    def fail() -> None:
        raise StatementFailed("There is no such table.")

    async def ask() -> None:
        with pytest.raises(StatementFailed, match="no such table"):
            await interruptible(fail, Driver().interrupt)

    await ask()
    gc.collect()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        await ask()
        gc.collect()
        assert [each for each in gc.garbage if isinstance(each, StatementFailed)] == []
    finally:
        gc.set_debug(0)
        gc.garbage.clear()


@pytest.mark.parametrize("deaf_s", [0.0, 0.3])
async def test_cancellation_waits_for_the_end(deaf_s: float) -> None:
    """Interrupts are repeated until the call has ended, and only then is control given back."""
    driver = Driver(deaf_s)
    with anyio.move_on_after(0.05) as scope:
        await interruptible(driver.block, driver.interrupt)
    assert scope.cancelled_caught
    assert not driver.running
    assert driver.interrupts >= (2 if deaf_s else 1)


async def test_timeout() -> None:
    """Our own timeout interrupts too, and says how long it waited."""
    driver = Driver()
    with pytest.raises(StatementTimedOut, match=r"0\.05 s"):
        await interruptible_within(0.05, driver.block, driver.interrupt)
    assert not driver.running


async def test_outer_cancellation_is_no_timeout() -> None:
    """Who cancels from outside gets a cancellation, not a timeout error."""
    driver = Driver()
    with anyio.move_on_after(0.05) as scope:
        await interruptible_within(5, driver.block, driver.interrupt)
    assert scope.cancelled_caught


async def test_a_call_that_never_began_never_runs() -> None:
    """Cancelled while every worker thread is busy: no interrupt, and the call is dropped."""
    limiter = anyio.to_thread.current_default_thread_limiter()
    tokens, limiter.total_tokens = limiter.total_tokens, 1
    first, second = Driver(), Driver()
    try:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(interruptible, first.block, first.interrupt)
            await anyio.sleep(0.05)
            with anyio.move_on_after(0.05):
                await interruptible(second.block, second.interrupt)
            first.interrupt()
    finally:
        limiter.total_tokens = tokens
    await anyio.sleep(0.05)
    assert (second.interrupts, second.running) == (0, False)


async def test_more_calls_than_threads_all_end_in_time() -> None:
    """Calls that fill every thread are still interrupted, and waiting for one is not counted."""
    threads = int(anyio.to_thread.current_default_thread_limiter().total_tokens)
    drivers = [Driver() for _ in range(threads)]
    endings: list[str] = []

    async def slow(driver: Driver) -> None:
        with pytest.raises(StatementTimedOut):
            await interruptible_within(0.6, driver.block, driver.interrupt)
        endings.append("timed out")

    async def quick() -> None:
        await interruptible_within(0.2, lambda: None, lambda: None)
        endings.append("done")

    with anyio.fail_after(20):
        async with anyio.create_task_group() as group:
            for driver in drivers:
                group.start_soon(slow, driver)
            await anyio.sleep(0.1)
            for _ in range(5):
                group.start_soon(quick)
    assert endings.count("timed out") == threads
    assert endings.count("done") == 5
    assert not any(driver.running for driver in drivers)
