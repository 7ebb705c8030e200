"""The breaker, by a clock that is moved by hand: when it opens, whom it tries, what it counts."""

from __future__ import annotations

from dataclasses import dataclass, replace

import anyio
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from forerun.errors import BreakerOpen, Unavailable
from forerun.orchestrators.breaker import (
    LONGEST_OPEN_S,
    Admission,
    Breaker,
    BreakerPolicy,
    BreakerStatus,
    State,
)

POLICY = BreakerPolicy(window_s=60, minimum=4, error_share=0.5, slow_s=2, open_s=20)


@dataclass
class Clock:
    """Seconds that pass when told."""

    now_s: float = 1_000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> Breaker:
    return Breaker("the model x", POLICY, clock)


def admitted(breaker: Breaker) -> Admission:
    place = breaker.admit()
    assert place is not None
    return place


def fail(breaker: Breaker, times: int = 1) -> None:
    for _ in range(times):
        admitted(breaker).failed()


def succeed(breaker: Breaker, times: int = 1, seconds: float = 0.1) -> None:
    for _ in range(times):
        admitted(breaker).succeeded(seconds)


def test_it_opens_at_its_share_of_failures_and_not_before(breaker: Breaker) -> None:
    """Three of seven is below a half; four of eight is not."""
    succeed(breaker, 4)
    fail(breaker, 3)
    assert breaker.status().state is State.CLOSED
    fail(breaker)
    assert breaker.status().state is State.OPEN


def test_a_few_failures_are_not_enough(breaker: Breaker) -> None:
    """All of fewer than `minimum` calls may fail; one more opens it."""
    fail(breaker, POLICY.minimum - 1)
    assert breaker.status().state is State.CLOSED
    fail(breaker)
    assert breaker.status().state is State.OPEN


def test_failures_of_long_ago_are_forgotten(breaker: Breaker, clock: Clock) -> None:
    """What is older than the window counts neither as a failure nor as a call."""
    fail(breaker, 3)
    clock.now_s += POLICY.window_s + 1
    fail(breaker, 3)
    assert (breaker.status().state, breaker.status().calls) == (State.CLOSED, 3)


def test_no_more_than_so_many_calls_are_kept(clock: Clock) -> None:
    """Within the window too, the oldest give way: six successes leave nothing of six failures."""
    breaker = Breaker("x", BreakerPolicy(minimum=8, kept=6), clock)
    fail(breaker, 6)
    succeed(breaker, 6)
    assert (breaker.status().calls, breaker.status().error_share) == (6, 0.0)


def test_slow_calls_open_it_as_well(breaker: Breaker) -> None:
    """Four of five calls took longer than allowed: the reason says slow, not failed."""
    succeed(breaker, seconds=POLICY.slow_s or 0.0)  # exactly as long is not longer
    succeed(breaker, 3, seconds=2.1)
    assert breaker.status().state is State.CLOSED
    succeed(breaker, seconds=2.1)
    assert breaker.refusal() == "the model x was slow too often; it is tried again in 20 s"


def test_without_a_limit_no_call_is_slow(clock: Clock) -> None:
    """Ten calls of an hour each leave it closed."""
    breaker = Breaker("x", clock=clock)
    succeed(breaker, 10, seconds=3_600)
    assert (breaker.status().state, breaker.status().slow_share) == (State.CLOSED, 0.0)


def test_an_open_one_refuses_and_does_not_run_the_block(breaker: Breaker, clock: Clock) -> None:
    """At once, as something unavailable, in words with the seconds that are left."""
    fail(breaker, 4)
    clock.now_s += 7.5
    reason = "the model x failed too often; it is tried again in 13 s"
    assert breaker.refusal() == reason
    assert breaker.admit() is None
    with pytest.raises(BreakerOpen) as caught, breaker.guarding():
        pytest.fail("the block ran")
    assert isinstance(caught.value, Unavailable)
    assert (caught.value.code, caught.value.message) == ("breaker_open", f"{reason}.")


def test_asking_for_the_reason_takes_no_place(breaker: Breaker, clock: Clock) -> None:
    """However often it is asked, the one place on trial is still free."""
    fail(breaker, 4)
    clock.now_s += POLICY.open_s
    assert [breaker.refusal() for _ in range(3)] == [None] * 3
    assert breaker.status().reason is None
    assert breaker.admit() is not None


