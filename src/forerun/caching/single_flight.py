"""Whoever asks for the same at the same time waits for one piece of work.

The work runs in the application's own task group, so that it is nobody's to cancel: who leaves
leaves it to the others, and the last one to leave ends it. Its events reach who began it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Hashable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeAlias, TypeVar

import anyio

from forerun.errors import Unavailable

T = TypeVar("T")
Background: TypeAlias = Callable[[Callable[[], Coroutine[Any, Any, None]]], None]
"""Starts work in a task group that outlives the question."""


@dataclass(eq=False)
class Flight(Generic[T]):
    """One piece of work, under way or done, and how many wait for it."""

    began_at: float
    waiting: int = 0
    landed: anyio.Event = field(default_factory=anyio.Event)
    ended: anyio.Event = field(default_factory=anyio.Event)
    scope: anyio.CancelScope = field(default_factory=anyio.CancelScope)
    result: T | None = None
    error: Exception | None = None

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

    async def join(self, key: Hashable, work: Work[T], now: float) -> tuple[T, Flight[T], bool]:
        """What the work gives, its flight, and whether it was begun by this call.

        `now` is noted as when the flight began. Raises what the work raises, for each who waits.
        """
        if self.background is None:
            return await self._alone(work, now)
        flight = self._flights.get(key)
        began = flight is None or flight.landed.is_set()
        if flight is None or flight.landed.is_set():
            flight = self._flights[key] = Flight(now)
            self.background(lambda: self._run(key, flight, work))
        return await self._wait(key, flight), flight, began

    async def _alone(self, work: Work[T], now: float) -> tuple[T, Flight[T], bool]:
        flight = Flight[T](now)
        await work(flight)
        return flight.result, flight, True  # type: ignore[return-value]  # it has landed

    def begin(self, key: Hashable, work: Work[T], now: float) -> bool:
        """Begin the work though nobody waits for it yet; False where it is under way."""
        if self.background is None or key in self._flights:
            return False
        flight = self._flights[key] = Flight[T](now)
        self.background(lambda: self._run(key, flight, work))
        return True

    async def _wait(self, key: Hashable, flight: Flight[T]) -> T:
        flight.waiting += 1
        try:
            await flight.landed.wait()
        finally:
            flight.waiting -= 1
            if not flight.waiting and not flight.landed.is_set():
                await self._end(key, flight)
        if flight.error is not None:
            raise flight.error
        return flight.result  # type: ignore[return-value]  # it has landed

    async def _end(self, key: Hashable, flight: Flight[T]) -> None:
        """Nobody waits any more: cancel the work, and see it end."""
        self._forget(key, flight)
        flight.scope.cancel()
        with anyio.CancelScope(shield=True):
            await flight.ended.wait()

    async def _run(self, key: Hashable, flight: Flight[T], work: Work[T]) -> None:
        try:
            with flight.scope:
                await work(flight)
        except Exception as error:  # noqa: BLE001 - whatever it is, those who wait are told
            flight.error = error
        finally:
            self._forget(key, flight)
            if flight.result is None and flight.error is None:
                flight.error = Unavailable(
                    "Forerun was closed before the answer was there.", "Ask again."
                )
            flight.landed.set()
            flight.ended.set()

    def _forget(self, key: Hashable, flight: Flight[T]) -> None:
        if self._flights.get(key) is flight:
            del self._flights[key]
