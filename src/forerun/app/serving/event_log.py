"""What one question has told so far, ready to be sent, for any number of readers."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import anyio

from forerun.wire.encoding import encoded

Frame: TypeAlias = bytes
"""One event as text of an event stream, its number in it."""
ALONE = 2**31 - 1
"""The number of an answer that is told without its events: whatever the last one was that was seen,
this one comes after it, and nothing after this one."""


WORDS = frozenset({"text", "summary"})
WORDS_GATHERED_FOR_S = 0.08


@dataclass(slots=True, eq=False)
class EventLog:
    """Events are numbered from 1 and turned into text once. The last one ends the log."""

    on_append: Callable[[], None] | None = None
    """Told of each event, to pass it on."""
    frames: list[Frame] = field(default_factory=list)
    ended: bool = False
    size: int = 0
    """Bytes of all events."""
    _pressing: int = 0
    """How many events there are up to the last one that is not only words."""
    _news: anyio.Event | None = None
    _press: anyio.Event | None = None

    def append(self, name: str, data: Any) -> None:
        self.append_encoded(name, encoded(data))

    def append_encoded(self, name: str, data: bytes) -> None:
        """`data` is JSON without line ends."""
        told = frame(len(self.frames) + 1, name, data)
        self.frames.append(told)
        self.size += len(told)
        self._tell(pressing=name not in WORDS)

    def end(self) -> None:
        self.ended = True
        self._tell(pressing=True)

    async def follow(self, after: int = 0) -> AsyncGenerator[Sequence[Frame]]:
        """What came after event `after` until the last one, a few at a time.

        Words are gathered for a moment that nobody notices: one by one they would cost more to
        send than all the rest. Whatever else happens is told at once, with the words before it.
        """
        while True:
            if after < len(self.frames):
                if after >= self._pressing and not self.ended:
                    await self._gather()
                news = self.frames[after:]
                after = len(self.frames)
                yield news
            elif self.ended:
                return
            else:
                if self._news is None:
                    self._news = anyio.Event()
                await self._news.wait()

    async def _gather(self) -> None:
        if self._press is None:
            self._press = anyio.Event()
        with anyio.move_on_after(WORDS_GATHERED_FOR_S):
            await self._press.wait()

    def _tell(self, *, pressing: bool) -> None:
        if pressing:
            self._pressing = len(self.frames)
            if self._press is not None:
                self._press.set()
                self._press = None
        if self._news is not None:
            self._news.set()
            self._news = None
        if self.on_append is not None:
            self.on_append()


def frame(number: int, name: str, data: bytes) -> Frame:
    return b"id: %d\nevent: %b\ndata: %b\n\n" % (number, name.encode(), data)


def number_of(told: Frame) -> int:
    return int(told[4 : told.index(b"\n")])


def is_last(told: Frame) -> bool:
    """Whether nothing comes after it."""
    return told.partition(b"\ndata: ")[0].endswith((b"event: answer", b"event: error"))


def answer_in(told: Frame) -> bytes | None:
    """The AnswerJSON that a frame holds; None where it is about something else."""
    head, _, data = told.partition(b"\ndata: ")
    return data.rstrip(b"\n") if head.endswith(b"event: answer") else None


def accepted_in(told: Frame) -> Mapping[str, Any] | None:
    """What the first event of a question says of it; None of any other."""
    head, _, data = told.partition(b"\ndata: ")
    said: Mapping[str, Any] = json.loads(data) if head.endswith(b"event: accepted") else {}
    return said or None
