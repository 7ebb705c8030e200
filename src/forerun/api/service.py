"""One process of the service: opens the deployment with the app, and drains it before it ends."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

import anyio
from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from forerun.api.app import create_app
from forerun.app.configuration import Configuration
from forerun.app.serving import Deployment
from forerun.app.telemetry import log_as_lines
from forerun.errors import ForerunError

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


@dataclass(frozen=True, slots=True)
class Service:
    """Makes the app in whichever process it is handed to; can be pickled."""

    configuration: Configuration
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
        deployment = Deployment(self.configuration)
        try:
            await deployment.__aenter__()
        except ForerunError as error:
            self.refused.append(error)
            raise
        try:
            yield deployment
        finally:
            await deployment.__aexit__(None, None, None)

    @asynccontextmanager
    async def _lives(self, app: FastAPI) -> AsyncGenerator[None]:
        async with self._opened() as deployment, anyio.create_task_group() as group:
            app.state.deployment = deployment
            group.start_soon(_drain_when_told, deployment)
            yield
            group.cancel_scope.cancel()


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
