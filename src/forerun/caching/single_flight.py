"""Whoever asks for the same at the same time waits for one piece of work.

The work runs in the application's own task group, so that it is nobody's to cancel: who leaves
leaves it to the others, and the last one to leave ends it. Its events reach who began it; what
comes after he has left is kept for one of the others.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Hashable
from dataclasses import dataclass, field
from math import inf
from typing import Any, Generic, TypeAlias, TypeVar

import anyio

from forerun.caching.bequest import Bequest
from forerun.clock import now
from forerun.errors import Unavailable
from forerun.events import listening

T = TypeVar("T")
Background: TypeAlias = Callable[[Callable[[], Coroutine[Any, Any, None]]], None]
"""Starts work in a task group that outlives the question."""


@dataclass(eq=False)
class Flight(Generic[T]):
    """One piece of work, under way or done, and how many wait for it."""

    key: Hashable
    began_at: float
    """Seconds since 1970."""
    until: float = inf
    """When who began it must have it, on the clock of deadlines."""
    boarded_at: float = field(default_factory=now)
    waiting: int = 0
    landed: anyio.Event = field(default_factory=anyio.Event)
    ended: anyio.Event = field(default_factory=anyio.Event)
    scope: anyio.CancelScope = field(default_factory=anyio.CancelScope)
    result: T | None = None
    error: Exception | None = None
    bequest: Bequest = field(default_factory=Bequest)

    @property
    def had_s(self) -> float:
        """How long it might take."""
        return self.until - self.boarded_at

    def given(self) -> T:
        """The result; the error of the work, raised, where there is none."""
        if self.result is None and self.error is not None:
            raise self.error
        return self.result  # type: ignore[return-value]  # it has landed

    def land(self, result: T) -> None:
        """Let the waiting go on; what is left to do, e.g. to keep the result, they need not see."""
        self.result = result
        self.landed.set()


Work: TypeAlias = Callable[["Flight[T]"], Awaitable[None]]
"""Lands its flight with a result, or raises."""


@dataclass
class SingleFlight(Generic[T]):
    """Flights by what they are for. Without a background everybody works alone."""

    background: Background | None
    _flights: dict[Hashable, Flight[T]] = field(default_factory=dict)

    async def join(
        self, wanted: Flight[T], work: Work[T], oldest: float = -inf
    ) -> tuple[Flight[T], bool]:
        """The flight that has landed, and whether it is `wanted`, which is the one to begin
        where none is under way, or one that began before `oldest`.

        What the work raises is the flight's error.
        """
        if self.background is None:
            await self._alone(wanted, work)
            return wanted, True
        flight = self._flights.get(wanted.key)
        if flight is None or flight.landed.is_set() or flight.began_at < oldest:
            flight = wanted
            self._begin(flight, work, self.background)
        try:
            await self._wait(flight)
        except BaseException:
            if flight is wanted and not flight.landed.is_set():
                flight.bequest.leave()
            raise
        return flight, flight is wanted

    async def _alone(self, flight: Flight[T], work: Work[T]) -> None:
        try:
            await work(flight)
        except Exception as error:  # noqa: BLE001 - told like that of any other flight
            flight.error = error

    def begin(self, flight: Flight[T], work: Work[T]) -> bool:
        """Begin the work though nobody waits for it yet; False where it is under way."""
        if self.background is None or flight.key in self._flights:
            return False
        self._begin(flight, work, self.background)
        return True

    def _begin(self, flight: Flight[T], work: Work[T], background: Background) -> None:
        background(lambda: self._run(flight, work))  # raises where nothing can be begun any more
        if not flight.ended.is_set():
            self._flights[flight.key] = flight

    async def _wait(self, flight: Flight[T]) -> None:
        flight.waiting += 1
        try:
            await flight.landed.wait()
        finally:
            flight.waiting -= 1
            if not flight.waiting and not flight.landed.is_set():
                await self._end(flight)

    async def _end(self, flight: Flight[T]) -> None:
        """Nobody waits any more: cancel the work, and see it end."""
        self._forget(flight)
        flight.scope.cancel()
        with anyio.CancelScope(shield=True):
            await flight.ended.wait()

    async def _run(self, flight: Flight[T], work: Work[T]) -> None:
        try:
            with flight.scope, listening(flight.bequest.hear):
                await work(flight)
        except Exception as error:  # noqa: BLE001 - whatever it is, those who wait are told
            flight.error = error
        finally:
            self._forget(flight)
            if flight.result is None and flight.error is None:
                flight.error = Unavailable(
                    "Forerun was closed before the answer was there.", "Ask again."
                )
            flight.landed.set()
            flight.ended.set()

    def _forget(self, flight: Flight[T]) -> None:
        if self._flights.get(flight.key) is flight:
            del self._flights[flight.key]
