"""A real database whose statements take simulated time."""

from __future__ import annotations

import math
import random
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import anyio

from forerun.domain import Catalog, Column, Limits, Rows, Statement, Table
from forerun.errors import StatementFailed, StatementTimedOut
from forerun.ports import Database, DatabaseAbilities, Plan, Version

T = TypeVar("T")

REAL_TIMEOUT_S = 60.0


@dataclass
class SimulatedDatabase:
    """Each statement is really run once; each run takes the lognormal time of its text.

    See `forerun.ports.Database`. Plans, structure and samples are remembered too, and take no
    time. A real call cannot be cancelled: it is over at once, and the next run needs its rows.
    """

    inner: Database
    median_s: float
    seed: int = 0
    spread: float = 0.5
    under_way: int = 0
    _known: dict[Hashable, Any] = field(default_factory=dict, repr=False)
    _one_at_a_time: anyio.Lock = field(default_factory=anyio.Lock, repr=False)

    @property
    def name(self) -> str:
        return self.inner.name

    @property
    def dialect(self) -> str:
        return self.inner.dialect

    @property
    def abilities(self) -> DatabaseAbilities:
        return self.inner.abilities

    async def read_structure(self) -> Catalog:
        return await self._once("structure", self.inner.read_structure)

    async def sample(self, table: Table, columns: Sequence[Column], limit: int) -> list[Column]:
        async def look() -> list[Column]:
            return await self.inner.sample(table, columns, limit)

        names = tuple(column.name for column in columns)
        return await self._once(("sample", table.key, names, limit), look)

    async def explain(self, statement: Statement) -> Plan:
        async def plan() -> Plan:
            return await self.inner.explain(statement)

        return await self._once(("plan", statement.sql), plan)

    async def run(self, statement: Statement, limits: Limits) -> Rows:
        """The real rows, or the real refusal, after the simulated time."""
        patient = replace(limits, timeout_s=REAL_TIMEOUT_S)

        async def execute() -> Rows:
            return await self.inner.run(statement, patient)

        self.under_way += 1
        try:
            takes_s = self.seconds(statement)
            await anyio.sleep(min(takes_s, limits.timeout_s))
            if takes_s > limits.timeout_s:
                raise StatementTimedOut(f"The statement was stopped after {limits.timeout_s:g} s.")
            return await self._once(("rows", statement.sql, patient), execute)
        finally:
            self.under_way -= 1

    def seconds(self, statement: Statement) -> float:
        """How long a run of it takes."""
        luck = random.Random(f"{self.seed}|{statement.sql}")  # noqa: S311 - the same luck again
        return self.median_s * math.exp(luck.gauss(0.0, self.spread))

    async def version(self) -> Version:
        return await self.inner.version()

    async def warnings(self) -> tuple[str, ...]:
        return await self._once("warnings", self.inner.warnings)

    async def aclose(self) -> None:
        await self.inner.aclose()

    async def _once(self, key: Hashable, call: Callable[[], Awaitable[T]]) -> T:
        """What the call gives, or the refusal that it raises; made the first time only."""
        if key not in self._known:
            with anyio.CancelScope(shield=True):
                async with self._one_at_a_time:
                    await self._find_out(key, call)
        found: T | StatementFailed = self._known[key]
        if isinstance(found, StatementFailed):
            raise found
        return found

    async def _find_out(self, key: Hashable, call: Callable[[], Awaitable[T]]) -> None:
        if key in self._known:
            return
        try:
            self._known[key] = await call()
        except StatementFailed as refusal:
            self._known[key] = refusal
