"""CPU by steps: each task's own, whatever the others do meanwhile."""

from __future__ import annotations

from contextvars import ContextVar
from time import thread_time

import anyio
import pytest

from forerun.lab.load.stepping import Stepped, count_steps

spent: ContextVar[list[float] | None] = ContextVar("spent", default=None)


def work(seconds: float) -> None:
    until = thread_time() + seconds
    while thread_time() < until:
        pass


def on_step(cpu_s: float) -> None:
    steps = spent.get()
    if steps is not None:
        steps.append(cpu_s)


def test_each_task_is_told_its_own_cpu() -> None:
    """Waiting costs nothing, nor does what another task does meanwhile."""
    lazy: list[float] = []
    busy: list[float] = []

    async def task(steps: list[float], seconds: float) -> None:
        spent.set(steps)
        for _ in range(3):
            work(seconds)
            await anyio.sleep(0.001)

    async def main() -> None:
        count_steps(on_step)
        async with anyio.create_task_group() as group:
            group.start_soon(task, lazy, 0.0)
            group.start_soon(task, busy, 0.01)

    anyio.run(main)
    assert sum(busy) >= 0.03
    assert sum(lazy) < 0.01


def test_what_is_returned_raised_and_cancelled_passes() -> None:
    """Work behaves as if nobody counted; its cleaning up is counted, too."""

    async def fails() -> None:
        await anyio.sleep(0)
        raise LookupError("as ever")

    async def cleans_up(done: list[str]) -> None:
        try:
            await anyio.sleep(10)
        finally:
            done.append("cleaned")

    async def main() -> list[str]:
        count_steps(on_step)
        done: list[str] = []
        with pytest.raises(LookupError, match="as ever"):
            await Stepped(fails(), on_step)
        with anyio.move_on_after(0.01) as scope:
            await Stepped(cleans_up(done), on_step)
        assert scope.cancelled_caught
        return done

    assert anyio.run(main) == ["cleaned"]