def test_one_of_many_is_on_trial_and_its_success_closes(breaker: Breaker, clock: Clock) -> None:
    """Of ten that ask at once one goes; after it all go, and the old failures are forgotten."""
    fail(breaker, 4)
    clock.now_s += POLICY.open_s
    [on_trial] = [place for _ in range(10) if (place := breaker.admit()) is not None]
    assert breaker.status().state is State.HALF_OPEN
    assert breaker.refusal() == "the model x is on trial with another call"
    on_trial.succeeded()
    assert (breaker.status().state, breaker.status().calls) == (State.CLOSED, 0)
    fail(breaker, POLICY.minimum - 1)
    assert breaker.status().state is State.CLOSED


def test_each_failed_trial_doubles_the_wait_up_to_a_cap(breaker: Breaker, clock: Clock) -> None:
    """20, 40, 80, … seconds, never more than the longest; a success brings back the 20."""
    fail(breaker, 4)
    waits = []
    for _ in range(6):
        began_s = clock.now_s
        while breaker.status().state is State.OPEN:
            clock.now_s += 1
        waits.append(clock.now_s - began_s)
        admitted(breaker).failed()
    assert waits == [20, 40, 80, 160, LONGEST_OPEN_S, LONGEST_OPEN_S]
    assert breaker.refusal() == "the model x failed on trial; it is tried again in 300 s"
    clock.now_s += LONGEST_OPEN_S
    succeed(breaker)
    fail(breaker, 4)
    assert breaker.refusal() == "the model x failed too often; it is tried again in 20 s"


def test_a_trial_that_proves_nothing_gives_its_place_back(breaker: Breaker, clock: Clock) -> None:
    """The next caller may be on trial at once, and may close it."""
    fail(breaker, 4)
    clock.now_s += POLICY.open_s
    first = admitted(breaker)
    assert breaker.admit() is None
    first.uncounted()
    second = admitted(breaker)
    first.uncounted()  # said twice: the place is the second's by now
    assert breaker.admit() is None
    second.succeeded()
    assert breaker.status().state is State.CLOSED


def test_only_the_first_word_on_a_call_is_heard(breaker: Breaker) -> None:
    """A failure told five times is one; a success after it is none."""
    place = admitted(breaker)
    for _ in range(5):
        place.failed()
    place.succeeded()
    place.uncounted()
    assert (breaker.status().calls, breaker.status().error_share) == (1, 1.0)


def test_calls_from_before_it_opened_are_not_heard(breaker: Breaker, clock: Clock) -> None:
    """Told while it is open, half-open or closed again: they are about a time that is over."""
    early = [admitted(breaker) for _ in range(10)]
    fail(breaker, 4)
    early.pop().failed()
    early.pop().succeeded()
    assert breaker.refusal() == "the model x failed too often; it is tried again in 20 s"
    clock.now_s += POLICY.open_s
    early.pop().failed()
    early.pop().succeeded()
    assert breaker.status().state is State.HALF_OPEN
    succeed(breaker)
    for place in early:
        place.failed()
    assert (breaker.status().state, breaker.status().calls) == (State.CLOSED, 0)


def test_its_status_is_a_picture_of_the_moment(breaker: Breaker) -> None:
    """Counts, shares, how often it has opened and why, unmoved by what comes after."""
    succeed(breaker, 2, seconds=3)
    fail(breaker)
    before = breaker.status()
    fail(breaker)
    after = breaker.status()
    assert before == BreakerStatus("the model x", State.CLOSED, 3, 1 / 3, 2 / 3, 0, None)
    reason = "the model x failed too often; it is tried again in 20 s"
    assert after == BreakerStatus("the model x", State.OPEN, 4, 0.5, 0.5, 1, reason)


@pytest.mark.anyio
async def test_by_default_it_lives_by_the_event_loops_clock() -> None:
    """An open one lets a call through again after real time."""
    breaker = Breaker("x", BreakerPolicy(minimum=1, open_s=0.05))
    fail(breaker)
    with anyio.fail_after(10):
        while breaker.refusal() is not None:
            await anyio.sleep(0.01)
    assert breaker.status().state is State.HALF_OPEN


@dataclass(frozen=True)
class Heard:
    """A call that was told of while the breaker was closed."""

    at_s: float
    failed: bool
    slow: bool


@dataclass(frozen=True)
class Live:
    """A call under way, and what the breaker was when it began."""

    place: Admission
    on_trial: bool
    opened: int


