"""An event loop in which waiting takes no time: the clock jumps to the next timer.

    answer = run_virtually(ask, question)      # hours of sleep, milliseconds of work

Deadlines, sleeps and `anyio.current_time()` follow the virtual clock. While a worker thread is at
work the clock stands still, so that real calls take no virtual time. Seen are calls of
`anyio.to_thread` by its default limiter, and the loop's executors; not those by a limiter of their
own, and no sockets. A thread must not wait for the virtual clock: neither would move.
"""

from __future__ import annotations

import asyncio
import math
import selectors
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from typing import Any, TypeVar, TypeVarTuple

import anyio
import anyio.to_thread

T = TypeVar("T")
Arguments = TypeVarTuple("Arguments")

_RESOLUTION_S = time.get_clock_info("monotonic").resolution
_LOOK_AGAIN_S = 0.0005
"""Real seconds between two looks at a thread that is at work."""


class VirtualClockLoop(asyncio.SelectorEventLoop):
    """For `anyio.run(…, backend_options={"loop_factory": VirtualClockLoop})`."""

    def __init__(self) -> None:
        self._virtual_now = 0.0
        self._executing = 0
        self._jumping = _JumpingSelector(self)
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._virtual_now

    def jump(self, seconds: float) -> None:
        self._virtual_now += seconds
        # asyncio takes a timer for due when it is less than this ahead; after a hundred days on
        # the clock, two floats are further apart than the system's resolution.
        self._clock_resolution = max(_RESOLUTION_S, math.ulp(self._virtual_now))

    def run_in_executor(
        self,
        executor: Executor | None,
        func: Callable[[*Arguments], T],
        *args: *Arguments,
    ) -> asyncio.Future[T]:
        future = super().run_in_executor(executor, func, *args)
        self._executing += 1
        future.add_done_callback(self._executed)
        return future

    def _executed(self, future: asyncio.Future[Any]) -> None:
        self._executing -= 1

    def threads_at_work(self) -> bool:
        """anyio's worker threads each hold a token of its default limiter."""
        limiter = anyio.to_thread.current_default_thread_limiter()
        return self._executing > 0 or limiter.borrowed_tokens > 0


class _JumpingSelector(selectors.DefaultSelector):
    """Instead of waiting for a timer, it moves the clock there."""

    def __init__(self, loop: VirtualClockLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready or timeout == 0:
            return ready
        if self._loop.threads_at_work():
            return super().select(_LOOK_AGAIN_S)
        if timeout is None:  # no timer: only the outside world can go on
            return super().select(None)
        self._loop.jump(timeout)
        return []


def run_virtually(function: Callable[..., Awaitable[T]], *arguments: Any) -> T:
    """`anyio.run` on the virtual clock, which begins at 0."""
    options: dict[str, Any] = {"loop_factory": VirtualClockLoop}
    return anyio.run(function, *arguments, backend_options=options)
