"""One question under way: who asked it, what it has told, and how it is ended."""

from __future__ import annotations

import uuid
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import anyio

from forerun.app.conversation import InItsLight
from forerun.app.serving.asked import Asked, Owner
from forerun.app.serving.event_log import ALONE, EventLog, Frame, frame
from forerun.app.serving.store import KeptAnswer
from forerun.app.serving.telling import Teller, Written
from forerun.clock import now
from forerun.domain import Answer, Asker
from forerun.errors import Cancelled, ForerunError, IdTaken, NotFound, Unavailable, Unheard
from forerun.orchestrators.recording import Recorder
from forerun.wire.problems import problem_of

RETRY_S = 1.0
RECALL = "recall"
"""The operation by which an answer is read again whose events are forgotten."""


@dataclass(slots=True, eq=False)
class Ask:
    """Lives from its admission until its events are forgotten."""

    id: str
    owner: Owner
    database: str
    asked: Asked
    words: InItsLight
    """What is asked in the light of the conversation."""
    operation: str
    queued_s: float = 0.0
    seen_turns: int = 0
    """How many questions of the conversation were known when this one was asked."""
    log: EventLog = field(default_factory=EventLog)
    scope: anyio.CancelScope = field(default_factory=anyio.CancelScope)
    done: anyio.Event = field(default_factory=anyio.Event)
    began_at: float = field(default_factory=now)
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    ended_at: float | None = None
    readers: int = 0
    """Who waits for its answer or follows its events now."""
    wire: bytes | None = None
    """The answer as it is served."""
    error: ForerunError | None = None
    """What there is instead of an answer."""
    why_cancelled: ForerunError | None = None
    teller: Teller = field(init=False)
    recorder: Recorder = field(default_factory=Recorder)
    """Knows what was done where there is no answer that would tell."""
    asker: Asker = field(default_factory=Asker)
    """For whom the database is asked, and what he may see of it."""
    warnings: tuple[str, ...] = ()
    """What his answer must say of that, and of what else is not as ever."""
    place: str = ""
    """Tells the database from another one of its name."""
    run: str = field(default_factory=lambda: uuid.uuid4().hex)
    """Names this run of the question, should another process run it, too."""

    def __post_init__(self) -> None:
        self.teller = Teller(self.log)
        told = {
            "id": self.id,
            "database": self.database,
            "conversation_id": self.asked.conversation_id,
            "question": self.asked.question,
        }
        self.log.append("accepted", told)

    def cancel(self, why: ForerunError) -> None:
        """Everything that it does is cancelled, statements too. Nothing, where it has ended."""
        if not self.done.is_set() and self.why_cancelled is None:
            self.why_cancelled = why
            self.scope.cancel()

    def asked_again(self, owner: Owner, asked: Asked) -> Ask:
        """Itself. Raises `IdTaken` where something else was asked under its id."""
        is_same = asked.is_again(self.asked.question, self.database)
        if not (is_same and owner.may_see(self.database)):
            raise id_taken(self.id)
        return self

    def answered(self, answer: Answer, written: Written) -> None:
        self.wire = written.whole
        self.teller.answered(answer, written)
        self.end()

    def failed(self, error: ForerunError) -> None:
        self.error = error
        self.log.append("error", problem_of(error, f"/v1/ask/{self.id}"))
        self.end()

    def end(self) -> None:
        self.teller.forget()
        self.ended_at = now()
        self.log.end()
        self.done.set()

    def told(self, after: int) -> AsyncGenerator[Sequence[Frame]]:
        """Its events after that one. Where they are forgotten, the next one is the answer, however
        many there had been."""
        if self.operation == RECALL and self.wire is not None:
            return _alone(frame(ALONE, "answer", self.wire))
        return self.log.follow(after)

    def has_told_all(self, after: int) -> bool:
        """Whether nothing comes after that event any more."""
        last = ALONE if self.operation == RECALL else len(self.log.frames)
        return self.done.is_set() and after >= last

    @classmethod
    def recalled(cls, kept: KeptAnswer) -> Ask:
        """A question whose events are forgotten: there is still its answer."""
        asked = Asked(kept.question, kept.database, kept.id)
        words = InItsLight(kept.question, ())
        ask = cls(kept.id, kept.owner, kept.database, asked, words, RECALL)
        ask.wire = kept.wire.encode()
        ask.log.append_encoded("answer", ask.wire)
        ask.end()
        return ask

    async def result(self) -> bytes:
        """The AnswerJSON, once it is there. Raises what there is instead of it."""
        await self.done.wait()
        if self.wire is not None:
            return self.wire
        raise self.error or nobody_waits()


async def _alone(told: Frame) -> AsyncGenerator[Sequence[Frame]]:
    yield [told]


def no_question(id_: str) -> NotFound:
    return NotFound(f"There is no question {id_} of yours.", "It may have been too long ago.")


def id_taken(id_: str) -> IdTaken:
    return IdTaken(f"The id {id_} stands for another question of yours.", "Take a new id for each.")


def nobody_waits() -> Cancelled:
    return Cancelled("Nobody was waiting for the answer any more, so the question was cancelled.")


def was_cancelled() -> Cancelled:
    return Cancelled("The question was cancelled.", "Ask it again, if it was not meant to be.")


def unheard(id_: str) -> Unheard:
    return Unheard(
        f"Whether another process answers the question {id_} cannot be told: Redis, through which "
        "they hear of each other, does not answer.",
        "Come back under the same id: what goes on there is not lost.",
        RETRY_S,
    )


def was_lost() -> Unavailable:
    return Unavailable(
        "The process that answered the question is gone, or has failed to.", "Ask it again."
    )
