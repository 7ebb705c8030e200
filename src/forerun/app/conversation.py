"""Questions that may refer to the ones before them."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from forerun.domain import Answer, Status, Turn

REMEMBERED_TURNS = 10


class Asks(Protocol):
    """What a conversation needs of a Forerun."""

    async def ask(
        self,
        text: str,
        *,
        max_rows: int | None = None,
        timeout_s: float | None = None,
        conversation: tuple[Turn, ...] = (),
        now: datetime | None = None,
    ) -> Answer: ...


class Conversation:
    """Remembers its answered turns; never shared between askers."""

    def __init__(self, forerun: Asks) -> None:
        self._forerun = forerun
        self._turns: tuple[Turn, ...] = ()

    @property
    def turns(self) -> tuple[Turn, ...]:
        """The remembered turns, oldest first."""
        return self._turns

    async def ask(
        self,
        text: str,
        *,
        max_rows: int | None = None,
        timeout_s: float | None = None,
        now: datetime | None = None,
    ) -> Answer:
        """Answer a question in the light of the turns before it."""
        answer = await self._forerun.ask(
            text, max_rows=max_rows, timeout_s=timeout_s, conversation=self._turns, now=now
        )
        if answer.status is Status.ANSWERED:
            turn = Turn(answer.question, answer.standalone or text, answer.sql, answer.summary)
            self._turns = (*self._turns, turn)[-REMEMBERED_TURNS:]
        return answer
