"""Identities, stores and questions that the tests of access share."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

from forerun.access import Identity
from forerun.access.audit import Asked
from forerun.domain.answer import Answer, Status
from forerun.domain.question import TraceId
from forerun.domain.trace import StatementRun, Trace, Usage
from forerun.errors import Unavailable
from forerun.ports import SQLStore, Transaction

Result = TypeVar("Result")
MORNING = datetime(2026, 11, 27, 8, tzinfo=UTC)
ANN = Identity("k1", "blue", "ann")


class Clock:
    """Stands still until it is told to go on."""

    def __init__(self, at: float = 1_000.0) -> None:
        self.at = at

    def __call__(self) -> float:
        return self.at


class Faulty:
    """A real store whose connection is lost before its next writes, or while they are confirmed.

    `faults` are taken one by one: False is lost before, True after it was done, None works.
    """

    def __init__(self, store: SQLStore, faults: list[bool | None]) -> None:
        self._store = store
        self._faults = faults

    async def read(self, work: Callable[[Transaction], Result]) -> Result:
        return await self._store.read(work)

    async def write(self, work: Callable[[Transaction], Result], *, lasting: bool = True) -> Result:
        fault = self._faults.pop(0) if self._faults else None
        if fault is False:
            raise Unavailable("lost before")
        result = await self._store.write(work, lasting=lasting)
        if fault is True:
            raise Unavailable("lost while it was confirmed")
        return result

    async def aclose(self) -> None:
        await self._store.aclose()


def asked(question: str = "how many?", tenant: str = "blue", at: datetime = MORNING) -> Asked:
    statements = (
        StatementRun("SELECT count(*) FROM a", "", 10.0, 12.5, "ok"),
        StatementRun("SELECT 1", "draft-ahead", 3.0, 4.0, "cancelled"),
    )
    answer = Answer(
        question,
        Status.ANSWERED,
        "sqlite",
        "parallel",
        TraceId("t1"),
        sql="SELECT count(*) FROM a",
        trace=Trace(statements=statements),
        usage=Usage(2, 100, 20, 0.5),
    )
    who = Identity("k1", tenant, "ann")
    return Asked(who, "shop", question, at, answer=answer, policies=("a: region = 'North'",))
