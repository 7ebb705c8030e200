"""How long a question waits for its models and its database: the rest of its time is our own."""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, TypeVar

from forerun.domain import Catalog, Column, Limits, Rows, Statement, Table
from forerun.lab.latency.measuring import union_s
from forerun.lab.load.stepping import Stepped
from forerun.orchestrators.passing import PassingDatabase, PassingModel
from forerun.ports import Completion, OnText, Plan, Prompt, Version

Result = TypeVar("Result")


@dataclass(slots=True)
class Waits:
    """Of one question: when a port was asked and when it had answered.

    By the clock of the processor: that of uvloop counts whole milliseconds, and stands still
    while a callback runs.
    """

    at_ports: list[tuple[float, float]] = field(default_factory=list)
    model_calls: int = 0
    statements: int = 0
    cpu_s: float = 0.0
    """Of the event loop, outside the ports; its last step is not in it."""

    def union_s(self, since: float, until: float) -> float:
        """Seconds between the two in which it waited for a port at least."""
        return union_s(self.at_ports, since, until)


_waits: ContextVar[Waits | None] = ContextVar("forerun_lab_waits", default=None)


def noted() -> Waits:
    """Of the question whose task this is: until it ends, and in tasks started from it."""
    waits = Waits()
    _waits.set(waits)
    return waits


def ours(cpu_s: float) -> None:
    """A step of a question's task."""
    waits = _waits.get()
    if waits is not None:
        waits.cpu_s += cpu_s


def _theirs(cpu_s: float) -> None:
    """A part of such a step that was a port's."""
    ours(-cpu_s)


async def _at_port(
    asked: Coroutine[Any, Any, Result], *, model: bool = False, statement: bool = False
) -> Result:
    waits, began_at = _waits.get(), perf_counter()
    try:
        return await Stepped(asked, _theirs)
    finally:
        if waits is not None:
            waits.at_ports.append((began_at, perf_counter()))
            waits.model_calls += model
            waits.statements += statement


@dataclass(frozen=True, slots=True)
class TimedModel(PassingModel):
    """A Model whose calls are noted."""

    async def complete(self, prompt: Prompt, on_text: OnText | None = None) -> Completion:
        async def heard(text: str) -> None:
            """What we make of the words is ours again."""
            if on_text is not None:
                await Stepped(on_text(text), ours)

        hearing = None if on_text is None else heard
        return await _at_port(self.inner.complete(prompt, hearing), model=True)


@dataclass(frozen=True, slots=True)
class TimedDatabase(PassingDatabase):
    """A Database whose calls are noted."""

    async def read_structure(self) -> Catalog:
        return await _at_port(self.inner.read_structure())

    async def sample(self, table: Table, columns: Sequence[Column], limit: int) -> list[Column]:
        return await _at_port(self.inner.sample(table, columns, limit))

    async def explain(self, statement: Statement) -> Plan:
        return await _at_port(self.inner.explain(statement))

    async def run(self, statement: Statement, limits: Limits) -> Rows:
        return await _at_port(self.inner.run(statement, limits), statement=True)

    async def version(self) -> Version:
        return await _at_port(self.inner.version())
