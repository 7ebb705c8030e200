"""A real HTTP server on loopback that speaks the OpenAI chat API and follows a script.

It streams, counts tokens, takes a `response_format`, and misbehaves on demand: refuses, hangs,
resets the connection, breaks off. It runs in a thread of its own, so that synchronous and
asynchronous tests alike may use it:

    with serve_openai(["```sql\\nSELECT 1\\n```"]) as server:
        model = open_model("any-name", base_url=server.base_url)
"""

from __future__ import annotations

import json
import math
import socket
import struct
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import anyio
import anyio.abc
import anyio.from_thread
import h11

from forerun.testing.scripted import count_tokens, tokens_of


@dataclass(frozen=True, slots=True)
class Says:
    """An answer. `breaks_off` ends it after that many tokens, by closing or by a reset."""

    text: str
    delay_s: float = 0.0
    token_delay_s: float = 0.0
    finish_reason: Literal["stop", "length", "content_filter"] = "stop"
    breaks_off_after: int | None = None
    by_reset: bool = False


@dataclass(frozen=True, slots=True)
class Paced:
    """An answer whose pieces come at times of their own, with a usage of its own."""

    pieces: tuple[tuple[float, str], ...]
    """Seconds after the request, ascending, and the text that comes then."""
    input_tokens: int
    output_tokens: int
    cached_tokens: int = 0
    """Part of the input tokens."""


@dataclass(frozen=True, slots=True)
class Refuses:
    """An error status with the body that OpenAI sends."""

    status: int
    message: str = "Refused by the script."
    code: str | None = None
    retry_after_s: float | None = None
    """Whole seconds as `Retry-After`, a fraction as `retry-after-ms` besides."""


@dataclass(frozen=True, slots=True)
class Raw:
    """Any body with status 200."""

    body: bytes
    content_type: str = "application/json"


@dataclass(frozen=True, slots=True)
class Hangs:
    """No byte, ever."""


@dataclass(frozen=True, slots=True)
class Resets:
    """The connection is reset instead of an answer."""


Reply: TypeAlias = str | Says | Paced | Refuses | Raw | Hangs | Resets
Script: TypeAlias = Iterable[Reply] | Callable[["ChatRequest"], Reply]
"""Replies in order of the requests, or a function of the request."""


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """What a client asked."""

    body: Mapping[str, Any]
    headers: Mapping[str, str]

    @property
    def model(self) -> str:
        return str(self.body.get("model"))

    @property
    def streams(self) -> bool:
        return bool(self.body.get("stream"))

    @property
    def shape(self) -> Mapping[str, Any] | None:
        """The JSON schema the answer is to be held to."""
        form = self.body.get("response_format") or {}
        schema: Mapping[str, Any] | None = form.get("json_schema", {}).get("schema")
        return schema

    @property
    def system(self) -> str:
        return self._said_by("system")

    @property
    def user(self) -> str:
        return self._said_by("user")

    def _said_by(self, role: str) -> str:
        return "\n".join(str(m["content"]) for m in self.body["messages"] if m["role"] == role)


@dataclass
class OpenAIServer:
    """What a test sees of the server."""

    script: Callable[[ChatRequest], Reply]
    base_url: str = ""
    requests: list[ChatRequest] = field(default_factory=list)
    disconnects: int = 0
    """How often a client left before its answer was finished."""


@contextmanager
def serve_openai(script: Script) -> Iterator[OpenAIServer]:
    """A server at `server.base_url` for the length of the block."""
    server = OpenAIServer(script if callable(script) else _in_order(iter(script)))
    with (
        anyio.from_thread.start_blocking_portal() as portal,
        portal.wrap_async_context_manager(_serving(server)),
    ):
        yield server


def _in_order(replies: Iterator[Reply]) -> Callable[[ChatRequest], Reply]:
    exhausted = Refuses(500, "The script has no reply left.")
    return lambda _: next(replies, exhausted)


@asynccontextmanager
async def _serving(server: OpenAIServer) -> AsyncIterator[None]:
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    port = listener.extra(anyio.abc.SocketAttribute.local_port)  # noqa: S610 - not Django's
    server.base_url = f"http://127.0.0.1:{port}/v1"

    async def converse(stream: anyio.abc.SocketStream) -> None:
        async with stream:
            await _Connection(server, stream).serve()

    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, converse)
        yield
        tasks.cancel_scope.cancel()


