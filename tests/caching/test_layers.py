"""The second level can only cost latency: down, slow, full of garbage or of somebody else's."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forerun.caching import CatalogCache, KeptAnswers, Layers, Memory
from forerun.caching.entries import Alias, Entry, from_text, to_text
from forerun.caching.layers import Found
from forerun.domain import Answer, CacheLayer, Catalog, Column, Kind, Rows, Shelf, Table
from forerun.errors import DatabaseDenied, Unavailable
from forerun.orchestrators.breaker import Breaker, BreakerPolicy
from forerun.ports import Labels, Scope, Version
from forerun.testing import SharedMemory
from forerun.testing.virtual_clock import run_virtually
from tests.caching.making import (
    KEYS,
    NUMBER,
    Maker,
    Ticking,
    answer_to,
    cache_of,
    number_of,
    question,
)

pytestmark = pytest.mark.anyio


def entry(key: str = "key", tenant: str = "default", value: Answer | Alias | None = None) -> Entry:
    labels = Labels(Shelf.ANSWERS, tenant, "shop-1", frozenset({"orders"}))
    return Entry(key, labels, Version("1", "1"), 5.0, 60.0, value or answer_to(question()))


async def filled(shared: SharedMemory, clock: Ticking) -> None:
    """Another process has answered."""
    await cache_of(clock, shared).answer(question(), Maker())


async def test_what_one_process_keeps_another_shows() -> None:
    """Once from the second level, from then on from memory; with its own number and no usage."""
    clock, shared, maker = Ticking(), SharedMemory(), Maker()
    await filled(shared, clock)
    cache, asked = cache_of(clock, shared), question()
    clock.time += 3
    first, second = await cache.answer(asked, maker), await cache.answer(asked, maker)
    assert (first.cache.layer, first.cache.age_s) == (CacheLayer.REDIS, 3.0)
    assert (second.cache.layer, second.cache.age_s) == (CacheLayer.MEMORY, 3.0)
    assert first.trace_id == asked.id
    assert maker.made == 0


async def test_a_second_level_that_is_down_costs_nothing() -> None:
    """Every question is answered, kept in memory, and the failures are counted."""
    clock, shared, maker = Ticking(), SharedMemory(down=True), Maker()
    cache = cache_of(clock, shared)
    made, kept = await cache.answer(question(), maker), await cache.answer(question(), maker)
    assert (made.cache.hit, kept.cache.layer) == (False, CacheLayer.MEMORY)
    assert cache.layers.tally.errors > 0
    with pytest.raises(Unavailable):
        await cache.layers.purge(Scope())
    assert not (await cache.answer(question(), maker)).cache.hit, "memory is purged all the same"


async def test_a_breaker_leaves_it_alone_for_a_while() -> None:
    """After three failed calls none is made, until the breaker lets one try."""
    clock, shared, maker = Ticking(), SharedMemory(down=True), Maker()
    breaker = Breaker("shared", BreakerPolicy(minimum=3, open_s=1_000.0))
    cache = cache_of(clock, shared)
    cache.layers.guard = breaker.guarding
    for number in range(10):
        await cache.answer(question(f"number {number}"), maker)
    assert shared.calls.total() == 3
    assert maker.made == 10
    assert cache.layers.tally.errors > 10


def test_a_slow_second_level_costs_its_time_and_no_more() -> None:
    """A question waits for what is on its way to being found; for keeping it does not."""
    clock, shared, maker = Ticking(), SharedMemory(takes_s=0.02), Maker()
    took: list[float] = []

    async def ask() -> None:
        async with anyio.create_task_group() as background:
            cache = cache_of(clock, shared, lambda work: background.start_soon(work) and None)
            for _ in range(2):
                began_at = anyio.current_time()
                await cache.answer(question(), maker)
                took.append(anyio.current_time() - began_at)

    run_virtually(ask)
    assert took == [pytest.approx(0.04), 0.0]  # looked for, and the lease
    assert len(shared.texts()) == 1


GARBAGE: dict[str, Callable[[str, str | None], str | None]] = {
    "nothing": lambda key, text: "",
    "half": lambda key, text: text[: len(text) // 2] if text else text,
    "no JSON": lambda key, text: "\x00 what?",
    "other JSON": lambda key, text: "[1, 2]\n{}",
    "no time": lambda key, text: text and text.replace("1000000.0", "NaN"),
    "too much time": lambda key, text: text and text.replace("1000000.0", "1" + "0" * 400),
    "no shelf": lambda key, text: text and text.replace('"answers"', '"cellar"'),
    "another kind": lambda key, text: text and text.replace('"kind": "answer"', '"kind": "draft"'),
    "deep": lambda key, text: "[" * 100_000,
}


@pytest.mark.parametrize("name", GARBAGE)
async def test_garbage_is_no_answer(name: str) -> None:
    """Whatever is read in its place, the question is answered anew."""
    clock, shared, maker = Ticking(), SharedMemory(), Maker()
    await filled(shared, clock)
    shared.says = GARBAGE[name]
    answer = await cache_of(clock, shared).answer(question(), maker)
    assert (answer.cache.hit, number_of(answer), maker.made) == (False, 1, 1)


@pytest.mark.parametrize("part", ["key", "tenant"])
async def test_somebody_elses_entry_is_not_believed(part: str) -> None:
    """What repeats another key or another tenant is as if it were not there."""
    clock, shared, maker = Ticking(), SharedMemory(), Maker()
    await filled(shared, clock)

    def another(key: str, text: str | None) -> str | None:
        if text is None:
            return None
        head, _, body = text.partition("\n")
        return json.dumps(json.loads(head) | {part: "another"}) + "\n" + body

    shared.says = another
    answer = await cache_of(clock, shared).answer(question(), maker)
    assert (answer.cache.hit, maker.made) == (False, 1)


@given(st.data())
def test_a_text_that_was_tampered_with_is_an_entry_or_a_value_error(data: st.DataObject) -> None:
    """Cut, doubled or changed anywhere: nothing else is ever raised."""
    text = to_text(entry())
    begin = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(begin, len(text)))
    put = data.draw(st.text(max_size=3) | st.sampled_from(("NaN", "null", "[]", "1e999", '"')))
    try:
        read = from_text(text[:begin] + put + text[end:])
    except ValueError:
        return
    assert isinstance(read, Entry)


async def test_a_value_that_no_text_can_hold_stays_in_memory() -> None:
    """It is answered and kept here; the others are told to make their own."""
    clock, shared = Ticking(), SharedMemory()
    odd = Maker(more={"rows": Rows(NUMBER, ((object(),),))})
    cache = cache_of(clock, shared)
    await cache.answer(question(), odd)
    assert (await cache.answer(question(), odd)).cache.layer is CacheLayer.MEMORY
    assert list(shared.texts().values()) == ["unkept"]


async def test_an_alias_is_followed_once_and_to_the_tenants_own() -> None:
    """To what is there; never round in circles, never to another tenant's."""
    memory = Memory(100_000)
    layers = Layers(memory, SharedMemory())
    for one in (entry("there"), entry("a", value=Alias("there")), entry("b", value=Alias("c"))):
        await layers.keep(one, 0, 60.0)
    await layers.keep(entry("c", value=Alias("b")), 0, 60.0)
    await layers.keep(entry("theirs", "blue"), 0, 60.0)
    await layers.keep(entry("d", value=Alias("theirs")), 0, 60.0)
    looks: tuple[Look, ...] = (layers.far, near(layers))
    for look in looks:
        assert [found.entry.key for found in await look(("a",), "default")] == ["there"]
        for key in "bcd":
            found = await look((key,), "default")
            assert not any(isinstance(one.entry.value, Answer) for one in found)


