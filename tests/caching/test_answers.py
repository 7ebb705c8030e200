"""Answers made anew ahead of their end, and old ones that stand in where no new one can be had."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

import anyio
import pytest

from forerun.caching import KeptAnswers, Policy
from forerun.domain import Answer, CacheLayer, Decision, Failure, Shelf, Status, Strategy
from forerun.errors import BadInput, DatabaseUnreachable, ForerunError
from forerun.events import Decided, Event, emit, listening
from forerun.ports import Scope, Version
from forerun.testing import SharedMemory
from forerun.testing.virtual_clock import run_virtually
from tests.caching.making import Maker, Plain, Ticking, cache_of, number_of, question

POLICY = Policy(ttl_s=100.0, stale_if_error_s=300.0, jitter=0.0, learn_after_s=0.0)
GONE = DatabaseUnreachable("The file is gone.")


def play(
    scene: Callable[[KeptAnswers], Coroutine[Any, Any, None]],
    clock: Ticking,
    shared: SharedMemory | None = None,
    meaning: Plain | None = None,
) -> KeptAnswers:
    """A scene in virtual time, with a background that is over when all its work is."""
    caches: list[KeptAnswers] = []

    async def run() -> None:
        async with anyio.create_task_group() as background:

            def begin(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
                background.start_soon(work)

            caches.append(cache_of(clock, shared, begin, meaning, POLICY))
            await scene(caches[0])

    run_virtually(run)
    assert not caches[0].flights._flights
    return caches[0]


@pytest.mark.parametrize("meaning", [Plain(), Plain(("how many",)), Plain(("a meaning",), "told")])
def test_an_answer_near_its_end_is_made_anew_once(meaning: Plain) -> None:
    """Ten ask for it in its last fifth: shown at once, made once more, and the next get the new
    one. So it is with what is also found by its meaning."""
    clock, maker = Ticking(), Maker(seconds=5.0)
    numbers: list[object] = []

    async def scene(cache: KeptAnswers) -> None:
        await cache.answer(question(), maker)
        clock.time += 85
        for _ in range(10):
            began_at = anyio.current_time()
            numbers.append(number_of(await cache.answer(question(), maker)))
            assert anyio.current_time() == began_at
        await anyio.sleep(10)
        clock.time += 50
        found = await cache.answer(question(), maker)
        numbers.append(number_of(found))
        assert (found.cache.hit, found.cache.age_s) == (True, 50.0)

    cache = play(scene, clock, meaning=meaning)
    assert numbers == [1] * 10 + [2]
    assert maker.made == 2
    assert cache.layers.tally.refreshed[Shelf.ANSWERS] == 1


def test_making_anew_tries_the_known_query_again() -> None:
    """What is passed by is the answer, not the SQL: no writer is asked ahead of time."""
    clock, maker = Ticking(), Maker()

    async def scene(cache: KeptAnswers) -> None:
        await cache.answer(question(), maker)
        await anyio.wait_all_tasks_blocked()  # the query is kept once the answer was given
        clock.time += 85
        await cache.answer(question(), maker)

    play(scene, clock, meaning=Plain(("a meaning",), "told"))
    assert [found.draft is not None for found in maker.recalled] == [False, True]


@pytest.mark.parametrize("fails", ["of_question", "of_answered", "like"])
def test_what_cannot_be_understood_is_answered_all_the_same(fails: str) -> None:
    """The structure that a meaning is looked up in cannot be read: no answer is lost for that."""
    clock, maker, meaning = Ticking(), Maker(), Plain(("a meaning",), "told")

    async def cannot(*asked: Any) -> Any:
        raise GONE

    setattr(meaning, fails, cannot)

    async def scene(cache: KeptAnswers) -> None:
        assert number_of(await cache.answer(question(), maker)) == 1
        assert (await cache.answer(question(), maker)).cache.hit

    play(scene, clock, meaning=meaning)


def test_an_answer_past_the_cache_waits_for_nothing_that_is_learned_of_it() -> None:
    """It is there once it is made; that it is kept, and under what else, is found out after it."""
    clock, maker, meaning = Ticking(), Maker(seconds=5.0), Plain(("a meaning",), "told")
    unhurried = replace(POLICY, learn_after_s=2.0)

    async def scene(cache: KeptAnswers) -> None:
        await replace(cache, policy=unhurried).answer(replace(question(), anew=True), maker)
        assert anyio.current_time() == pytest.approx(5.0)
        await anyio.sleep(3.0)
        assert (await cache.answer(question(), maker)).cache.hit

    play(scene, clock, meaning=meaning)


def test_each_answer_past_the_cache_is_its_askers_own() -> None:
    """Two who ask at once have one made each; one who leaves ends his own, and not the other's; and
    what goes wrong is told to whom it concerns."""
    clock, maker, left = Ticking(), Maker(seconds=5.0), Maker(seconds=5.0)
    past = replace(question(), anew=True)

    async def scene(cache: KeptAnswers) -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(cache.answer, past, maker)
            group.start_soon(cache.answer, past, maker)
            with anyio.move_on_after(1.0):
                await cache.answer(past, left)
            assert anyio.current_time() == pytest.approx(1.0)
        assert anyio.current_time() == pytest.approx(5.0)
        with pytest.raises(DatabaseUnreachable):
            await cache.answer(past, Maker(raises=GONE))
        assert number_of(await cache.answer(question(), Maker())) == 2

    left.on_the_way = lambda: pytest.fail("It has outlived its asker.")
    play(scene, clock)
    assert (maker.made, left.made) == (2, 1)


def test_a_purge_reaches_the_examples_of_what_was_under_way() -> None:
    """The query of an answer that was begun before the purge is shown to no writer after it."""
    clock, maker = Ticking(), Maker()

    async def scene(cache: KeptAnswers) -> None:
        async def purged() -> None:
            await cache.layers.purge(Scope())

        async def answered(text: str) -> None:
            await cache.answer(question(text), maker)
            await anyio.wait_all_tasks_blocked()  # the query is kept once the answer was given

        await answered("first")
        maker.on_the_way = purged
        await answered("second")
        maker.on_the_way = None
        await answered("third")
        await answered("fourth")

    play(scene, clock, meaning=Plain((), "told"))
    asked = [[example for example, _ in found.examples] for found in maker.recalled]
    assert asked[1:] == [["first"], [], ["third"]]


def test_nobody_hears_what_is_made_ahead() -> None:
    """The asker's listener hears of its own question alone."""
    clock, heard = Ticking(), list[Event]()
    decision = Decision(Strategy.SEQUENTIAL, None, 0.0, "prior", "a test")

    class Telling(Maker):
        async def __call__(self, *asked: Any) -> Answer:
            emit(Decided(decision))
            return await super().__call__(*asked)

    maker = Telling()

    async def scene(cache: KeptAnswers) -> None:
        with listening(heard.append):
            await cache.answer(question(), maker)
            clock.time += 85
            await cache.answer(question(), maker)

    play(scene, clock)
    assert maker.made == 2
    assert [type(event) for event in heard] == [Decided]


