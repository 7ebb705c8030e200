"""MCP over streamable HTTP: a real server on loopback, the SDK's client and bare requests."""

from __future__ import annotations

import pickle
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from dataclasses import replace
from pathlib import Path

import anyio
import httpx2
import pytest
import uvicorn
from mcp.client.streamable_http import streamable_http_client
from starlette.applications import Starlette
from starlette.routing import Route

from forerun.access import Scope
from forerun.api.app import create_app
from forerun.api.service import Beside, opened_beside
from forerun.app.sections import ServeSection
from forerun.app.serving import Deployment
from forerun.app.serving.places import refuse_what_cannot_be
from forerun.errors import BadSetting
from forerun.mcp.over_http import PATH, over_http
from mcp import Client
from tests.api.service import listening
from tests.mcp.shops import BOTH_ERAS, ENDLESS, SERVE, configured, key, structured, text_of

pytestmark = pytest.mark.anyio

JSON_AND_EVENTS = {"Accept": "application/json, text/event-stream"}
LIST = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
HELLO = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    },
}


@asynccontextmanager
async def served(
    shop: Path, serve: ServeSection = SERVE, *, samples: bool = True
) -> AsyncIterator[tuple[str, Deployment]]:
    """The URL of a server, and the deployment behind it."""
    with socket.create_server(("127.0.0.1", 0)) as bound:
        url = f"http://127.0.0.1:{bound.getsockname()[1]}{PATH}"
        configuration = configured(shop, serve=serve, samples=samples)
        async with (
            Deployment(configuration) as deployment,
            over_http(deployment) as app,
            anyio.create_task_group() as group,
        ):
            config = uvicorn.Config(
                Starlette(routes=[Route(PATH, app)]),
                log_level="warning",
                timeout_graceful_shutdown=1,
                lifespan="off",
            )
            server = uvicorn.Server(config)
            server.capture_signals = nullcontext  # type: ignore[assignment]
            group.start_soon(server.serve, [bound])
            while not server.started:
                await anyio.sleep(0.01)
            yield url, deployment
            server.should_exit = True


@asynccontextmanager
async def client_of(url: str, key: str | None = None, era: str = "auto") -> AsyncIterator[Client]:
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    async with (
        httpx2.AsyncClient(headers=headers, timeout=30) as http,
        Client(streamable_http_client(url, http_client=http), mode=era) as client,
    ):
        yield client


@pytest.mark.parametrize("era", BOTH_ERAS)
async def test_a_client_elsewhere_asks_with_its_key(shop: Path, era: str) -> None:
    """With progress on the way, and the identity of its key."""
    steps: list[float] = []

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        steps.append(progress)

    async with (
        served(shop) as (url, deployment),
        client_of(url, await key(deployment, "north", databases=frozenset({"shop"})), era) as ann,
        client_of(url, await key(deployment, "south"), era) as bob,
    ):
        asked = await ann.call_tool(
            "ask", {"question": "How many customers are in Kiel?"}, progress_callback=hear
        )
        answer = structured(asked)
        mine = await ann.call_tool("explain_answer", {"id": answer["trace_id"]})
        others = await bob.call_tool("explain_answer", {"id": answer["trace_id"]})
    assert answer["rows"] == [[2]]
    assert steps == sorted(steps) != []
    assert not mine.is_error
    assert "There is no question" in text_of(others)


@pytest.mark.parametrize("era", BOTH_ERAS)
async def test_a_client_that_cancels_ends_its_statement(slow: Path, era: str) -> None:
    """Also over HTTP, down to the database."""
    running = anyio.Event()

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        if message == "run: running":
            running.set()

    async with served(slow, samples=False) as (url, deployment), client_of(url, era=era) as client:
        call = client.call_tool
        async with anyio.create_task_group() as group:

            async def ask() -> None:
                await call("ask", {"question": ENDLESS}, progress_callback=hear)

            group.start_soon(ask)
            with anyio.fail_after(20):
                await running.wait()
            assert deployment.admission.running == 1
            group.cancel_scope.cancel()
        with anyio.fail_after(5):
            while deployment.admission.running:
                await anyio.sleep(0.01)


async def called(url: str, body: object, **headers: str) -> httpx2.Response:
    async with httpx2.AsyncClient() as http:
        return await http.post(url, json=body, headers={**JSON_AND_EVENTS, **headers})


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Bearer forerun_ann extra"},
        {"Authorization": "Basic forerun_ann"},
    ],
)
async def test_without_a_good_key_nothing_is_told(shop: Path, headers: dict[str, str]) -> None:
    """401, with problem details, whatever is asked."""
    async with served(shop) as (url, deployment):
        await key(deployment)
        refused = await called(url, LIST, **headers)
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"] == "Bearer"
    assert refused.json()["code"] == "unauthenticated"


