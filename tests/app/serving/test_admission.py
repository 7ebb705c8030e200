"""Who is let in, who waits, and who is sent away."""

from __future__ import annotations

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forerun.app.sections import LimitsSection
from forerun.app.serving.admission import KNOWN_FROM, TOLD_FOR_S, Admission
from forerun.clock import now
from forerun.errors import OutOfReach, Overloaded

pytestmark = pytest.mark.anyio


def admission(**limits: float) -> Admission:
    return Admission(LimitsSection(**limits))  # type: ignore[arg-type]


async def test_who_waits_is_let_in_in_order() -> None:
    """First come, first served, each as soon as one has left."""
    door = admission(questions=1)
    let_in: list[int] = []

    async def come(number: int) -> None:
        await door.admit("shop", 60)
        let_in.append(number)

    async with anyio.create_task_group() as group:
        for number in range(4):
            group.start_soon(come, number)
        await anyio.wait_all_tasks_blocked()
        for expected in range(1, 4):
            assert let_in == list(range(expected))
            door.leave()
            await anyio.wait_all_tasks_blocked()
    assert (door.running, door.waiting) == (1, 0)


async def test_what_cannot_be_answered_in_time_is_refused_at_once() -> None:
    """Once it is known how long even quick questions take, a deadline below that is out of reach;
    with others waiting, their time counts, too."""
    door = admission(questions=1)
    for _ in range(KNOWN_FROM):
        await door.admit("shop", 60)
        door.observe("shop", 4.0)
        door.leave()
    with pytest.raises(OutOfReach) as refused:
        await door.admit("shop", 3.0)
    assert refused.value.retry_after_s >= 1
    assert await door.admit("other", 3.0) == 0.0
    door.leave()
    await door.admit("shop", 5.0)
    with pytest.raises(OutOfReach):
        await door.admit("shop", 5.0)
    door.leave()
    assert door.running == 0


async def test_nothing_is_concluded_from_a_few() -> None:
    """While little is known every deadline is given its chance."""
    door = admission(questions=1)
    for _ in range(KNOWN_FROM - 1):
        await door.admit("shop", 60)
        door.observe("shop", 100.0)
        door.leave()
    assert await door.admit("shop", 0.1) == 0.0


@settings(max_examples=60, deadline=None)
@given(
    questions=st.integers(1, 3),
    queue=st.integers(0, 3),
    steps=st.lists(st.sampled_from(["come", "leave", "give up"]), max_size=40),
)
def test_there_are_never_more_than_there_may_be_and_no_place_is_lost(
    questions: int, queue: int, steps: list[str]
) -> None:
    """Whoever comes, leaves or gives up in whatever order: the limits hold, nobody waits beside a
    free place, and in the end the house is empty."""
    anyio.run(_live, questions, queue, steps)


async def _live(questions: int, queue: int, steps: list[str]) -> None:
    door = admission(questions=questions, queue=queue, queue_s=60)
    inside = 0
    scopes: list[anyio.CancelScope] = []

    async def come() -> None:
        nonlocal inside
        with anyio.CancelScope() as scope:
            scopes.append(scope)
            try:
                await door.admit("shop", 60)
            except Overloaded:
                return
            finally:
                scopes.remove(scope)
            inside += 1

    async with anyio.create_task_group() as group:
        for step in steps:
            if step == "come":
                group.start_soon(come)
            elif step == "leave" and inside:
                inside -= 1
                door.leave()
            elif step == "give up" and scopes:
                scopes[0].cancel()
            await anyio.wait_all_tasks_blocked()
            assert door.running == inside <= questions
            assert door.waiting <= queue
            assert not door.waiting or inside == questions
        while inside:
            inside -= 1
            door.leave()
            await anyio.wait_all_tasks_blocked()
    assert (door.running, door.waiting) == (0, 0)


async def test_what_was_slow_a_minute_ago_sends_nobody_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nobody would be left to find out that it is quick again."""
    door = admission(questions=1)
    for _ in range(KNOWN_FROM):
        door.observe("shop", 120.0)
    with pytest.raises(OutOfReach):
        await door.admit("shop", 60.0)
    later = now() + TOLD_FOR_S
    monkeypatch.setattr("forerun.app.serving.admission.now", lambda: later)
    assert await door.admit("shop", 60.0) == 0.0
