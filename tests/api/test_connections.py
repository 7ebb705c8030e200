"""Over real connections: signs of life, clients that leave, and a loop that nothing holds up."""

from __future__ import annotations

import logging
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import anyio
import httpx
import pytest

from forerun.app.sections import ServeSection
from forerun.app.serving import Deployment
from tests.api.service import (
    COUNT,
    FOREVER,
    PER_CITY,
    Reader,
    configuration,
    model,
    served_at,
    until,
    with_model,
)

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def served(
    url: str, monkeypatch: pytest.MonkeyPatch, **serve: float
) -> AsyncIterator[tuple[Deployment, str]]:
    configured = configuration(url, serve=ServeSection(state="memory", **serve))  # type: ignore[arg-type]
    with with_model(monkeypatch, model()):
        async with served_at(configured) as (deployment, at):
            yield deployment, at


def is_running(deployment: Deployment) -> bool:
    """Whether the statement that never ends was sent."""
    return any(b"event: sql" in f for ask in deployment._asks.values() for f in ask.log.frames)


async def test_who_hangs_up_cancels_the_question_with_its_statement(
    shop_url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The asker of a plain question closes the connection; nothing is left of it at once, and
    nobody takes it for a fault."""
    async with served(shop_url, monkeypatch) as (deployment, at):
        async with anyio.create_task_group() as group, httpx.AsyncClient() as asks:
            body = {"question": FOREVER}
            group.start_soon(lambda: asks.post(f"{at}/v1/ask", json=body, timeout=60))
            await until(lambda: is_running(deployment))
            group.cancel_scope.cancel()
        await until(lambda: deployment.admission.running == 0, within_s=5)
        [ask] = deployment._asks.values()
        assert ask.error is not None
        assert ask.error.code == "cancelled"
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


async def test_a_stream_that_was_cut_off_can_be_resumed_for_a_while(
    shop_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Resumed in time the question goes on; left alone, it is cancelled with its statement."""
    body = {"question": FOREVER, "id": uuid.uuid4().hex}
    async with (
        served(shop_url, monkeypatch, resume_s=0.3) as (deployment, at),
        httpx.AsyncClient(timeout=60) as asks,
    ):
        seen = 0
        for _ in range(2):
            headers = {"Last-Event-ID": str(seen)}
            async with asks.stream(
                "POST", f"{at}/v1/ask/stream", json=body, headers=headers
            ) as response:
                async for event in Reader().events(response.aiter_lines()):
                    assert event.id == seen + 1
                    seen = event.id
                    if event.name in ("accepted", "sql"):
                        break
            assert deployment.admission.running == 1
        await until(lambda: is_running(deployment))
        await until(lambda: deployment.admission.running == 0, within_s=5)


async def test_a_silent_stream_says_that_it_lives(
    shop_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Comments come while nothing happens, and they are no events."""
    async with (
        served(shop_url, monkeypatch, heartbeat_s=0.05, resume_s=0.01) as (deployment, at),
        httpx.AsyncClient(timeout=60) as asks,
    ):
        reader, names = Reader(), list[str]()
        body = {"question": FOREVER}
        async with asks.stream("POST", f"{at}/v1/ask/stream", json=body) as response:
            events = reader.events(response.aiter_lines())

            async def read() -> None:
                names.extend([event.name async for event in events])

            async with anyio.create_task_group() as group:
                group.start_soon(read)
                await until(lambda: len(reader.comments) >= 3)
                group.cancel_scope.cancel()
        assert set(reader.comments) == {": heartbeat"}
        assert names == [] or "heartbeat" not in names
        await until(lambda: deployment.admission.running == 0, within_s=5)


async def test_nothing_holds_up_the_event_loop(
    shop_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While statements of the slowest kind run in their threads and others are answered, a clock
    that ticks on the loop is never late by more than a part of a second."""
    lags: list[float] = []

    async def tick() -> None:
        while True:
            before = anyio.current_time()
            await anyio.sleep(0.005)
            lags.append(anyio.current_time() - before - 0.005)

    async with (
        served(shop_url, monkeypatch, resume_s=0.01) as (deployment, at),
        httpx.AsyncClient(timeout=60) as asks,
        anyio.create_task_group() as group,
    ):
        await asks.post(f"{at}/v1/ask", json={"question": COUNT})  # what loads once, is loaded
        group.start_soon(tick)
        async with anyio.create_task_group() as slow:
            for _ in range(3):
                body = {"question": FOREVER}
                slow.start_soon(partial(asks.post, f"{at}/v1/ask", json=body))
            await until(lambda: is_running(deployment))
            for question in (COUNT, PER_CITY) * 5:
                answer = await asks.post(f"{at}/v1/ask", json={"question": question})
                assert answer.json()["status"] == "answered"
            slow.cancel_scope.cancel()
        group.cancel_scope.cancel()
    lags.sort()
    assert len(lags) > 20
    assert lags[len(lags) // 2] < 0.05
    assert lags[-1] < 0.5


async def test_those_who_watch_may_ask_with_head(shop_url: str) -> None:
    """As uptime checkers and load balancers do: the same status without a body, and the connection
    goes on."""
    async with served_at(configuration(shop_url)) as (_, at), httpx.AsyncClient() as asks:
        for path in ("/healthz", "/readyz", "/"):
            told = await asks.head(f"{at}{path}")
            assert (told.status_code, told.content) == (200, b"")
        assert (await asks.get(f"{at}/healthz")).json() == {"status": "alive"}
