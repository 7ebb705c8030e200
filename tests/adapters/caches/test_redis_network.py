"""A network to Redis that hangs, resets, delays, garbles, and whoever else listens there."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import anyio
import pytest
from anyio.abc import SocketAttribute, SocketStream
from redis import Redis

from forerun.adapters.caches.redis import RedisCache
from forerun.errors import Unavailable
from forerun.ports import Scope, SharedCache
from forerun.testing.proxy import MisbehavingProxy, misbehaving_proxy
from tests import services
from tests.adapters.caches.asking import CALLS, DEADLINE_S, hear, is_unavailable, until_it_works
from tests.adapters.caches.places import PATIENT_S, Place, labels

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def behind_proxy(
    place: Place, deadline_s: float
) -> AsyncIterator[tuple[MisbehavingProxy, SharedCache]]:
    """A cache that reaches its Redis through a proxy."""
    at = urlsplit(place.address)
    async with misbehaving_proxy(at.hostname or "", at.port or 6379) as proxy:
        through = place.at(f"redis://127.0.0.1:{proxy.port}{at.path}", deadline_s)
        async with through.open() as cache:
            yield proxy, cache


async def misbehave(proxy: MisbehavingProxy, how: str) -> None:
    match how:
        case "hang":
            proxy.hang()
        case "reset":
            await proxy.reset()
        case "garble":
            proxy.garble()
        case "delay":
            proxy.delay_s = 1.2


@pytest.mark.parametrize("call", list(CALLS))
@pytest.mark.parametrize("how", ["hang", "reset", "garble", "delay"])
@pytest.mark.slow
async def test_a_network_in_trouble_costs_no_more_than_the_deadline(
    on_redis: Place, how: str, call: str
) -> None:
    """On connections that were open before and on new ones; when it is over all is well again."""
    async with behind_proxy(on_redis, DEADLINE_S) as (proxy, cache):
        await until_it_works(lambda: cache.put("b", "kept", labels(tenant="bob"), 60))
        await misbehave(proxy, how)
        for _ in range(2):
            await is_unavailable(lambda: CALLS[call](cache))
        proxy.behave()
        assert await until_it_works(lambda: cache.get(["b"])) == ["kept"]


async def test_a_server_that_is_not_there_is_said(on_redis: Place) -> None:
    """Nobody listens, no such host, no such socket."""
    for address in ("redis://127.0.0.1:1/0", "redis://no.such.host.invalid/0", "unix:///no/such"):
        async with on_redis.at(address, 1.0).open() as cache:
            await is_unavailable(lambda cache=cache: cache.get(["a"]))  # type: ignore[misc]


async def get_own(cache: SharedCache, key: str, wrong: list[object]) -> None:
    """One's own text, or nothing because Redis is not available. Anything else is wrong."""
    try:
        (text,) = await cache.get([key])
    except Unavailable:
        return
    if text != f"text of {key}":
        wrong.append((key, text))


KEYS = [str(number) for number in range(120)]


async def fill(cache: SharedCache) -> None:
    for key in KEYS:
        await until_it_works(lambda key=key: cache.put(key, f"text of {key}", labels(), 600))  # type: ignore[misc]


async def test_a_late_reply_is_never_anothers(on_redis: Place) -> None:
    """Replies that come after the deadline, over and over, for many keys at once: in the end, and
    all along, each `get` gives its own key's text."""
    wrong: list[object] = []
    async with behind_proxy(on_redis, DEADLINE_S) as (proxy, cache):
        await fill(cache)
        for delay_s in (0.015, 0.03, 0.0, 0.02, 0.05, 0.0):
            proxy.delay_s = delay_s
            async with anyio.create_task_group() as group:
                for key in KEYS:
                    group.start_soon(get_own, cache, key, wrong)
        proxy.behave()
        for key in KEYS:
            assert await until_it_works(lambda key=key: cache.get([key])) == [f"text of {key}"]  # type: ignore[misc]
    assert wrong == []


