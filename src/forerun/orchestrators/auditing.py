"""A Database that tells of every statement it is sent, whoever sends it."""

from __future__ import annotations

from dataclasses import dataclass

import anyio

from forerun.clock import now
from forerun.domain import Limits, Rows, Statement
from forerun.errors import StatementFailed
from forerun.events import StatementEnded, emit
from forerun.orchestrators.passing import PassingDatabase


@dataclass(frozen=True, slots=True)
class AuditedDatabase(PassingDatabase):
    """Emits one `StatementEnded` for each statement that is run, however it ends."""

    async def run(self, statement: Statement, limits: Limits) -> Rows:
        started_at = now()
        outcome = "failed"
        try:
            rows = await self.inner.run(statement, limits)
            outcome = "ok"
            return rows
        except StatementFailed:
            outcome = "refused"
            raise
        except anyio.get_cancelled_exc_class():
            outcome = "cancelled"
            raise
        finally:
            emit(StatementEnded(statement.shown, started_at, outcome))
