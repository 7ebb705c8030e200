"""What processes tell each other over a real Redis, and over a network that misbehaves."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import anyio
import pytest
from redis import asyncio as redis

from forerun.adapters.relays import open_relay
from forerun.adapters.relays.redis import RedisRelay
from forerun.errors import BadSetting, EventsMissing, Unavailable
from forerun.ports import Heard, Told
from forerun.testing.proxy import misbehaving_proxy
from tests.services import REDIS, scratch_redis

pytestmark = pytest.mark.anyio

RUN = "run"
EVENTS = [b"one", b"two", b"three\n\n", b"\x00\xff"]


@pytest.fixture(scope="module")
def prefix() -> Iterator[str]:
    yield from scratch_redis()


@asynccontextmanager
async def relay(prefix: str, url: str = REDIS, linger_s: float = 30) -> AsyncIterator[RedisRelay]:
    opened = RedisRelay(url, linger_s, prefix=prefix)
    try:
        yield opened
    finally:
        await opened.aclose()


async def read(relay: RedisRelay, stream: str, after: int = 0) -> list[bytes]:
    heard: list[bytes] = []
    await hear(relay, stream, heard, after)
    return heard


async def hear(relay: RedisRelay, stream: str, heard: list[bytes], after: int = 0) -> None:
    """Add what there is, until it ends or fails."""
    async for events in relay.follow(stream, after):
        heard.extend(events)


async def test_what_is_told_comes_whole_and_in_order(prefix: str) -> None:
    """Told in pieces, one of them twice because a reply was lost; read before and after the end,
    from any event on."""
    stream = uuid.uuid4().hex
    followed: list[bytes] = []
    async with relay(prefix) as one, relay(prefix) as other, anyio.create_task_group() as group:
        assert not await other.is_known(stream)
        await one.tell([Told(stream, RUN, 1, EVENTS[:2])])

        async def follow() -> None:
            followed.extend(await read(other, stream))

        group.start_soon(follow)
        while not await one.is_followed(stream):
            await anyio.sleep(0.005)
        assert await other.is_known(stream)
        await one.tell([Told(stream, RUN, 1, EVENTS[:3])])
        for _ in range(2):
            await one.tell([Told(stream, RUN, 4, EVENTS[3:], ended=True)])
        assert await read(one, stream, after=2) == EVENTS[2:]
    assert followed == EVENTS


async def test_a_question_is_claimed_once(prefix: str) -> None:
    """By whoever is first, and never once something was told."""
    stream = uuid.uuid4().hex
    async with relay(prefix) as one, relay(prefix) as other:
        assert [await one.claim(stream, RUN), await other.claim(stream, "other")] == [True, False]
        await one.tell([Told(stream, RUN, 1, EVENTS, ended=True)])
        assert not await other.claim(stream, "other")


async def test_two_runs_of_a_question_are_not_mixed(prefix: str) -> None:
    """Of two that could not hear of each other, the one that is told first is told on."""
    stream = uuid.uuid4().hex
    async with relay(prefix) as one, relay(prefix) as other:
        assert await other.tell([Told(stream, "second", 1, EVENTS[:1])]) == [Heard.TAKEN]
        assert await one.tell([Told(stream, RUN, 1, EVENTS[1:])]) == [Heard.FOREIGN]
        assert not await one.claim(stream, RUN)
        assert await other.claim(stream, "second")
        await other.tell([Told(stream, "second", 2, EVENTS[1:], ended=True)])
        assert await one.tell([Told(stream, RUN, 2, EVENTS[1:])]) == [Heard.FOREIGN]
        assert await read(one, stream) == EVENTS


async def test_what_redis_has_forgotten_is_asked_for_again(prefix: str) -> None:
    """From the first event on, so that no stream begins in its middle."""
    stream = uuid.uuid4().hex
    async with relay(prefix) as one:
        assert await one.tell([Told(stream, RUN, 3, EVENTS[2:])]) == [Heard.FORGOTTEN]
        assert not await one.is_known(stream)
        assert await one.tell([Told(stream, RUN, 1, EVENTS, ended=True)]) == [Heard.TAKEN]
        assert await read(one, stream) == EVENTS


async def test_what_a_replica_lacks_is_asked_for_again(prefix: str) -> None:
    """The last events are lost where it takes over before it has them: none is left out."""
    stream = uuid.uuid4().hex
    followed: list[bytes] = []
    async with relay(prefix) as one, relay(prefix) as other, redis.from_url(REDIS) as server:
        await one.tell([Told(stream, RUN, 1, EVENTS[:1])])
        before = await server.dump(f"{prefix}:ask:{stream}") or b""
        await one.tell([Told(stream, RUN, 2, EVENTS[1:3])])
        async with anyio.create_task_group() as group:

            async def follow() -> None:
                followed.extend(await read(other, stream))

            group.start_soon(follow)
            while not await one.is_followed(stream):
                await anyio.sleep(0.005)
            await server.restore(f"{prefix}:ask:{stream}", 30_000, before, replace=True)
            for told in (Told(stream, RUN, 4), Told(stream, RUN, 4, EVENTS[3:], ended=True)):
                assert await one.tell([told]) == [Heard.FORGOTTEN]
            assert await one.tell([Told(stream, RUN, 1, EVENTS, ended=True)]) == [Heard.TAKEN]
        assert await read(one, stream) == EVENTS
    assert followed == EVENTS


@pytest.mark.parametrize("gone", [1, 2, 4])
async def test_no_event_is_left_out_without_a_word(prefix: str, gone: int) -> None:
    """Who reads has those before a gap, and is then told of it, at the beginning, too; who tells is
    told to tell all again."""
    stream, five = uuid.uuid4().hex, [*EVENTS, b"five"]
    heard: list[bytes] = []
    async with relay(prefix) as one, redis.from_url(REDIS) as server:
        await one.tell([Told(stream, RUN, 1, five)])
        await server.xdel(f"{prefix}:ask:{stream}", f"{gone}-0")
        with pytest.raises(EventsMissing, match=f"Events {gone} to {gone} "):
            await hear(one, stream, heard)
        assert heard == five[: gone - 1]
        if gone > 1:
            assert await one.tell([Told(stream, RUN, 6)]) == [Heard.FORGOTTEN]
            await one.tell([Told(stream, RUN, 1, five, ended=True)])
            assert await read(one, stream, after=len(heard)) == five[gone - 1 :]


async def test_who_runs_a_question_hears_that_it_is_to_be_cancelled(prefix: str) -> None:
    """At once, where it listens; else with the next thing that it tells."""
    stream = uuid.uuid4().hex
    heard: list[str] = []
    async with relay(prefix) as one, relay(prefix) as other:
        async with anyio.create_task_group() as group:
            group.start_soon(one.hear_cancels, heard.append)
            with anyio.fail_after(10):
                while stream not in heard:
                    await other.cancel(stream)
                    await anyio.sleep(0.02)
            group.cancel_scope.cancel()
        quiet = uuid.uuid4().hex
        news = [Told(quiet, RUN, 1, [b"x"]), Told(stream, RUN, 1, [b"x"])]
        assert await one.tell(news) == [Heard.TAKEN, Heard.CANCELLED]


async def test_a_network_that_fails_is_told_and_got_over(prefix: str) -> None:
    """Reset, garbled or silent, every call says `Unavailable` in time; afterwards all is well."""
    at = urlsplit(REDIS)
    stream = uuid.uuid4().hex
    async with misbehaving_proxy(at.hostname or "127.0.0.1", at.port or 6379) as proxy:
        url = f"redis://127.0.0.1:{proxy.port}{at.path}"
        async with relay(prefix, url) as one:
            await one.tell([Told(stream, RUN, 1, EVENTS[:1])])
            await proxy.reset()
            with pytest.raises(Unavailable):
                await one.tell([Told(stream, RUN, 2, EVENTS[1:2])])
            proxy.behave()
            proxy.garble()
            with pytest.raises(Unavailable):
                await one.is_known(stream)
            proxy.behave()
            proxy.hang()
            with pytest.raises(Unavailable, match="Redis at"), anyio.fail_after(5):
                await one.claim(stream, RUN)
            proxy.behave()
            await one.tell([Told(stream, RUN, 2, EVENTS[1:], ended=True)])
            assert await read(one, stream) == EVENTS


def test_what_is_no_redis_is_refused() -> None:
    """An address of something else is named without its password."""
    with pytest.raises(BadSetting, match=r"http://ann:\*\*\*@x"):
        open_relay("http://ann:s3cret@x", 60)