def test_an_answer_that_fails_ahead_of_time_changes_nothing() -> None:
    """The old one is shown to its end, and no asker is told."""
    clock, maker = Ticking(), Maker()

    async def scene(cache: KeptAnswers) -> None:
        await cache.answer(question(), maker)
        maker.raises = GONE
        clock.time += 85
        for _ in range(3):
            assert number_of(await cache.answer(question(), maker)) == 1
            await anyio.sleep(1)

    play(scene, clock)
    assert maker.made == 4


def fails(clock: Ticking, maker: Maker, how: str) -> None:
    match how:
        case "error":
            maker.raises = GONE
        case "failed answer":
            failure = Failure("model_busy", "The model is busy.")
            maker.more = {"status": Status.FAILED, "failure": failure, "rows": None}
        case "deadline":
            maker.seconds = 1_000.0
        case "everything":
            maker.raises = clock.version = GONE


@pytest.mark.parametrize("how", ["error", "failed answer", "deadline", "everything"])
@pytest.mark.parametrize("where", [CacheLayer.MEMORY, CacheLayer.REDIS])
def test_an_old_answer_stands_in(how: str, where: CacheLayer) -> None:
    """However the new one fails: shown with its age and why, in good time, and counted."""
    clock, maker = Ticking(), Maker()
    shared = SharedMemory(clock=clock.now)

    async def scene(cache: KeptAnswers) -> None:
        await cache.answer(question(), maker)
        clock.version = Version("data 2", "schema 1")
        clock.time += 120
        fails(clock, maker, how)
        if where is CacheLayer.REDIS:
            cache.layers.memory.purge(Scope())
        asked = question(deadline=anyio.current_time() + 2.0)
        answer = await cache.answer(asked, maker)
        assert asked.deadline is not None
        assert anyio.current_time() < asked.deadline
        assert (number_of(answer), answer.trace_id) == (1, asked.id)
        assert (answer.cache.hit, answer.cache.layer, answer.cache.age_s) == (True, where, 120.0)
        assert answer.warnings[0].startswith("This was answered 2 minutes ago. A new answer could")
        assert "could not be had" in answer.cache.reason

    cache = play(scene, clock, shared if where is CacheLayer.REDIS else None)
    assert cache.layers.tally.stale[Shelf.ANSWERS] == 1


