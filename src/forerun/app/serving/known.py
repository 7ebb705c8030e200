"""Questions by their owner and id: what goes on here, in other processes, and what is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import anyio

from forerun.app.serving.asked import Asked, Owner
from forerun.app.serving.elsewhere import Elsewhere
from forerun.app.serving.keeping import Keeper
from forerun.app.serving.relaying import Relaying, stream_name
from forerun.app.serving.running import Ask, no_question, was_cancelled
from forerun.app.serving.store import KeptAnswer
from forerun.clock import now

MOST_ENDED = 2_000
MOST_ENDED_BYTES = 64 * 1024 * 1024
FORGOTTEN_EVERY_S = 1.0

Found: TypeAlias = Ask | Elsewhere


@dataclass(frozen=True, slots=True)
class Known:
    """Nobody finds what is another owner's."""

    asks: dict[tuple[Owner, str], Ask]
    """Of this process, until their events are forgotten."""
    keeper: Keeper
    relaying: Relaying | None
    """None: there are no other processes."""

    async def asked_before(self, owner: Owner, id_: str, asked: Asked) -> Found | None:
        """What came of the same question before, as far as this process knows. Raises `IdTaken`
        where it was another one."""
        if asked.id is None:
            return None
        known = self.asks.get((owner, id_))
        if known is None and (kept := await self.keeper.answer(owner, id_)) is not None:
            known = Ask.recalled(kept)
        return known and known.asked_again(owner, asked)

    async def claim(self, ask: Ask) -> Found | None:
        """None where the question is this process's to answer; else who was first. Raises
        `IdTaken` where that was another question."""
        key, stream = (ask.owner, ask.id), stream_name(ask.owner, ask.id)
        relaying, known = self.relaying, self.asks.get(key)
        if known is None and relaying is not None and ask.asked.id is not None:
            with anyio.CancelScope(shield=True):  # what is claimed is begun, whoever leaves now
                is_new = await relaying.claim(stream)
            known = self.asks.get(key)
            if known is None and not is_new:
                elsewhere = Elsewhere(ask.id, stream, relaying)
                return await elsewhere.asked_again(ask.owner, ask.asked)
        if known is not None:
            return known.asked_again(ask.owner, ask.asked)
        self.asks[key] = ask
        if relaying is not None:
            relaying.pass_on(stream, ask.log, lambda: ask.cancel(was_cancelled()))
        return None

    async def find(self, owner: Owner, id_: str) -> Found:
        """The question of that id, or at least its answer. Raises `NotFound`."""
        known = self.asks.get((owner, id_)) or await self._elsewhere(owner, id_)
        if isinstance(known, Ask) and not owner.may_see(known.database):
            raise no_question(id_)
        return known or Ask.recalled(await self.kept_answer(owner, id_))

    async def kept_answer(self, owner: Owner, id_: str) -> KeptAnswer:
        """The answer as it was served. Raises `NotFound`."""
        kept = await self.keeper.answer(owner, id_)
        if kept is None or not owner.may_see(kept.database):
            raise no_question(id_)
        return kept

    def under_way(self) -> list[Ask]:
        return [ask for ask in self.asks.values() if not ask.done.is_set()]

    async def forget_ended(self, linger_s: float) -> None:
        """Events of ended questions, once they have been there long enough, or are too many."""
        while True:
            await anyio.sleep(FORGOTTEN_EVERY_S)
            before, number, size = now() - linger_s, 0, 0
            for key, ask in reversed(list(self.asks.items())):
                if ask.ended_at is not None:
                    number, size = number + 1, size + ask.log.size
                    if ask.ended_at < before or number > MOST_ENDED or size > MOST_ENDED_BYTES:
                        del self.asks[key]

    async def _elsewhere(self, owner: Owner, id_: str) -> Elsewhere | None:
        stream = stream_name(owner, id_)
        if self.relaying is None or not await self.relaying.is_elsewhere(stream):
            return None
        elsewhere = Elsewhere(id_, stream, self.relaying)
        if not await elsewhere.may_be_seen_by(owner):
            raise no_question(id_)
        return elsewhere
