"""Whoever asks for the same at once waits for one piece of work, and is nobody's hostage."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import anyio
import anyio.lowlevel
import pytest
from anyio.abc import TaskGroup

from forerun.caching.single_flight import Background, Flight, SingleFlight
from forerun.domain import Answer, Status
from forerun.errors import DatabaseUnreachable, DeadlineExceeded, ForerunError, StatementTimedOut
from forerun.testing.virtual_clock import VirtualClockLoop
from tests.caching.making import Maker, Ticking, answer_to, cache_of, number_of, question

pytestmark = pytest.mark.anyio

BOTH = pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])


def beginning(group: TaskGroup) -> Background:
    def begin(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        group.start_soon(work)

    return begin


class Work:
    """What is flown: some steps, then a number."""

    def __init__(self, steps: int = 3, raises: Exception | None = None) -> None:
        self.steps, self.raises = steps, raises
        self.begun = self.ended = self.cancelled = 0

    async def __call__(self, flight: Flight[int]) -> None:
        self.begun += 1
        try:
            for _ in range(self.steps):
                await anyio.lowlevel.checkpoint()
            if self.raises is not None:
                raise self.raises
            flight.land(self.begun)
        except anyio.get_cancelled_exc_class():
            with anyio.CancelScope(shield=True):  # e.g. the database is told to stop
                for _ in range(2):
                    await anyio.lowlevel.checkpoint()
            self.cancelled += 1
            raise
        finally:
            self.ended += 1


async def ask(flights: SingleFlight[int], work: Work, given: list[object]) -> None:
    flight, ours = await flights.join(Flight("key", 0.0), work)
    try:
        given.append((flight.given(), ours))
    except ForerunError as error:
        given.append(error)


@BOTH
async def test_a_hundred_who_ask_at_once_are_answered_once() -> None:
    """One piece of work, one that began it, a hundred results."""
    work, given = Work(), list[object]()
    async with anyio.create_task_group() as background:
        flights = SingleFlight[int](beginning(background))
        async with anyio.create_task_group() as group:
            for _ in range(100):
                group.start_soon(ask, flights, work, given)
    assert work.begun == 1
    assert sorted(given, key=str) == [(1, False)] * 99 + [(1, True)]
    assert not flights._flights


@BOTH
async def test_an_error_is_told_to_all_who_wait() -> None:
    """Nobody tries again for the others, and the next one who asks is not told of it."""
    error = DatabaseUnreachable("It is gone.")
    work, given = Work(raises=error), list[object]()
    async with anyio.create_task_group() as background:
        flights = SingleFlight[int](beginning(background))
        async with anyio.create_task_group() as group:
            for _ in range(5):
                group.start_soon(ask, flights, work, given)
        assert (work.begun, given) == (1, [error] * 5)
        await ask(flights, Work(), given)
    assert given[-1] == (1, True)


@BOTH
async def test_who_began_it_may_leave() -> None:
    """The leader is cancelled: the others get what it has begun."""
    work, given = Work(steps=20), list[object]()
    async with anyio.create_task_group() as background:
        flights = SingleFlight[int](beginning(background))
        leader = anyio.CancelScope()

        async def lead() -> None:
            with leader:
                await ask(flights, work, given)

        async with anyio.create_task_group() as group:
            group.start_soon(lead)
            while not work.begun:
                await anyio.lowlevel.checkpoint()
            for _ in range(3):
                group.start_soon(ask, flights, work, given)
            await anyio.lowlevel.checkpoint()
            leader.cancel()
    assert (work.begun, work.cancelled) == (1, 0)
    assert given == [(1, False)] * 3


@BOTH
async def test_the_last_one_to_leave_ends_it_and_sees_it_end() -> None:
    """When the cancelled asker is gone, so is the work: its cleaning up included."""
    work = Work(steps=1_000)
    async with anyio.create_task_group() as background:
        flights = SingleFlight[int](beginning(background))
        with anyio.CancelScope() as scope:
            async with anyio.create_task_group() as group:
                group.start_soon(ask, flights, work, [])
                group.start_soon(ask, flights, work, [])
                while not work.begun:
                    await anyio.lowlevel.checkpoint()
                scope.cancel()
        assert (work.begun, work.cancelled, work.ended) == (1, 1, 1)
        assert not flights._flights


@BOTH
async def test_who_comes_after_the_landing_begins_anew() -> None:
    """What lands may be true for that moment only, even while it is still being kept."""
    still_keeping, given = anyio.Event(), list[object]()

    class Slow(Work):
        async def __call__(self, flight: Flight[int]) -> None:
            await super().__call__(flight)
            await still_keeping.wait()

    work = Slow()
    async with anyio.create_task_group() as background:
        flights = SingleFlight[int](beginning(background))
        await ask(flights, work, given)
        await ask(flights, work, given)
        still_keeping.set()
    assert given == [(1, True), (2, True)]
    assert not flights._flights


@BOTH
async def test_nobody_waits_for_work_that_could_not_be_begun() -> None:
    """A background that is over refuses; the next one who asks is refused as well, at once."""
    async with anyio.create_task_group() as background:
        flights = SingleFlight[int](beginning(background))
    for _ in range(2):
        with pytest.raises(RuntimeError), anyio.fail_after(5):
            await flights.join(Flight("key", 0.0), Work())
    assert not flights._flights


@BOTH
async def test_who_waits_is_told_when_everything_is_closed() -> None:
    """The application ends while somebody waits: an error in words, not an eternity."""
    given = list[object]()
    async with anyio.create_task_group() as group, anyio.create_task_group() as background:
        flights, work = SingleFlight[int](beginning(background)), Work(steps=10_000)
        group.start_soon(ask, flights, work, given)
        while not work.begun:
            await anyio.lowlevel.checkpoint()
        background.cancel_scope.cancel()
    assert [str(error) for error in given] == ["Forerun was closed before the answer was there."]


class SteppingLoop(VirtualClockLoop):
    """Calls somebody at one of its rounds."""

    def __init__(self) -> None:
        super().__init__()
        self.rounds = 0
        self.leave_at: int | None = None
        self.leave: Callable[[], object] = int

    def _run_once(self) -> None:
        self.rounds += 1
        if self.rounds == self.leave_at:
            self.leave()
        super()._run_once()  # type: ignore[misc]


async def ask_and_leave(who: int, leave_at: int | None) -> tuple[int, bool]:
    """Three ask, one of them leaves at a step; how many steps there were, and whether it left."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, SteppingLoop)
    answers: dict[int, Answer] = {}
    scopes = [anyio.CancelScope() for _ in range(3)]
    maker = Maker(seconds=1.0)
    async with anyio.create_task_group() as background:
        cache = cache_of(Ticking(), background=beginning(background))

        async def one(number: int) -> None:
            with scopes[number]:
                answers[number] = await cache.answer(question(), maker)

        async with anyio.create_task_group() as group:
            for number in range(3):
                group.start_soon(one, number)
            loop.rounds, loop.leave, loop.leave_at = 0, scopes[who].cancel, leave_at
        rounds, loop.leave_at = loop.rounds, None
        await anyio.wait_all_tasks_blocked()
        assert not cache.flights._flights
        assert len(asyncio.all_tasks()) == 1
    left = {number for number in range(3) if scopes[number].cancelled_caught}
    assert left <= {who}
    assert answers.keys() == {0, 1, 2} - left
    assert {number_of(answer) for answer in answers.values()} == {1}
    assert maker.made == 1
    return rounds, bool(left)


