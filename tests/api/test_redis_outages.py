"""Several processes whose Redis fails: no stream ends with an error that is none."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import anyio
import httpx
import pytest
from redis.asyncio import from_url

from forerun.app.sections import ServeSection
from forerun.app.serving import Deployment
from forerun.app.serving.event_log import ALONE
from forerun.testing.proxy import MisbehavingProxy, misbehaving_proxy
from tests.api.service import (
    COUNT,
    FOREVER,
    PER_CITY,
    configuration,
    events_of,
    model,
    served,
    until,
    with_model,
)
from tests.services import RedisServer, redis_server

pytestmark = pytest.mark.anyio


@dataclass(frozen=True)
class Pair:
    """Two processes; the other one hears of Redis through the proxy, unless that is not used."""

    deployment: Deployment
    one: httpx.AsyncClient
    elsewhere: Deployment
    other: httpx.AsyncClient
    proxy: MisbehavingProxy

    def told(self, served: Deployment) -> int:
        """How many events there are."""
        return sum(len(ask.log.frames) for ask in served._asks.values())


@asynccontextmanager
async def pair(
    url: str,
    redis: RedisServer,
    state: str,
    patched: pytest.MonkeyPatch,
    token_delay_s: float,
    *,
    by_proxy: bool = True,
) -> AsyncIterator[Pair]:
    serve = ServeSection(state=state, redis=redis.url, resume_s=30.0)
    async with misbehaving_proxy("127.0.0.1", redis.port) as proxy:
        port = proxy.port if by_proxy else redis.port
        through = replace(serve, redis=f"redis://127.0.0.1:{port}/0")
        with with_model(patched, model(token_delay_s=token_delay_s)):
            async with (
                served(configuration(url, serve=serve)) as (deployment, one),
                served(configuration(url, serve=through)) as (elsewhere, other),
            ):
                yield Pair(deployment, one, elsewhere, other, proxy)


@dataclass(frozen=True)
class Streams:
    """Of one question: where it is answered, and where it is followed."""

    here: httpx.Response
    followed: httpx.Response


async def while_followed(
    pair: Pair, body: dict[str, Any], strike: Callable[[], Any], events: int = 20
) -> Streams:
    """Asked of the one, and followed at the other, which is struck meanwhile."""
    streams: dict[str, httpx.Response] = {}

    async def ask() -> None:
        streams["here"] = await pair.one.post("/v1/ask/stream", json=body)

    async def follow() -> None:
        await until(lambda: pair.told(pair.deployment) > min(events, 5))
        streams["followed"] = await pair.other.get(f"/v1/ask/{body['id']}/stream")

    async with anyio.create_task_group() as group:
        group.start_soon(ask)
        group.start_soon(follow)
        await until(lambda: pair.told(pair.deployment) > events)
        await strike()
    return Streams(streams["here"], streams["followed"])


def named(question: str) -> dict[str, Any]:
    return {"question": question, "id": uuid.uuid4().hex}


async def test_a_short_outage_is_waited_through(
    shop_url: str, redis: RedisServer, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who follows misses nothing and hears nothing twice."""
    async with pair(shop_url, redis, state, monkeypatch, 0.03) as both:

        async def fail() -> None:
            await both.proxy.reset()
            await anyio.sleep(0.7)
            both.proxy.behave()

        streams = await while_followed(both, named(PER_CITY), fail)
    assert events_of(streams.here)[-1].name == "answer"
    assert events_of(streams.followed) == events_of(streams.here)


