"""Questions that may refer to the ones before them."""

from __future__ import annotations

from dataclasses import dataclass, replace
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


@dataclass(frozen=True, slots=True)
class AskedBack:
    """A question that was answered by another: what is unclear, and readings to choose from."""

    question: str
    standalone: str
    choices: tuple[str, ...] = ()
    drafts: tuple[Draft, ...] = ()


@dataclass(frozen=True, slots=True)
class InItsLight:
    """A question as it is to be asked, in the light of what was said before."""

    text: str
    turns: tuple[Turn, ...]
    draft: Draft | None = None
    """The reading that was chosen from the last clarification."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """What a conversation knows of itself."""

    turns: tuple[Turn, ...] = ()
    """Oldest first."""
    asked_back: AskedBack | None = None
    """Where the last question was answered by another."""

    def next(self, text: str) -> InItsLight:
        """The words of a choice stand for the question that was asked back, in that reading."""
        draft = self._chosen(text)
        if draft is not None and self.asked_back is not None:
            return InItsLight(self.asked_back.question, self.turns, draft)
        return InItsLight(text, self._before)

    def after(self, answer: Answer, text: str) -> Remembered:
        """What is known once `text` has been answered so."""
        turn, asked_back = turn_of(answer, text), asked_back_of(answer)
        if turn is None:
            return replace(self, asked_back=asked_back)
        return Remembered((*self.turns, turn)[-REMEMBERED_TURNS:], asked_back)

    @property
    def _before(self) -> tuple[Turn, ...]:
        """What a new question may refer to: also the one that was just asked back about."""
        asked = self.asked_back
        if asked is None:
            return self.turns
        best = next(iter(asked.drafts), None)
        sql, sure = (best.sql, best.confidence) if best else (None, 0.0)
        turn = Turn(asked.question, asked.standalone, sql, sure=sure)
        return (*self.turns, turn)[-REMEMBERED_TURNS:]

    def _chosen(self, text: str) -> Draft | None:
        """The reading that `text` picks from the last clarification."""
        if self.asked_back is None:
            return None
        readings = dict(zip(self.asked_back.choices, self.asked_back.drafts, strict=False))
        return readings.get(text.strip())


def turn_of(answer: Answer, text: str) -> Turn | None:
    """What later questions may refer to; None where `text` was not answered."""
    if answer.status is not Status.ANSWERED:
        return None
    return Turn(answer.question, answer.standalone or text, answer.sql, answer.summary)


def asked_back_of(answer: Answer) -> AskedBack | None:
    offered = answer.clarification
    if answer.status is not Status.CLARIFY or offered is None:
        return None
    standalone = answer.standalone or answer.question
    return AskedBack(answer.question, standalone, offered.choices, offered.drafts)


class Conversation:
    """Remembers its answered turns; never shared between askers."""

    def __init__(self, forerun: Asks) -> None:
        self._forerun = forerun
        self.id = new_trace_id()
        self._remembered = Remembered()

    @property
    def turns(self) -> tuple[Turn, ...]:
        """The remembered turns, oldest first."""
        return self._remembered.turns

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
        asked = self._remembered.next(text)
        answer = await self._forerun.ask(
            asked.text,
            max_rows=max_rows,
            timeout_s=timeout_s,
            conversation=asked.turns,
            now=now,
            draft=asked.draft,
            mode=mode,
            guess=guess,
            conversation_id=self.id,
        )
        self._remembered = self._remembered.after(answer, asked.text)
        return answer
