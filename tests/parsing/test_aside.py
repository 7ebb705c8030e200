"""The parser is no burden to whoever shares its event loop."""

from __future__ import annotations

import threading
import time

import anyio
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


async def test_who_is_cancelled_does_not_wait_and_leaves_the_turn_to_others() -> None:
    may_end = threading.Event()
    with anyio.move_on_after(0.05) as given_up:
        await aside(may_end.wait, LONG_S)

    assert given_up.cancelled_caught
    assert not may_end.is_set()
    assert await aside(lambda: "read") == "read"
    may_end.set()
