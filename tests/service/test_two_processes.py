"""Two processes over one PostgreSQL and one Redis: it does not matter which is asked."""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from forerun.testing.openai_server import ChatRequest, Hangs, OpenAIServer, Says, serve_openai
from forerun.testing.playbook import Playbook
from tests.api.service import COUNT, FOREVER, PER_CITY, QUERIES, Event, Reader, events_of
from tests.rollout.flags.files import rollout
from tests.service.processes import Served, serving
from tests.services import Scratch, redis_server

pytestmark = pytest.mark.anyio

CONFIG = """
[settings]
state = "memory"
cache = "{redis}"
flags = "{folder}/flags.json"
enable_parallel = true
parallel_threshold = 0.0
model = "openai:scripted"
model_url = "{model}"
model_key = "none"
[databases.shop]
url = "{url}"
[serve]
state = "{state}"
redis = "{redis}"
resume_s = 2
[telemetry]
log = "none"
"""


@pytest.fixture(scope="module")
def scripted() -> Iterator[OpenAIServer]:
    playbook = Playbook(QUERIES, summary="It is as the rows say.")

    def script(asked: ChatRequest) -> Says | Hangs:
        return Hangs() if FOREVER in asked.user else Says(playbook(asked), token_delay_s=0.01)

    with serve_openai(script) as server:
        yield server


@pytest.fixture(scope="module")
def both(
    folder: Path, shop_url: str, postgres: Scratch, scripted: OpenAIServer
) -> Iterator[tuple[Served, Served]]:
    (folder / "flags.json").write_text(json.dumps(rollout(stage="live")))
    with redis_server() as redis:
        config = CONFIG.format(
            folder=folder,
            url=shop_url,
            redis=redis.url,
            state=postgres.owner_url,
            model=scripted.base_url,
        )
        with serving(folder, config) as one, serving(folder, config, name="other") as other:
            yield one, other


@asynccontextmanager
async def asking(both: tuple[Served, Served]) -> AsyncIterator[tuple[Any, Any]]:
    one, other = (
        httpx.AsyncClient(base_url=each.url, timeout=60, trust_env=False) for each in both
    )
    async with one, other:
        yield one, other


async def read_until(client: httpx.AsyncClient, body: dict[str, Any], name: str) -> list[Event]:
    """The first events of a stream, which is then cut off."""
    events = []
    async with client.stream("POST", "/v1/ask/stream", json=body) as response:
        async for event in Reader().events(response.aiter_lines()):
            events.append(event)
            if event.name == name:
                return events
    pytest.fail(f"no {name} in {events}")


async def test_a_stream_is_cut_off_at_one_and_resumed_at_the_other(
    both: tuple[Served, Served],
) -> None:
    """No event is missing and none comes twice; the answer is at both what the stream had."""
    body = {"question": PER_CITY, "id": uuid.uuid4().hex, "cache": "bypass"}
    async with asking(both) as (one, other):
        first = await read_until(one, body, "text")
        headers = {"Last-Event-ID": str(first[-1].id)}
        resumed = await other.get(f"/v1/ask/{body['id']}/stream", headers=headers)
        rest = events_of(resumed)
        assert [event.id for event in first + rest] == list(range(1, rest[-1].id + 1))
        assert rest[-1].name == "answer"
        assert rest[-1].data["rows"] == [["Bremen", 1], ["Kiel", 2]]
        for client in (one, other):
            with anyio.fail_after(5):  # answers are sent first, and then kept
                while (kept := await client.get(f"/v1/answers/{body['id']}")).status_code == 404:
                    await anyio.sleep(0.02)
            assert kept.json() == rest[-1].data


async def test_a_question_at_one_is_cancelled_from_the_other(both: tuple[Served, Served]) -> None:
    """Who waits is told so at once."""
    body = {"question": FOREVER, "id": uuid.uuid4().hex}
    told: list[httpx.Response] = []
    async with asking(both) as (one, other):

        async def ask() -> None:
            told.append(await one.post("/v1/ask", json=body))

        async with anyio.create_task_group() as group:
            group.start_soon(ask)
            with anyio.fail_after(10):
                while (cancelled := await other.post(_cancel(body))).status_code == 404:
                    await anyio.sleep(0.02)
    assert cancelled.json()["cancelled"]
    assert told[0].json()["code"] == "cancelled"


