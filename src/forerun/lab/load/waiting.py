"""How long a question waits for its models and its database: the rest of its time is our own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from time import perf_counter

from forerun.domain import Catalog, Column, Limits, Rows, Statement, Table
from forerun.lab.latency.measuring import union_s
from forerun.orchestrators.passing import PassingDatabase, PassingModel
from forerun.ports import Completion, OnText, Plan, Prompt, Version


@dataclass(slots=True)
class Waits:
    """Of one question: when a port was asked and when it had answered.

    By the clock of the processor: that of uvloop counts whole milliseconds, and stands still
    while a callback runs.
    """

    at_ports: list[tuple[float, float]] = field(default_factory=list)
    model_calls: int = 0
    statements: int = 0

    def union_s(self, since: float, until: float) -> float:
        """Seconds between the two in which it waited for a port at least."""
        return union_s(self.at_ports, since, until)


_waits: ContextVar[Waits | None] = ContextVar("forerun_lab_waits", default=None)


@contextmanager
def noting() -> Iterator[Waits]:
    """Calls of timed ports inside the block, and in tasks started from it, are noted."""
    waits = Waits()
    token = _waits.set(waits)
    try:
        yield waits
    finally:
        _waits.reset(token)


@contextmanager
def _at_port(*, model: bool = False, statement: bool = False) -> Iterator[None]:
    waits, began_at = _waits.get(), perf_counter()
    try:
        yield
    finally:
        if waits is not None:
            waits.at_ports.append((began_at, perf_counter()))
            waits.model_calls += model
            waits.statements += statement


@dataclass(frozen=True, slots=True)
class TimedModel(PassingModel):
    """A Model whose calls are noted."""

    async def complete(self, prompt: Prompt, on_text: OnText | None = None) -> Completion:
        with _at_port(model=True):
            return await self.inner.complete(prompt, on_text)


@dataclass(frozen=True, slots=True)
class TimedDatabase(PassingDatabase):
    """A Database whose calls are noted."""

    async def read_structure(self) -> Catalog:
        with _at_port():
            return await self.inner.read_structure()

    async def sample(self, table: Table, columns: Sequence[Column], limit: int) -> list[Column]:
        with _at_port():
            return await self.inner.sample(table, columns, limit)

    async def explain(self, statement: Statement) -> Plan:
        with _at_port():
            return await self.inner.explain(statement)

    async def run(self, statement: Statement, limits: Limits) -> Rows:
        with _at_port(statement=True):
            return await self.inner.run(statement, limits)

    async def version(self) -> Version:
        with _at_port():
            return await self.inner.version()
