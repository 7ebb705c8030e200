"""Ports that pass every call on: what wraps a port changes only the calls that it is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from forerun.domain import Catalog, Column, Limits, Rows, Statement, Table, Usage
from forerun.ports import (
    Completion,
    Database,
    DatabaseAbilities,
    Model,
    ModelAbilities,
    OnText,
    Plan,
    Prompt,
    Version,
)


@dataclass(frozen=True, slots=True)
class PassingModel:
    """A Model in front of another."""

    inner: Model

    @property
    def name(self) -> str:
        return self.inner.name

    @property
    def abilities(self) -> ModelAbilities:
        return self.inner.abilities

    async def complete(self, prompt: Prompt, on_text: OnText | None = None) -> Completion:
        return await self.inner.complete(prompt, on_text)

    def estimate(self, prompt: Prompt, said: str) -> Usage:
        return self.inner.estimate(prompt, said)

    async def aclose(self) -> None:
        await self.inner.aclose()


@dataclass(frozen=True, slots=True)
class PassingDatabase:
    """A Database in front of another."""

    inner: Database

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
        return await self.inner.read_structure()

    async def sample(self, table: Table, columns: Sequence[Column], limit: int) -> list[Column]:
        return await self.inner.sample(table, columns, limit)

    async def explain(self, statement: Statement) -> Plan:
        return await self.inner.explain(statement)

    async def run(self, statement: Statement, limits: Limits) -> Rows:
        return await self.inner.run(statement, limits)

    async def version(self) -> Version:
        return await self.inner.version()

    async def warnings(self) -> tuple[str, ...]:
        return await self.inner.warnings()

    async def aclose(self) -> None:
        await self.inner.aclose()
