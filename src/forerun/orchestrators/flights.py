"""Within one question, identical calls are made once: who comes second waits for the first.

So what was done ahead of time is used by whoever asks for exactly the same, and a statement that
has returned rows is never run again, not even by another schedule that takes over.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import anyio

from forerun.clock import now
from forerun.domain import Limits, Rows, Statement, Usage
from forerun.domain.branches import is_guess
from forerun.events import FoundDone, SpanId, current_branch, current_span, emit
from forerun.orchestrators.passing import PassingDatabase, PassingModel
from forerun.ports import Completion, OnText, Prompt

T = TypeVar("T")
KeyOf = Callable[[Statement], str]
"""A text that is equal for statements that are the same query."""


@dataclass
class Flight:
    """One call, under way or done."""

    branch: str
    """The branch that made it."""
    span: SpanId
    began_at: float
    landed: anyio.Event = field(default_factory=anyio.Event)
    result: Any = None
    succeeded: bool = False
    ended_at: float | None = None
    joined_at: float | None = None
    """When somebody of another branch, that is no guess itself, first asked for the same."""

    def saved_s(self, needed_at: float) -> float:
        """How long it was under way by then."""
        ended_at = needed_at if self.ended_at is None else self.ended_at
        return min(ended_at, needed_at) - self.began_at


class Flights:
    """The calls of one question, by what they ask for."""

    def __init__(self) -> None:
        self._flights: dict[Hashable, Flight] = {}

    async def fly(self, key: Hashable, call: Callable[[], Awaitable[T]]) -> tuple[T, bool]:
        """What `call` gives, and whether another has made it already.

        A call that failed, or was cancelled, is forgotten: whoever waited for it makes it again.
        """
        while (flight := self._flights.get(key)) is not None:
            branch, asked_at = current_branch(), now()
            if flight.joined_at is None and flight.branch != branch and not is_guess(branch):
                flight.joined_at = asked_at
            _waits.set(True)
            await flight.landed.wait()
            if flight.succeeded:
                emit(FoundDone(flight.span, flight.saved_s(asked_at)))
                return flight.result, True
        _waits.set(False)
        flight = self._flights[key] = Flight(current_branch(), current_span(), now())
        try:
            flight.result = result = await call()
            flight.succeeded = True
            return result, False
        finally:
            flight.ended_at = now()
            if not flight.succeeded:
                self.forget(key)
            flight.landed.set()

    def forget(self, key: Hashable) -> None:
        """Whoever asks for it next makes the call again."""
        self._flights.pop(key, None)

    def saved_s(self, branch: str) -> float | None:
        """How much of its work others found done, in seconds; None where nobody asked for it."""
        joined = [
            flight.saved_s(flight.joined_at)
            for flight in self._flights.values()
            if flight.branch == branch and flight.joined_at is not None
        ]
        return sum(joined) if joined else None


_waits: ContextVar[bool] = ContextVar("forerun_waits_for_a_flight", default=False)
"""Whether this task's last call was somebody else's, which it only waited for."""


@dataclass(frozen=True, slots=True)
class SharedModel(PassingModel):
    """A Model whose identical prompts are asked once. A reply that was shared costs nothing.

    A reply that says nothing is not kept: who asks next asks anew.
    """

    flights: Flights
    says_something: Callable[[Prompt, Completion], bool] = lambda prompt, completion: True

    async def complete(self, prompt: Prompt, on_text: OnText | None = None) -> Completion:
        async def ask() -> Completion:
            return await self.inner.complete(prompt, on_text)

        key = (self.name, prompt.name, prompt.user, prompt.sample)
        completion, shared = await self.flights.fly(key, ask)
        if not shared:
            if not self.says_something(prompt, completion):
                self.flights.forget(key)
            return completion
        if on_text is not None:
            await on_text(completion.text)
        return replace(completion, usage=Usage())

    def estimate(self, prompt: Prompt, said: str) -> Usage:
        """Nothing, where the call that was broken off was only waited for."""
        return Usage() if _waits.get() else self.inner.estimate(prompt, said)


@dataclass(frozen=True, slots=True)
class SharedDatabase(PassingDatabase):
    """A Database that runs no query twice, however differently it is written."""

    flights: Flights
    key_of: KeyOf

    async def run(self, statement: Statement, limits: Limits) -> Rows:
        async def execute() -> Rows:
            return await self.inner.run(statement, limits)

        if statement.volatile:
            return await execute()
        key = (self.key_of(statement), limits.max_rows, limits.max_bytes)
        rows, _ = await self.flights.fly(key, execute)
        return rows