class _ClientLeft(Exception):
    """The client closed the connection."""


class _Connection:
    """One client connection: HTTP/1.1 with keep-alive."""

    def __init__(self, server: OpenAIServer, stream: anyio.abc.SocketStream) -> None:
        self._server = server
        self._stream = stream
        self._http = h11.Connection(h11.SERVER)

    async def serve(self) -> None:
        try:
            while request := await self._next_request():
                if not await self._answer(*request):
                    return
                self._http.start_next_cycle()
        except (_ClientLeft, h11.ProtocolError):
            return

    async def _next_request(self) -> tuple[h11.Request, bytes] | None:
        request: h11.Request | None = None
        body = b""
        while True:
            match self._http.next_event():
                case h11.NEED_DATA:
                    self._http.receive_data(await self._received())
                case h11.Request() as request:
                    pass
                case h11.Data(data=data):
                    body += data
                case h11.EndOfMessage() if request is not None:
                    return request, body
                case _:
                    return None

    async def _received(self) -> bytes:
        try:
            return await self._stream.receive()
        except anyio.EndOfStream:
            return b""
        except (anyio.BrokenResourceError, anyio.ClosedResourceError) as error:
            raise _ClientLeft from error

    async def _answer(self, request: h11.Request, body: bytes) -> bool:
        """Answer one request; False when the connection is of no more use."""
        finished = False

        async def watch(tasks: anyio.abc.TaskGroup) -> None:
            with suppress(_ClientLeft):
                while data := await self._received():
                    self._http.receive_data(data)
            tasks.cancel_scope.cancel()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(watch, tasks)
            with suppress(_ClientLeft):
                finished = await self._respond(request, body)
            tasks.cancel_scope.cancel()
        if not finished and self._http.our_state is not h11.ERROR:
            self._server.disconnects += 1
        return finished and self._http.our_state is h11.DONE

    async def _respond(self, request: h11.Request, body: bytes) -> bool:
        if request.target.endswith(b"/models"):
            listed = {"object": "list", "data": [{"id": "scripted", "object": "model"}]}
            return await self._send_json(200, listed)
        if not request.target.endswith(b"/chat/completions"):
            return await self._send_error(Refuses(404, "No such path."))
        headers = {name.decode(): value.decode() for name, value in request.headers}
        asked = ChatRequest(json.loads(body), headers)
        self._server.requests.append(asked)
        match self._server.script(asked):
            case str() as text:
                return await self._say(asked, Says(text))
            case Says() as says:
                return await self._say(asked, says)
            case Paced() as paced:
                return await self._say_paced(asked, paced)
            case Refuses() as refusal:
                return await self._send_error(refusal)
            case Raw(body=raw, content_type=content_type):
                return await self._send_whole(200, raw, {"content-type": content_type})
            case Resets():
                return self._reset()
            case Hangs():
                await anyio.sleep_forever()
        return False

    async def _say(self, asked: ChatRequest, says: Says) -> bool:
        await anyio.sleep(says.delay_s)
        if asked.streams:
            return await self._stream_tokens(asked, says)
        if says.breaks_off_after is not None:
            return self._reset()
        return await self._send_completion(
            asked, says.text, says.finish_reason, _usage(asked, says.text)
        )

    async def _stream_tokens(self, asked: ChatRequest, says: Says) -> bool:
        await self._begin_stream()
        for index, token in enumerate(tokens_of(says.text)):
            if index == says.breaks_off_after:
                return self._reset() if says.by_reset else await self._end()
            await self._send_delta(asked, token)
            await anyio.sleep(says.token_delay_s)
        return await self._end_stream(asked, says.finish_reason, _usage(asked, says.text))

    async def _say_paced(self, asked: ChatRequest, paced: Paced) -> bool:
        began_at = anyio.current_time()
        if asked.streams:
            await self._begin_stream()
        for at_s, piece in paced.pieces:
            await anyio.sleep_until(began_at + at_s)
            if asked.streams:
                await self._send_delta(asked, piece)
        if asked.streams:
            return await self._end_stream(asked, "stop", _stated_usage(paced))
        text = "".join(piece for _, piece in paced.pieces)
        return await self._send_completion(asked, text, "stop", _stated_usage(paced))

    async def _send_completion(
        self, asked: ChatRequest, text: str, finish_reason: str, usage: Mapping[str, object]
    ) -> bool:
        message = {"role": "assistant", "content": text}
        choice = {"index": 0, "message": message, "finish_reason": finish_reason}
        whole = _envelope(asked, "chat.completion") | {"choices": [choice]}
        return await self._send_json(200, whole | {"usage": usage})

    async def _begin_stream(self) -> None:
        await self._send(
            h11.Response(status_code=200, headers=[("content-type", "text/event-stream")])
        )

    async def _send_delta(self, asked: ChatRequest, text: str) -> None:
        delta = {"index": 0, "delta": {"role": "assistant", "content": text}}
        envelope = _envelope(asked, "chat.completion.chunk")
        await self._send_event(envelope | {"choices": [delta | {"finish_reason": None}]})

    async def _end_stream(
        self, asked: ChatRequest, finish_reason: str, usage: Mapping[str, object]
    ) -> bool:
        envelope = _envelope(asked, "chat.completion.chunk")
        last = {"index": 0, "delta": {}, "finish_reason": finish_reason}
        await self._send_event(envelope | {"choices": [last]})
        if (asked.body.get("stream_options") or {}).get("include_usage"):
            await self._send_event(envelope | {"choices": [], "usage": usage})
        await self._send(h11.Data(data=b"data: [DONE]\n\n"))
        return await self._end()

    async def _send_event(self, event: Mapping[str, object]) -> None:
        await self._send(h11.Data(data=f"data: {json.dumps(event)}\n\n".encode()))

    async def _send_error(self, refusal: Refuses) -> bool:
        error = {"message": refusal.message, "type": "scripted", "code": refusal.code}
        headers = {}
        if refusal.retry_after_s is not None:
            headers["retry-after"] = str(math.ceil(refusal.retry_after_s))
            if refusal.retry_after_s % 1:
                headers["retry-after-ms"] = f"{refusal.retry_after_s * 1000:.0f}"
        return await self._send_json(refusal.status, {"error": error}, headers)

    async def _send_json(
        self, status: int, value: object, headers: Mapping[str, str] | None = None
    ) -> bool:
        typed = {"content-type": "application/json", **(headers or {})}
        return await self._send_whole(status, json.dumps(value).encode(), typed)

    async def _send_whole(self, status: int, body: bytes, headers: Mapping[str, str]) -> bool:
        sized = [*headers.items(), ("content-length", str(len(body)))]
        await self._send(h11.Response(status_code=status, headers=sized))
        await self._send(h11.Data(data=body))
        return await self._end()

    async def _end(self) -> bool:
        await self._send(h11.EndOfMessage())
        return True

    async def _send(self, event: h11.Event) -> None:
        data = self._http.send(event)
        try:
            await self._stream.send(data or b"")
        except (anyio.BrokenResourceError, anyio.ClosedResourceError) as error:
            raise _ClientLeft from error

    def _reset(self) -> bool:
        """Close so that the client sees a reset (RST), not an end."""
        raw = self._stream.extra(anyio.abc.SocketAttribute.raw_socket)  # noqa: S610 - not Django's
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._http.send_failed()
        return False


def _envelope(asked: ChatRequest, kind: str) -> dict[str, object]:
    return {"id": "chatcmpl-scripted", "object": kind, "created": 0, "model": asked.model}


def _usage(asked: ChatRequest, text: str) -> dict[str, int]:
    asked_tokens = count_tokens(asked.system) + count_tokens(asked.user)
    said = count_tokens(text)
    return {
        "prompt_tokens": asked_tokens,
        "completion_tokens": said,
        "total_tokens": asked_tokens + said,
    }


def _stated_usage(paced: Paced) -> dict[str, object]:
    return {
        "prompt_tokens": paced.input_tokens,
        "completion_tokens": paced.output_tokens,
        "total_tokens": paced.input_tokens + paced.output_tokens,
        "prompt_tokens_details": {"cached_tokens": paced.cached_tokens},
    }
