"""A question that another process answers, or has answered a moment ago."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

import anyio

from forerun.app.serving.asked import Asked, Owner
from forerun.app.serving.event_log import (
    ALONE,
    Frame,
    accepted_in,
    answer_in,
    frame,
    is_last,
    number_of,
)
from forerun.app.serving.keeping import Keeper
from forerun.app.serving.relaying import Relaying
from forerun.app.serving.running import id_taken, no_question, unheard, was_lost
from forerun.clock import now
from forerun.errors import EventsMissing, Overloaded, Unavailable
from forerun.wire.encoding import encoded
from forerun.wire.problems import problem_of

UNHEARD_FOR_S = 15.0
"""How long an outage of Redis is waited through."""
RETOLD_WITHIN_S = 10.0
"""After an outage, Redis may have lost what it was told: a process that lives tells it again."""
LONGEST_FAILURE_S = 5.0
"""An attempt to follow that has lasted longer was well until then: it failed for once, anew."""
PAUSE_S = 0.3
CUT_OFF = b": cut off; what is answered by another process cannot be heard of now\n\n"

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Outage:
    """When Redis failed, and when it answered again."""

    began_at: float | None = None
    over_at: float | None = None

    def is_waited_through(self, *, answers: bool) -> bool:
        """Whether there is hope, now that Redis answers, but tells of no such question; or does
        not answer."""
        if not answers:
            self.began_at, self.over_at = self.began_at or now(), None
            return now() - self.began_at < UNHEARD_FOR_S
        self.over_at = self.over_at or now()
        return self.began_at is not None and now() - self.over_at < RETOLD_WITHIN_S


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Heard of through what its process passes on."""

    id: str
    owner: Owner
    stream: str
    relaying: Relaying = field(compare=False, repr=False)
    keeper: Keeper = field(compare=False, repr=False)

    async def follow(self, after: int) -> AsyncGenerator[Sequence[Frame]]:
        """As of a question of our own: the last event says how it has ended. Where that cannot be
        heard of, there is none, as of a connection that was cut: it may go on, and be gone on
        with."""
        try:
            async with aclosing(self._heard(after)) as heard:
                async for frames in heard:
                    yield frames
        except Unavailable as error:
            log.warning("The events of a question elsewhere are cut off: %s", error)
            yield [CUT_OFF]

    def has_told_all(self, after: int) -> bool:
        """Whether that event was an answer after which nothing comes."""
        return after >= ALONE

    async def answered(self) -> bytes:
        """Its AnswerJSON. Raises `Unavailable` where none comes."""
        async with aclosing(self._heard(0)) as heard:
            async for frames in heard:
                if (answer := answer_in(frames[-1])) is not None:
                    return answer
        raise was_lost()

    async def asked_again(self, asked: Asked) -> Elsewhere:
        """Itself. Raises `IdTaken` where something else was asked under its id, `NotFound` where
        that is not the owner's to see any more, and `Unavailable` where it cannot be told."""
        try:
            said = await self._accepted()
        except Overloaded:
            raise
        except Unavailable as error:
            raise unheard(self.id) from error
        if said is None:
            raise was_lost()
        if not self.owner.may_see(said["database"]):
            raise no_question(self.id)
        if not asked.is_again(said.get("question", asked.question), said["database"]):
            raise id_taken(self.id)
        return self

    async def may_be_seen(self) -> bool:
        """Raises `Unavailable`."""
        if self.owner.databases is None:
            return True
        said = await self._accepted()
        return said is not None and self.owner.may_see(said["database"])

    async def _heard(self, after: int) -> AsyncGenerator[Sequence[Frame]]:
        """Through outages, up to the last event. Raises `Unavailable` where that is not heard."""
        outage = _Outage()
        with self.relaying.following():
            while True:
                began_at = now()
                try:
                    async with aclosing(self.relaying.relay.follow(self.stream, after)) as told:
                        async for frames in told:
                            after, outage = number_of(frames[-1]), _Outage()
                            yield frames
                            if is_last(frames[-1]):
                                return
                    answers = True
                except EventsMissing:  # they are told again, unless the question has ended
                    if (answer := await self._kept_answer()) is not None:
                        yield [answer]
                        return
                    answers = False
                except Unavailable:
                    answers = False
                if now() - began_at > LONGEST_FAILURE_S:
                    outage = _Outage()
                if outage.is_waited_through(answers=answers):
                    await anyio.sleep(PAUSE_S)
                    continue
                yield [await self._last_words(after + 1, is_lost=answers)]
                return

    async def _last_words(self, number: int, *, is_lost: bool) -> Frame:
        """The answer may be kept though nobody has told of it. Raises `Unheard` where the question
        may go on."""
        if (answer := await self._kept_answer()) is not None:
            return answer
        if is_lost:
            return frame(number, "error", encoded(problem_of(was_lost(), f"/v1/ask/{self.id}")))
        raise unheard(self.id)

    async def _kept_answer(self) -> Frame | None:
        kept = await self.keeper.answer(self.owner, self.id)
        return None if kept is None else frame(ALONE, "answer", kept.wire.encode())

    async def _accepted(self) -> Mapping[str, Any] | None:
        """Its first event, which tells what it is about; None where there is none. Raises
        `Unavailable`, and of that `Overloaded`."""
        with self.relaying.following():
            async with aclosing(self.relaying.relay.follow(self.stream, 0)) as followed:
                async for frames in followed:
                    return accepted_in(frames[0])
        return None

    async def cancel(self) -> None:
        await self.relaying.relay.cancel(self.stream)
