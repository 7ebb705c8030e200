"""A service elsewhere, asked as a database here is: `ask --server`, `chat --server`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from types import TracebackType
from typing import Unpack

from forerun.client import (
    AskOptions,
    Client,
    Conversation,
    RungChanged,
    StageChanged,
    StreamEvent,
    TextArrived,
)
from forerun.clock import now
from forerun.domain import Answer, Fate, Stage
from forerun.errors import Unauthenticated
from forerun.events import RungSettled, SpanId, StageEnded, StageStarted, emit
from forerun.events import TextArrived as TextArrivedHere


class Elsewhere:
    """What `ask` and `chat` need of a Forerun. What happens there is told here, as it happens."""

    def __init__(self, server: str, database: str | None, key: str | None) -> None:
        self._client = Client(server, key)
        self._database = database
        self._key = key

    async def __aenter__(self) -> Elsewhere:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        await self._client.aclose()

    async def warnings(self) -> tuple[str, ...]:
        """None; but a wrong address, key or name is told before the first question."""
        with naming_the_key(self._key):
            if self._database is None:
                await self._client.databases()
            else:
                await self._client.schema(self._database)
        return ()

    async def ask(self, question: str, **options: Unpack[AskOptions]) -> Answer:
        told: AskOptions = {"database": self._database, **options}
        with naming_the_key(self._key):
            return await self._client.ask(question, on_event=_Retelling().tell, **told)

    def conversation(self) -> Talk:
        return Talk(self._client.conversation(database=self._database))


@contextmanager
def naming_the_key(key: str | None) -> Iterator[None]:
    """The service says which header it wants; here it is a variable that has the key."""
    try:
        yield
    except Unauthenticated as error:
        if key is not None:
            raise
        raise Unauthenticated(error.message, "Set FORERUN_KEY to your key of it.") from None


@dataclass(frozen=True, slots=True)
class Talk:
    """A conversation there, told here."""

    there: Conversation

    async def ask(self, question: str, **options: Unpack[AskOptions]) -> Answer:
        return await self.there.ask(question, on_event=_Retelling().tell, **options)


@dataclass(slots=True)
class _Retelling:
    """Emits what comes from the service as the events that progress is drawn from here."""

    began_at: float = field(default_factory=now)
    _spans: count[SpanId] = field(default_factory=lambda: count(1))
    _running: dict[tuple[Stage, str], SpanId] = field(default_factory=dict)
    """A branch does one thing at a time: that tells which stage has ended."""

    def tell(self, event: StreamEvent) -> None:
        match event:
            case StageChanged():
                self._stage(event)
            case TextArrived(role=role, text=text, branch=branch):
                emit(TextArrivedHere(role, text, branch))
            case RungChanged(rung=rung, branch=branch, state=Fate.WASTED.value):
                emit(RungSettled(rung, branch, Fate.WASTED, event.reason, event.saved_s))

    def _stage(self, event: StageChanged) -> None:
        at, run = self.began_at + event.at_ms / 1000, (event.stage, event.branch)
        if not event.ended:
            self._running[run] = next(self._spans)
            emit(StageStarted(event.stage, self._running[run], event.branch, at))
        elif (span := self._running.pop(run, None)) is not None:
            outcome = event.outcome or ""
            emit(StageEnded(event.stage, outcome, event.detail, span, event.branch, at))
