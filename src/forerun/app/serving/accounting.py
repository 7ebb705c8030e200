"""What a question has used is paid, and who asked it is written down, however it has ended."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import anyio

from forerun.access import Identity
from forerun.access.audit import records
from forerun.app.access import Access
from forerun.app.serving.asked import Asked
from forerun.app.serving.running import Ask, nobody_waits
from forerun.app.serving.sights import in_words
from forerun.domain import Answer
from forerun.errors import ForerunError, InternalError


@dataclass(frozen=True, slots=True)
class Accounts:
    """Of all that is asked of one process."""

    access: Access

    @contextmanager
    def turning_away(self, asked: Asked, identity: Identity, operation: str) -> Iterator[None]:
        """A question that is not let in while this lasts is written down with the reason."""
        came_at = datetime.now(UTC)
        try:
            yield
        except BaseException as error:
            code, about = _code(error), (asked.database or "", asked.question)
            self._note_asked(records.Asked(identity, *about, came_at, operation, None, code))
            raise

    @contextmanager
    def acting(self, identity: Identity, act: records.Act) -> Iterator[records.Act]:
        """Something that is no question and done while this lasts is written down, however it
        ends. What is known of it only then may be added."""
        try:
            yield act
        except BaseException as error:
            act.error_code = _code(error)
            raise
        finally:
            self.note(identity, act)

    @contextmanager
    def failing(self, identity: Identity, act: records.Act) -> Iterator[None]:
        """As `acting`, but only where it fails."""
        try:
            yield
        except BaseException as error:
            act.error_code = _code(error)
            self.note(identity, act)
            raise

    @asynccontextmanager
    async def counted(self, identity: Identity, act: records.Act) -> AsyncIterator[records.Act]:
        """As `acting`, and a request of theirs. Raises `LimitReached`, and that is noted, too."""
        with self.acting(identity, act):
            await self.access.gatekeeper.admit(identity)
            yield act

    def note(self, identity: Identity, act: records.Act) -> None:
        if self.access.audit is not None:
            self.access.audit.note_act(act, identity)

    def ended(self, ask: Ask, answer: Answer, identity: Identity) -> None:
        """What it has used, and what was sent for it."""
        self.access.gatekeeper.charge(identity, answer.usage)
        if self.access.audit is None:
            return
        code = None if ask.error is None else ask.error.code
        about = (ask.database, ask.asked.question, ask.started_at, ask.operation)
        policies = in_words(ask.asker.sight)
        self._note_asked(records.Asked(identity, *about, answer, code, policies))

    def _note_asked(self, asked: records.Asked) -> None:
        if self.access.audit is not None:
            self.access.audit.note(asked)


def _code(error: BaseException) -> str:
    if isinstance(error, ForerunError):
        return error.code
    if isinstance(error, anyio.get_cancelled_exc_class()):
        return nobody_waits().code
    return InternalError.code
