"""A body that is too long is refused before anything of it is read, and one that does not come
when its time is over.

As problem details: the limit that the framework has of its own answers in plain text.
"""

from __future__ import annotations

import math

import anyio
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from forerun.api.problems import problem_response
from forerun.wire.problems import problem

_CLOSING = {"Connection": "close"}


class BodyLimit:
    """By the length that the client tells; and, where it tells none or a wrong one, by counting."""

    def __init__(self, app: ASGIApp, most_bytes: int, within_s: float) -> None:
        self._app = app
        self._most_bytes = most_bytes
        self._within_s = within_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        told = _told_length(scope)
        if told is not None and told > self._most_bytes:
            await self._refuse_long(scope, receive, send)
            return
        body = _Body(receive, send, self._most_bytes, anyio.current_time() + self._within_s)
        try:
            await self._app(scope, body.receive, body.send)
        except _TooLong:
            await self._refuse_long(scope, receive, send)
        except _TooLate:
            await self._refuse_late(scope, receive, send)

    async def _refuse_long(self, scope: Scope, receive: Receive, send: Send) -> None:
        detail = f"The body is longer than {self._most_bytes:,} bytes."
        wire = problem(413, "too_large", detail, "Ask for one thing in a few sentences.")
        response = problem_response({**wire, "instance": scope["path"]}, _CLOSING)
        await response(scope, receive, send)

    async def _refuse_late(self, scope: Scope, receive: Receive, send: Send) -> None:
        detail = f"The body did not come within {self._within_s:g} s."
        wire = problem(408, "too_late", detail, "Send it again, over a better connection.")
        response = problem_response({**wire, "instance": scope["path"]}, _CLOSING)
        await response(scope, receive, send)


class _Body:
    """Of one request, as it comes. Once there is an answer under way, who keeps on sending has
    left."""

    def __init__(self, receive: Receive, send: Send, most_bytes: int, due_at: float) -> None:
        self._receive = receive
        self._send = send
        self._most_bytes = most_bytes
        self._due_at = due_at
        self._came = 0
        self._answering = False

    async def receive(self) -> Message:
        with anyio.CancelScope(deadline=self._due_at) as patience:
            message = await self._receive()
        if patience.cancelled_caught:
            return self._give_up(_TooLate())
        self._came += len(message.get("body", b""))
        if self._came > self._most_bytes:
            return self._give_up(_TooLong())
        if not message.get("more_body", False):
            self._due_at = math.inf
        return message

    async def send(self, message: Message) -> None:
        self._answering = True
        await self._send(message)

    def _give_up(self, why: BaseException) -> Message:
        if self._answering:
            return {"type": "http.disconnect"}
        raise why


class _TooLong(BaseException):
    """Passes through whatever would make another error of it on the way."""


class _TooLate(BaseException):
    """The same."""


def _told_length(scope: Scope) -> int | None:
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value) if value.isdigit() else None
    return None
