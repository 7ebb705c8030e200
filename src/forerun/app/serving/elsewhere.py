"""A question that another process answers, or has answered a moment ago."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from forerun.app.serving.asked import Asked, Owner
from forerun.app.serving.event_log import (
    Frame,
    accepted_in,
    answer_in,
    frame,
    is_last,
    number_of,
)
from forerun.app.serving.relaying import Relaying
from forerun.app.serving.running import id_taken, no_question, was_lost
from forerun.errors import ForerunError, Unavailable
from forerun.wire.encoding import encoded
from forerun.wire.problems import problem_of


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Heard of through what its process passes on."""

    id: str
    stream: str
    relaying: Relaying = field(compare=False, repr=False)

    async def follow(self, after: int) -> AsyncGenerator[Sequence[Frame]]:
        """As of a question of our own: whatever happens, the last event says how it has ended."""
        last: Frame | None = None
        lost: ForerunError = was_lost()
        try:
            async with aclosing(self.relaying.follow(self.stream, after)) as followed:
                async for frames in followed:
                    last = frames[-1]
                    yield frames
        except Unavailable as error:
            lost = error
        if last is None or not is_last(last):
            number = after if last is None else number_of(last)
            told = encoded(problem_of(lost, f"/v1/ask/{self.id}"))
            yield [frame(number + 1, "error", told)]

    async def answered(self) -> bytes:
        """Its AnswerJSON. Raises `Unavailable` where none comes."""
        async with aclosing(self.follow(0)) as followed:
            async for frames in followed:
                if (answer := answer_in(frames[-1])) is not None:
                    return answer
        raise was_lost()

    async def asked_again(self, owner: Owner, asked: Asked) -> Elsewhere:
        """Itself. Raises `IdTaken` where something else was asked under its id, and `NotFound`
        where that is not the owner's to see any more."""
        said = await self._accepted()
        if said is None:
            raise was_lost()
        if not owner.may_see(said["database"]):
            raise no_question(self.id)
        if not asked.is_again(said["question"], said["database"]):
            raise id_taken(self.id)
        return self

    async def may_be_seen_by(self, owner: Owner) -> bool:
        if owner.databases is None:
            return True
        said = await self._accepted()
        return said is not None and owner.may_see(said["database"])

    async def _accepted(self) -> Mapping[str, Any] | None:
        """Its first event, which tells what it is about; None where there is none."""
        async with aclosing(self.follow(0)) as followed:
            async for frames in followed:
                return accepted_in(frames[0])
        return None

    async def cancel(self) -> None:
        await self.relaying.relay.cancel(self.stream)