@pytest.mark.parametrize("delay_s", [0.0, 0.004])
async def test_a_cancelled_calls_reply_is_never_anothers(on_redis: Place, delay_s: float) -> None:
    """Callers leave at random moments: of connecting, sending, waiting and reading."""
    wrong: list[object] = []
    chance = random.Random(20230320)
    async with behind_proxy(on_redis, PATIENT_S) as (proxy, cache):
        await fill(cache)
        proxy.delay_s = delay_s

        async def leave_early(key: str) -> None:
            with anyio.move_on_after(chance.expovariate(1 / (0.003 + delay_s))):
                await get_own(cache, key, wrong)

        for _ in range(8):
            async with anyio.create_task_group() as group:
                for key in KEYS:
                    group.start_soon(leave_early, key)
            async with anyio.create_task_group() as group:
                for key in KEYS:
                    group.start_soon(get_own, cache, key, wrong)
        assert list(await cache.get(KEYS)) == [f"text of {key}" for key in KEYS]
    assert wrong == []


@pytest.mark.parametrize(
    "reply",
    [
        b"+OK\r\n",
        b":1\r\n",
        b"$-1\r\n",
        b"$-5\r\n",
        b"*-7\r\n",
        b"$3\r\n\xff\xff\xff\r\n",
        b"*2\r\n$3\r\na\nx\r\n:5\r\n",
        b"*2\r\n$3\r\nb\nx\r\n$3\r\na\nx\r\n",
        b"*1\r\n$3\r\na\nx\r\n",
        b"*1\r\n" * 3_000,
        b"$99999999999999999999\r\n",
        b"$1x\r\n",
        b"-ERR hunter2\r\n",
        b"-\xff\xff hunter2\r\n",
        b"-LOADING wait\r\n",
        b"-NOAUTH hunter2\r\n",
        b"-MOVED 1 127.0.0.1:1\r\n",
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"\x00" * 200_000,
        b"",
    ],
)
async def test_nonsense_is_never_taken_for_an_answer(reply: bytes) -> None:
    """Whatever the other side sends: `Unavailable`, without its words, which may tell secrets."""

    async def answer(client: SocketStream) -> None:
        async with client:
            await client.receive()
            if reply:
                await client.send(reply)
                await anyio.sleep(60)

    async with (
        await anyio.create_tcp_listener(local_host="127.0.0.1") as listener,
        anyio.create_task_group() as group,
    ):
        group.start_soon(listener.serve, answer)
        port = listener.extra(SocketAttribute.local_port)  # noqa: S610 - not Django's
        for login in (":hunter2@", ""):
            cache = RedisCache(f"redis://{login}127.0.0.1:{port}/0", 0.1)
            said = await is_unavailable(lambda cache=cache: cache.get(["a", "b"]))  # type: ignore[misc]
            assert "hunter2" not in f"{said.message} {said.hint}"
            await cache.aclose()
        group.cancel_scope.cancel()


@pytest.mark.parametrize("how", ["hang", "reset", "garble"])
@pytest.mark.slow
async def test_who_could_not_hear_is_told_of_everything(on_redis: Place, how: str) -> None:
    """A connection that is lost, or is silent without being closed, or talks nonsense: when it
    hears again it is told that anything may be gone, and hears what comes then."""
    heard: list[Scope] = []
    async with (
        behind_proxy(on_redis, PATIENT_S) as (proxy, cache),
        on_redis.open() as other,
        anyio.create_task_group() as group,
    ):
        group.start_soon(cache.hear_purges, heard.append)
        await hear(heard, 1)
        await misbehave(proxy, how)
        await other.purge(Scope(tenant="missed"))
        await anyio.sleep(2.5)
        proxy.behave()
        await hear(heard, 2)
        assert Scope() in heard[1:]
        before = len(heard)
        with anyio.fail_after(30):
            while Scope(tenant="new") not in heard[before:]:
                await other.purge(Scope(tenant="new"))
                await anyio.sleep(0.05)
        group.cancel_scope.cancel()


async def test_other_words_on_the_channel_cover_everything(on_redis: Place) -> None:
    """Somebody else's message is taken for more than it says, never for less."""
    heard: list[Scope] = []
    async with on_redis.open() as cache, anyio.create_task_group() as group:
        group.start_soon(cache.hear_purges, heard.append)
        await hear(heard, 1)
        with Redis.from_url(services.REDIS) as client:
            for words in (b"\xff", b"[1, 2, 3]", b"{}", b"[null]", b'["a", null, null]'):
                client.publish(f"{on_redis.prefix}:purges:0", words)
        await hear(heard, 6)
        group.cancel_scope.cancel()
    assert heard == [*[Scope()] * 5, Scope(tenant="a")]
