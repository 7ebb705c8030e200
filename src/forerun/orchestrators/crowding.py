"""A Database, or a Model, that does so much at once and no more; who comes above that waits."""

from __future__ import annotations

from dataclasses import dataclass

import anyio

from forerun.domain import Limits, Rows, Statement
from forerun.orchestrators.passing import PassingDatabase, PassingModel
from forerun.ports import Completion, Database, OnText, Plan, Prompt


@dataclass(frozen=True, slots=True)
class CrowdedDatabase(PassingDatabase):
    """First come, first served. Who leaves while waiting has sent nothing."""

    room: anyio.Semaphore

    async def explain(self, statement: Statement) -> Plan:
        async with self.room:
            return await self.inner.explain(statement)

    async def run(self, statement: Statement, limits: Limits) -> Rows:
        async with self.room:
            return await self.inner.run(statement, limits)


@dataclass(frozen=True, slots=True)
class CrowdedModel(PassingModel):
    """The same of a model's calls. Several models may share the room."""

    room: anyio.Semaphore

    async def complete(self, prompt: Prompt, on_text: OnText | None = None) -> Completion:
        async with self.room:
            return await self.inner.complete(prompt, on_text)


def crowding(database: Database, most: int) -> CrowdedDatabase:
    """`database` with at most so many statements at once, and one at least."""
    return CrowdedDatabase(database, room_for(most))


def room_for(most: int) -> anyio.Semaphore:
    """With so many places, and one at least. Who takes a free one goes on at once."""
    return anyio.Semaphore(max(1, most), fast_acquire=True)