async def test_each_short_outage_is_waited_through_anew(
    shop_url: str, redis: RedisServer, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the question has told nothing between two of them."""
    monkeypatch.setattr("forerun.app.serving.elsewhere.UNHEARD_FOR_S", 2.0)
    monkeypatch.setattr("forerun.app.serving.elsewhere.LONGEST_FAILURE_S", 1.0)
    body = named(FOREVER)
    async with pair(shop_url, redis, state, monkeypatch, 0.0) as both:

        async def fail_twice() -> None:
            await anyio.sleep(1.0)  # until it is followed
            for _ in range(2):
                await both.proxy.reset()
                await anyio.sleep(0.7)
                both.proxy.behave()
                await anyio.sleep(2.5)
            await both.one.post(f"/v1/ask/{body['id']}/cancel")

        streams = await while_followed(both, body, fail_twice, events=5)
    assert events_of(streams.here)[-1].data["code"] == "cancelled"
    assert events_of(streams.followed) == events_of(streams.here)
    assert ": cut off" not in streams.followed.text


async def test_a_redis_that_has_lost_everything_is_told_again(
    shop_url: str, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed and started anew, it has the whole stream before long, from the first event on."""
    with redis_server() as dying:
        async with pair(shop_url, dying, state, monkeypatch, 0.03, by_proxy=False) as both:

            async def fail() -> None:
                dying.kill()
                await anyio.sleep(0.3)
                await anyio.to_thread.run_sync(dying.start)

            body = named(PER_CITY)
            streams = await while_followed(both, body, fail)
            again = await both.other.get(f"/v1/ask/{body['id']}/stream")
    assert events_of(streams.here)[-1].name == "answer"
    assert events_of(streams.followed) == events_of(streams.here) == events_of(again)


async def test_events_that_a_replica_lacks_are_told_again(
    shop_url: str, redis: RedisServer, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It took over without the last ones: who follows already, and who comes then, miss none."""
    body = named(PER_CITY)
    late: list[httpx.Response] = []
    async with (
        pair(shop_url, redis, state, monkeypatch, 0.03) as both,
        from_url(redis.url) as server,
    ):

        async def take_over() -> None:
            streams = [name async for name in server.scan_iter(_type="stream")]
            then = [(name, await server.dump(name) or b"") for name in streams]
            events = both.told(both.deployment)
            await until(lambda: both.told(both.deployment) > events + 10)
            for name, held in then:
                await server.restore(name, 60_000, held, replace=True)
            late.append(await both.other.get(f"/v1/ask/{body['id']}/stream"))

        streams = await while_followed(both, body, take_over)
    assert events_of(streams.here)[-1].name == "answer"
    assert events_of(streams.followed) == events_of(late[0]) == events_of(streams.here)


async def test_of_events_that_are_gone_for_good_the_answer_is_told(
    shop_url: str, redis: RedisServer, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At once, as the only event after those that are still there, or were heard."""
    body = named(PER_CITY)
    async with (
        pair(shop_url, redis, state, monkeypatch, 0.0) as both,
        from_url(redis.url) as server,
    ):
        here = events_of(await both.one.post("/v1/ask/stream", json=body))
        assert events_of(await both.other.get(f"/v1/ask/{body['id']}/stream")) == here
        async for key in server.scan_iter(_type="stream"):
            await server.xdel(key, "4-0")
        with anyio.fail_after(5):
            told = [
                events_of(await both.other.get(f"/v1/ask/{body['id']}/stream", headers=headers))
                for headers in ({}, {"Last-Event-ID": "2"}, {"Last-Event-ID": "4"})
            ]
    answer = replace(here[-1], id=ALONE)
    assert told == [[*here[:3], answer], [here[2], answer], here[4:]]


async def test_a_long_outage_cuts_the_stream_off_and_ends_no_question(
    shop_url: str, redis: RedisServer, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stream breaks off without a last event, and is gone on with once Redis answers again;
    who asks meanwhile is told that it cannot be said, and to come back."""
    monkeypatch.setattr("forerun.app.serving.elsewhere.UNHEARD_FOR_S", 0.2)
    body = named(PER_CITY)
    meanwhile: list[httpx.Response] = []
    async with pair(shop_url, redis, state, monkeypatch, 0.1) as both:

        async def fail() -> None:
            await both.proxy.reset()
            await anyio.sleep(0.6)
            meanwhile.append(await both.other.get(f"/v1/ask/{body['id']}/stream"))
            meanwhile.append(await both.other.post(f"/v1/ask/{body['id']}/cancel"))
            both.proxy.behave()

        streams = await while_followed(both, body, fail)
        cut = events_of(streams.followed)
        headers = {"Last-Event-ID": str(cut[-1].id)}
        rest = await both.other.get(f"/v1/ask/{body['id']}/stream", headers=headers)
    assert ": cut off" in streams.followed.text
    assert {event.name for event in cut}.isdisjoint({"answer", "error"})
    assert cut + events_of(rest) == events_of(streams.here)
    for refused in meanwhile:
        assert (refused.status_code, refused.json()["code"]) == (503, "unheard")
        assert refused.json()["retry_after_s"] > 0


async def test_an_answer_that_nobody_tells_of_is_looked_up(
    shop_url: str, redis: RedisServer, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Redis stays away: once the question has been answered, its followers get the answer that is
    kept."""
    monkeypatch.setattr("forerun.app.serving.elsewhere.UNHEARD_FOR_S", 4.0)
    async with pair(shop_url, redis, state, monkeypatch, 0.02) as both:
        streams = await while_followed(both, named(PER_CITY), both.proxy.reset)
    answer = events_of(streams.here)[-1]
    assert answer.name == "answer"
    assert events_of(streams.followed)[-1].name == "answer"
    assert events_of(streams.followed)[-1].data == answer.data


async def test_a_question_that_may_be_done_twice_says_so(
    shop_url: str, redis: RedisServer, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Redis is away, so nobody can say whether another process answers it: it is answered all the
    same, with a warning. Without an id of the asker's there is nothing to say."""
    async with pair(shop_url, redis, state, monkeypatch, 0.0) as both:
        await both.proxy.reset()
        unsure = (await both.other.post("/v1/ask", json=named(COUNT))).json()
        sure = (await both.other.post("/v1/ask", json={"question": COUNT})).json()
    assert (unsure["status"], unsure["rows"]) == ("answered", [[3]])
    assert any("done twice" in warning for warning in unsure["warnings"])
    assert not any("done twice" in warning for warning in sure["warnings"])


async def test_what_is_done_twice_is_not_mixed_up(
    shop_url: str,
    redis: RedisServer,
    state: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Two processes answer it because the second one could not ask; once it can, it keeps its
    events to itself: who follows hears the first one alone."""
    body = named(PER_CITY)
    streams: dict[str, httpx.Response] = {}
    async with pair(shop_url, redis, state, monkeypatch, 0.03) as both:

        async def ask(name: str, client: httpx.AsyncClient) -> None:
            streams[name] = await client.post("/v1/ask/stream", json=body)

        async with anyio.create_task_group() as group:
            group.start_soon(ask, "one", both.one)
            await until(lambda: both.told(both.deployment) > 5)
            await both.proxy.reset()
            group.start_soon(ask, "other", both.other)
            await until(lambda: both.told(both.elsewhere) > 5)
            both.proxy.behave()
        found = [
            frame
            async for frames in both.deployment._relaying.relay.follow(_stream(both), 0)  # type: ignore[union-attr]
            for frame in frames
        ]
    assert "answered twice" in caplog.text
    assert b"".join(found).decode() == streams["one"].text
    assert events_of(streams["other"])[-1].name == "answer"


def _stream(both: Pair) -> str:
    from forerun.app.serving.relaying import stream_name

    [(owner, id_)] = both.deployment._asks
    return stream_name(owner, id_)
