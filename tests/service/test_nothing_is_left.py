"""Questions are begun and cancelled, in every way that there is; nothing is left of them."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import anyio
import httpx
import psycopg
import pytest
from anyio.to_thread import current_default_thread_limiter

from forerun.api import create_app
from forerun.app.sections import LimitsSection, ServeSection
from forerun.app.serving import Deployment
from forerun.testing.openai_server import ChatRequest, Hangs, OpenAIServer, Says, serve_openai
from forerun.testing.playbook import Playbook
from tests.api.service import COUNT, FOREVER, SETTINGS, configuration, listening, until
from tests.services import Scratch

pytestmark = pytest.mark.anyio

SILENCE = "Who says nothing?"
QUERIES = {
    COUNT: "SELECT count(*) AS customers FROM customers",
    FOREVER: "SELECT count(*) AS n FROM numbers a, numbers b, numbers c WHERE a.n + b.n < c.n",
}


@pytest.fixture(scope="module")
def shop_on_postgres(postgres: Scratch) -> Scratch:
    with psycopg.connect(postgres.owner_url, autocommit=True) as owner:
        owner.execute("CREATE TABLE customers AS SELECT generate_series(1, 3) AS id")
        owner.execute("CREATE TABLE numbers AS SELECT generate_series(1, 20000) AS n")
    return postgres


@pytest.fixture(scope="module")
def scripted() -> Iterator[OpenAIServer]:
    """Some questions wait for the model, some for the database."""
    playbook = Playbook(QUERIES)

    def script(asked: ChatRequest) -> Says | Hangs:
        return Hangs() if SILENCE in asked.user else Says(playbook(asked))

    with serve_openai(script) as server:
        yield server


def sessions_of(scratch: Scratch) -> list[str]:
    """What each session of the service in the database does now."""
    with psycopg.connect(scratch.owner_url, autocommit=True) as owner:
        asked = "SELECT state FROM pg_stat_activity WHERE usename = %s"
        return [str(state) for (state,) in owner.execute(asked, [scratch.reader])]


async def give_up(client: httpx.AsyncClient, number: int) -> None:
    """Hang up, cut the stream off, or cancel: after a moment of the question's life."""
    question, id_ = (SILENCE, FOREVER)[number % 2], uuid.uuid4().hex
    body = {"question": question, "id": id_, "database": "shop"}
    path = ("/v1/ask", "/v1/ask/stream")[number // 2 % 2]
    async with anyio.create_task_group() as group:
        group.start_soon(partial(client.post, path, json=body))
        await anyio.sleep(0.02 * (number % 10))
        if number % 3 == 0:
            await client.post(f"/v1/ask/{id_}/cancel")
        group.cancel_scope.cancel()


@pytest.mark.parametrize("questions", [30, pytest.param(200, marks=pytest.mark.slow)])
async def test_nothing_is_left_of_cancelled_questions(
    shop_on_postgres: Scratch, scripted: OpenAIServer, questions: int
) -> None:
    """No task, no thread at work, no statement, no more sessions than may be kept; and the next
    question is answered as ever."""
    settings = replace(
        SETTINGS,
        model="openai:scripted",
        model_url=scripted.base_url,
        model_key="none",
        enable_parallel=True,
        parallel_threshold=0.0,
    )
    configured = configuration(
        shop_on_postgres.reader_url,
        settings=settings,
        serve=ServeSection(state="memory", resume_s=0.05, linger_s=0.1),
        limits=LimitsSection(questions=20),
    )
    async with Deployment(configured) as deployment, listening(create_app(deployment)) as url:
        limits = httpx.Limits(max_keepalive_connections=0)
        async with httpx.AsyncClient(
            base_url=url, timeout=60, trust_env=False, limits=limits
        ) as client:
            assert (await client.post("/v1/ask", json={"question": COUNT})).status_code == 200
            tasks = len(asyncio.all_tasks())
            slots = anyio.Semaphore(20)

            async def one(number: int) -> None:
                async with slots:
                    await give_up(client, number)

            async with anyio.create_task_group() as group:
                for number in range(questions):
                    group.start_soon(one, number)
            await until(lambda: deployment.admission.running == 0)
            await until(lambda: not deployment._asks)
            await until(lambda: set(sessions_of(shop_on_postgres)) <= {"idle"})
            await until(lambda: len(asyncio.all_tasks()) <= tasks)
            await until(lambda: current_default_thread_limiter().borrowed_tokens == 0)
            assert len(sessions_of(shop_on_postgres)) <= settings.max_statements + 1
            answer = (await client.post("/v1/ask", json={"question": COUNT})).json()
            assert (answer["status"], answer["rows"]) == ("answered", [[3]])
    assert sessions_of(shop_on_postgres) == []
