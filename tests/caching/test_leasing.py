"""Among processes that share a cache one makes an answer; nobody waits for one that is not kept."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

import anyio
import pytest

from forerun.caching import KeptAnswers, Layers, Memory
from forerun.caching.answers import Asked
from forerun.caching.leasing import LEASE_S, LONGEST_WAIT_S, LOOK_EVERY_S, taking_turns
from forerun.caching.making import TOO_LARGE
from forerun.domain import Answer, Kind, ResultColumn, Rows, Shelf
from forerun.errors import DatabaseUnreachable, ForerunError
from forerun.testing import SharedMemory
from forerun.testing.virtual_clock import run_virtually
from tests.caching.making import NUMBER, Maker, Ticking, answer_to, cache_of, number_of, question


class Two:
    """Two processes that share a second level, and one maker, so that it counts for both."""

    def __init__(self, maker: Maker) -> None:
        self.maker = maker
        self.clock = Ticking()
        self.shared = SharedMemory(clock=lambda: 1_000_000.0 + anyio.current_time())
        self.given: dict[str, tuple[float, Answer | ForerunError]] = {}

    async def ask(
        self, name: str, cache: KeptAnswers, after_s: float = 0.0, deadline: float | None = None
    ) -> None:
        await anyio.sleep(after_s)
        try:
            asked = question(deadline=deadline)
            answer: Answer | ForerunError = await cache.answer(asked, self.maker)
        except ForerunError as error:
            answer = error
        self.given[name] = anyio.current_time(), answer

    def run(self, play: Callable[[KeptAnswers, KeptAnswers], Coroutine[Any, Any, None]]) -> None:
        async def run() -> None:
            async with anyio.create_task_group() as background:

                def begin(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
                    background.start_soon(work)

                first, second = (cache_of(self.clock, self.shared, begin) for _ in range(2))
                await play(first, second)
            assert not first.flights._flights
            assert not second.flights._flights
            assert not self.shared.leased()

        run_virtually(run)


def test_two_processes_make_one_answer() -> None:
    """Five ask in each, at about the same time: one makes it, all get it."""
    two = Two(Maker(seconds=2.0))

    async def play(first: KeptAnswers, second: KeptAnswers) -> None:
        async with anyio.create_task_group() as group:
            for number in range(5):
                group.start_soon(two.ask, f"first {number}", first)
                group.start_soon(two.ask, f"second {number}", second, 0.01 * number)

    two.run(play)
    assert two.maker.made == 1
    assert [number_of(answer) for _, answer in two.given.values()] == [1] * 10  # type: ignore[arg-type]
    assert max(at for at, _ in two.given.values()) < 2.0 + 3 * LOOK_EVERY_S


@pytest.mark.parametrize("held_ms", range(2, 120, 4))
def test_who_gets_the_lease_looks_once_more(held_ms: int) -> None:
    """Whenever the answer is kept and the lease given back, between two looks too: it is found."""
    shared = SharedMemory(takes_s=0.005)
    there = False

    async def look() -> Answer | None:
        return answer_to(question()) if there else None

    async def hold() -> None:
        nonlocal there
        token = await shared.lease("key", 15.0)
        assert token is not None
        await anyio.sleep(held_ms / 1000)
        there = True
        await shared.release("key", token)

    async def play() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(hold)
            await anyio.sleep(0.001)
            async with taking_turns(layers, "key", look, 10.0) as theirs:
                assert theirs is not None
        assert not shared.leased()

    layers = Layers(Memory(0), shared)
    run_virtually(play)


@pytest.mark.parametrize(("deadline_s", "waits_s"), [(None, LONGEST_WAIT_S), (6.0, 2.0)])
def test_who_dies_holds_nobody_up_for_long(deadline_s: float | None, waits_s: float) -> None:
    """It took the lease and is never heard of again: the other makes the answer soon, and so that
    two thirds of its time are left for it."""
    two = Two(Maker(seconds=1.0))

    async def play(first: KeptAnswers, second: KeptAnswers) -> None:
        asked = question()
        version = await first.version()
        dead = Asked(first, asked, first.keys.of_question(asked), version, two.maker, 0).turn
        token = await two.shared.lease(dead, LEASE_S)
        assert token is not None
        deadline = None if deadline_s is None else anyio.current_time() + deadline_s
        await two.ask("second", second, deadline=deadline)
        await two.shared.release(dead, token)

    two.run(play)
    at, answer = two.given["second"]
    assert isinstance(answer, Answer)
    assert waits_s <= at < waits_s + 1.5


def test_who_leaves_makes_room_at_once() -> None:
    """The other process goes on with its next look, and is not told of it."""
    two = Two(Maker(seconds=1.0))

    async def play(first: KeptAnswers, second: KeptAnswers) -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(two.ask, "second", second, 0.1)
            with anyio.move_on_after(0.5):
                await two.ask("first", first)

    two.run(play)
    at, answer = two.given["second"]
    assert isinstance(answer, Answer)
    assert at < 1.5 + 2 * LOOK_EVERY_S
    assert two.given.keys() == {"second"}


def test_who_fails_fails_alone() -> None:
    """Its error is its own askers'; the other process tries for itself, at once."""
    two = Two(Maker(seconds=1.0, raises=DatabaseUnreachable("Gone.")))

    async def play(first: KeptAnswers, second: KeptAnswers) -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(two.ask, "first", first)
            group.start_soon(two.ask, "second", second, 0.1)
            await anyio.sleep(1.5)
            two.maker.raises = None

    two.run(play)
    at, answer = two.given["second"]
    assert isinstance(answer, Answer)
    assert at < 2.0 + 2 * LOOK_EVERY_S
    assert isinstance(two.given["first"][1], DatabaseUnreachable)


