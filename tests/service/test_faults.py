"""Whatever becomes of a connection while a question is on the fast path, it is answered."""

from __future__ import annotations

import random
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, TypeAlias
from urllib.parse import urlsplit, urlunsplit

import anyio
import httpx
import psycopg
import pytest

from forerun.app.sections import ServeSection
from forerun.app.serving import Deployment
from forerun.testing.openai_server import OpenAIServer, Says, serve_openai
from forerun.testing.playbook import Playbook
from forerun.testing.proxy import MisbehavingProxy, misbehaving_proxy
from tests.api.service import SETTINGS, Event, Reader, configuration, served_at
from tests.services import RedisServer, Scratch, redis_server

pytestmark = pytest.mark.anyio

PER_CITY = "How many people are there per city, all in all?"
QUERY = "SELECT city, count(*) AS people FROM people GROUP BY city ORDER BY city"
ROWS = [["Bremen", 1], ["Kiel", 2]]
Fault: TypeAlias = Callable[[MisbehavingProxy], Awaitable[None]]


@dataclass(frozen=True)
class World:
    """A service, and what stands between it and everything outside."""

    url: str
    deployment: Deployment
    model: MisbehavingProxy
    database: MisbehavingProxy
    redis: MisbehavingProxy

    async def ask(self, on_event: Callable[[Event], Awaitable[None]] | None = None) -> Any:
        """The answer, from its stream."""
        body = {"question": PER_CITY, "id": uuid.uuid4().hex, "cache": "bypass"}
        async with (
            httpx.AsyncClient(timeout=60, trust_env=False) as client,
            client.stream("POST", f"{self.url}/v1/ask/stream", json=body) as response,
        ):
            async for event in Reader().events(response.aiter_lines()):
                if event.name in ("answer", "error"):
                    return event.data
                if on_event is not None:
                    await on_event(event)
        pytest.fail("the stream has no end")


@pytest.fixture(scope="module")
def people(postgres: Scratch) -> str:
    with psycopg.connect(postgres.owner_url, autocommit=True) as owner:
        owner.execute("CREATE TABLE people (id integer PRIMARY KEY, city text)")
        owner.execute("INSERT INTO people VALUES (1, 'Kiel'), (2, 'Kiel'), (3, 'Bremen')")
    return postgres.reader_url


@pytest.fixture(scope="module")
def scripted() -> Iterator[OpenAIServer]:
    playbook = Playbook({PER_CITY: QUERY}, summary="It is as the rows say.")
    with serve_openai(lambda asked: Says(playbook(asked), token_delay_s=0.005)) as server:
        yield server


@pytest.fixture(scope="module")
def redis() -> Iterator[RedisServer]:
    with redis_server() as server:
        yield server


def through(url: str, proxy: MisbehavingProxy) -> str:
    """The same address by way of the proxy."""
    at = urlsplit(url)
    user = f"{at.username}:{at.password}@" if at.password else f"{at.username}@" * bool(at.username)
    return urlunsplit(at._replace(netloc=f"{user}127.0.0.1:{proxy.port}"))


@asynccontextmanager
async def before(url: str) -> AsyncIterator[MisbehavingProxy]:
    at = urlsplit(url)
    async with misbehaving_proxy(at.hostname or "", at.port or 0) as proxy:
        yield proxy


@asynccontextmanager
async def world(people: str, scripted: OpenAIServer, redis: RedisServer) -> AsyncIterator[World]:
    async with (
        before(scripted.base_url) as model,
        before(people) as database,
        before(redis.url) as shared,
    ):
        settings = replace(
            SETTINGS,
            model="openai:scripted",
            model_url=through(scripted.base_url, model),
            model_key="none",
            model_timeout=2.0,
            enable_parallel=True,
            parallel_threshold=0.0,
        )
        serve = ServeSection(state="memory", redis=through(redis.url, shared))
        configured = configuration(through(people, database), settings=settings, serve=serve)
        async with served_at(configured) as (deployment, url):
            yield World(url, deployment, model, database, shared)


async def delay(proxy: MisbehavingProxy) -> None:
    proxy.delay_s = 0.3


async def reset(proxy: MisbehavingProxy) -> None:
    await proxy.reset()
    proxy.behave()


async def half_close(proxy: MisbehavingProxy) -> None:
    await proxy.half_close()


async def garbage(proxy: MisbehavingProxy) -> None:
    proxy.garble(pieces=2)


FAULTS = (delay, reset, half_close, garbage)


def is_right(answer: Any) -> bool:
    return (answer["status"], answer["rows"]) == ("answered", ROWS)


