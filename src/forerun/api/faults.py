"""Faults of our own: the log has everything, the client an id to ask for it by."""

from __future__ import annotations

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from forerun.api.problems import problem_response
from forerun.app.serving.answering import logged
from forerun.wire.problems import problem_of


class Faults:
    """The outermost of our own. What has begun to be answered can only be broken off."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def noticed(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, noticed)
        except ClientDisconnect:
            return  # nobody is there to be told
        except Exception as error:
            fault = logged(error)
            if begun:
                raise
            response = problem_response(problem_of(fault, scope["path"]))
            await response(scope, receive, send)