WIDE = tuple((number, "x" * 2_000) for number in range(400))
DECLARED = ResultColumn("t", "TEXT", Kind.TEXT)
UNSHARED = {
    "too large": Rows((*NUMBER, DECLARED), WIDE),
    "no text gives it back": Rows((ResultColumn("o", "STRUCT", Kind.OTHER),), ((object(),),)),
}


@pytest.mark.parametrize("kind", UNSHARED)
def test_what_other_processes_are_not_given_is_counted_and_found_here(kind: str) -> None:
    """As kept by this process alone; where it is known before the answer is given, it says so."""
    two = Two(Maker(more={"rows": UNSHARED[kind]}))

    async def play(first: KeptAnswers, second: KeptAnswers) -> None:
        for name, cache in (("first", first), ("again", first), ("second", second)):
            await two.ask(name, cache)
        assert first.layers.tally.unshared[Shelf.ANSWERS] == 1
        assert first.layers.tally.unkept[Shelf.ANSWERS] == 0

    two.run(play)
    given = {name: answer.cache for name, (_, answer) in two.given.items()}  # type: ignore[union-attr]
    assert [use.hit for use in given.values()] == [False, True, False]
    assert (TOO_LARGE in given["first"].reason) == (kind == "too large")


def test_what_is_too_large_for_any_level_is_counted_as_unkept() -> None:
    """It is kept nowhere, with or without a second level."""
    for shared in (SharedMemory(), None):
        cache = cache_of(Ticking(), shared)
        cache.layers.memory.max_bytes = 10_000
        answer = run_virtually(
            partial(cache.answer, question(), Maker(more={"rows": UNSHARED["too large"]}))
        )
        assert not answer.cache.hit
        assert cache.layers.tally.unkept[Shelf.ANSWERS] == 1
        assert cache.layers.tally.unshared[Shelf.ANSWERS] == 0


@pytest.mark.parametrize(
    "more",
    [{"volatile": True}, {"partial": True}, *({"rows": rows} for rows in UNSHARED.values())],
    ids=["volatile", "partial", *UNSHARED],
)
def test_nobody_waits_in_line_for_what_is_not_kept(more: dict[str, object]) -> None:
    """Ten processes ask for what is of the moment, or what others are not given: all make their
    own, side by side."""
    maker, clock, shared = Maker(seconds=1.0, more=more), Ticking(), SharedMemory()
    ended: list[float] = []

    async def ask() -> None:
        await cache_of(clock, shared).answer(question(), maker)
        ended.append(anyio.current_time())

    async def all_of_them() -> None:
        async with anyio.create_task_group() as group:
            for _ in range(10):
                group.start_soon(ask)

    run_virtually(all_of_them)
    assert maker.made == 10
    assert max(ended) < 2.2, "one after the other would take ten"


def test_without_leases_everybody_works_on() -> None:
    """The second level goes down while some wait in line for another's answer."""
    two = Two(Maker(seconds=5.0))

    async def play(first: KeptAnswers, second: KeptAnswers) -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(two.ask, "first", first)
            group.start_soon(two.ask, "second", second, 0.1)
            await anyio.sleep(1.0)
            two.shared.down = True
        await anyio.sleep(LEASE_S)

    two.run(play)
    assert two.maker.made == 2
    assert {number_of(answer) for _, answer in two.given.values()} == {1, 2}  # type: ignore[arg-type]
