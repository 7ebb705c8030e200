"""Ports behind breakers, and all breakers of one database and its models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from forerun.domain import Catalog, Column, Limits, Rows, Statement, Table
from forerun.orchestrators.breaker import Breaker, State
from forerun.orchestrators.passing import PassingDatabase, PassingModel
from forerun.ports import Completion, OnText, Plan, Prompt


@dataclass(frozen=True, slots=True)
class GuardedModel(PassingModel):
    """A Model that is not asked while its breaker is open."""

    breaker: Breaker

    async def complete(self, prompt: Prompt, on_text: OnText | None = None) -> Completion:
        with self.breaker.guarding():
            return await self.inner.complete(prompt, on_text)


@dataclass(frozen=True, slots=True)
class GuardedDatabase(PassingDatabase):
    """A Database that is not asked while its breaker is open."""

    breaker: Breaker

    async def read_structure(self) -> Catalog:
        with self.breaker.guarding():
            return await self.inner.read_structure()

    async def sample(self, table: Table, columns: Sequence[Column], limit: int) -> list[Column]:
        with self.breaker.guarding():
            return await self.inner.sample(table, columns, limit)

    async def explain(self, statement: Statement) -> Plan:
        with self.breaker.guarding():
            return await self.inner.explain(statement)

    async def run(self, statement: Statement, limits: Limits) -> Rows:
        with self.breaker.guarding():
            return await self.inner.run(statement, limits)

    async def warnings(self) -> tuple[str, ...]:
        with self.breaker.guarding():
            return await self.inner.warnings()


@dataclass(frozen=True, slots=True)
class Breakers:
    """One a dependency, and one for the parallel path itself."""

    arm: Breaker
    database: Breaker
    models: Mapping[str, Breaker]
    """By the model's name."""

    def states(self) -> Mapping[str, State]:
        """Of each, by a short name."""
        all_ = {"parallel": self.arm, "database": self.database, **self.models}
        return {name: breaker.state for name, breaker in all_.items()}

    def refusal(self) -> str | None:
        """The first reason against the parallel path."""
        for breaker in (self.arm, self.database, *self.models.values()):
            if reason := breaker.refusal():
                return f"The breaker is open: {reason}."
        return None
