"""The audit log of one process: noted at once, written in batches in the background."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

import anyio

from forerun.access.audit.records import (
    Act,
    Asked,
    act_record,
    record_of,
    refusals_record,
    to_text,
)
from forerun.access.audit.refusals import Minute, Refusals
from forerun.access.audit.trail import Entry, Kind, Trail
from forerun.access.identity import Identity
from forerun.errors import Unavailable

EVERY_S = 1.0
AT_ONCE = 500
MOST = 10_000
"""Entries that wait for a store which does not answer. What comes then is counted, not kept, and
the number is written down once the store is back: a gap is told."""
TIDY_EVERY_S = 3_600.0
DAY_S = 86_400.0


class AuditLog:
    """Where questions and acts are noted as they end."""

    def __init__(
        self,
        trail: Trail,
        *,
        with_questions: bool = True,
        keep_days: float | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.trail = trail
        self._with_questions = with_questions
        self._keep_days = keep_days
        self._clock = clock
        self._refusals = Refusals()
        self._waiting: deque[Entry] = deque()
        self._sealed: tuple[Entry, ...] = ()
        """A batch of which it is not known yet whether it was written."""
        self._lost = 0
        self._one_at_a_time = anyio.Lock()

    def note(self, asked: Asked) -> None:
        """Never waits and never fails."""
        if asked.answer is None and self._is_counted(asked.identity, asked.error_code):
            return
        body = record_of(asked, with_question=self._with_questions)
        self._add(asked.at.timestamp(), Kind.QUESTION, asked.identity, body)

    def note_act(self, act: Act, identity: Identity) -> None:
        """The same, of what is no question."""
        if self._is_counted(identity, act.error_code):
            return
        body = act_record(act, identity, with_question=self._with_questions)
        self._add(self._clock(), Kind.ACT, identity, body)

    async def flush(self) -> None:
        """Write what waits. Raises `Unavailable`; then nothing is lost."""
        self._tell_counted(self._refusals.over(self._clock()))
        await self._write()

    async def finish(self) -> None:
        """The same, with what is still being counted."""
        self._tell_counted(self._refusals.over())
        await self._write()

    async def _write(self) -> None:
        async with self._one_at_a_time:
            while self._sealed or self._waiting or self._lost:
                if not self._sealed:
                    self._seal()
                await self.trail.append(self._sealed)
                self._sealed = ()

    async def run(self) -> None:
        """Until it is cancelled. What cannot be written now is written later."""
        tidied_at = -float("inf")
        while True:
            await anyio.sleep(EVERY_S)
            try:
                await self.flush()
                if self._clock() - tidied_at >= TIDY_EVERY_S:
                    tidied_at = self._clock()
                    await self.tidy()
            except Unavailable:
                continue

    async def tidy(self) -> None:
        """Remove what is older than is to be kept. Raises `Unavailable`."""
        if self._keep_days is not None:
            await self.trail.remove_before(self._clock() - self._keep_days * DAY_S)

    def _is_counted(self, identity: Identity, code: str | None) -> bool:
        return code is not None and self._refusals.is_counted(identity, code, self._clock())

    def _tell_counted(self, minutes: Iterable[Minute]) -> None:
        for minute in minutes:
            self._add(minute.until, Kind.REFUSED, minute.identity, refusals_record(minute))

    def _add(self, at: float, kind: Kind, identity: Identity, body: Any) -> None:
        if len(self._waiting) >= MOST:
            self._lost += 1
            return
        self._waiting.append(Entry(at, kind, identity.tenant, to_text(body)))

    def _seal(self) -> None:
        some = [self._waiting.popleft() for _ in range(min(AT_ONCE, len(self._waiting)))]
        if self._lost and not self._waiting:
            body = to_text({"questions": self._lost})
            some.append(Entry(self._clock(), Kind.LOST, "", body))
            self._lost = 0
        self._sealed = tuple(some)
