"""A body that is too long is refused before anything of it is read.

As problem details: the limit that the framework has of its own answers in plain text.
"""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from forerun.api.problems import problem_response
from forerun.wire.problems import problem


class BodyLimit:
    """By the length that the client tells; and, where it tells none or a wrong one, by counting."""

    def __init__(self, app: ASGIApp, most_bytes: int) -> None:
        self._app = app
        self._most_bytes = most_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        told = _told_length(scope)
        if told is not None and told > self._most_bytes:
            await self._refuse(scope, receive, send)
            return
        try:
            await self._app(scope, self._counting(receive), send)
        except _TooLong:  # nothing was answered yet: the body is read first
            await self._refuse(scope, receive, send)

    def _counting(self, receive: Receive) -> Receive:
        came = 0

        async def counted() -> Message:
            nonlocal came
            message = await receive()
            came += len(message.get("body", b""))
            if came > self._most_bytes:
                raise _TooLong
            return message

        return counted

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        detail = f"The body is longer than {self._most_bytes:,} bytes."
        wire = problem(413, "too_large", detail, "Ask for one thing in a few sentences.")
        response = problem_response({**wire, "instance": scope["path"]}, {"Connection": "close"})
        await response(scope, receive, send)


class _TooLong(BaseException):
    """Passes through whatever would make another error of it on the way."""


def _told_length(scope: Scope) -> int | None:
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value) if value.isdigit() else None
    return None