Look: TypeAlias = Callable[[Sequence[str], str], Awaitable[list[Found]]]


def near(layers: Layers) -> Look:
    async def look(keys: Sequence[str], tenant: str) -> list[Found]:
        return layers.near(keys, tenant)

    return look


async def test_what_is_too_old_does_not_hide_what_is_fresh() -> None:
    """A question may hang on the date today that did not yesterday: both keys are looked under."""
    clock, shared, maker = Ticking(), SharedMemory(), Maker()
    cache = cache_of(clock, shared)
    await cache.answer(question(), maker)
    clock.version = Version("data 2", "schema 1")
    dated = cache_of(clock, shared)
    dated.meaning.is_dated = lambda *_: True  # type: ignore[method-assign]
    await dated.answer(question(), maker)
    for other in (cache, dated):
        answer = await other.answer(question(), maker)
        assert (answer.cache.hit, number_of(answer)) == (True, 2)


async def test_a_purge_while_an_entry_is_on_its_way_reaches_it() -> None:
    """It was read before the purge and arrives after it: it is not shown and not put."""
    clock, shared = Ticking(), SharedMemory()
    await filled(shared, clock)
    cache = cache_of(clock, shared)

    def purged_meanwhile(key: str, text: str | None) -> str | None:
        cache.layers.memory.purge(Scope(table="orders"))
        return text

    shared.says = purged_meanwhile
    answer = await cache.answer(question(), Maker())
    assert not answer.cache.hit


