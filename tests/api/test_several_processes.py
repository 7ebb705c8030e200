"""Several processes that share a store and Redis: no question is bound to the one it came to."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial

import anyio
import httpx
import pytest

from forerun.access import LOOPBACK, Identity
from forerun.app.sections import DatabaseSection, ServeSection
from forerun.app.serving import Ask, Asked, Deployment, owner_of
from forerun.app.serving.elsewhere import Elsewhere
from forerun.app.serving.relaying import stream_name
from forerun.errors import NotFound, Overloaded
from tests.api.service import (
    COUNT,
    FOREVER,
    PER_CITY,
    configuration,
    events_of,
    limits,
    model,
    served,
    until,
    with_model,
)
from tests.services import RedisServer, redis_server

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def two(
    url: str, serve: ServeSection
) -> AsyncIterator[tuple[Deployment, httpx.AsyncClient, httpx.AsyncClient]]:
    """The first one's deployment, and clients of both."""
    configured = configuration(url, serve=serve)
    async with served(configured) as (deployment, one), served(configured) as (_, other):
        yield deployment, one, other


@pytest.fixture
def serve(redis: RedisServer, state: str) -> ServeSection:
    return ServeSection(state=state, redis=redis.url, resume_s=1.0)


async def test_a_stream_is_followed_and_resumed_from_another_process(
    shop_url: str, serve: ServeSection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the question is answered by one, the other gives the same events to the end."""
    id_ = uuid.uuid4().hex
    body = {"question": PER_CITY, "id": id_}
    with with_model(monkeypatch, model(token_delay_s=0.01)):
        async with two(shop_url, serve) as (deployment, one, other):
            streams: dict[str, httpx.Response] = {}

            async def ask() -> None:
                streams["one"] = await one.post("/v1/ask/stream", json=body)

            async def resume() -> None:
                await until(lambda: bool(deployment._asks) and len(_frames(deployment)) > 5)
                headers = {"Last-Event-ID": "4"}
                streams["resumed"] = await other.get(f"/v1/ask/{id_}/stream", headers=headers)

            async def ask_again() -> None:
                await until(lambda: bool(deployment._asks) and len(_frames(deployment)) > 8)
                streams["plain"] = await other.post("/v1/ask", json=body)

            async with anyio.create_task_group() as group:
                for work in (ask, resume, ask_again):
                    group.start_soon(work)
    events = events_of(streams["one"])
    assert events[-1].name == "answer"
    assert events_of(streams["resumed"]) == events[4:]
    assert streams["plain"].json() == events[-1].data


def _frames(deployment: Deployment) -> list[bytes]:
    return [frame for ask in deployment._asks.values() for frame in ask.log.frames]


async def test_a_question_is_cancelled_from_another_process(
    shop_url: str, serve: ServeSection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one that runs it hears of it at once, and its statement ends."""
    id_ = uuid.uuid4().hex
    with with_model(monkeypatch, model()):
        async with two(shop_url, serve) as (deployment, one, other):
            told: list[httpx.Response] = []

            async def ask() -> None:
                told.append(await one.post("/v1/ask", json={"question": FOREVER, "id": id_}))

            async with anyio.create_task_group() as group:
                group.start_soon(ask)
                await until(lambda: any(b"event: sql" in f for f in _frames(deployment)))
                await anyio.sleep(0.1)  # to be known elsewhere
                cancelled = await other.post(f"/v1/ask/{id_}/cancel")
            assert cancelled.json() == {"id": id_, "cancelled": True}
            assert told[0].json()["code"] == "cancelled"
            assert deployment.admission.running == 0


@pytest.mark.parametrize("route", ["/v1/ask", "/v1/ask/stream"])
async def test_an_id_stands_for_one_question_in_all_processes(
    shop_url: str, serve: ServeSection, monkeypatch: pytest.MonkeyPatch, route: str
) -> None:
    """While one answers a question, the other refuses another one under its id, and the same one
    for another database; the same question again is the one that is under way."""
    id_ = uuid.uuid4().hex
    databases = {"shop": DatabaseSection(shop_url), "twin": DatabaseSection(shop_url)}
    configured = configuration(shop_url, serve=serve, databases=databases)
    with with_model(monkeypatch, model()):
        async with served(configured) as (one, _), served(configured) as (two, other):
            await one.begin(Asked(FOREVER, "shop", id_), LOOPBACK, "ask")
            for question, database in ((COUNT, "shop"), (FOREVER, "twin")):
                body = {"question": question, "database": database, "id": id_}
                refused = await other.post(route, json=body)
                assert (refused.status_code, refused.json()["code"]) == (409, "id_taken")
            again = await two.begin(Asked(FOREVER, "shop", id_), LOOPBACK, "ask")
            assert isinstance(again, Elsewhere)
            assert two.admission.running == 0


async def test_who_follows_elsewhere_keeps_a_question_going(
    shop_url: str, serve: ServeSection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stream is cut off where the question runs, and resumed elsewhere: it is answered."""
    body = {"question": PER_CITY, "id": uuid.uuid4().hex}
    with with_model(monkeypatch, model(token_delay_s=0.05)):
        async with two(shop_url, serve) as (deployment, one, other):
            async with anyio.create_task_group() as group:
                group.start_soon(partial(one.post, "/v1/ask/stream", json=body))
                await until(lambda: bool(deployment._asks) and len(_frames(deployment)) > 5)
                group.cancel_scope.cancel()
            resumed = await other.get(f"/v1/ask/{body['id']}/stream")
    assert events_of(resumed)[-1].name == "answer"


async def test_without_redis_questions_are_answered_all_the_same(
    shop_url: str, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Redis dies: who asks is answered where they ask, and reads the answer anywhere."""
    with redis_server() as dying, with_model(monkeypatch, model()):
        serve = ServeSection(state=state, redis=dying.url)
        async with two(shop_url, serve) as (_, one, other):
            assert (await one.post("/v1/ask", json={"question": COUNT})).status_code == 200
            dying.kill()
            id_ = uuid.uuid4().hex
            stream = await one.post("/v1/ask/stream", json={"question": PER_CITY, "id": id_})
            assert events_of(stream)[-1].name == "answer"
            await anyio.sleep(0.3)
            assert (await other.get(f"/v1/answers/{id_}")).status_code == 200


async def test_the_events_of_a_process_that_is_gone_end_with_an_error(
    shop_url: str, serve: ServeSection, monkeypatch: pytest.MonkeyPatch, redis: RedisServer
) -> None:
    """A question whose process says no more that it lives is lost, and its followers are told."""
    from forerun.adapters.relays import open_relay
    from forerun.ports import Told

    monkeypatch.setattr("forerun.adapters.relays.redis.ALIVE_MS", 50)
    id_ = uuid.uuid4().hex
    relay = open_relay(redis.url, 60)
    stream = stream_name(owner_of(LOOPBACK), id_)
    frame = b'id: 1\nevent: accepted\ndata: {"id":"x"}\n\n'
    await relay.tell([Told(stream, "run", 1, [frame])])
    async with served(configuration(shop_url, serve=serve)) as (_, asks):
        events = events_of(await asks.get(f"/v1/ask/{id_}/stream"))
    await relay.aclose()
    assert [event.name for event in events] == ["accepted", "error"]
    assert events[-1].data["status"] == 503


async def test_a_narrower_key_finds_nothing_of_what_another_process_answers(
    shop_url: str, serve: ServeSection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the same user: neither by its id, nor by asking anew under it."""
    id_ = uuid.uuid4().hex
    wide = Identity("k1", "blue", "ann")
    narrow = replace(wide, id="k2", databases=frozenset({"other"}))
    databases = {"shop": DatabaseSection(shop_url), "other": DatabaseSection(shop_url)}
    configured = configuration(shop_url, serve=serve, databases=databases)
    with with_model(monkeypatch, model()):
        async with served(configured) as (one, _), served(configured) as (two, _):
            begun = await one.begin(Asked(FOREVER, "shop", id_), wide, "ask")
            found = await two.find(owner_of(wide), id_)
            assert isinstance(found, Elsewhere)
            assert found.stream == stream_name(owner_of(wide), id_)
            with pytest.raises(NotFound):
                await two.find(owner_of(narrow), id_)
            with pytest.raises(NotFound):
                await two.cancel(owner_of(narrow), id_)
            with pytest.raises(NotFound):
                await two.begin(Asked(FOREVER, "other", id_), narrow, "ask")
            assert two.admission.running == 0
            assert isinstance(begun, Ask)
            assert not begun.done.is_set()


async def test_what_a_process_of_an_earlier_version_answers_is_found(
    shop_url: str, serve: ServeSection, redis: RedisServer
) -> None:
    """Whose first event does not say the question yet: asked again, it is taken for the same."""
    from forerun.adapters.relays import open_relay
    from forerun.ports import Told

    id_ = uuid.uuid4().hex
    relay = open_relay(redis.url, 60)
    frame = b'id: 1\nevent: accepted\ndata: {"id":"x","database":"shop"}\n\n'
    await relay.tell([Told(stream_name(owner_of(LOOPBACK), id_), "run", 1, [frame])])
    await relay.aclose()
    async with served(configuration(shop_url, serve=serve)) as (deployment, _):
        again = await deployment.begin(Asked(COUNT, "shop", id_), LOOPBACK, "ask")
    assert isinstance(again, Elsewhere)


async def test_who_would_follow_one_too_many_is_told_when_to_come_back(
    shop_url: str, serve: ServeSection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a code and a time, before there is a stream; also where only its first event is needed,
    to tell whether it may be seen, or is the same."""
    body = {"question": FOREVER, "id": uuid.uuid4().hex}
    configured = configuration(shop_url, serve=serve, limits=limits(followers=1))
    narrow = replace(LOOPBACK, databases=frozenset({"shop"}))
    with with_model(monkeypatch, model()):
        async with served(configured) as (one, _), served(configured) as (two, other):
            await one.begin(Asked(FOREVER, "shop", body["id"]), LOOPBACK, "ask")
            relaying = two._relaying
            assert relaying is not None
            async with anyio.create_task_group() as group:
                group.start_soon(other.get, f"/v1/ask/{body['id']}/stream")
                await until(lambda: relaying._following == 1)
                refused = [
                    await other.get(f"/v1/ask/{body['id']}/stream"),
                    await other.post("/v1/ask/stream", json=body),
                    await other.post("/v1/ask", json=body),
                ]
                with pytest.raises(Overloaded) as unseen:
                    await two.find(owner_of(narrow), body["id"])
                group.cancel_scope.cancel()
            assert two.admission.running == 0
    assert unseen.value.code == "overloaded"
    for response in refused:
        assert (response.status_code, response.json()["code"]) == (503, "overloaded")
        assert int(response.headers["Retry-After"]) >= 1