@pytest.mark.parametrize("who", [0, 1, 2])
def test_leaving_at_any_step_hurts_nobody_else(who: int) -> None:
    """Cancelled at step k, for every k: the others get their answer, of one making, and no task
    is left over."""

    def run(leave_at: int | None) -> tuple[int, bool]:
        options = {"loop_factory": SteppingLoop}
        return anyio.run(ask_and_leave, who, leave_at, backend_options=options)

    whole, _ = run(None)
    left = [run(step)[1] for step in range(1, whole + 1)]
    assert sum(left) >= 4


async def patiently(cache: Any, maker: Any, seconds: float, answers: list[object]) -> None:
    asked = question(deadline=anyio.current_time() + seconds)
    with anyio.CancelScope(deadline=asked.deadline or 0.0):
        try:
            answers.append(await cache.answer(asked, maker))
        except ForerunError as error:
            answers.append(error)


def hurried(ends: str, needs_s: float) -> Any:
    """Makes an answer that needs its time, and falls short at the deadline of whom it is for."""
    calls: list[float] = []

    async def make(asked: Any, recall: Any) -> Answer:
        calls.append(anyio.current_time())
        assert asked.deadline is not None
        left_s = asked.deadline - anyio.current_time()
        if left_s >= needs_s:
            await anyio.sleep(needs_s)
            return answer_to(asked, len(calls))
        await anyio.sleep(left_s - 0.04)
        if ends == "partial":
            return answer_to(asked, len(calls), partial=True)
        if ends == "failed":
            return answer_to(asked, len(calls), status=Status.FAILED)
        raise {"late": DeadlineExceeded, "stopped": StatementTimedOut}[ends]("No time was left.")

    make.calls = calls  # type: ignore[attr-defined]
    return make


