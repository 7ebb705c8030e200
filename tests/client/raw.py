"""A server that says exactly what a test wants, byte by byte, and notes what it was asked."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import anyio
from anyio.abc import SocketAttribute, SocketStream

from forerun.client import Patience
from forerun.domain import Answer, Kind, ResultColumn, Rows, Status, TraceId
from forerun.wire import answer_to_json

QUICK = Patience(tries=4, pause_s=0.001, longest_pause_s=2.0, connect_s=2.0, reply_s=2.0)
ANSWER = Answer(
    "how many?",
    Status.ANSWERED,
    "sqlite",
    "sequential",
    TraceId("0" * 32),
    sql="SELECT 3 AS n",
    rows=Rows((ResultColumn("n", "INTEGER", Kind.INTEGER),), ((3,),)),
    summary="Three. Grüße!",
)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"


@dataclass(frozen=True)
class Request:
    """One request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any


@dataclass
class Raw:
    """Each connection gets the next of `says`; the last one again and again."""

    says: list[bytes]
    holds: bool = False
    """Whether a connection is left open until the client closes it."""
    url: str = ""
    requests: list[Request] = field(default_factory=list)

    async def serve(self, client: SocketStream) -> None:
        async with client:
            request = await _request(client)
            if request is None:
                return
            said = self.says[min(len(self.requests), len(self.says) - 1)]
            self.requests.append(request)
            await client.send(said)
            if self.holds:
                with suppress(anyio.EndOfStream, anyio.BrokenResourceError):
                    await client.receive()


async def _request(client: SocketStream) -> Request | None:
    came = b""
    try:
        while b"\r\n\r\n" not in came:
            came += await client.receive()
        head, _, body = came.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        headers = {
            name.lower(): value for name, _, value in (line.partition(": ") for line in lines)
        }
        while len(body) < int(headers.get("content-length", 0)):
            body += await client.receive()
    except (anyio.EndOfStream, anyio.BrokenResourceError):
        return None
    method, path, _ = first.split(" ")
    return Request(method, path, headers, json.loads(body) if body else None)


@asynccontextmanager
async def saying(*says: bytes, holds: bool = False) -> AsyncIterator[Raw]:
    raw = Raw(list(says), holds)
    async with (
        await anyio.create_tcp_listener(local_host="127.0.0.1") as listener,
        anyio.create_task_group() as group,
    ):
        port = listener.extra(SocketAttribute.local_port)  # noqa: S610 - not Django's
        raw.url = f"http://127.0.0.1:{port}"
        group.start_soon(listener.serve, raw.serve)
        yield raw
        group.cancel_scope.cancel()


def reply(status: int, body: Any, media_type: str = "application/json", **headers: str) -> bytes:
    """A whole reply; what is not bytes is sent as JSON."""
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    head = (
        f"HTTP/1.1 {status} X\r\nContent-Type: {media_type}\r\nContent-Length: {len(sent)}\r\n"
        f"{more}Connection: close\r\n\r\n"
    )
    return head.encode() + sent


def problem(status: int, code: str, **more: Any) -> bytes:
    told = {"type": "x", "title": "x", "status": status, "code": code, "hint": "Do this."}
    wire = {**told, "detail": "What happened.", **more}
    return reply(status, wire, "application/problem+json")


def event(number: int, name: str, data: Any) -> bytes:
    return f"id: {number}\nevent: {name}\ndata: {json.dumps(data)}\n\n".encode()


def events() -> list[bytes]:
    """What a question tells, one event of most kinds."""
    rows = {"columns": [{"name": "n", "type": "INTEGER", "kind": "integer"}], "rows": [[3]]}
    stage = {"stage": "draft", "branch": "main", "at_ms": 1.5, "outcome": None, "detail": None}
    rung = {"rung": "review", "branch": "review", "state": "launched", "reason": None}
    told: Iterable[tuple[str, Any]] = [
        ("accepted", {"id": "0" * 32, "database": "shop", "conversation_id": None}),
        ("stage", {**stage, "state": "started"}),
        ("text", {"role": "writer", "branch": "main", "text": "SELECT Grüße"}),
        ("rung", {**rung, "saved_s": 0.5}),
        ("a-newer-kind", {"whatever": 1}),
        ("sql", {"sql": "SELECT 3 AS n", "branch": "review", "provisional": True}),
        ("rows", {**rows, "truncated": False, "branch": "review", "provisional": True}),
        ("retracted", {"branch": "review", "reason": "It was refused."}),
        ("summary", {"text": "Three.", "branch": "main", "provisional": False}),
        ("answer", answer_to_json(ANSWER)),
    ]
    return [event(number, name, data) for number, (name, data) in enumerate(told, start=1)]
