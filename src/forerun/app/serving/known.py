"""Questions by their owner and id: what goes on here, in other processes, and what is kept."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TypeAlias

import anyio

from forerun.app.serving.asked import Asked, Owner
from forerun.app.serving.elsewhere import Elsewhere
from forerun.app.serving.keeping import Keeper
from forerun.app.serving.relaying import Relaying, stream_name
from forerun.app.serving.running import Ask, no_question, unheard, was_cancelled
from forerun.app.serving.store import KeptAnswer
from forerun.clock import now
from forerun.errors import Overloaded, Unavailable

MOST_ENDED = 2_000
MOST_ENDED_BYTES = 64 * 1024 * 1024
FORGOTTEN_EVERY_S = 1.0
UNASKED = (
    "Redis did not answer, so whether another process answers this question already could not be "
    "asked: it may have been done twice."
)

log = logging.getLogger(__name__)

Found: TypeAlias = Ask | Elsewhere


@dataclass(frozen=True, slots=True)
class Known:
    """Nobody finds what is another owner's."""

    asks: dict[tuple[Owner, str], Ask]
    """Of this process, until their events are forgotten."""
    keeper: Keeper
    relaying: Relaying | None
    """None: there are no other processes."""
    queries: set[Ask] = field(default_factory=set)
    """Under way, of askers' own; nobody finds them."""

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
                is_new = await relaying.claim(stream, ask.run)
            known = self.asks.get(key)
            if known is None and is_new is False:
                elsewhere = Elsewhere(ask.id, ask.owner, stream, relaying, self.keeper)
                return await elsewhere.asked_again(ask.asked)
            if is_new is None:  # better twice than not at all
                ask.warnings = (*ask.warnings, UNASKED)
        if known is not None:
            return known.asked_again(ask.owner, ask.asked)
        self.asks[key] = ask
        if relaying is not None:
            relaying.pass_on(stream, ask.run, ask.log, lambda: ask.cancel(was_cancelled()))
        return None

    async def find(self, owner: Owner, id_: str) -> Found:
        """The question of that id, or at least its answer. Raises `NotFound`; and `Unheard` where
        only another process may know of it, and cannot be asked."""
        here = self.asks.get((owner, id_))
        if here is not None and not owner.may_see(here.database):
            raise no_question(id_)
        elsewhere = None if here else await self._elsewhere(owner, id_)
        return here or elsewhere or Ask.recalled(await self.kept_answer(owner, id_))

    async def kept_answer(self, owner: Owner, id_: str) -> KeptAnswer:
        """The answer as it was served. Raises `NotFound`."""
        kept = await self.keeper.answer(owner, id_)
        if kept is None or not owner.may_see(kept.database):
            raise no_question(id_)
        return kept

    def under_way(self) -> list[Ask]:
        return [ask for ask in (*self.asks.values(), *self.queries) if not ask.done.is_set()]

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
        if self.relaying is None:
            return None
        stream = stream_name(owner, id_)
        elsewhere = Elsewhere(id_, owner, stream, self.relaying, self.keeper)
        try:
            if not await self.relaying.relay.is_known(stream):
                return None
            if not await elsewhere.may_be_seen():
                raise no_question(id_)
        except Overloaded:
            raise
        except Unavailable as error:
            log.warning("Other processes are not asked for the moment: %s", error)
            if await self.keeper.answer(owner, id_) is None:
                raise unheard(id_) from error
            return None
        return elsewhere
