"""The parser beside the event loop: while it thinks, everybody else goes on.

It is nothing but work of the processor, some ten milliseconds of it, or seconds where a catalog of
a thousand tables has no index yet. Several at once would only take the interpreter from each other,
and from the loop: they take turns.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from threading import Lock
from typing import TypeVar, TypeVarTuple

import anyio
import anyio.to_thread
from anyio.lowlevel import RunVar

Read = TypeVar("Read")
Question = TypeVarTuple("Question")

_turns: RunVar[anyio.Semaphore] = RunVar("forerun_parser_turns")


async def aside(read: Callable[[*Question], Read], *question: *Question) -> Read:
    """What `read` makes of a question, in a worker thread. Who is cancelled does not wait for it;
    the next one does: what has begun cannot be stopped."""
    turn, loop, begun = _turn(), asyncio.get_running_loop(), Lock()

    def work() -> Read:
        if not begun.acquire(blocking=False):
            raise LeftBefore
        try:
            return read(*question)
        finally:
            with suppress(RuntimeError):  # the loop is gone, and with it all who wait
                loop.call_soon_threadsafe(turn.release)

    await turn.acquire()
    try:
        return await anyio.to_thread.run_sync(work, abandon_on_cancel=True)
    finally:
        if begun.acquire(blocking=False):  # it never came to that
            turn.release()


class LeftBefore(Exception):
    """Nobody is there any more to hear it."""


def _turn() -> anyio.Semaphore:
    """The one that is taken in this event loop."""
    try:
        return _turns.get()
    except LookupError:
        turn = anyio.Semaphore(1, fast_acquire=True)
        _turns.set(turn)
        return turn
