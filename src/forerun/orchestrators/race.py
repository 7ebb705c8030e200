"""First *accepted* wins: the others are cancelled and awaited, and every failure is kept.

`hedged` is the lazy form for two: the second starts only when the first shows no sign of life in
time (Dean & Barroso, The Tail at Scale, 2013).
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
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
        self.rejected = rejected
        self.timed_out = timed_out


def _any(_: object) -> bool:
    return True


@dataclass
class _Race(Generic[T]):
    """What is known of a race so far."""

    group: anyio.abc.TaskGroup
    accept: Callable[[T], bool]
    won: list[T] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)
    rejected: list[T] = field(default_factory=list)
    running: int = 0
    over: anyio.Event = field(default_factory=anyio.Event)
    first_end: anyio.Event = field(default_factory=anyio.Event)

    def start(self, contender: Contender[T]) -> None:
        self.running += 1
        self.group.start_soon(self._run, contender)

    async def _run(self, contender: Contender[T]) -> None:
        try:
            value = await contender()
            if self.accept(value):
                self.won.append(value)
            else:
                self.rejected.append(value)
        except Exception as error:  # noqa: BLE001 - kept for whoever asks why nobody won
            self.failures.append(error)
        self.running -= 1
        self.first_end.set()
        if self.won or not self.running:
            self.over.set()

    def winner(self, timed_out: bool) -> T:
        if self.won:
            return self.won[0]
        raise NoWinner(tuple(self.failures), tuple(self.rejected), timed_out)


async def race(
    *contenders: Contender[T],
    accept: Callable[[T], bool] = _any,
    deadline: float = math.inf,
) -> T:
    """The first value that `accept` takes. All contenders have ended when this returns or raises.

    `deadline` is on the clock of `anyio.current_time()`. Raises `NoWinner` with all failures and
    rejected values where none is accepted, or none in time.
    """
    async with anyio.create_task_group() as group:
        running: _Race[T] = _Race(group, accept)
        for contender in contenders:
            running.start(contender)
        with anyio.CancelScope(deadline=deadline) as scope:
            if contenders:
                await running.over.wait()
        group.cancel_scope.cancel()
    return running.winner(scope.cancelled_caught)


async def hedged(
    first: Contender[T],
    second: Contender[T],
    *,
    after_s: float,
    alive: anyio.Event,
    may_start: Callable[[], bool] = lambda: True,
    accept: Callable[[T], bool] = _any,
) -> T:
    """What the first of the two gives that `accept` takes; the second starts only if it has to.

    That is when the first has neither ended nor set `alive` (its first sign of life) within
    `after_s` seconds, and `may_start` agrees. Until then there is one timer and no second task.
    Raises `NoWinner` with the failures.
    """
    async with anyio.create_task_group() as group:
        running: _Race[T] = _Race(group, accept, first_end=alive)
        running.start(first)
        with anyio.move_on_after(after_s) as patience:
            await alive.wait()
        if patience.cancelled_caught and may_start():
            running.start(second)
        await running.over.wait()
        group.cancel_scope.cancel()
    return running.winner(timed_out=False)