class AnyStory(RuleBasedStateMachine):
    """Calls that begin and end in any order, any time between: what is promised holds.

    One trial at a time; what is uncounted changes nothing; fewer than `minimum` never open it.
    """

    policy = BreakerPolicy(window_s=10, minimum=3, slow_s=1, slow_share=0.8, open_s=5)

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.breaker = Breaker("x", self.policy, self.clock)
        self.live: list[Live] = []
        self.over: list[Live] = []
        self.heard: list[Heard] = []

    @rule(seconds=st.sampled_from([0.5, 1, 4, 5, 11, 400]))
    def pass_time(self, seconds: float) -> None:
        self.clock.now_s += seconds

    @rule()
    def begin(self) -> None:
        """Closed: always. Open: never. Half-open: where no other is on trial."""
        before = self.breaker.status()
        reason = self.breaker.refusal()
        place = self.breaker.admit()
        on_trial = before.state is State.HALF_OPEN
        expected = before.state is State.CLOSED or (on_trial and not self.trials())
        assert (place is not None) == (reason is None) == expected
        if place is not None:
            self.live.append(Live(place, on_trial, before.opened))

    @precondition(lambda self: self.live)
    @rule(data=st.data(), seconds=st.sampled_from([0.1, 3.0]))
    def succeed(self, data: st.DataObject, seconds: float) -> None:
        self.end(data, seconds, failed=False)

    @precondition(lambda self: self.live)
    @rule(data=st.data(), seconds=st.sampled_from([0.1, 3.0]))
    def fail(self, data: st.DataObject, seconds: float) -> None:
        self.end(data, seconds, failed=True)

    @precondition(lambda self: self.live)
    @rule(data=st.data())
    def say_nothing(self, data: st.DataObject) -> None:
        """An uncounted outcome changes nothing but that a place on trial is free again."""
        call = data.draw(st.sampled_from(self.live))
        before = self.breaker.status()
        call.place.uncounted()
        self.put_away(call)
        assert replace(self.breaker.status(), reason=None) == replace(before, reason=None)
        assert not (call.on_trial and self.breaker.refusal())

    @precondition(lambda self: self.over)
    @rule(data=st.data())
    def say_more(self, data: st.DataObject) -> None:
        """A second word on a call changes nothing."""
        place = data.draw(st.sampled_from(self.over)).place
        before = self.breaker.status()
        place.failed()
        place.succeeded()
        place.uncounted()
        assert self.breaker.status() == before

    def end(self, data: st.DataObject, seconds: float, *, failed: bool) -> None:
        call = data.draw(st.sampled_from(self.live))
        before = self.breaker.status()
        call.place.failed(seconds) if failed else call.place.succeeded(seconds)
        self.put_away(call)
        after = self.breaker.status()
        if call.on_trial:
            self.heard.clear()
            expected = (State.OPEN, before.opened + 1) if failed else (State.CLOSED, before.opened)
            assert (after.state, after.opened) == expected
            assert failed or after.calls == 0
        elif call.opened != before.opened:
            assert after == before
        else:
            assert before.state is State.CLOSED
            slow = seconds > 1
            self.heard.append(Heard(self.clock(), failed, slow))
            opens = (failed or slow) and self.is_too_bad()
            assert (after.state is State.OPEN) == opens
            assert after.opened == before.opened + opens

    def is_too_bad(self) -> bool:
        recent = [call for call in self.heard if call.at_s >= self.clock() - 10]
        failed = sum(call.failed for call in recent)
        slow = sum(call.slow for call in recent)
        return len(recent) >= 3 and (failed >= 0.5 * len(recent) or slow >= 0.8 * len(recent))

    def put_away(self, call: Live) -> None:
        self.live.remove(call)
        self.over.append(call)

    def trials(self) -> int:
        return sum(call.on_trial for call in self.live)

    @invariant()
    def at_most_one_is_on_trial(self) -> None:
        assert self.trials() <= 1
        assert not self.trials() or self.breaker.state is State.HALF_OPEN

    @invariant()
    def who_is_refused_is_told_why(self) -> None:
        refuses = self.breaker.state is State.OPEN or self.trials() == 1
        assert (self.breaker.refusal() is not None) == refuses


AnyStory.TestCase.settings = settings(max_examples=60, stateful_step_count=60, deadline=None)
TestAnyStory = AnyStory.TestCase


class AnyStoryAtLength(AnyStory):
    """The same, with more stories."""


AnyStoryAtLength.TestCase.settings = settings(AnyStory.TestCase.settings, max_examples=150)
TestAnyStoryAtLength = pytest.mark.slow(AnyStoryAtLength.TestCase)
