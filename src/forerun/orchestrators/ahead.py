"""Work begun before it is known to be needed: launched, then used or wasted, never left running."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar, cast

import anyio
import anyio.abc

from forerun.clock import now
from forerun.domain import Fate, Rung
from forerun.domain.branches import below
from forerun.events import RungLaunched, RungSettled, branch, current_branch, emit
from forerun.orchestrators.launching import Bet
from forerun.orchestrators.outlook import Outlook
from forerun.orchestrators.patience import Patience

T = TypeVar("T")


class Admission(Protocol):
    """Who says whether a rung may be launched, and hears what became of it."""

    def refusal(self, rung: Rung, bet: Bet) -> str | None:
        """Why it is not launched; None where it is, which takes its share of what is left."""

    def began(self) -> None:
        """A branch runs."""

    def settled(self, rung: Rung, fate: Fate) -> None:
        """It was used or wasted."""

    def ended(self) -> None:
        """It runs no more."""


def _nothing() -> None:
    pass


class Ahead(Generic[T]):
    """One branch of work. Settled once at most: who fails, or is left, leaves it unsettled."""

    def __init__(
        self,
        rung: Rung | None,
        name: str,
        admission: Admission,
        work: Callable[[], Awaitable[T]],
    ) -> None:
        self.name = name
        self._rung = rung
        self._admission = admission
        self._began_at = now()
        self._ended_at: float | None = None
        self._task: anyio.TaskHandle[None] | None = None
        self._work = work
        self._patience = Patience()
        self._value: T | None = None
        self._error: Exception | None = None
        self._grown: list[Ahead[Any]] = []
        self._below = ""
        """The name of the branch that wastes it."""
        self._settled = False
        self._wasted_because: str | None = None
        self._call_at_end: Callable[[], None] = _nothing

    @property
    def has_ended(self) -> bool:
        return self._ended_at is not None

    async def claim(self, beside: Ahead[Any] | None = None) -> T:
        """Its result, now that it is known to be needed. Raises what it failed with.

        It saved what was done of it by now or, where it ran `beside` another, while that one ran.
        """
        needed_at = now()
        await self.ended()
        if beside is not None:
            needed_at = now() if beside._ended_at is None else beside._ended_at
        if self._error is not None:
            self.waste(f"it failed: {self._error}")
            raise self._error
        ended_at = needed_at if self._ended_at is None else self._ended_at
        self.use(min(ended_at, needed_at) - self._began_at)
        return cast(T, self._value)  # set where there is no error

    def when_ended(self, call: Callable[[], None]) -> None:
        """Have `call` called at its end, or now where that has come."""
        self._call_at_end = call
        if self.has_ended:
            call()

    async def ended(self) -> None:
        """Wait until it has ended, well or badly. What was not begun yet is done here."""
        if self._ended_at is not None:
            return
        if self._task is None:
            await self._run(self._taken())
        else:
            await self._task.wait()

    def use(self, saved_s: float) -> None:
        """An answer comes of it."""
        self._settle(Fate.USED, saved_s=saved_s)

    def waste(self, reason: str) -> None:
        """Nothing comes of it, nor of what grew from it: both are cancelled."""
        self._wasted_because = reason
        self._settle(Fate.WASTED, reason)
        self.stop()
        for grown in self._grown:
            if grown._below == self.name:
                grown.waste(reason)

    def stop(self) -> None:
        """Cancel it, unsettled as it is."""
        if not self.has_ended:
            self._patience.scope.cancel()

    def forget(self) -> None:
        """Nobody will claim it: what it failed with holds the steps on the way, which hold this."""
        self._error = None

    def _settle(self, fate: Fate, reason: str | None = None, saved_s: float = 0.0) -> None:
        if self._settled or self._rung is None:
            return
        self._settled = True
        self._admission.settled(self._rung, fate)
        emit(RungSettled(self._rung, self.name, fate, reason, max(saved_s, 0.0)))

    def start(self, group: anyio.abc.TaskGroup) -> None:
        """Do the work on its branch; its failure waits to be claimed."""
        if self._rung is not None:
            self._admission.began()
        self._task = group.start_soon(self._run, self._taken())

    def _taken(self) -> Callable[[], Awaitable[T]]:
        """The work, which holds what holds this branch: it is not kept."""
        work = self._work
        del self._work
        return work

    async def _run(self, work: Callable[[], Awaitable[T]]) -> None:
        token = _growing.set(self)
        try:
            with branch(self.name), self._patience:
                self._value = await work()
        except Exception as error:  # noqa: BLE001 - the edge of a speculative branch
            self._error = error
        finally:
            _growing.reset(token)
            self._ended_at = now()
            self._call_at_end()
            if self._rung is not None:
                self._admission.ended()

    def grow(self, other: Ahead[Any]) -> None:
        """From now on it has this one's fate, and no other's.

        A branch that was wasted may still take a last step, and must not leave one behind.
        """
        other._below = self.name
        self._grown.append(other)
        if self._wasted_because is not None:
            other.waste(self._wasted_because)


_growing: ContextVar[Ahead[Any] | None] = ContextVar("forerun_growing", default=None)


@dataclass
class Launcher:
    """Starts branches in the task group of one question."""

    group: anyio.abc.TaskGroup
    admission: Admission
    branches: list[Ahead[Any]] = field(default_factory=list)
    _stopped: bool = False
    _waiting: Ahead[Any] | None = None
    """What begins with the next branch: it needs no task before there is something beside it."""
    _names: dict[str, int] = field(default_factory=dict)

    def ahead(self, rung: Rung, bet: Bet, work: Callable[[], Awaitable[T]]) -> Ahead[T] | None:
        """Begin ahead of time what may be needed, unless it is not worth it."""
        if (reason := self.admission.refusal(rung, bet)) is not None:
            emit(RungSettled(rung, rung.value, Fate.SKIPPED, reason))
            return None
        return self.start(rung, work)

    def start(self, rung: Rung, work: Callable[[], Awaitable[T]]) -> Ahead[T]:
        """The same where it is decided already."""
        name = self._name(rung)
        emit(RungLaunched(rung, name))
        if self._waiting is not None and not self._waiting.has_ended:
            self._start(self._waiting)
        self._waiting = None
        return self._start(Ahead(rung, name, self.admission, work))

    def beside(self, work: Callable[[], Awaitable[T]]) -> Ahead[T]:
        """What is needed in any case, at the same time as the next branch; without one, once it is
        claimed."""
        self._waiting = waiting = Ahead(None, current_branch(), self.admission, work)
        return waiting

    def along(self, work: Callable[[], Awaitable[T]]) -> Ahead[T]:
        """Another task of the branch that this one is on, which wastes it as well."""
        return self._start(Ahead(None, current_branch(), self.admission, work))

    def _start(self, ahead: Ahead[T]) -> Ahead[T]:
        self.branches.append(ahead)
        ahead.start(self.group)
        if (parent := _growing.get()) is not None:
            parent.grow(ahead)
        if self._stopped:
            ahead.stop()
        return ahead

    def waste_the_rest(self) -> None:
        """The answer is there: what nobody has claimed until now is not needed."""
        for ahead in self.branches:
            ahead.waste("the answer came without it")

    def stop(self) -> None:
        """Cancel each branch by itself: a group that is cancelled leaves, of each task, an error
        and a frame that hold each other."""
        self._stopped = True
        for ahead in self.branches:
            ahead.stop()

    def forget(self) -> None:
        """All have ended, and nobody will claim one."""
        for ahead in self.branches:
            ahead.forget()
        if self._waiting is not None:
            self._waiting.forget()

    def _name(self, rung: Rung) -> str:
        """`review`, then `review#2`; below another branch `write-ahead/review`."""
        name = below(current_branch(), rung)
        self._names[name] = self._names.get(name, 0) + 1
        count = self._names[name]
        return name if count == 1 else f"{name}#{count}"


@dataclass(frozen=True, slots=True)
class Begin:
    """Begins work ahead of time, where the rung is there and the bet on it is worth it."""

    outlook: Outlook
    launcher: Launcher

    def __call__(self, rung: Rung, work: Callable[[], Awaitable[T]]) -> Ahead[T] | None:
        """The branch; None where it is not begun."""
        if not self.outlook.has(rung):
            return None
        return self.launcher.ahead(rung, self.outlook.bet(rung), work)


@asynccontextmanager
async def launching(admission: Admission) -> AsyncIterator[Launcher]:
    """A task group whose branches all end, cancelled and awaited, with the block.

    What the block raises comes out as it is, not in a group.
    """
    failure: Exception | None = None
    async with anyio.create_task_group() as group:
        launcher = Launcher(group, admission)
        try:
            yield launcher
            launcher.waste_the_rest()
        except Exception as error:  # noqa: BLE001 - raised again below, outside the group
            failure = error
        finally:
            launcher.stop()
    launcher.forget()
    if failure is not None:
        try:
            raise failure
        finally:
            del failure  # it holds this frame
