"""One process of the service: opens the deployment with the app, and drains it before it ends."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any, TypeAlias

import anyio
from fastapi import FastAPI

from forerun.api.app import create_app
from forerun.api.collecting import seldom
from forerun.app.configuration import Configuration
from forerun.app.serving import Deployment
from forerun.app.telemetry import log_as_lines

_SIGNALS = (signal.SIGTERM, signal.SIGINT)
Opening: TypeAlias = Callable[[Configuration], AbstractAsyncContextManager[Deployment]]


@dataclass(frozen=True, slots=True)
class Service:
    """Makes the app in whichever process it is handed to; can be pickled."""

    configuration: Configuration
    opening: Opening = Deployment

    def __call__(self) -> FastAPI:
        log_as_lines(self.configuration.telemetry)
        return create_app(None, serve=self.configuration.serve, lifespan=self._lives)

    @asynccontextmanager
    async def _lives(self, app: FastAPI) -> AsyncGenerator[None]:
        async with (
            self.opening(self.configuration) as deployment,
            anyio.create_task_group() as group,
        ):
            app.state.deployment = deployment
            group.start_soon(_drain_when_told, deployment)
            with seldom():
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
