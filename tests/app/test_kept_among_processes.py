"""Answers that several processes keep for each other, with a shared cache that misbehaves."""

from __future__ import annotations

import signal
import sqlite3
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

import anyio
import anyio.to_thread
import pytest
from anyio.abc import Process

from forerun import Forerun, Settings
from forerun.domain import Answer, CacheLayer, Status
from tests import services

pytestmark = pytest.mark.anyio

CITIES = ("Kiel", "Bremen", "Hamburg", "Berlin")
MEMORY = Settings(state="memory")
OTHER = """
import sys, time, anyio
from forerun import Forerun, Settings

async def main():
    settings = Settings(state="memory", cache=sys.argv[2])
    async with Forerun(sys.argv[1], settings=settings) as forerun:
        await anyio.sleep(0.5)
        for line in iter(sys.stdin.readline, ""):
            deadline = time.monotonic() + float(line)
            while True:
                answer = await forerun.ask("How many customers are in Kiel?")
                if not answer.cache.hit or time.monotonic() > deadline:
                    break
                await anyio.sleep(0.001)
            print(time.time(), answer.cache.layer, answer.rows.rows[0][-1], flush=True)

anyio.run(main)
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    path = tmp_path / "shop.sqlite"
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE customers (id INTEGER PRIMARY KEY, city TEXT)")
        rows = [(city,) for at, city in enumerate(CITIES, 1) for _ in range(at)]
        db.executemany("INSERT INTO customers (city) VALUES (?)", rows)
        db.commit()
    time.sleep(0.1)  # a file that was written to a moment ago is not believed to be unchanged
    return path


@pytest.fixture(params=["disk", "redis"])
async def shared(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """A shared cache of this test's own."""
    if request.param == "disk":
        yield str(tmp_path / "kept" / "cache.sqlite")
        return
    with services.redis_server() as server:
        yield server.url


def count(answer: Answer) -> object:
    assert answer.status is Status.ANSWERED, answer
    assert answer.rows is not None
    return answer.rows.rows[0][-1]


def about(city: str) -> str:
    return f"How many customers are in {city}?"


async def test_the_next_process_has_the_answers_of_the_last(shop: Path, shared: str) -> None:
    """What one Forerun has answered another one gives, of the same rows, until the data changes."""
    settings = replace(MEMORY, cache=shared)
    async with Forerun(str(shop), settings=settings) as first:
        with anyio.fail_after(60):
            while True:  # what takes longer than 20 ms to share or to read is left to chance
                made = await first.ask(about("Kiel"), anew=True)
                await anyio.sleep(0.05)  # it is shared behind the asker's back
                async with Forerun(str(shop), settings=settings) as second:
                    kept = await second.ask(about("Kiel"))
                if kept.cache.hit:
                    break
    assert kept.cache.layer in (CacheLayer.DISK, CacheLayer.REDIS)
    assert (kept.rows, kept.sql, kept.summary) == (made.rows, made.sql, made.summary)
    with closing(sqlite3.connect(shop)) as db:
        db.execute("INSERT INTO customers (city) VALUES ('Kiel')")
        db.commit()
    async with Forerun(str(shop), settings=settings) as third:
        assert count(await third.ask(about("Kiel"))) == 2


@asynccontextmanager
async def another(shop: Path, shared: str) -> AsyncIterator[Process]:
    command = [sys.executable, "-c", OTHER, str(shop), shared]
    async with await anyio.open_process(command, stderr=None) as process:
        yield process
        process.terminate()


async def said(process: Process, seconds: float) -> list[str]:
    """What the other process says, once its answer is not a kept one."""
    assert process.stdin is not None
    assert process.stdout is not None
    await process.stdin.send(f"{seconds}\n".encode())
    line = b""
    with anyio.fail_after(60):
        while not line.endswith(b"\n"):
            line += await process.stdout.receive()
    return line.decode().split()


async def test_a_purge_is_seen_by_another_process(shop: Path, shared: str) -> None:
    """Soon after the purge here, the other process gives no kept answer any more."""
    settings = replace(MEMORY, cache=shared)
    async with Forerun(str(shop), settings=settings) as here, another(shop, shared) as there:
        await said(there, 0.0)  # it has asked, and keeps the answer
        late: list[float] = []
        for _ in range(3):
            await anyio.sleep(0.1)
            heard: list[str] = []
            async with anyio.create_task_group() as group:

                async def listen(heard: list[str] = heard) -> None:
                    heard += await said(there, 20.0)

                group.start_soon(listen)
                await anyio.sleep(0.2)
                await here.purge_cache()
                purged_at = time.time()
            assert heard[1] == "None", heard  # made anew, not waited for until the time was up
            late.append(float(heard[0]) - purged_at)
        assert sorted(late)[1] < 2.0


def fill(server: services.RedisServer) -> None:
    """Until not even a small text has room."""
    from redis import Redis
    from redis.exceptions import ResponseError

    with Redis.from_url(server.url) as client:
        for size in (100_000, 1_000, 10):
            with suppress(ResponseError):
                for number in range(1_000_000):
                    client.set(f"{size} {number}", "x" * size)


async def test_every_question_is_answered_whatever_redis_does(shop: Path) -> None:
    """Killed, started again, stopped as if it were slow, and full: in the middle of traffic."""
    room = ("--maxmemory", "3mb", "--maxmemory-policy", "noeviction")
    with services.redis_server(*room) as server:
        troubles: tuple[Callable[[], None], ...] = (
            server.kill,
            server.start,
            partial(server.send, signal.SIGSTOP),
            partial(server.send, signal.SIGCONT),
            partial(fill, server),
        )
        settings = replace(MEMORY, cache=server.url, cache_bytes=1)
        answers: list[tuple[str, object]] = []
        stopping = anyio.Event()
        async with Forerun(str(shop), settings=settings) as forerun:

            async def traffic(city: str) -> None:
                while not stopping.is_set():
                    answers.append((city, count(await forerun.ask(about(city)))))
                    await anyio.sleep(0.005)

            async def answered_ten_more() -> None:
                enough = len(answers) + 10
                while len(answers) < enough:
                    await anyio.sleep(0.01)

            async with anyio.create_task_group() as askers:
                for city in CITIES:
                    askers.start_soon(traffic, city)
                with anyio.fail_after(60):
                    for trouble in troubles:
                        await answered_ten_more()
                        await anyio.to_thread.run_sync(trouble)
                    await answered_ten_more()
                stopping.set()
        assert all(found == CITIES.index(city) + 1 for city, found in answers)
