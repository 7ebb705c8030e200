"""Asks the demo the same question again and again, past one cache after the other."""

from __future__ import annotations

import tempfile
import time
import tracemalloc
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import anyio

from forerun import demo
from forerun.app import Forerun, Settings
from forerun.app.caching import open_shared_cache
from forerun.caching import KeptAnswers, Memory
from forerun.caching.entries import Entry
from forerun.domain import (
    EMPTY,
    Answer,
    CacheLayer,
    Progress,
    Question,
    Shelf,
    Status,
)
from forerun.errors import ForerunError
from forerun.lab.caches.report import Caches, Coalesced, Spread, spread_of
from forerun.orchestrators import Hybrid, Sequential
from forerun.ports import Labels, Version
from forerun.stages import Resources
from forerun.wire.kept import answer_from_kept, answer_to_kept

QUESTION = "how many customers are there per region?"
OTHERS = "What are the top 10 products by revenue?"
PLAIN = Settings(state="memory", version_ttl_ms=0)
SHARED_WITHIN_S = 30.0
"""An answer is given first, and then shared."""


@dataclass(frozen=True, slots=True)
class Where:
    """URLs of the services that are measured where they answer."""

    redis: str = "redis://127.0.0.1:6379/0"
    postgres: str = "postgresql://postgres@127.0.0.1:5432/postgres"


async def measure_caches(where: Where, runs: int = 3_000, kept: int = 10_000) -> Caches:
    """Every figure on the demo database, without a model."""
    async with Forerun("demo", settings=PLAIN) as forerun:
        hybrid, question = await _asking(forerun)
        first = await hybrid(question)
        assert first.status is Status.ANSWERED  # noqa: S101 - the demo knows its questions
        cache = hybrid.cache
        assert isinstance(cache, KeptAnswers)  # noqa: S101 - the settings say so
        bare = {question.text: first}
        lookup = await _timed(runs, lambda: _look_up(cache, question))
        hit = await _timed(runs, lambda: _hit(hybrid, question, CacheLayer.MEMORY))
        ask = await _timed(runs // 3, lambda: forerun.ask(QUESTION))
        dictionary = await _timed(runs, lambda: _bare(bare, QUESTION))
        version = await _timed(runs, cache.version)
        made = await _timed(max(runs // 100, 5), lambda: _made(hybrid, question))
        coalesced = await _coalesced(forerun, hybrid)
    with tempfile.TemporaryDirectory() as folder:
        disk = await _shared(f"{folder}/answers.sqlite", CacheLayer.DISK, runs // 3)
    redis = None
    with suppress(ForerunError):
        redis = await _shared(where.redis, CacheLayer.REDIS, runs // 3)
    server = await _server_version(where.postgres, runs // 10)
    measured, counted = _bytes(first, kept)
    assert disk is not None  # noqa: S101 - a folder of our own can be written to
    return Caches(
        lookup, hit, ask, redis, disk, dictionary, version, server, made, coalesced, kept,
        measured, counted,
    )  # fmt: skip


async def _asking(forerun: Forerun) -> tuple[Hybrid, Question]:
    await forerun.ask(QUESTION)
    return await forerun.orchestrator(), Question(QUESTION, now=demo.TODAY)


async def _timed(runs: int, call: Callable[[], Awaitable[object]]) -> Spread:
    seconds = []
    for _ in range(runs):
        began = time.perf_counter()
        await call()
        seconds.append(time.perf_counter() - began)
    return spread_of(seconds)


async def _look_up(cache: KeptAnswers, question: Question) -> None:
    keys = cache.keys.of_question(question)
    assert cache.layers.near(keys.both, question.asker.tenant)  # noqa: S101


async def _hit(hybrid: Hybrid, question: Question, layer: CacheLayer) -> None:
    answer = await hybrid(question)
    assert answer.cache.layer is layer, answer.cache  # noqa: S101 - else something else is timed


async def _bare(kept: dict[str, Answer], text: str) -> Answer:
    return kept[text]


async def _made(hybrid: Hybrid, question: Question) -> Answer:
    return await hybrid(replace(question, anew=True))


@dataclass
class _Counted:
    """The sequential path, counting how often it is taken."""

    times: int = 0

    def over(self, resources: Resources) -> _Counting:
        return _Counting(self, Sequential(resources))


@dataclass(frozen=True, slots=True)
class _Counting:
    counted: _Counted
    path: Sequential

    async def __call__(self, question: Question, progress: Progress = EMPTY) -> Answer:
        self.counted.times += 1
        return await self.path(question, progress)


async def _coalesced(forerun: Forerun, hybrid: Hybrid, askers: int = 100) -> Coalesced:
    """Equal questions at once that nobody has asked before."""
    counted = _Counted()
    counting = replace(hybrid, sequential=counted.over)
    answers: list[Answer] = []

    async def ask() -> None:
        answers.append(await counting(Question(OTHERS, now=demo.TODAY)))

    async with anyio.create_task_group() as group:
        for _ in range(askers):
            group.start_soon(ask)
    alike = {answer.sql for answer in answers}
    assert len(answers) == askers  # noqa: S101 - each has its answer
    assert len(alike) == 1  # noqa: S101 - and all the same
    return Coalesced(askers, counted.times)


async def _shared(url: str, layer: CacheLayer, runs: int) -> Spread:
    """Hits of the second level alone. Raises `ForerunError` where it does not answer."""
    settings = replace(PLAIN, cache=url, cache_secret=str(Path(url).name) + str(time.time_ns()))
    probe = open_shared_cache(settings)
    try:
        await probe.get(["is it there?"])
    finally:
        await probe.aclose()
    async with Forerun("demo", settings=settings) as forerun:
        hybrid, question = await _asking(forerun)
        cache = hybrid.cache
        assert isinstance(cache, KeptAnswers)  # noqa: S101 - the settings say so
        cache.layers.memory = Memory(0)
        with anyio.fail_after(SHARED_WITHIN_S):
            while (await hybrid(question)).cache.layer is not layer:
                pass
        return await _timed(runs, lambda: _hit(hybrid, question, layer))


async def _server_version(url: str, runs: int) -> Spread | None:
    """What PostgreSQL takes to say whether anything has changed; None where it does not answer."""
    with suppress(ForerunError):
        async with Forerun(url, settings=PLAIN) as forerun:
            cache = (await forerun.orchestrator()).cache
            assert isinstance(cache, KeptAnswers)  # noqa: S101 - the settings say so
            await cache.version()
            return await _timed(runs, cache.version)
    return None


def _bytes(answer: Answer, count: int) -> tuple[float, float]:
    """Bytes of each of `count` answers that share nothing: measured, and as the cache counts."""
    memory, text = Memory(2**40), answer_to_kept(answer)
    labels = Labels(Shelf.ANSWERS, "default", "demo", answer.tables)
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for number in range(count):
            kept = replace(answer_from_kept(text), question=f"{QUESTION} {number}")
            memory.put(Entry(f"{number:040}", labels, Version("1", "1"), 0.0, 1.0, kept), 0)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return round((after - before) / count, 1), round(memory.bytes / count, 1)
