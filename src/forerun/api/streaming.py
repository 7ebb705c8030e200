"""An event stream as a response: frames as they come, a sign of life in between."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

import anyio
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

MEDIA_TYPE = "text/event-stream"
HEARTBEAT = b": heartbeat\n\n"
_HEADERS = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # proxies that gather what they pass on are asked not to
)


class EventStream(Response):
    """All frames that there are go out in one message, so that a burst of words is cheap."""

    media_type = MEDIA_TYPE

    def __init__(self, frames: AsyncGenerator[Sequence[bytes]], heartbeat_s: float) -> None:
        super().__init__(media_type=MEDIA_TYPE)
        self._frames = frames
        self._heartbeat_s = heartbeat_s
        self._sent_at = 0.0
        self._sending = anyio.Lock(fast_acquire=True)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": list(_HEADERS)})
        async with anyio.create_task_group() as group:
            group.start_soon(self._until_gone, receive, group.cancel_scope)
            group.start_soon(self._live, send)
            async with aclosing(self._frames) as frames:
                async for news in frames:
                    await self._send(send, b"".join(news))
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            group.cancel_scope.cancel()

    async def _send(self, send: Send, body: bytes) -> None:
        async with self._sending:
            self._sent_at = anyio.current_time()
            await send({"type": "http.response.body", "body": body, "more_body": True})

    async def _live(self, send: Send) -> None:
        """Proxies and clients give up a connection that says nothing for long."""
        self._sent_at = anyio.current_time()
        while True:
            silent_s = anyio.current_time() - self._sent_at
            if silent_s >= self._heartbeat_s:
                await self._send(send, HEARTBEAT)
                continue
            await anyio.sleep(self._heartbeat_s - silent_s)

    async def _until_gone(self, receive: Receive, scope: anyio.CancelScope) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        scope.cancel()