async def test_a_purge_reaches_every_process() -> None:
    """Both memories and the second level: by table, whoever purges; others' tables stay."""
    clock, shared, maker = Ticking(), SharedMemory(), Maker()
    async with anyio.create_task_group() as group:
        ours, theirs = cache_of(clock, shared), cache_of(clock, shared)
        for cache in (ours, theirs):
            group.start_soon(cache.layers.hear_purges)
        await anyio.wait_all_tasks_blocked()
        for cache in (ours, theirs):
            await cache.answer(question(), maker)
        assert await ours.layers.purge(Scope(table="visits")) == 0
        assert (await theirs.answer(question(), maker)).cache.hit
        assert await ours.layers.purge(Scope(table="orders")) == 1
        await anyio.wait_all_tasks_blocked()
        assert [len(cache.layers.memory) for cache in (ours, theirs)] == [0, 0]
        assert not (await theirs.answer(question(), maker)).cache.hit
        group.cancel_scope.cancel()


async def test_what_was_kept_just_before_a_purge_was_heard_is_dropped_by_its_second_half() -> None:
    """Another process puts what it had under way, right after the second level was emptied."""
    clock, shared = Ticking(), SharedMemory()
    layers = Layers(Memory(100_000), shared)

    async def late() -> None:
        await anyio.sleep(0.03)
        await filled(shared, clock)

    async with anyio.create_task_group() as group:
        group.start_soon(late)
        await layers.purge(Scope(database="shop-1"))
    assert not shared.texts()


CATALOG = Catalog("shop", "sqlite", (Table("orders", (Column("n", "INTEGER", Kind.INTEGER),)),))


class Structure:
    """Read from the database, as often as is counted."""

    def __init__(self) -> None:
        self.reads = 0

    async def read(self) -> Catalog:
        self.reads += 1
        return CATALOG


def structure_of(cache: KeptAnswers) -> CatalogCache:
    return CatalogCache(KEYS, cache.layers, cache.version, cache.policy)


async def test_a_structure_is_read_once_for_all_processes_while_it_is_the_same() -> None:
    """Then the next process finds it; after a change of schema it is read again."""
    clock, shared, database = Ticking(), SharedMemory(), Structure()
    for _ in range(2):
        assert await structure_of(cache_of(clock, shared)).read(database.read) == CATALOG
    assert database.reads == 1
    clock.version = Version("data 2", "schema 2")
    await structure_of(cache_of(clock, shared)).read(database.read)
    assert database.reads == 2


async def test_a_structure_is_read_though_its_version_cannot_be() -> None:
    """Who may read the tables may not be allowed to ask for the version: that fails nothing."""
    clock, database = Ticking(), Structure()
    clock.version = DatabaseDenied("Not for you.")
    assert await structure_of(cache_of(clock, SharedMemory())).read(database.read) == CATALOG
