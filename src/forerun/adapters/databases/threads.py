"""Blocking driver calls, off the event loop and yet cancellable down to the driver."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event, Lock
from typing import Generic, TypeVar

import anyio
import anyio.to_thread

from forerun.errors import ForerunError, StatementTimedOut

Result = TypeVar("Result")

FIRST_PAUSE_S = 0.01
LONGEST_PAUSE_S = 0.25


class _Claimed(Generic[Result]):
    """A call that either a thread begins or the event loop gives up, never both."""

    def __init__(self, call: Callable[[], Result]) -> None:
        self._call = call
        self._claim = Lock()
        self._begun = False
        self._given_up = False
        self._result: Result
        self._failure: ForerunError | None = None
        self.ended = Event()

    def __call__(self) -> None:
        with self._claim:
            if self._given_up:
                raise RuntimeError("given up before it began; nobody hears this")
            self._begun = True
        try:
            self._result = self._call()
        except ForerunError as failure:
            if not self._given_up:  # of what is given up nobody asks the outcome
                self._failure = failure
        finally:
            self.ended.set()

    def outcome(self) -> Result:
        """What the call gave, once it has ended. Raises what it failed with, and forgets it: the
        failure holds the steps on its way, which hold this."""
        failure, self._failure = self._failure, None
        if failure is None:
            return self._result
        try:
            raise failure
        finally:
            del failure

    def give_up(self) -> bool:
        """True when the call is not running and never will be."""
        with self._claim:
            self._given_up = True
            return not self._begun


async def interruptible(call: Callable[[], Result], interrupt: Callable[[], object]) -> Result:
    """Run blocking `call` in a worker thread; on cancellation interrupt it and await its end.

    `interrupt` runs in a thread of its own (it may use the network), must not raise and is
    repeated until the call has ended: drivers forget an interrupt that arrives between two
    statements. Nothing runs on when this returns or raises.
    """
    async with anyio.to_thread.current_default_thread_limiter():
        return await _interruptible(call, interrupt)


async def _interruptible(call: Callable[[], Result], interrupt: Callable[[], object]) -> Result:
    claimed = _Claimed(call)
    try:
        await anyio.to_thread.run_sync(claimed, abandon_on_cancel=True, limiter=_own_thread())
    except anyio.get_cancelled_exc_class():
        if not claimed.give_up():
            with anyio.CancelScope(shield=True):
                await _interrupt_until_ended(claimed.ended, interrupt)
        raise
    return claimed.outcome()


async def _interrupt_until_ended(ended: Event, interrupt: Callable[[], object]) -> None:
    pause = FIRST_PAUSE_S
    while not ended.is_set():
        await anyio.to_thread.run_sync(interrupt, limiter=_own_thread())
        await anyio.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE_S)


def _own_thread() -> anyio.CapacityLimiter:
    """Room for one thread that waits for no other: an interrupt must never queue behind calls."""
    return anyio.CapacityLimiter(1)


async def interruptible_within(
    seconds: float, call: Callable[[], Result], interrupt: Callable[[], object]
) -> Result:
    """`interruptible`, with a statement timeout for drivers that have none on the server.

    Time spent waiting for a free thread does not count. Raises `StatementTimedOut` once the call
    has been interrupted and has ended.
    """
    async with anyio.to_thread.current_default_thread_limiter():
        with anyio.move_on_after(seconds):
            return await _interruptible(call, interrupt)
    raise timed_out(seconds)


def timed_out(seconds: float) -> StatementTimedOut:
    return StatementTimedOut(
        f"The statement was stopped after {seconds:g} s.",
        "Ask for less (fewer rows, a shorter period), or raise the statement timeout.",
    )
