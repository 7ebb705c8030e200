"""CPU that one question takes of the event loop: the steps of its tasks, summed up.

Wall time has in it what a question waits for others to leave the loop to it; this has not.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Generator
from time import thread_time
from typing import Any, Generic, TypeAlias, TypeVar

Result = TypeVar("Result")
OnStep: TypeAlias = Callable[[float], None]
"""Told the CPU seconds of a step, once it is over, in the context of its task."""


class Stepped(Generic[Result]):
    """Awaits `work`; from one of its waits to the next is a step."""

    def __init__(self, work: Awaitable[Result], on_step: OnStep) -> None:
        self._work: Any = work.__await__()
        self._on_step = on_step

    def __await__(self) -> Generator[Any, Any, Result]:
        go_on: Callable[[Any], Any] = self._work.send
        given: Any = None
        while True:
            began = thread_time()
            try:
                waits_for = go_on(given)
            except StopIteration as ended:
                return ended.value  # type: ignore[no-any-return]
            finally:
                self._on_step(thread_time() - began)
            try:
                given, go_on = (yield waits_for), self._work.send
            except GeneratorExit:
                self._work.close()
                raise
            except BaseException as thrown:  # noqa: BLE001 - passed on, cancellation too
                given, go_on = thrown, self._work.throw


def count_steps(on_step: OnStep) -> None:
    """Of every task that is begun in the running loop from now on."""

    async def stepped(work: Coroutine[Any, Any, Any]) -> Any:
        return await Stepped(work, on_step)

    def begun(loop: asyncio.AbstractEventLoop, work: Any, **given: Any) -> asyncio.Task[Any]:
        return asyncio.Task(stepped(work), loop=loop, **given)

    asyncio.get_running_loop().set_task_factory(begun)
