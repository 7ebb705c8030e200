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
from starlette.routing import Route
from starlette.types import ASGIApp

from forerun.api.app import create_app
from forerun.api.collecting import seldom
from forerun.app.configuration import Configuration
from forerun.app.serving import Deployment
from forerun.app.telemetry import log_as_lines

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

    def __call__(self) -> FastAPI:
        log_as_lines(self.configuration.telemetry)
        return create_app(None, serve=self.configuration.serve, lifespan=self._lives)

    @asynccontextmanager
    async def _lives(self, app: FastAPI) -> AsyncGenerator[None]:
        async with (
            self.opening(self.configuration) as deployment,
            opened_beside(app, deployment, self.beside),
            anyio.create_task_group() as group,
        ):
            app.state.deployment = deployment
            group.start_soon(_drain_when_told, deployment)
            with seldom():
                yield
            group.cancel_scope.cancel()


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