def test_only_a_failure_lets_an_old_answer_stand_in() -> None:
    """While the database answers, what has changed is made anew; what is the asker's to put
    right is told."""
    clock, maker = Ticking(), Maker()

    async def scene(cache: KeptAnswers) -> None:
        await cache.answer(question(), maker)
        clock.version = Version("data 2", "schema 1")
        assert number_of(await cache.answer(question(), maker)) == 2
        clock.version = Version("data 3", "schema 1")
        maker.raises = BadInput("Ask something else.")
        with pytest.raises(BadInput):
            await cache.answer(question(), maker)

    play(scene, clock)


def test_nothing_older_than_is_allowed_stands_in() -> None:
    """Neither when the question comes, nor when it has waited in vain."""
    clock, maker = Ticking(), Maker()

    async def grows_old() -> None:
        clock.time += 200

    async def scene(cache: KeptAnswers) -> None:
        await cache.answer(question(), maker)
        maker.raises, maker.on_the_way = GONE, grows_old
        clock.time += 150
        for _ in range(2):
            with pytest.raises(ForerunError, match="The file is gone"):
                await cache.answer(question(), maker)

    play(scene, clock)


@pytest.mark.parametrize("how", ["error", "failed answer", "deadline"])
def test_what_is_purged_while_it_is_waited_for_does_not_stand_in(how: str) -> None:
    """It was in our hands already when the purge came: it is forgotten there as well."""
    clock, maker = Ticking(), Maker()

    async def scene(cache: KeptAnswers) -> None:
        await cache.answer(question(), maker)
        clock.version = Version("data 2", "schema 1")
        fails(clock, maker, how)

        async def purged() -> None:
            await cache.layers.purge(Scope(table="orders"))

        async def purged_soon() -> None:
            await anyio.sleep(0.5)
            await purged()

        maker.on_the_way = purged
        async with anyio.create_task_group() as group:
            group.start_soon(purged_soon)
            asked = question(deadline=anyio.current_time() + 2.0)
            try:
                answer = await cache.answer(asked, maker)
            except ForerunError:
                return
            assert answer.status is Status.FAILED
            assert not answer.cache.hit

    cache = play(scene, clock)
    assert cache.layers.tally.stale[Shelf.ANSWERS] == 0


def test_who_asks_after_a_purge_does_not_get_what_was_begun_before_it() -> None:
    """The same question is under way: it is begun anew."""
    clock, maker = Ticking(), Maker(seconds=5.0)
    numbers: list[object] = []

    async def scene(cache: KeptAnswers) -> None:
        async def ask() -> None:
            numbers.append(number_of(await cache.answer(question(), maker)))

        async with anyio.create_task_group() as group:
            group.start_soon(ask)
            await anyio.sleep(1)
            await cache.layers.purge(Scope())
            group.start_soon(ask)
            group.start_soon(ask)

    play(scene, clock)
    assert numbers == [1, 2, 2]


def test_long_work_is_not_joined_where_nobody_can_tell_of_changes() -> None:
    """It may have read the tables before the grace: who asks then has them read again."""
    clock, maker = Ticking(version=Version()), Maker(seconds=20.0)
    numbers: list[object] = []

    async def scene(cache: KeptAnswers) -> None:
        async def ask() -> None:
            numbers.append(number_of(await cache.answer(question(), maker)))

        async with anyio.create_task_group() as group:
            for _ in range(2):  # at once, and within the grace
                group.start_soon(ask)
                await anyio.sleep(0.1)
                clock.time += 3
            clock.time += 3
            group.start_soon(ask)

    play(scene, clock)
    assert numbers == [1, 1, 2]


def test_an_answer_is_never_kept_as_another_name_of_itself() -> None:
    """It comes into the second level while it is looked for by its meaning: it stays."""
    clock, shared = Ticking(), SharedMemory(clock=lambda: 1_000_000.0)
    meaning, maker = Plain(("how many",)), Maker()

    async def scene(cache: KeptAnswers) -> None:
        async def make(asked: Any, recall: Any) -> Answer:
            other = cache_of(clock, shared, meaning=meaning, policy=POLICY)
            await other.answer(replace(asked, anew=True), maker)
            return await maker(asked, recall)

        found = await cache.answer(question(), make)
        assert (found.cache.hit, number_of(found)) == (True, 1)
        for one in (cache, cache_of(clock, shared, meaning=meaning, policy=POLICY)):
            assert number_of(await one.answer(question(), maker)) == 1

    play(scene, clock, shared, meaning)
    assert maker.made == 1
