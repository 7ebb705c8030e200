"""An answer bears what is to be known about its connection."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

import anyio

from forerun.domain import Answer, Answerer, Question
from forerun.errors import ForerunError


@dataclass(frozen=True, slots=True)
class Warned:
    """An Answerer. Warnings are read beside the answer, so that they cost no time of their own."""

    answerer: Answerer
    warnings: Callable[[], Awaitable[Sequence[str]]]
    known: Sequence[str] | None = None
    """Them, where they were read before."""

    async def __call__(self, question: Question) -> Answer:
        if self.known is not None:
            return _with(self.known, await self.answerer(question))
        noted: list[str] = []

        async def note() -> None:
            with suppress(ForerunError):  # why the database is not reached, the answer tells
                noted.extend(await self.warnings())

        try:
            async with anyio.create_task_group() as group:
                group.start_soon(note)
                answer = await self.answerer(question)
        except ExceptionGroup as failures:
            raise failures.exceptions[0] from None
        return _with(noted, answer)


def _with(noted: Sequence[str], answer: Answer) -> Answer:
    return replace(answer, warnings=(*noted, *answer.warnings)) if noted else answer
