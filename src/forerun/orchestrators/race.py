"""First *accepted* wins: the others are cancelled and awaited, and every failure is kept.

`hedged` is the lazy form for two: the second starts only when the first shows no sign of life in
time (Dean & Barroso, The Tail at Scale, 2013).
"""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Generic, TypeAlias, TypeVar

import anyio
import anyio.abc

from forerun.errors import ForerunError

T = TypeVar("T")
Contender: TypeAlias = Callable[[], Awaitable[T]]


class NoWinner(ForerunError):
    """Every contender failed, was rejected or ran out of time."""

    code = "no_winner"

    def __init__(
        self, failures: tuple[Exception, ...], rejected: tuple[Any, ...], timed_out: bool
    ) -> None:
        what = f"{len(failures)} failed, {len(rejected)} were rejected"
        super().__init__(f"Nobody won: {what}{', time ran out' if timed_out else ''}.")
        self.failures = failures
        """In the order of the contenders, not in that of failing."""
        self.rejected = rejected
        self.timed_out = timed_out


@dataclass
class _Race(Generic[T]):
    """What is known of a race so far."""

    group: anyio.abc.TaskGroup
    accept: Callable[[T], bool]
    started: int = 0
    running: int = 0
    won: list[T] = field(default_factory=list)
    failures: dict[int, Exception] = field(default_factory=dict)
    rejected: list[T] = field(default_factory=list)
    over: anyio.Event = field(default_factory=anyio.Event)
    timed_out: bool = False
    tasks: list[anyio.TaskHandle[None]] = field(default_factory=list)

    def start(self, contender: Contender[T]) -> None:
        self.tasks.append(self.group.start_soon(self._run, self.started, contender))
        self.started += 1
        self.running += 1

    async def _run(self, number: int, contender: Contender[T]) -> None:
        try:
            value = await contender()
            if not self.over.is_set():  # else it comes too late
                (self.won if self.accept(value) else self.rejected).append(value)
        except Exception as error:  # noqa: BLE001 - kept for whoever asks why nobody won
            self.failures[number] = error
        finally:
            self.running -= 1
            if self.won or not self.running:
                self.over.set()

    def stop(self) -> None:
        """Cancel each by itself: a group that is cancelled leaves, of each task, an error and a
        frame that hold each other."""
        self.over.set()
        while self.tasks:
            self.tasks.pop().cancel()

    def winner(self) -> T:
        failures = tuple(error for _, error in sorted(self.failures.items()))
        self.failures.clear()  # they hold the steps on their way, which hold this
        if self.won:
            return self.won[0]
        raise NoWinner(failures, tuple(self.rejected), self.timed_out)


@asynccontextmanager
async def _racing(accept: Callable[[T], bool]) -> AsyncIterator[_Race[T]]:
    """A race that is over, all its contenders cancelled and awaited, with the block.

    What the block raises comes out as it is, not in a group.
    """
    failure: Exception | None = None
    async with anyio.create_task_group() as group:
        running: _Race[T] = _Race(group, accept)
        try:
            yield running
        except Exception as error:  # noqa: BLE001 - raised again below, outside the group
            failure = error
        finally:
            running.stop()
    if failure is not None:
        try:
            raise failure
        finally:
            del failure  # it holds this frame


async def race(
    *contenders: Contender[T],
    accept: Callable[[T], bool] = lambda _: True,
    deadline: float | None = None,
) -> T:
    """The first value that `accept` takes. All contenders have ended when this returns or raises.

    `deadline` is on the clock of `anyio.current_time()`. Raises `NoWinner` with all failures and
    rejected values where none is accepted, or none in time. An `accept` that raises counts as a
    failure of the contender.
    """
    async with _racing(accept) as running:
        for contender in contenders:
            running.start(contender)
        if contenders:
            with anyio.CancelScope(deadline=math.inf if deadline is None else deadline):
                await running.over.wait()
            running.timed_out = not running.over.is_set()
    return running.winner()


async def hedged(
    first: Contender[T],
    second: Contender[T],
    *,
    after_s: float,
    alive: anyio.Event,
    may_start: Callable[[], bool] = lambda: True,
    accept: Callable[[T], bool] = lambda _: True,
) -> T:
    """What the first of the two gives that `accept` takes; the second starts only if it has to.

    That is when the first has neither ended nor set `alive` (its first sign of life) within
    `after_s` seconds, and `may_start` agrees. Until then there is one timer and no second task.
    Raises `NoWinner` with the failures.
    """

    async def first_until_it_ends() -> T:
        try:
            return await first()
        finally:
            alive.set()  # there is nothing left to wait for

    async with _racing(accept) as running:
        running.start(first_until_it_ends)
        with anyio.move_on_after(after_s):
            await alive.wait()
        if not alive.is_set() and may_start():
            running.start(second)
        await running.over.wait()
    return running.winner()