def _cancel(body: dict[str, Any]) -> str:
    return f"/v1/ask/{body['id']}/cancel"


async def test_a_conversation_goes_on_at_the_other(both: tuple[Served, Served]) -> None:
    """Each question has seen the turns before it, wherever they were answered."""
    about = {"conversation_id": uuid.uuid4().hex}
    async with asking(both) as (one, other):
        for client, question in ((one, COUNT), (other, PER_CITY), (one, COUNT)):
            answer = await client.post("/v1/ask", json={"question": question, **about})
            assert answer.json()["status"] == "answered"
        whole = (await other.get(f"/v1/conversations/{about['conversation_id']}")).json()
    assert [(turn["number"], turn["follows"]) for turn in whole["turns"]] == [
        (1, 0),
        (2, 1),
        (3, 2),
    ]
    assert [turn["question"] for turn in whole["turns"]] == [COUNT, PER_CITY, COUNT]


async def test_a_conversation_at_both_at_once_loses_nothing(both: tuple[Served, Served]) -> None:
    """Every question is a turn, each once, in one order, with its own answer."""
    conversation, asked = uuid.uuid4().hex, dict[str, str]()
    async with asking(both) as clients:

        async def ask(client: httpx.AsyncClient, question: str) -> None:
            body = {"question": question, "conversation_id": conversation, "id": uuid.uuid4().hex}
            answer = await client.post("/v1/ask", json=body)
            assert answer.json()["status"] == "answered", answer.text
            asked[body["id"]] = question

        async with anyio.create_task_group() as group:
            for number in range(12):
                for client in clients:
                    group.start_soon(ask, client, (COUNT, PER_CITY)[number % 2])
        whole = (await clients[0].get(f"/v1/conversations/{conversation}")).json()
        turns = whole["turns"]
        assert [turn["number"] for turn in turns] == list(range(1, 25))
        assert {turn["answer_id"]: turn["question"] for turn in turns} == asked
        assert all(turn["follows"] < turn["number"] for turn in turns)
        for turn in turns[::6]:
            kept = await clients[1].get(f"/v1/answers/{turn['answer_id']}")
            assert kept.json()["question"] == turn["question"]


async def test_what_one_has_answered_the_other_keeps(both: tuple[Served, Served]) -> None:
    """The same question again costs no model call."""
    question = {"question": PER_CITY}
    async with asking(both) as (one, other):
        await one.post("/v1/ask", json=question)
        again = (await other.post("/v1/ask", json=question)).json()
    assert again["cache"]["hit"]
    assert again["usage"]["model_calls"] == 0


async def test_a_kill_at_one_is_a_kill_at_both(both: tuple[Served, Served]) -> None:
    """At once at the one, soon at the other; and parallel again once it is over."""
    question = {"question": COUNT, "cache": "bypass"}

    async def becomes(client: httpx.AsyncClient, strategy: str) -> None:
        with anyio.fail_after(5):
            while True:
                answer = (await client.post("/v1/ask", json=question)).json()
                if answer["decision"]["strategy"] == strategy:
                    return
                await anyio.sleep(0.2)

    async with asking(both) as (one, other):
        await becomes(other, "parallel")
        killed = await one.post("/v1/flags/parallel/kill", json={"why": "a proof"})
        assert killed.status_code == 200, killed.text
        at_one = (await one.post("/v1/ask", json=question)).json()
        assert at_one["decision"]["strategy"] == "sequential"
        await becomes(other, "sequential")
        restored = await other.delete("/v1/flags/parallel/kill", params={"why": "it is over"})
        assert restored.status_code == 200, restored.text
        await becomes(one, "parallel")
        await becomes(other, "parallel")
