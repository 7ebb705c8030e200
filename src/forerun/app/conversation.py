"""Questions that may refer to the ones before them."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from forerun.domain import Answer, Draft, Mode, Status, Turn, new_trace_id

REMEMBERED_TURNS = 10


class Asks(Protocol):
    """What a conversation needs of a Forerun."""

    async def ask(  # noqa: PLR0913 - each is the asker's to choose
        self,
        text: str,
        *,
        max_rows: int | None = None,
        timeout_s: float | None = None,
        conversation: tuple[Turn, ...] = (),
        now: datetime | None = None,
        draft: Draft | None = None,
        mode: Mode | str = Mode.HYBRID,
        guess: bool | None = None,
        conversation_id: str | None = None,
    ) -> Answer: ...


class Conversation:
    """Remembers its answered turns; never shared between askers."""

    def __init__(self, forerun: Asks) -> None:
        self._forerun = forerun
        self.id = new_trace_id()
        self._turns: tuple[Turn, ...] = ()
        self._asked_back: Answer | None = None

    @property
    def _before(self) -> tuple[Turn, ...]:
        """What a new question may refer to: also the one that was just asked back about."""
        asked = self._asked_back
        if asked is None or asked.clarification is None:
            return self._turns
        best = next(iter(asked.clarification.drafts), None)
        sql, sure = (best.sql, best.confidence) if best else (None, 0.0)
        turn = Turn(asked.question, asked.standalone or asked.question, sql, sure=sure)
        return (*self._turns, turn)[-REMEMBERED_TURNS:]

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
        mode: Mode | str = Mode.HYBRID,
        guess: bool | None = None,
    ) -> Answer:
        """Answer a question in the light of the turns before it.

        After a clarification, the words of one of its choices stand for the question in that
        reading.
        """
        draft, conversation = self._chosen(text), self._before
        if draft is not None and self._asked_back is not None:
            text, conversation = self._asked_back.question, self._turns
        answer = await self._forerun.ask(
            text,
            max_rows=max_rows,
            timeout_s=timeout_s,
            conversation=conversation,
            now=now,
            draft=draft,
            mode=mode,
            guess=guess,
            conversation_id=self.id,
        )
        self._asked_back = answer if answer.status is Status.CLARIFY else None
        if answer.status is Status.ANSWERED:
            turn = Turn(answer.question, answer.standalone or text, answer.sql, answer.summary)
            self._turns = (*self._turns, turn)[-REMEMBERED_TURNS:]
        return answer

    def _chosen(self, text: str) -> Draft | None:
        """The reading that `text` picks from the last clarification."""
        if self._asked_back is None or self._asked_back.clarification is None:
            return None
        offered = self._asked_back.clarification
        readings = dict(zip(offered.choices, offered.drafts, strict=False))
        return readings.get(text.strip())
