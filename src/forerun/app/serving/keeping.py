"""Answers are kept behind the askers' backs: sent first, stored soon, many at a time."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field

import anyio

from forerun.app.conversation import Remembered
from forerun.app.serving.asked import Owner
from forerun.app.serving.store import (
    KeptAnswer,
    KeptTurn,
    ServingStore,
    another_database,
    remembered_of,
)
from forerun.errors import ForerunError, Unavailable

log = logging.getLogger(__name__)

GATHERED_FOR_S = 0.05
MOST_UNKEPT = 2_000
"""Answers, and turns, held back while the store does not answer. Beyond it the oldest are lost,
and logged."""
PAUSE_S, LONGEST_PAUSE_S = 0.2, 5.0
TIDIED_EVERY_S = 60.0
LAST_WRITE_S = 5.0
TURN_WRITE_S = 2.0


@dataclass(slots=True, eq=False)
class _Batch:
    """What is written in one transaction, and who waits for that."""

    answers: list[KeptAnswer] = field(default_factory=list)
    turns: list[KeptTurn] = field(default_factory=list)
    waiting: list[anyio.Event] = field(default_factory=list)

    def put_back(self, failed: _Batch) -> None:
        """In front of what came meanwhile."""
        self.answers[:0] = failed.answers
        self.turns[:0] = failed.turns
        self.waiting[:0] = failed.waiting


@dataclass(slots=True, eq=False)
class Keeper:
    """Gathers what is to be kept and writes it from `run`, in the application's task group."""

    store: ServingStore
    keep_s: float
    most_answers: int
    _batch: _Batch = field(default_factory=_Batch)
    _unkept: dict[tuple[Owner, str], KeptAnswer] = field(default_factory=dict)
    """Gathered or being written, to be found by who asks for it meanwhile."""
    _unkept_turns: dict[tuple[Owner, str], list[KeptTurn]] = field(default_factory=dict)
    """The same of turns, by conversation, oldest first."""
    _news: anyio.Event = field(default_factory=anyio.Event)
    _pressing: anyio.Event = field(default_factory=anyio.Event)
    """A conversation waits for its turn to be kept."""

    def keep(self, answer: KeptAnswer) -> None:
        """Soon; at once and without waiting."""
        self._unkept[answer.owner, answer.id] = answer
        self._batch.answers.append(answer)
        self._news.set()

    async def keep_turn(self, answer: KeptAnswer, turn: KeptTurn) -> None:
        """The same, and wait until it is in the store, where the next question may look for it
        from another process. Goes on after a while without, should the store not answer: this
        process remembers it all the same."""
        written = anyio.Event()
        self._batch.turns.append(turn)
        self._unkept_turns.setdefault((turn.owner, turn.conversation), []).append(turn)
        self._batch.waiting.append(written)
        self.keep(answer)
        self._pressing.set()
        with anyio.move_on_after(TURN_WRITE_S):
            await written.wait()

    async def answer(self, owner: Owner, id_: str) -> KeptAnswer | None:
        """Also one that is not in the store yet."""
        return self._unkept.get((owner, id_)) or await self.store.answer(owner, id_)

    async def remembered(
        self, owner: Owner, conversation: str, database: str, place: str = ""
    ) -> tuple[Remembered, int]:
        """What a new question may refer to, and how many turns there are, also those that are not
        in the store yet. Raises `BadInput` where they were about another database."""
        unkept = tuple(self._unkept_turns.get((owner, conversation), ()))
        if any(turn.database != database for turn in unkept):
            raise another_database(conversation, database)
        kept = await self.store.turns(owner, conversation, database, place)
        known = {turn.answer for turn in kept}
        new = [turn for turn in unkept if turn.answer not in known]
        return remembered_of((*kept, *new)), (kept[-1].number if kept else 0) + len(new)

    async def database_of(self, owner: Owner, conversation: str) -> str | None:
        """What the conversation is about, also one that is not in the store yet."""
        unkept = self._unkept_turns.get((owner, conversation), ())
        about = next((turn.database for turn in unkept), None)
        return about or await self.store.database_of(owner, conversation)

    async def run(self) -> None:
        """Write whenever there is something, until cancelled; tidy up now and then."""
        tidied_at = anyio.current_time()
        while True:
            with anyio.move_on_after(TIDIED_EVERY_S):
                await self._news.wait()
                with anyio.move_on_after(GATHERED_FOR_S):
                    await self._pressing.wait()
            await self._write_until_written()
            if anyio.current_time() - tidied_at > TIDIED_EVERY_S:
                tidied_at = anyio.current_time()
                await self._tidy()

    async def aclose(self) -> None:
        """Write what is left, if the store answers soon, and close it."""
        with anyio.CancelScope(shield=True):
            try:
                with anyio.move_on_after(LAST_WRITE_S):
                    await self._write()
            except ForerunError as error:
                log.error("The last answers were not kept: %s", error)
            await self.store.aclose()

    async def _write_until_written(self) -> None:
        pause_s = PAUSE_S
        while True:
            try:
                return await self._write()
            except Unavailable as error:
                log.warning("Answers are not kept for the moment: %s", error)
                self._drop_oldest()
                await anyio.sleep(pause_s)
                pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    async def _write(self) -> None:
        """What fails to be written is put back in front of what came meanwhile."""
        batch, self._batch = self._batch, _Batch()
        self._news, self._pressing = anyio.Event(), anyio.Event()
        if not batch.answers:
            return
        try:
            await self.store.keep(batch.answers, batch.turns)
        except BaseException:
            self._batch.put_back(batch)
            self._news.set()
            if self._batch.turns:
                self._pressing.set()
            raise
        for answer in batch.answers:
            self._unkept.pop((answer.owner, answer.id), None)
        for turn in batch.turns:
            self._forget_unkept(turn)
        for written in batch.waiting:
            written.set()

    def _forget_unkept(self, turn: KeptTurn) -> None:
        key = (turn.owner, turn.conversation)
        turns = self._unkept_turns[key]
        turns.remove(turn)
        if not turns:
            del self._unkept_turns[key]

    def _drop_oldest(self) -> None:
        if lost := self._batch.answers[:-MOST_UNKEPT]:
            for answer in lost:
                self._unkept.pop((answer.owner, answer.id), None)
            del self._batch.answers[: len(lost)]
            for turn in self._batch.turns[:-MOST_UNKEPT]:
                self._forget_unkept(turn)
            del self._batch.turns[:-MOST_UNKEPT]
            del self._batch.waiting[:-MOST_UNKEPT]
            log.error("%d answers were lost: the store has not answered for long.", len(lost))

    async def _tidy(self) -> None:
        try:
            await self.store.forget_old(time.time() - self.keep_s, self.most_answers)
        except Unavailable as error:
            log.warning("Old answers are not forgotten for the moment: %s", error)