async def test_without_any_key_only_the_machine_itself_asks(shop: Path) -> None:
    """Not whoever a proxy asks for, and not where more than loopback is listened to."""
    everywhere = replace(SERVE, host="0.0.0.0")  # noqa: S104 - never listened on here
    async with served(shop) as (url, _):
        own = await called(url, HELLO)
        passed_on = await called(url, HELLO, **{"X-Forwarded-For": "127.0.0.1"})
    async with served(shop, everywhere) as (url, _):
        elsewhere = await called(url, HELLO)
    assert [each.status_code for each in (own, passed_on, elsewhere)] == [200, 401, 401]


async def test_a_key_that_may_not_ask_is_told_the_scope(shop: Path) -> None:
    """403, in the words that clients look for."""
    async with served(shop) as (url, deployment):
        admin = await key(deployment, scopes=frozenset({Scope.ADMIN}))
        refused = await called(url, LIST, Authorization=f"Bearer {admin}")
    assert refused.status_code == 403
    assert refused.headers["www-authenticate"] == 'Bearer error="insufficient_scope", scope="ask"'


async def test_a_session_is_its_beginners_alone(shop: Path) -> None:
    """To another key it does not exist, be it the same user's."""
    async with served(shop) as (url, deployment):
        first, second = [await key(deployment, "north", "ann") for _ in range(2)]
        begun = await called(url, HELLO, Authorization=f"Bearer {first}")
        session = {"Mcp-Session-Id": begun.headers["mcp-session-id"]}
        statuses = [
            (await called(url, LIST, Authorization=f"Bearer {each}", **session)).status_code
            for each in (first, second)
        ]
    assert statuses == [200, 404]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 401),
        ({"Host": "evil.example", "Origin": "http://evil.example"}, 401),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "http://localhost.evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://localhost:3000"}, 403),
        ({"Origin": "https://app.example"}, 200),
    ],
)
async def test_strange_web_pages_are_kept_out(
    shop: Path, headers: dict[str, str], status: int
) -> None:
    """By the name that led them here, and by their origin; pages that are named may ask."""
    serve = replace(SERVE, cors_origins=("https://app.example",))
    async with served(shop, serve=serve) as (url, _), httpx2.AsyncClient() as http:
        answered = await http.post(url, json=HELLO, headers={**JSON_AND_EVENTS, **headers})
    assert answered.status_code == status


@pytest.mark.parametrize(
    "body", [b"no JSON", b"[" * 100_000, b"x" * 2_000_000, b"\0", b"[]", b"{}"]
)
async def test_hostile_bodies_are_refused_and_the_server_goes_on(shop: Path, body: bytes) -> None:
    """With a status of 400 or more that is not the server's own fault."""
    headers = {**JSON_AND_EVENTS, "Content-Type": "application/json"}
    async with served(shop) as (url, _), httpx2.AsyncClient() as http:
        for era in ({}, {"MCP-Protocol-Version": "2026-07-28"}):
            refused = await http.post(url, content=body, headers={**headers, **era})
            assert 400 <= refused.status_code < 500
            assert "Traceback" not in refused.text
        async with client_of(url) as client:
            assert (await client.list_tools()).tools


async def test_the_service_itself_serves_hosts_at_its_own_address(shop: Path) -> None:
    """With the same keys, for as long as it runs."""
    app = create_app(None, serve=SERVE)
    async with Deployment(configured(shop)) as deployment:
        app.state.deployment = deployment
        beside = Beside(PATH, over_http)
        async with opened_beside(app, deployment, beside), listening(app) as url:
            text = await key(deployment)
            refused = await called(url + PATH, LIST)
            async with client_of(url + PATH, text) as client:
                result = await client.call_tool("run_sql", {"sql": "SELECT 1"})
    assert refused.status_code == 401
    assert structured(result)["rows"] == [[1]]
    assert pickle.loads(pickle.dumps(beside)) == beside  # noqa: S301 - our own


def test_several_processes_do_not_serve_hosts(shop: Path) -> None:
    """A session would be found by one of them alone."""
    serve = replace(SERVE, workers=2, mcp=True)
    with pytest.raises(BadSetting, match="cannot serve MCP"):
        refuse_what_cannot_be(configured(shop, serve=serve), authenticated=True)
