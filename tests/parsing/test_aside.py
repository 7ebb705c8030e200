"""The parser is no burden to whoever shares its event loop."""

from __future__ import annotations

import threading
import time
from functools import partial

import anyio
import anyio.to_thread
import pytest

from forerun.parsing import aside

pytestmark = pytest.mark.anyio

LONG_S = 10.0


async def test_the_event_loop_goes_on_while_the_parser_reads() -> None:
    was_seen = threading.Event()

    async def see() -> None:
        was_seen.set()

    async with anyio.create_task_group() as group:
        group.start_soon(see)
        assert await aside(was_seen.wait, LONG_S)


async def test_two_questions_are_read_one_after_the_other() -> None:
    reading, most = 0, 0

    def read() -> None:
        nonlocal reading, most
        reading += 1
        most = max(most, reading)
        time.sleep(0.01)
        reading -= 1

    async with anyio.create_task_group() as group:
        for _ in range(5):
            group.start_soon(aside, read)

    assert most == 1


async def test_who_is_cancelled_does_not_wait_but_the_next_one_does() -> None:
    """Else whoever asks and leaves, over and over, has as many threads at work."""
    may_end, order = threading.Event(), list[str]()

    def read() -> None:
        may_end.wait(LONG_S)
        order.append("left")

    with anyio.move_on_after(0.05) as given_up:
        await aside(read)
    assert given_up.cancelled_caught
    assert not order

    async with anyio.create_task_group() as group:
        group.start_soon(aside, partial(order.append, "next"))
        await anyio.sleep(0.05)
        assert not order
        may_end.set()
    assert order == ["left", "next"]


async def test_who_is_cancelled_before_his_turn_takes_nobody_s() -> None:
    may_end = threading.Event()
    async with anyio.create_task_group() as group:
        group.start_soon(aside, may_end.wait, LONG_S)
        await anyio.sleep(0.02)
        for _ in range(3):
            with anyio.move_on_after(0.01):
                await aside(read_for_nobody)
        may_end.set()
    assert await aside(lambda: "read") == "read"


async def test_without_a_free_thread_who_leaves_gives_the_turn_back() -> None:
    limiter = anyio.to_thread.current_default_thread_limiter()
    before, limiter.total_tokens = limiter.total_tokens, 1
    may_end = threading.Event()
    try:
        async with anyio.create_task_group() as group:
            group.start_soon(anyio.to_thread.run_sync, may_end.wait, LONG_S)
            await anyio.sleep(0.02)
            with anyio.move_on_after(0.02) as given_up:
                await aside(read_for_nobody)
            assert given_up.cancelled_caught
            may_end.set()
        assert await aside(lambda: "read") == "read"
    finally:
        limiter.total_tokens = before


async def test_what_reading_raises_comes_out_and_the_turn_goes_on() -> None:
    with pytest.raises(AssertionError, match="nobody"):
        await aside(read_for_nobody)
    assert await aside(lambda: "read") == "read"


def read_for_nobody() -> None:
    raise AssertionError("nobody was to be read")
