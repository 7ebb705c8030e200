"""One process of the service: opens the deployment with the app, and drains it before it ends."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import Any, TypeAlias

import anyio
from fastapi import FastAPI
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from forerun.api.app import create_app
from forerun.api.collecting import seldom
from forerun.api.switching import promptly
from forerun.app.configuration import Configuration
from forerun.app.serving import Deployment
from forerun.app.telemetry import log_as_lines
from forerun.errors import ForerunError

_SIGNALS = (signal.SIGTERM, signal.SIGINT)
Opening: TypeAlias = Callable[[Configuration], AbstractAsyncContextManager[Deployment]]


@dataclass(frozen=True, slots=True)
class Beside:
    """Another interface to the same deployment, at a path of its own; can be pickled."""

    path: str
    opened: Callable[[Deployment], AbstractAsyncContextManager[ASGIApp]]
    """The app that answers there, for as long as the block lasts."""


@dataclass(frozen=True, slots=True)
class Service:
    """Makes the app in whichever process it is handed to; can be pickled."""

    configuration: Configuration
    opening: Opening = Deployment
    beside: Beside | None = None
    refused: list[ForerunError] = field(default_factory=list, compare=False)
    """Why it could not be opened, for who runs it in the same process."""

    def __call__(self) -> ASGIApp:
        log_as_lines(self.configuration.telemetry)
        app = create_app(None, serve=self.configuration.serve, lifespan=self._lives)

        async def opened_or_refused(scope: Scope, receive: Receive, send: Send) -> None:
            """What somebody can put right is told in words, not by a traceback."""

            async def told(message: Message) -> None:
                if self.refused and message["type"] == "lifespan.startup.failed":
                    error = self.refused[0]
                    message = {**message, "message": f"{error.message} {error.hint or ''}".strip()}
                await send(message)

            await app(scope, receive, told if scope["type"] == "lifespan" else send)

        return opened_or_refused

    @asynccontextmanager
    async def _opened(self) -> AsyncGenerator[Deployment]:
        async with AsyncExitStack() as stack:
            try:
                opening = self.opening(self.configuration)
                deployment = await stack.enter_async_context(opening)
            except ForerunError as error:
                self.refused.append(error)
                raise
            yield deployment

    @asynccontextmanager
    async def _lives(self, app: FastAPI) -> AsyncGenerator[None]:
        async with (
            self._opened() as deployment,
            opened_beside(app, deployment, self.beside),
            anyio.create_task_group() as group,
        ):
            app.state.deployment = deployment
            build_routes(app)
            group.start_soon(_drain_when_told, deployment)
            with seldom(), promptly():
                yield
            group.cancel_scope.cancel()


def build_routes(app: FastAPI) -> None:
    """FastAPI builds them when a request first passes by: for 0.3 s, while all others wait."""
    nowhere = {"type": "http", "method": "GET", "path": "/nowhere", "root_path": "", "headers": []}
    for route in app.routes:
        route.matches(nowhere)


@asynccontextmanager
async def opened_beside(
    app: FastAPI, deployment: Deployment, beside: Beside | None
) -> AsyncGenerator[None]:
    """With its route in the app, behind all that the app puts before its own."""
    if beside is None:
        yield
        return
    async with beside.opened(deployment) as other:
        app.router.routes.append(Route(beside.path, other))
        yield


async def _drain_when_told(deployment: Deployment) -> None:
    """Told to stop, the service is no longer ready, finishes what is under way, and only then has
    the server close, by what the server itself does on a signal. A second signal does so at once.

    The server sets its handlers before the app is opened: they are taken over here.
    """
    told, loop = anyio.Event(), asyncio.get_running_loop()
    closing: dict[int, Any] = {int(number): signal.getsignal(number) for number in _SIGNALS}
    first: list[int] = []

    def close(number: int, frame: FrameType | None = None) -> None:
        if callable(closing[number]):
            closing[number](number, frame)

    def hear(number: int, frame: FrameType | None) -> None:
        if first:
            close(number, frame)
            return
        first.append(number)
        loop.call_soon_threadsafe(told.set)

    for number in _SIGNALS:
        signal.signal(number, hear)
    await told.wait()
    await deployment.drain()
    close(first[0])
