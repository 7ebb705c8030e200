"""What other processes are told of the questions of this one, and ask of them."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from hashlib import blake2b

import anyio
from anyio.abc import TaskGroup

from forerun.app.serving.asked import Owner
from forerun.app.serving.event_log import EventLog, Frame
from forerun.errors import Overloaded, Unavailable
from forerun.ports import Relay, Told

log = logging.getLogger(__name__)

GATHERED_FOR_S = 0.01
SIGN_OF_LIFE_S = 3.0
PAUSE_S = 0.5
BYTES_AT_ONCE = 1_000_000
LAST_WORDS_S = 2.0
MOST_UNTOLD = 500
"""Ended questions whose events are held back for other processes while Redis does not answer."""


def stream_name(owner: Owner, id_: str) -> str:
    """Only who knows the owner knows it: nobody else finds the question."""
    text = json.dumps([owner.tenant, owner.user, id_])
    return blake2b(text.encode(), digest_size=16).hexdigest()


@dataclass(slots=True, eq=False)
class _Passed:
    """How much of a log was passed on."""

    log: EventLog
    on_cancel: Callable[[], None]
    events: int = 0


@dataclass(slots=True, eq=False)
class Relaying:
    """Passes on in the background, many events at a time; the log itself is the buffer."""

    relay: Relay
    followers: int
    _passed: dict[str, _Passed] = field(default_factory=dict)
    _following: int = 0
    _news: anyio.Event = field(default_factory=anyio.Event)

    def start(self, group: TaskGroup) -> None:
        group.start_soon(self._run)
        group.start_soon(self.relay.hear_cancels, self._cancel)

    def pass_on(self, stream: str, told: EventLog, on_cancel: Callable[[], None]) -> None:
        """All events of the log, from now on until its end."""
        self._passed[stream] = _Passed(told, on_cancel)
        told.on_append = self._wake
        self._wake()

    async def claim(self, stream: str) -> bool:
        """Whether the question is new. So is every one, while nobody can be asked."""
        try:
            return await self.relay.claim(stream)
        except Unavailable as error:
            log.warning("Other processes are not asked for the moment: %s", error)
            return True

    async def is_elsewhere(self, stream: str) -> bool:
        try:
            return await self.relay.is_known(stream)
        except Unavailable as error:
            log.warning("Other processes are not asked for the moment: %s", error)
            return False

    async def is_followed(self, stream: str) -> bool:
        """While nobody can be asked, it may be: the question ends at its own deadline."""
        try:
            return await self.relay.is_followed(stream)
        except Unavailable:
            return True

    async def follow(self, stream: str, after: int) -> AsyncGenerator[Sequence[Frame]]:
        """The events of another process's question. Raises `Overloaded` or `Unavailable`."""
        if self._following >= self.followers:
            raise Overloaded(
                f"{self._following} questions of other processes are followed here already.",
                "Come back a little later.",
                1.0,
            )
        self._following += 1
        try:
            async with aclosing(self.relay.follow(stream, after)) as followed:
                async for frames in followed:
                    yield frames
        finally:
            self._following -= 1

    async def aclose(self) -> None:
        """Say what is left to say, if that goes quickly."""
        with anyio.CancelScope(shield=True):
            try:
                with anyio.move_on_after(LAST_WORDS_S):
                    await self._tell()
            except Unavailable as error:
                log.warning("The last events were not passed on: %s", error)
            await self.relay.aclose()

    async def _run(self) -> None:
        while True:
            with anyio.move_on_after(SIGN_OF_LIFE_S):
                await self._news.wait()
                await anyio.sleep(GATHERED_FOR_S)
            try:
                await self._tell()
            except Unavailable as error:
                log.warning("Events are not passed on for the moment: %s", error)
                self._drop_oldest()
                await anyio.sleep(PAUSE_S)

    def _drop_oldest(self) -> None:
        """Of questions that have ended, while nobody takes their events."""
        ended = [stream for stream, passed in self._passed.items() if passed.log.ended]
        for stream in ended[:-MOST_UNTOLD]:
            del self._passed[stream]

    async def _tell(self) -> None:
        """Everything that is new; and of what has nothing new, that it lives."""
        self._news = anyio.Event()
        news, size = [], 0
        for stream, passed in list(self._passed.items()):
            told = _told(stream, passed)
            news.append(told)
            size += sum(map(len, told.events))
            if size > BYTES_AT_ONCE:
                await self._tell_some(news)
                news, size = [], 0
        if news:
            await self._tell_some(news)

    async def _tell_some(self, news: Sequence[Told]) -> None:
        wanted = await self.relay.tell(news)
        for told in news:
            self._passed[told.stream].events += len(told.events)
        for stream in wanted:
            self._cancel(stream)
        for told in news:
            if told.ended:
                del self._passed[told.stream]

    def _cancel(self, stream: str) -> None:
        if (passed := self._passed.get(stream)) is not None:
            passed.on_cancel()

    def _wake(self) -> None:
        self._news.set()


def _told(stream: str, passed: _Passed) -> Told:
    frames = passed.log.frames
    return Told(stream, passed.events + 1, frames[passed.events :], passed.log.ended)