async def struck(asked: World, proxy: MisbehavingProxy, stage: str, fault: Fault) -> Any:
    """The answer to a question whose connection is struck, once, while that stage is under way."""
    strikes: list[Event] = []

    async def strike(event: Event) -> None:
        about = event.data if event.name == "stage" else {}
        if (about.get("stage"), about.get("state")) == (stage, "started") and not strikes:
            strikes.append(event)
            await fault(proxy)

    proxy.delay_s = 0.05  # so that there is something under way to be struck
    with anyio.fail_after(20):
        answer = await asked.ask(strike)
    proxy.behave()
    assert strikes
    return answer


async def test_every_fault_of_a_connection_is_survived(
    people: str, scripted: OpenAIServer, redis: RedisServer
) -> None:
    """Each strikes the fast path. Either it gets over it, or the sequential path steps in and the
    answer says why: the rows are the same."""
    reasons = []
    async with world(people, scripted, redis) as asked:
        plain = await asked.ask()
        assert is_right(plain)
        assert plain["decision"]["strategy"] == "parallel"
        for proxy, stage in ((asked.model, "draft"), (asked.database, "run")):
            for fault in FAULTS:
                answer = await struck(asked, proxy, stage, fault)
                assert is_right(answer), (fault.__name__, stage, answer.get("error"))
                if answer["fallback"]["used"]:
                    reasons.append(answer["fallback"]["reason"])
    assert reasons
    assert all(reasons)


async def test_redis_costs_time_at_most(
    people: str, scripted: OpenAIServer, redis: RedisServer
) -> None:
    """Whatever it does, every question is answered by the process that it came to."""
    async with world(people, scripted, redis) as asked:
        for fault in (*FAULTS, _hang):
            await fault(asked.redis)
            with anyio.fail_after(10):
                answer = await asked.ask()
            assert is_right(answer), (fault.__name__, answer)
            assert not answer["fallback"]["used"]
            asked.redis.behave()


async def _hang(proxy: MisbehavingProxy) -> None:
    proxy.hang()


async def test_who_leaves_while_redis_is_asked_leaves_no_question_without_an_end(
    people: str, scripted: OpenAIServer, redis: RedisServer
) -> None:
    """Asked again under the same id, it is answered, or told that it was cancelled; under another
    one it is answered."""
    body = {"question": PER_CITY, "id": uuid.uuid4().hex}
    async with world(people, scripted, redis) as asked:
        asked.redis.hang()
        async with httpx.AsyncClient(timeout=20, trust_env=False) as client:
            with anyio.move_on_after(0.2):
                await client.post(f"{asked.url}/v1/ask", json=body)
            answer = await client.post(f"{asked.url}/v1/ask", json=body)
            anew = await client.post(f"{asked.url}/v1/ask", json={**body, "id": uuid.uuid4().hex})
        asked.redis.behave()
    assert is_right(anew.json())
    if answer.status_code == 409:
        assert answer.json()["code"] == "cancelled"
    else:
        assert is_right(answer.json())


@pytest.mark.slow
async def test_faults_at_any_moment_lose_no_question(
    people: str, scripted: OpenAIServer, redis: RedisServer
) -> None:
    """Now this connection is struck, now that one, while many ask: each is answered as ever, or
    was struck on the sequential path, too, and says by what."""
    chance = random.Random(7431)
    answers: list[Any] = []
    async with world(people, scripted, redis) as asked:

        async def strike() -> None:
            while True:
                await anyio.sleep(chance.uniform(0.05, 0.4))
                proxy = chance.choice((asked.model, asked.database, asked.redis))
                await chance.choice(FAULTS)(proxy)
                await anyio.sleep(chance.uniform(0, 0.05))
                proxy.behave()

        async def ask() -> None:
            for _ in range(15):
                answers.append(await asked.ask())

        async with anyio.create_task_group() as group:
            group.start_soon(strike)
            async with anyio.create_task_group() as askers:
                for _ in range(6):
                    askers.start_soon(ask)
            group.cancel_scope.cancel()
    failed = [answer for answer in answers if answer["status"] != "answered"]
    assert len(answers) == 90
    for answer in failed:
        assert (
            answer["fallback"]["used"] or (answer["decision"] or {}).get("strategy") != "parallel"
        )
    assert all(is_right(answer) for answer in answers if answer not in failed)
    assert {answer["error"]["code"] for answer in failed} <= {
        "model_unreachable", "database_unreachable", "unavailable"
    }  # fmt: skip
    assert len(failed) < 20, [answer["error"] for answer in failed]
