"""First accepted wins, and nothing runs on: on asyncio and on trio, on clocks that do not wait."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import anyio
import anyio.lowlevel
import pytest
from hypothesis import given
from hypothesis import strategies as st
from trio.testing import MockClock

from forerun.errors import ModelBusy, ModelUnreachable
from forerun.orchestrators.race import NoWinner, hedged, race
from forerun.testing.virtual_clock import VirtualClockLoop

pytestmark = pytest.mark.anyio


def backend(name: str) -> tuple[str, dict[str, Any]]:
    """Whose clock jumps to the next timer, so that hours pass at once."""
    if name == "trio":
        return name, {"clock": MockClock(autojump_threshold=0)}
    return name, {"loop_factory": VirtualClockLoop}


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, Any]]:
    return backend(request.param)


@dataclass
class Track:
    """Makes contenders, and knows which have begun and which have ended."""

    began: list[str] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)

    def runner(
        self, name: str, after_s: float, result: str | Exception | None = None, cleanup_s: float = 0
    ) -> Callable[[], Awaitable[str]]:
        """Gives its name, or `result`, after a while; its clean-up cannot be cancelled."""

        async def run() -> str:
            self.began.append(name)
            try:
                await anyio.sleep(after_s)
                if isinstance(result, Exception):
                    raise result
                return name if result is None else result
            finally:
                with anyio.CancelScope(shield=True):
                    await anyio.sleep(cleanup_s)
                self.ended.append(name)

        return run


@pytest.fixture
def track() -> Track:
    return Track()


async def test_the_first_wins_and_the_losers_have_ended(track: Track) -> None:
    """The `finally` of every loser ran before race returned, long before they were due."""
    began_at = anyio.current_time()
    won = await race(track.runner("slow", 60), track.runner("fast", 1), track.runner("never", 1e6))
    assert won == "fast"
    assert sorted(track.ended) == ["fast", "never", "slow"]
    assert anyio.current_time() - began_at == pytest.approx(1)


async def test_a_shielded_clean_up_is_awaited(track: Track) -> None:
    """A loser that takes five seconds to clean up holds race for five seconds."""
    began_at = anyio.current_time()
    won = await race(track.runner("fast", 1), track.runner("tidy", 60, cleanup_s=5))
    assert (won, track.ended) == ("fast", ["fast", "tidy"])
    assert anyio.current_time() - began_at == pytest.approx(6)


async def test_a_rejected_value_does_not_win(track: Track) -> None:
    """The first is not taken, so the second is; the third is cancelled."""
    runners = [track.runner("a", 1), track.runner("b", 2), track.runner("c", 60)]
    assert await race(*runners, accept=lambda value: value != "a") == "b"
    assert sorted(track.ended) == ["a", "b", "c"]


async def test_a_failure_does_not_lose_the_race(track: Track) -> None:
    """Whoever fails early leaves the others running."""
    runners = [track.runner("a", 1, ModelBusy("busy")), track.runner("b", 2)]
    assert await race(*runners) == "b"


async def test_all_failures_and_rejected_values_are_kept(track: Track) -> None:
    """Failures in the order of the contenders, whenever they failed; values as they came."""
    first, second = ModelUnreachable("first"), ValueError("second")
    with pytest.raises(NoWinner) as raised:
        await race(
            track.runner("a", 3, first),
            track.runner("b", 2, "bad"),
            track.runner("c", 1, second),
            track.runner("d", 1.5, "worse"),
            accept=lambda _: False,
        )
    assert raised.value.failures == (first, second)
    assert raised.value.rejected == ("worse", "bad")
    assert not raised.value.timed_out


async def test_a_contender_that_raises_at_once_is_a_failure() -> None:
    """Even where it fails before there is anything to await."""

    def broken() -> Awaitable[str]:
        raise ValueError("no coroutine")

    with pytest.raises(NoWinner) as raised:
        await race(broken)
    assert [str(error) for error in raised.value.failures] == ["no coroutine"]


async def test_an_accept_that_raises_is_a_failure(track: Track) -> None:
    """It rejects, and says why."""

    def accept(value: str) -> bool:
        if value == "a":
            raise ValueError("cannot tell")
        return True

    assert await race(track.runner("a", 1), track.runner("b", 2), accept=accept) == "b"
    with pytest.raises(NoWinner) as raised:
        await race(track.runner("a", 1), accept=accept)
    assert [str(error) for error in raised.value.failures] == ["cannot tell"]


async def test_nobody_runs() -> None:
    """Without contenders nobody wins, at once and not for want of time."""
    nobody: list[Callable[[], Awaitable[str]]] = []
    with pytest.raises(NoWinner) as raised:
        await race(*nobody, deadline=anyio.current_time() - 1)
    error = raised.value
    assert (error.failures, error.rejected, error.timed_out) == ((), (), False)


async def test_the_deadline_ends_all(track: Track) -> None:
    """All are cancelled and awaited when it passes; what failed before is kept."""
    failure = ModelBusy("busy")
    deadline = anyio.current_time() + 10
    with pytest.raises(NoWinner) as raised:
        await race(
            track.runner("a", 60),
            track.runner("b", 1, failure),
            track.runner("c", 60, cleanup_s=2),
            deadline=deadline,
        )
    assert raised.value.timed_out
    assert raised.value.failures == (failure,)
    assert sorted(track.ended) == ["a", "b", "c"]
    assert anyio.current_time() == pytest.approx(deadline + 2)


async def test_who_comes_before_the_deadline_wins(track: Track) -> None:
    """A deadline that is not reached changes nothing."""
    assert await race(track.runner("a", 9), deadline=anyio.current_time() + 10) == "a"


async def test_a_value_after_the_deadline_comes_too_late() -> None:
    """A contender that answers its cancellation with a value has not won, nor been judged."""
    judged: list[str] = []

    async def stubborn() -> str:
        with anyio.CancelScope(shield=True):
            await anyio.sleep(60)
        return "late"

    def accept(value: str) -> bool:
        judged.append(value)
        return True

    with pytest.raises(NoWinner) as raised:
        await race(stubborn, accept=accept, deadline=anyio.current_time() + 10)
    assert raised.value.timed_out
    assert judged == []


async def test_outer_cancellation_leaves_nothing_running(track: Track) -> None:
    """It passes, as itself, after every contender has ended."""
    with anyio.move_on_after(5) as scope:
        await race(track.runner("a", 60), track.runner("b", 60, cleanup_s=2))
        pytest.fail("race returned")
    assert scope.cancelled_caught
    assert sorted(track.began) == sorted(track.ended) == ["a", "b"]


async def test_races_within_races(track: Track) -> None:
    """Cancelling a race that is itself a contender ends its contenders too."""

    async def inner() -> str:
        return await race(track.runner("a", 60), track.runner("b", 60, cleanup_s=2))

    assert await race(inner, track.runner("c", 1)) == "c"
    assert sorted(track.ended) == ["a", "b", "c"]


def test_a_cancellation_from_elsewhere_does_not_hang() -> None:
    """A contender that awaits a future which somebody else cancels ends without a value."""

    async def awaits_a_cancelled_future() -> str:
        future: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        future.cancel()
        return await future

    async def check() -> None:
        with anyio.fail_after(60), pytest.raises(NoWinner):
            await race(awaits_a_cancelled_future)

    _, options = backend("asyncio")
    anyio.run(check, backend_options=options)


Run = tuple[int, str]
"""After how many seconds a contender ends, and how."""
runs = st.lists(st.tuples(st.integers(1, 9), st.sampled_from(["taken", "rejected", "error"])))


@pytest.mark.parametrize("name", ["asyncio", "trio"])
@given(runs=runs, last_s=st.just(math.inf) | st.integers(0, 9).map(lambda n: n + 0.5))
def test_the_earliest_accepted_wins(name: str, runs: list[Run], last_s: float) -> None:
    """Whatever comes of the contenders, and when; and everything else has ended."""
    in_time = [(str(number), *run) for number, run in enumerate(runs) if run[0] < last_s]
    taken_s = [after_s for _, after_s, how in in_time if how == "taken"]

    async def check() -> None:
        track = Track()
        contenders = [
            track.runner(str(number), after_s, ValueError(str(number)) if how == "error" else None)
            for number, (after_s, how) in enumerate(runs)
        ]
        deadline = None if last_s == math.inf else anyio.current_time() + last_s
        running = race(
            *contenders, accept=lambda it: runs[int(it)][1] == "taken", deadline=deadline
        )
        if taken_s:
            assert runs[int(await running)] == (min(taken_s), "taken")
        else:
            with pytest.raises(NoWinner) as raised:
                await running
            failed = [number for number, _, how in in_time if how == "error"]
            assert [str(error) for error in raised.value.failures] == failed
            rejected = {number for number, _, how in in_time if how == "rejected"}
            assert set(raised.value.rejected) == rejected
            assert raised.value.timed_out == (len(in_time) < len(runs))
        everyone = [str(number) for number in range(len(runs))]
        assert sorted(track.began) == sorted(track.ended) == sorted(everyone)

    backend_name, options = backend(name)
    anyio.run(check, backend=backend_name, backend_options=options)


@dataclass
class Asked:
    """Whether a second contender may start; counts how often it was asked."""

    answer: bool = True
    times: int = 0

    def __call__(self) -> bool:
        self.times += 1
        return self.answer


@dataclass
class Speaker:
    """A first contender that gives a sign of life, then takes its time."""

    track: Track
    speaks_after_s: float
    then_s: float
    alive: anyio.Event = field(default_factory=anyio.Event)

    async def __call__(self) -> str:
        await anyio.sleep(self.speaks_after_s)
        self.alive.set()
        return await self.track.runner("first", self.then_s)()


async def test_who_speaks_in_time_has_no_rival(track: Track) -> None:
    """However long it takes after its first sign of life; nobody even asks whether one may."""
    first, may_start = Speaker(track, 1, 600), Asked()
    second = track.runner("second", 1)
    won = await hedged(first, second, after_s=2, alive=first.alive, may_start=may_start)
    assert (won, track.began, may_start.times) == ("first", ["first"], 0)


async def test_until_the_timer_fires_there_is_one_task(track: Track) -> None:
    """Waiting for the first takes no task besides its own."""
    counts: list[int] = []

    async def first() -> str:
        await anyio.sleep(1)
        counts.append(len(anyio.get_running_tasks()))
        return "first"

    before = len(anyio.get_running_tasks())
    await hedged(first, track.runner("second", 1), after_s=60, alive=anyio.Event())
    assert counts == [before + 1]


async def test_the_second_starts_when_the_first_is_silent(track: Track) -> None:
    """At that time and not before; it wins, and the first is cancelled and awaited."""
    began_at = anyio.current_time()
    first, second = track.runner("first", 60, cleanup_s=4), track.runner("second", 1)
    won = await hedged(first, second, after_s=2, alive=anyio.Event())
    assert (won, track.began, track.ended) == ("second", ["first", "second"], ["second", "first"])
    assert anyio.current_time() - began_at == pytest.approx(7)


async def test_a_late_first_may_still_win(track: Track) -> None:
    """The second is cancelled then."""
    first, second = track.runner("first", 3), track.runner("second", 60)
    won = await hedged(first, second, after_s=2, alive=anyio.Event())
    assert (won, track.ended) == ("first", ["first", "second"])


async def test_no_second_without_leave(track: Track) -> None:
    """The first is waited for, as if there were no second."""
    first, second = track.runner("first", 60), track.runner("second", 1)
    may_start = Asked(answer=False)
    won = await hedged(first, second, after_s=2, alive=anyio.Event(), may_start=may_start)
    assert (won, track.began, may_start.times) == ("first", ["first"], 1)


async def test_a_first_that_fails_in_time_has_no_rival(track: Track) -> None:
    """A hedge is against silence, not against failure: it fails at once."""
    failure, began_at = ModelBusy("busy"), anyio.current_time()
    first, second = track.runner("first", 1, failure), track.runner("second", 1)
    with pytest.raises(NoWinner) as raised:
        await hedged(first, second, after_s=2, alive=anyio.Event())
    assert raised.value.failures == (failure,)
    assert track.began == ["first"]
    assert anyio.current_time() - began_at == pytest.approx(1)


@pytest.mark.parametrize(("first_s", "second_s"), [(3, 9), (9, 3)])
async def test_both_fail_or_are_rejected(track: Track, first_s: float, second_s: float) -> None:
    """Whoever fails first, the failure of the first comes first."""
    one, two = ModelBusy("one"), ModelBusy("two")
    first, second = track.runner("first", first_s, one), track.runner("second", second_s, two)
    with pytest.raises(NoWinner) as raised:
        await hedged(first, second, after_s=2, alive=anyio.Event())
    assert raised.value.failures == (one, two)


async def test_what_the_caller_hands_in_raises_as_it_is(track: Track) -> None:
    """Not in an exception group; and the first has ended."""

    def may_start() -> bool:
        raise ValueError("the caller's own")

    first, second = track.runner("first", 60, cleanup_s=1), track.runner("second", 1)
    with pytest.raises(ValueError, match="the caller's own"):
        await hedged(first, second, after_s=2, alive=anyio.Event(), may_start=may_start)
    assert track.ended == ["first"]


@pytest.mark.parametrize("leaves_after_s", [1, 5])
async def test_outer_cancellation_ends_a_hedge(track: Track, leaves_after_s: float) -> None:
    """Before the second has started as well as after."""
    first, second = (track.runner(name, 60, cleanup_s=1) for name in ("first", "second"))
    with anyio.move_on_after(leaves_after_s) as scope:
        await hedged(first, second, after_s=2, alive=anyio.Event())
    assert scope.cancelled_caught
    assert sorted(track.ended) == (["first"] if leaves_after_s < 2 else ["first", "second"])
