"""People who ask over HTTP: each on a connection of his own, one question after another."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import anyio
import anyio.abc
import h11

from forerun.domain import Mode
from forerun.lab.load.planning import DATABASE
from forerun.testing.simulator import Case

RECEIVED_AT_ONCE = 262_144
LONGEST_ANSWER_S = 300.0


@dataclass(frozen=True, slots=True)
class Ending:
    """What became of one question, as its asker saw it. Seconds since the request was sent."""

    id: str
    seconds: float
    first_event_s: float | None = None
    status: str = "failed"
    """Of the answer; `failed` where there is none."""
    error: str | None = None
    """Code of what went wrong."""
    strategy: str | None = None
    shed: int = 0
    """Rungs that were left out because of the load."""
    fell_back: bool = False
    events: int = 0
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class Wish:
    """One question to be asked."""

    text: str
    conversation: str | None
    max_rows: int
    """Of each question another one: so the cache has seen none of them before."""


@dataclass(slots=True)
class Wishes:
    """What askers ask: complex, then a follow-up to it, then a simple question, and so on."""

    cases: tuple[Case, ...]
    _numbers: Iterator[int] = field(default_factory=count)

    def next_three(self) -> tuple[Wish, Wish, Wish]:
        """All of one asker."""
        number = next(self._numbers)
        follow_up, simple, other = (
            self.cases[(3 * number + kind) % len(self.cases)] for kind in range(3)
        )
        conversation = uuid.uuid4().hex
        rows = 1_000 + 3 * number
        return (
            Wish(other.question, conversation, rows),
            Wish(follow_up.asked, conversation, rows + 1),
            Wish(simple.question, None, rows + 2),
        )


class Hungup(Exception):
    """The service has closed the connection amid an answer."""


@dataclass(slots=True)
class Asker:
    """One connection, kept open from question to question."""

    port: int
    mode: Mode
    _stream: anyio.abc.SocketStream | None = None
    _http: h11.Connection = field(default_factory=lambda: h11.Connection(h11.CLIENT))

    async def ask(self, wish: Wish) -> Ending:
        """Whatever becomes of it is told, not raised."""
        id_ = uuid.uuid4().hex
        began_at = time.perf_counter()
        try:
            with anyio.fail_after(LONGEST_ANSWER_S):
                return await self._asked(id_, wish, began_at)
        except (OSError, anyio.BrokenResourceError, h11.ProtocolError, Hungup) as failed:
            await self.aclose()
            seconds = time.perf_counter() - began_at
            return Ending(id_, seconds, error=f"connection: {type(failed).__name__}")

    async def aclose(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            await stream.aclose()

    async def _asked(self, id_: str, wish: Wish, began_at: float) -> Ending:
        stream = await self._connected()
        await stream.send(self._request(id_, wish))
        first_s: float | None = None
        status, events, size, rest, final = 0, 0, 0, b"", b""
        async for event in self._events(stream):
            if isinstance(event, h11.Response):
                status = event.status_code
            elif isinstance(event, h11.Data):
                if first_s is None:
                    first_s = time.perf_counter() - began_at
                size += len(event.data)
                *whole, rest = (rest + event.data).split(b"\n\n")
                events += len(whole)
                final = whole[-1] if whole else final
        seconds = time.perf_counter() - began_at
        self._http.start_next_cycle()
        if status != 200:
            return Ending(id_, seconds, error=_code(rest, status))
        if not final:
            raise Hungup
        return _ending(Ending(id_, seconds, first_s, events=events, bytes=size), final)

    async def _connected(self) -> anyio.abc.SocketStream:
        if self._stream is None:
            self._stream = await anyio.connect_tcp("127.0.0.1", self.port)
            self._http = h11.Connection(h11.CLIENT)
        return self._stream

    def _request(self, id_: str, wish: Wish) -> bytes:
        asked = {
            "question": wish.text,
            "database": DATABASE,
            "id": id_,
            "mode": self.mode.value,
            "max_rows": wish.max_rows,
        }
        if wish.conversation is not None:
            asked["conversation_id"] = wish.conversation
        body = json.dumps(asked).encode()
        head = h11.Request(
            method="POST",
            target="/v1/ask/stream",
            headers=[
                ("host", f"127.0.0.1:{self.port}"),
                ("content-type", "application/json"),
                ("content-length", str(len(body))),
            ],
        )
        parts = (head, h11.Data(data=body), h11.EndOfMessage())
        return b"".join(self._http.send(part) or b"" for part in parts)

    async def _events(self, stream: anyio.abc.SocketStream) -> AsyncIterator[h11.Event]:
        while True:
            event = self._http.next_event()
            if isinstance(event, h11.EndOfMessage):
                return
            if event is h11.NEED_DATA:
                try:
                    self._http.receive_data(await stream.receive(RECEIVED_AT_ONCE))
                except anyio.EndOfStream:
                    raise Hungup from None
            elif isinstance(event, h11.Event):
                yield event
            else:
                raise Hungup


def _ending(ending: Ending, last: bytes) -> Ending:
    """With what the last event of a stream says."""
    head, _, data = last.partition(b"\ndata: ")
    told: dict[str, Any] = json.loads(data)
    about = (ending.id, ending.seconds, ending.first_event_s)
    if not head.endswith(b"event: answer"):
        return Ending(*about, error=str(told.get("code")), events=ending.events, bytes=ending.bytes)
    error = told.get("error")
    decision = told.get("decision") or {}
    return Ending(
        *about,
        told["status"],
        None if error is None else str(error["code"]),
        decision.get("strategy"),
        sum("in flight" in (rung.get("reason") or "") for rung in told.get("speculation", ())),
        bool((told.get("fallback") or {}).get("used")),
        ending.events,
        ending.bytes,
    )


def _code(body: bytes, status: int) -> str:
    try:
        return str(json.loads(body)["code"])
    except (ValueError, KeyError):
        return f"HTTP {status}"
