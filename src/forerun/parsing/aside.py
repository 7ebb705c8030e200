"""The parser beside the event loop: while it thinks, everybody else goes on.

It is nothing but work of the processor, some ten milliseconds of it, or seconds where a catalog of
a thousand tables has no index yet. Several at once would only take the interpreter from each other,
and from the loop: they take turns.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, TypeVarTuple

import anyio.to_thread
from anyio.lowlevel import RunVar

Read = TypeVar("Read")
Question = TypeVarTuple("Question")

_turns: RunVar[anyio.Semaphore] = RunVar("forerun_parser_turns")


async def aside(read: Callable[[*Question], Read], *question: *Question) -> Read:
    """What `read` makes of a question, in a worker thread. Who is cancelled does not wait."""
    async with _turn():
        return await anyio.to_thread.run_sync(read, *question, abandon_on_cancel=True)


def _turn() -> anyio.Semaphore:
    """The one that is taken in this event loop."""
    try:
        return _turns.get()
    except LookupError:
        turn = anyio.Semaphore(1, fast_acquire=True)
        _turns.set(turn)
        return turn
