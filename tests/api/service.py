"""A service of a test's own: a small shop, a scripted model, and ways to ask."""

from __future__ import annotations

import json
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import anyio
import duckdb
import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from forerun.access.config import AuthConfig, QuotasConfig
from forerun.api import create_app
from forerun.app.configuration import Configuration
from forerun.app.models import Roles
from forerun.app.sections import DatabaseSection, LimitsSection, ServeSection
from forerun.app.serving import Deployment
from forerun.app.settings import Settings
from forerun.ports import Model
from forerun.stages import Models
from forerun.telemetry.config import TelemetryConfig
from forerun.testing.playbook import Playbook
from forerun.testing.scripted import ScriptedModel

COUNT = "How many customers are there?"
PER_CITY = "How many customers are there per city?"
FOREVER = "How long is forever?"
QUERIES = {
    COUNT: "SELECT count(*) AS customers FROM customers",
    PER_CITY: "SELECT city, count(*) AS customers FROM customers GROUP BY city ORDER BY city",
    FOREVER: "SELECT count(*) AS n FROM numbers a, numbers b, numbers c WHERE a.n + b.n < c.n",
}
SETTINGS = Settings(state="memory", cache="none")


def shop(path: Path) -> str:
    """Customers of a few cities, and numbers enough for a query that does not end."""
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE customers (id INTEGER PRIMARY KEY, city VARCHAR)")
        connection.execute("INSERT INTO customers VALUES (1, 'Kiel'), (2, 'Kiel'), (3, 'Bremen')")
        connection.execute("CREATE TABLE numbers AS SELECT range AS n FROM range(6000)")
    return str(path)


def configuration(url: str, **sections: Any) -> Configuration:
    """Of one database, `shop`, that keeps all in memory unless `serve` says otherwise."""
    return Configuration(
        sections.get("settings", SETTINGS),
        sections.get("databases", {"shop": DatabaseSection(url)}),
        sections.get("serve", ServeSection(state="memory")),
        sections.get("limits", LimitsSection()),
        sections.get("auth", AuthConfig(keys="memory")),
        sections.get("quotas", QuotasConfig()),
        sections.get("telemetry", TelemetryConfig(log="none")),
    )


def model(token_delay_s: float = 0.0) -> ScriptedModel:
    playbook = Playbook(QUERIES, summary="It is as the rows say.")
    return ScriptedModel(playbook, token_delay_s=token_delay_s)


@contextmanager
def with_model(monkeypatch: pytest.MonkeyPatch, writer: Model) -> Iterator[None]:
    """Every database that is opened inside asks `writer`, in all roles but the narrator's."""
    roles = Roles(Models(writer=writer, narrator=writer), None, (writer,))
    with monkeypatch.context() as patched:
        patched.setattr("forerun.app.forerun.open_roles", lambda settings: roles)
        yield


def client(app: FastAPI) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://localhost")


_spare: dict[tuple[object, ...], list[FastAPI]] = {}
"""Apps of tests that have ended, by what they were created with."""
_served: dict[Deployment, FastAPI] = {}


@contextmanager
def app_over(deployment: Deployment) -> Iterator[FastAPI]:
    """An app for one test. FastAPI reads the routes of each new one, which takes longer than most
    tests: so an app serves one test after another."""
    serve = deployment.configuration.serve
    limits = serve.body_bytes, serve.client_s, tuple(serve.cors_origins)
    spare = _spare.setdefault(limits, [])
    app = spare.pop() if spare else create_app(deployment)
    app.state.deployment = deployment
    try:
        yield app
    finally:
        app.state.deployment = None
        app.dependency_overrides.clear()
        spare.append(app)


@asynccontextmanager
async def served(configured: Configuration) -> AsyncIterator[tuple[Deployment, httpx.AsyncClient]]:
    async with Deployment(configured) as deployment:
        with app_over(deployment) as app:
            _served[deployment] = app
            try:
                async with client(app) as asks:
                    yield deployment, asks
            finally:
                del _served[deployment]


def app_of(deployment: Deployment) -> FastAPI:
    """The app of one that is `served`."""
    return _served[deployment]


@asynccontextmanager
async def served_at(configured: Configuration) -> AsyncIterator[tuple[Deployment, str]]:
    """The same behind a real server; with its URL."""
    async with Deployment(configured) as deployment:
        with app_over(deployment) as app:
            async with listening(app) as url:
                yield deployment, url


@asynccontextmanager
async def listening(app: FastAPI) -> AsyncIterator[str]:
    """The app behind a real server; gives its URL."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        config = uvicorn.Config(app, lifespan="off", log_level="error", timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        server.capture_signals = _no_signals  # type: ignore[method-assign]
        async with anyio.create_task_group() as group:
            group.start_soon(lambda: server.serve(sockets=[bound]))
            while not server.started:
                await anyio.sleep(0.01)
            yield f"http://127.0.0.1:{bound.getsockname()[1]}"
            server.should_exit = True


@contextmanager
def _no_signals() -> Iterator[None]:
    yield


@dataclass(frozen=True)
class Event:
    """One event of a stream."""

    id: int
    name: str
    data: Any


@dataclass
class Reader:
    """Puts a stream together again."""

    comments: list[str] = field(default_factory=list)

    async def events(self, lines: AsyncIterator[str]) -> AsyncIterator[Event]:
        fields: dict[str, str] = {}
        async for line in lines:
            if line.startswith(":"):
                self.comments.append(line)
            elif line:
                name, _, value = line.partition(": ")
                fields[name] = value
            elif fields:
                yield Event(int(fields["id"]), fields["event"], json.loads(fields["data"]))
                fields = {}


def events_of(response: httpx.Response) -> list[Event]:
    """Of a stream that has ended."""
    found = []
    for block in response.text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if line[:1] != ":")
        if fields:
            found.append(Event(int(fields["id"]), fields["event"], json.loads(fields["data"])))
    return found


async def until(holds: Callable[[], bool], within_s: float = 10.0) -> None:
    with anyio.fail_after(within_s):
        while not holds():
            await anyio.sleep(0.005)


def limits(**given: Any) -> LimitsSection:
    return replace(LimitsSection(), **given)
