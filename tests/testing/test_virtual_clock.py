"""The event loop in which waiting takes no time."""

from __future__ import annotations

import asyncio
import threading
import time

import anyio
import anyio.to_thread
import pytest

from forerun.testing.virtual_clock import run_virtually

HOUR = 3_600.0


def test_time_passes_only_by_waiting() -> None:
    """Sleeps are exact on the virtual clock, one after another and side by side."""

    async def sleep() -> list[float]:
        times = [anyio.current_time()]
        await anyio.sleep(HOUR)
        times.append(anyio.current_time())
        async with anyio.create_task_group() as group:
            group.start_soon(anyio.sleep, 2 * HOUR)
            group.start_soon(anyio.sleep, 3 * HOUR)
        return [*times, anyio.current_time()]

    assert run_virtually(sleep) == [0.0, HOUR, 4 * HOUR]


def test_tasks_wake_in_the_order_of_their_timers() -> None:
    """However they were started; and those of one moment in the order in which they were."""

    async def wake() -> list[tuple[float, str]]:
        woken: list[tuple[float, str]] = []

        async def after(seconds: float, name: str) -> None:
            await anyio.sleep(seconds)
            woken.append((anyio.current_time(), name))

        async with anyio.create_task_group() as group:
            for seconds, name in ((3, "c"), (1, "a"), (2, "b"), (1, "a again")):
                group.start_soon(after, seconds, name)
        return woken

    assert run_virtually(wake) == [(1, "a"), (1, "a again"), (2, "b"), (3, "c")]


def test_deadlines_follow_it() -> None:
    """`move_on_after` and `fail_after` end at their virtual moment, and no sooner."""

    async def limited() -> tuple[bool, bool, float]:
        with anyio.move_on_after(10) as early:
            await anyio.sleep(9.999)
        with anyio.move_on_after(10) as late:
            await anyio.sleep_forever()
        with pytest.raises(TimeoutError), anyio.fail_after(1):
            await anyio.Event().wait()
        return early.cancelled_caught, late.cancelled_caught, anyio.current_time()

    caught_early, caught_late, now = run_virtually(limited)
    assert (caught_early, caught_late) == (False, True)
    assert now == pytest.approx(20.999)


def test_a_cancelled_sleep_leaves_no_trace_on_the_clock() -> None:
    """The clock stands where the canceller stood, not at the timer that was dropped."""

    async def cancel() -> float:
        async with anyio.create_task_group() as group:
            group.start_soon(anyio.sleep, 1_000 * HOUR)
            await anyio.sleep(5)
            group.cancel_scope.cancel()
        return anyio.current_time()

    assert run_virtually(cancel) == 5


def test_it_stands_still_while_a_thread_works() -> None:
    """A real call takes no virtual time, although a virtual timer is waiting all the while."""

    async def work() -> tuple[float, list[float]]:
        alarms: list[float] = []

        async def alarm() -> None:
            await anyio.sleep(0.001)
            alarms.append(anyio.current_time())

        async with anyio.create_task_group() as group:
            group.start_soon(alarm)
            await anyio.to_thread.run_sync(time.sleep, 0.05)
            returned_at = anyio.current_time()
        return returned_at, alarms

    assert run_virtually(work) == (0.0, [0.001])


def test_it_stands_still_while_an_executor_works() -> None:
    """So do calls that asyncio itself hands to threads, such as looking up a name."""

    async def work() -> float:
        loop = asyncio.get_running_loop()
        async with anyio.create_task_group() as group:
            group.start_soon(anyio.sleep, HOUR)
            await loop.run_in_executor(None, time.sleep, 0.05)
            returned_at = anyio.current_time()
            await loop.run_in_executor(None, int)
        assert anyio.current_time() == HOUR
        return returned_at

    assert run_virtually(work) == 0.0


def test_a_deadline_waits_for_the_thread_that_it_would_cut() -> None:
    """A limit around a real call can never strike: within it no virtual time passes."""

    async def work() -> bool:
        done = threading.Event()

        def call() -> None:
            time.sleep(0.02)
            done.set()

        with anyio.move_on_after(0.000_001):
            await anyio.to_thread.run_sync(call, abandon_on_cancel=True)
        return done.is_set()

    assert run_virtually(work)


def test_ten_thousand_sleeps_cost_no_waiting() -> None:
    """A year of sleep in many tasks ends, although floats of so many seconds grow coarse."""

    async def sleep() -> float:
        async def nap(seconds: float) -> None:
            for _ in range(100):
                await anyio.sleep(seconds)

        async with anyio.create_task_group() as group:
            for number in range(1, 101):
                group.start_soon(nap, number * HOUR)
        return anyio.current_time()

    assert run_virtually(sleep) == pytest.approx(100 * 100 * HOUR)


def test_errors_and_results_come_out() -> None:
    """`run_virtually` passes arguments in, and what the function gives or raises out."""

    async def double(number: int) -> int:
        if number < 0:
            raise ValueError("below zero")
        return 2 * number

    assert run_virtually(double, 21) == 42
    with pytest.raises(ValueError, match="below zero"):
        run_virtually(double, -1)
