"""What other processes are told of the questions of this one, and ask of them."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from hashlib import blake2b

import anyio
from anyio.abc import TaskGroup

from forerun.app.serving.asked import Owner
from forerun.app.serving.event_log import EventLog
from forerun.clock import now
from forerun.errors import Overloaded, Unavailable
from forerun.ports import Heard, Relay, Told

log = logging.getLogger(__name__)

GATHERED_FOR_S = 0.01
SIGN_OF_LIFE_S = 3.0
PAUSE_S, LONGEST_PAUSE_S = 0.5, 2.0
BYTES_AT_ONCE = 1_000_000
LAST_WORDS_S = 2.0
MOST_UNTOLD = 500
"""Ended questions whose events are held back for other processes while these cannot be told."""
UNTOLD_FOR_S = 60.0
"""For longer they are held back for nobody."""


def stream_name(owner: Owner, id_: str) -> str:
    """Only who knows the owner knows it: nobody else finds the question."""
    text = json.dumps([owner.tenant, owner.user, id_])
    return blake2b(text.encode(), digest_size=16).hexdigest()


@dataclass(slots=True, eq=False)
class _Passed:
    """How much of the log of one run was passed on."""

    log: EventLog
    run: str
    on_cancel: Callable[[], None]
    events: int = 0
    late_since: float | None = None
    """Since when it cannot be passed on; None: it can."""

    @property
    def has_more(self) -> bool:
        """Whether there is anything to tell but that it lives; what was told to its end is gone."""
        return self.log.ended or self.events < len(self.log.frames)

    def told(self, stream: str) -> Told:
        """What is new of it, so much as goes at once."""
        frames, size, end = self.log.frames, 0, self.events
        while end < len(frames) and (not size or size + len(frames[end]) <= BYTES_AT_ONCE):
            size, end = size + len(frames[end]), end + 1
        ended = self.log.ended and end == len(frames)
        return Told(stream, self.run, self.events + 1, frames[self.events : end], ended)


@dataclass(slots=True, eq=False)
class Relaying:
    """Passes on in the background, many events at a time; the log itself is the buffer.

    Whose events cannot be passed on is tried again apart from the others, alone, so that it keeps
    none of them waiting.
    """

    relay: Relay
    followers: int
    _passed: dict[str, _Passed] = field(default_factory=dict)
    _following: int = 0
    _news: anyio.Event = field(default_factory=anyio.Event)

    def start(self, group: TaskGroup) -> None:
        group.start_soon(self._run)
        group.start_soon(self._run_late)
        group.start_soon(self.relay.hear_cancels, self._cancel)

    def pass_on(self, stream: str, run: str, told: EventLog, on_cancel: Callable[[], None]) -> None:
        """All events of the log, from now on until its end, unless another run of the question is
        passed on already."""
        self._passed[stream] = _Passed(told, run, on_cancel)
        told.on_append = self._wake
        self._wake()

    async def claim(self, stream: str, run: str) -> bool | None:
        """Whether the question is new, and is that run's from now on. None: nobody can be asked."""
        try:
            return await self.relay.claim(stream, run)
        except Unavailable as error:
            log.warning("Other processes are not asked for the moment: %s", error)
            return None

    async def is_followed(self, stream: str) -> bool:
        """While nobody can be asked, it may be: the question ends at its own deadline."""
        try:
            return await self.relay.is_followed(stream)
        except Unavailable:
            return True

    def must_have_room(self) -> None:
        """For one more who follows another process's question. Raises `Overloaded`."""
        if self._following >= self.followers:
            raise Overloaded(
                f"{self._following} questions of other processes are followed here already.",
                "Come back a little later.",
                1.0,
            )

    @contextmanager
    def following(self) -> Iterator[None]:
        """Whoever follows another process's question does so inside. Raises `Overloaded`."""
        self.must_have_room()
        self._following += 1
        try:
            yield
        finally:
            self._following -= 1

    async def aclose(self) -> None:
        """Say what is left to say, if that goes quickly."""
        with anyio.CancelScope(shield=True):
            with anyio.move_on_after(LAST_WORDS_S):
                while any(each.has_more for each in self._passed.values()):
                    await self._tell()
                    if not await self._tell_late():
                        await anyio.sleep(PAUSE_S)
            await self.relay.aclose()

    async def _run(self) -> None:
        while True:
            with anyio.move_on_after(SIGN_OF_LIFE_S):
                await self._news.wait()
                await anyio.sleep(GATHERED_FOR_S)
            await self._tell()

    async def _run_late(self) -> None:
        pause_s = PAUSE_S
        while True:
            await anyio.sleep(pause_s)
            self._drop_oldest()
            pause_s = PAUSE_S if await self._tell_late() else min(2 * pause_s, LONGEST_PAUSE_S)

    def _late(self) -> dict[str, _Passed]:
        return {name: each for name, each in self._passed.items() if each.late_since is not None}

    def _drop_oldest(self) -> None:
        """Of questions that have ended, while nobody takes their events."""
        late = self._late().items()
        ended = sorted((each.late_since or 0.0, name) for name, each in late if each.log.ended)
        before = now() - UNTOLD_FOR_S
        for number, (since, stream) in enumerate(reversed(ended)):
            if number >= MOST_UNTOLD or since < before:
                del self._passed[stream]

    async def _tell(self) -> None:
        """Everything that is new; and of what has nothing new, that it lives."""
        self._news = anyio.Event()
        news, size = [], 0
        for stream, passed in list(self._passed.items()):
            if passed.late_since is None:
                told = passed.told(stream)
                news.append(told)
                size += sum(map(len, told.events))
            if size > BYTES_AT_ONCE:
                await self._tell_some(news)
                news, size = [], 0
        if news:
            await self._tell_some(news)

    async def _tell_late(self) -> bool:
        """Whether all could be told. Who fails again comes last the next time."""
        for stream, passed in self._late().items():
            if not await self._tell_alone(stream, passed):
                if stream in self._passed:
                    self._passed[stream] = self._passed.pop(stream)
                return False
        return True

    async def _tell_alone(self, stream: str, passed: _Passed) -> bool:
        """First that it goes on, where it does: its events may be what cannot be told."""
        told = passed.told(stream)
        goes_on = () if passed.log.ended else (replace(told, events=()),)
        for news in (*goes_on, told):
            if not await self._tell_some([news]):
                return False
        return True

    async def _tell_some(self, news: Sequence[Told]) -> bool:
        try:
            heard = await self.relay.tell(news)
        except Unavailable as error:
            log.warning("Events of %d questions are not passed on for now: %s", len(news), error)
            for told in news:
                if (passed := self._passed.get(told.stream)) is not None:
                    passed.late_since = passed.late_since or now()
            return False
        for told, each in zip(news, heard, strict=True):
            self._hear(told, each)
        return True

    def _hear(self, told: Told, heard: Heard) -> None:
        passed = self._passed.get(told.stream)
        if passed is None or passed.run != told.run:
            return
        if heard is Heard.FOREIGN:
            del self._passed[told.stream]
            log.warning("A question is answered twice; another process passes its events on.")
        elif heard is Heard.FORGOTTEN:
            passed.events = 0
            self._wake()
        else:
            self._taken(told, passed)
            if heard is Heard.CANCELLED:
                passed.on_cancel()

    def _taken(self, told: Told, passed: _Passed) -> None:
        passed.events = told.first - 1 + len(told.events)
        has_more = passed.events < len(passed.log.frames)
        if told.ended:
            del self._passed[told.stream]
        elif told.events or not has_more:
            passed.late_since = None
            if has_more:
                self._wake()

    def _cancel(self, stream: str) -> None:
        if (passed := self._passed.get(stream)) is not None:
            passed.on_cancel()

    def _wake(self) -> None:
        self._news.set()