@pytest.mark.parametrize("ends", ["partial", "failed", "late", "stopped"])
def test_who_has_more_time_gets_a_whole_answer(ends: str) -> None:
    """However the work of one in a hurry falls short, those who wait with more time make one
    more between them."""
    make, answers = hurried(ends, needs_s=2.0), list[Any]()

    async def all_of_them() -> None:
        async with anyio.create_task_group() as background:
            cache = cache_of(Ticking(), background=beginning(background))
            async with anyio.create_task_group() as group:
                group.start_soon(patiently, cache, make, 1.0, [])
                await anyio.sleep(0.1)
                for _ in range(20):
                    group.start_soon(patiently, cache, make, 60.0, answers)

    anyio.run(all_of_them, backend_options={"loop_factory": VirtualClockLoop})
    assert [number_of(answer) for answer in answers] == [2] * 20
    assert not any(answer.partial for answer in answers)
    assert len(make.calls) == 2


def test_who_has_no_more_time_takes_what_there_is() -> None:
    """Equal deadlines: the rows without their summary go to all; nobody begins in vain."""
    make, answers = hurried("partial", needs_s=2.0), list[Any]()

    async def all_of_them() -> None:
        async with anyio.create_task_group() as background:
            cache = cache_of(Ticking(), background=beginning(background))
            async with anyio.create_task_group() as group:
                for _ in range(20):
                    group.start_soon(patiently, cache, make, 1.0, answers)

    anyio.run(all_of_them, backend_options={"loop_factory": VirtualClockLoop})
    assert [answer.partial for answer in answers] == [True] * 20
    assert len(make.calls) == 1


def test_a_failure_in_good_time_is_told_to_all() -> None:
    """The database is down: one finds out for twenty, whatever their deadlines."""
    answers, maker = list[Any](), Maker(seconds=0.5, raises=DatabaseUnreachable("It is gone."))

    async def all_of_them() -> None:
        async with anyio.create_task_group() as background:
            cache = cache_of(Ticking(), background=beginning(background))
            async with anyio.create_task_group() as group:
                for number in range(20):
                    group.start_soon(patiently, cache, maker, 10.0 + number, answers)

    anyio.run(all_of_them, backend_options={"loop_factory": VirtualClockLoop})
    assert [type(answer) for answer in answers] == [DatabaseUnreachable] * 20
    assert maker.made == 1


def test_a_volatile_answer_is_for_those_who_asked_at_once() -> None:
    """Who waits shares it; who asks when it has landed gets another."""
    maker, answers = Maker(seconds=1.0, more={"volatile": True}), list[Any]()

    async def all_of_them() -> None:
        async with anyio.create_task_group() as background:
            cache = cache_of(Ticking(), background=beginning(background))
            async with anyio.create_task_group() as group:
                group.start_soon(patiently, cache, maker, 60.0, answers)
                group.start_soon(patiently, cache, maker, 60.0, answers)
            await patiently(cache, maker, 60.0, answers)

    anyio.run(all_of_them, backend_options={"loop_factory": VirtualClockLoop})
    assert [number_of(answer) for answer in answers] == [1, 1, 2]
