"""A Redis that is full, evicts, is killed, stands still or lets nobody in."""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import anyio
import pytest
from redis import Redis

from forerun.adapters.caches.redis import RedisCache
from forerun.adapters.caches.redis_connections import MOST
from forerun.errors import ForerunError, Unavailable
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


@pytest.fixture
def server() -> Iterator[services.RedisServer]:
    with services.redis_server() as running:
        yield running


async def test_connections_are_few_and_none_is_lost(server: services.RedisServer) -> None:
    """Many at once share sixteen, also after many were broken off; who leaves gives its place."""
    cache = RedisCache(server.url, PATIENT_S)
    with Redis.from_url(server.url) as client:
        for seconds in (0.001, 0.003, 0.01, 5.0):
            with anyio.move_on_after(seconds):
                async with anyio.create_task_group() as group:
                    for number in range(200):
                        group.start_soon(cache.get, [str(number)])
        assert 1 <= len(client.client_list()) - 1 <= MOST
        await cache.aclose()
        with anyio.fail_after(30):
            while len(client.client_list()) > 1:
                await anyio.sleep(0.01)


async def test_a_full_redis_is_said() -> None:
    """It refuses what is new and still gives what it has."""
    with services.redis_server("--maxmemory", "3mb", "--maxmemory-policy", "noeviction") as full:
        async with Place(full.url, "forerun").open() as cache:
            await cache.put("first", "x", labels(), 600)

            async def fill() -> None:
                for number in range(200):
                    await cache.put(str(number), "x" * 50_000, labels(), 600)

            with pytest.raises(Unavailable, match="full"):
                await fill()
            assert list(await cache.get(["first"])) == ["x"]
            assert await cache.purge(Scope()) > 1
            await cache.put("a", "room again", labels(), 600)
            assert list(await cache.get(["a"])) == ["room again"]


async def test_what_a_purge_cannot_reach_nobody_reads(server: services.RedisServer) -> None:
    """Redis may evict any of its keys: without the lists by which a purge finds an entry, the
    entry is not there for a `get` either."""
    async with Place(server.url, "forerun").open() as cache:
        for lost in ("forerun:groups", 'forerun:group:["answers", "ann", "shop-1"]'):
            await cache.put("a", "x", labels("orders"), 600)
            assert list(await cache.get(["a"])) == ["x"]
            with Redis.from_url(server.url) as client:
                assert client.delete(lost) == 1
            assert list(await cache.get(["a"])) == [None]
            assert await cache.purge(Scope()) == 0


async def test_under_eviction_nothing_stale_is_read() -> None:
    """Redis throws out what it likes; after a purge not one text of before is read."""
    with services.redis_server(
        "--maxmemory", "3mb", "--maxmemory-policy", "allkeys-random"
    ) as small:
        async with Place(small.url, "forerun").open() as cache:
            keys = [str(number) for number in range(400)]
            for key in keys:
                await cache.put(key, "x" * 10_000, labels(tenant=f"tenant {key[-1]}"), 600)
            assert 0 < len([text for text in await cache.get(keys) if text]) < 400
            await cache.purge(Scope())
            assert set(await cache.get(keys)) == {None}


async def test_nothing_is_left_when_all_has_expired(server: services.RedisServer) -> None:
    """Not even the lists of what there was."""
    async with Place(server.url, "forerun").open() as cache:
        for number in range(20):
            await cache.put(str(number), "x", labels(tenant=f"t{number % 3}"), 0.2)
        await cache.lease("a", 0.2)
        with Redis.from_url(server.url) as client:
            assert client.dbsize() == 20 + 3 + 1 + 1
            with anyio.fail_after(30):
                while client.dbsize():
                    await anyio.sleep(0.05)


async def test_a_replica_is_said(server: services.RedisServer) -> None:
    """It may only be read."""
    async with Place(server.url, "forerun").open() as cache:
        await cache.put("a", "x", labels(), 60)
        with Redis.from_url(server.url) as client:
            client.execute_command("REPLICAOF", "127.0.0.1", "1")
        with pytest.raises(Unavailable, match="replica"):
            await cache.put("b", "x", labels(), 60)
        assert list(await cache.get(["a"])) == ["x"]


async def test_a_redis_that_is_killed_and_started_again(server: services.RedisServer) -> None:
    """Unavailable while it is gone, empty when it is back, and heard from again."""
    heard: list[Scope] = []
    async with Place(server.url, "forerun").open() as cache, anyio.create_task_group() as group:
        group.start_soon(cache.hear_purges, heard.append)
        await cache.put("a", "x", labels(), 60)
        await hear(heard, 1)
        server.kill()
        for call in CALLS.values():
            await is_unavailable(lambda call=call: call(cache))  # type: ignore[misc]
        await anyio.to_thread.run_sync(server.start)
        assert await until_it_works(lambda: cache.get(["a"])) == [None]
        await hear(heard, 2)
        await cache.purge(Scope(tenant="ann"))
        await hear(heard, 3)
        group.cancel_scope.cancel()
    assert heard == [Scope(), Scope(), Scope(tenant="ann")]


@pytest.mark.slow
async def test_a_redis_that_stands_still(server: services.RedisServer) -> None:
    """Stopped for three seconds: no call waits for it longer than it may, and who listens takes
    it that purges were missed."""
    heard: list[Scope] = []
    async with (
        Place(server.url, "forerun", deadline_s=DEADLINE_S).open() as cache,
        anyio.create_task_group() as group,
    ):
        group.start_soon(cache.hear_purges, heard.append)
        await until_it_works(lambda: cache.put("a", "x", labels(), 60))
        await hear(heard, 1)
        server.send(signal.SIGSTOP)
        for call in CALLS.values():
            await is_unavailable(lambda call=call: call(cache))  # type: ignore[misc]
        await anyio.sleep(3)
        server.send(signal.SIGCONT)
        assert await until_it_works(lambda: cache.get(["a"])) in (["x"], [None])  # purged late
        await hear(heard, 2)
        group.cancel_scope.cancel()
    assert set(heard) <= {Scope(), Scope(tenant="ann")}
    assert heard.count(Scope()) >= 2


async def test_a_wrong_password_is_said_and_not_shown() -> None:
    """With the right one it works."""
    with services.redis_server() as guarded:
        with Redis.from_url(guarded.url) as client:
            client.execute_command(
                "ACL", "SETUSER", "ann", "on", ">s3cret-word", "~*", "&*", "+@all"
            )
            client.config_set("requirepass", "another")
        for login, works in (("ann:s3cret-word", True), ("ann:wr0ng-word", False), ("", False)):
            url = guarded.url.replace("://", f"://{login}@" if login else "://")
            async with Place(url, "forerun").open() as cache:
                if works:
                    await cache.put("a", "x", labels(), 60)
                    assert list(await cache.get(["a"])) == ["x"]
                    continue
                with pytest.raises(ForerunError, match=r"login|rights") as raised:
                    await cache.get(["a"])
                assert "word" not in raised.value.message.partition("check")[0]


async def test_one_cache_serves_one_event_loop_after_another(server: services.RedisServer) -> None:
    """As in a notebook, where each cell may run in a loop of its own."""
    cache = RedisCache(server.url, PATIENT_S)

    async def use() -> object:
        await cache.put("a", "x", labels(), 60)
        found = await cache.get(["a"])
        await cache.aclose()
        return found

    for _ in range(2):
        assert await anyio.to_thread.run_sync(anyio.run, use) == ["x"]
