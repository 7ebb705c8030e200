"""Asking a service, politely and not."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import anyio
import httpx

from tests.api.service import COUNT

SLOWEST_S = 4.0
"""Of an ordinary question, on a machine that has other things to do as well."""


@dataclass
class Ordinary:
    """Someone who asks one ordinary question after another, each over a connection of its own."""

    url: str
    seconds: list[float] = field(default_factory=list)

    async def ask(self) -> None:
        body = {"question": COUNT, "database": "shop", "cache": "bypass"}
        began_at = time.monotonic()
        async with httpx.AsyncClient(timeout=30, trust_env=False) as client:
            response = await client.post(f"{self.url}/v1/ask", json=body)
        self.seconds.append(time.monotonic() - began_at)
        assert response.status_code == 200, response.text
        answer = response.json()
        assert (answer["status"], answer["rows"]) == ("answered", [[3]])


@asynccontextmanager
async def asking_meanwhile(url: str) -> AsyncIterator[Ordinary]:
    """While the block runs someone asks, and is answered, each time and in ordinary time."""
    asker = Ordinary(url)

    async def go_on() -> None:
        while True:
            await asker.ask()
            await anyio.sleep(0.05)

    async with anyio.create_task_group() as group:
        group.start_soon(go_on)
        yield asker
        group.cancel_scope.cancel()
    await asker.ask()
    assert max(asker.seconds) < SLOWEST_S, asker.seconds


async def until(holds: Callable[[], bool], within_s: float = 60.0) -> None:
    with anyio.fail_after(within_s):
        while not holds():
            await anyio.sleep(0.02)


def request(method: str, path: str, body: bytes | None = None, **headers: str) -> bytes:
    """A request as it goes over the line."""
    told = {"Host": "localhost", **{n.replace("_", "-"): v for n, v in headers.items()}}
    if body is not None:
        told.setdefault("Content-Type", "application/json")
        told.setdefault("Content-Length", str(len(body)))
    lines = "".join(f"{name}: {value}\r\n" for name, value in told.items())
    return f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode() + (body or b"")


def question(asked: str, database: str = "shop", **more: Any) -> bytes:
    return json.dumps({"question": asked, "database": database, **more}).encode()
