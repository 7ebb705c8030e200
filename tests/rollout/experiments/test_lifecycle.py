"""An experiment goes only where it may, and its version counts each step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forerun.rollout.experiments import (
    Experiment,
    NotAllowed,
    State,
    drafted,
    invalidated,
    paused,
    promoted,
    ramped,
    resumed,
    rolled_back,
    started,
)
from tests.rollout.experiments.samples import plan

STEPS = (1.0, 5.0, 25.0)
RUNNING, PAUSED, PROMOTED = State.RUNNING, State.PAUSED, State.PROMOTED

ALLOWED: dict[str, tuple[frozenset[State], State]] = {
    "start": (frozenset({State.DRAFT}), RUNNING),
    "pause": (frozenset({RUNNING}), PAUSED),
    "resume": (frozenset({PAUSED}), RUNNING),
    "ramp": (frozenset({RUNNING}), RUNNING),
    "promote": (frozenset({RUNNING, PAUSED}), PROMOTED),
    "roll_back": (frozenset({RUNNING, PAUSED, PROMOTED}), State.ROLLED_BACK),
    "invalidate": (frozenset({RUNNING, PAUSED}), State.INVALID),
}
"""From where each act may be done, and where it leads."""

DO: dict[str, Callable[[Experiment, float, int], Experiment]] = {
    "start": lambda e, at, step: started(e, at),
    "pause": lambda e, at, step: paused(e, "To look."),
    "resume": lambda e, at, step: resumed(e, at),
    "ramp": lambda e, at, step: ramped(e, step, at),
    "promote": lambda e, at, step: promoted(e, at, "Better."),
    "roll_back": lambda e, at, step: rolled_back(e, at, "Worse."),
    "invalidate": lambda e, at, step: invalidated(e, at, "Not shared out as planned."),
}
ACTS = st.tuples(st.sampled_from(sorted(ALLOWED)), st.integers(-2, 4))


def draft() -> Experiment:
    return drafted("e1", plan(ramp=STEPS), "salt", 1, at=5.0)


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("act", ALLOWED)
def test_each_act_is_allowed_from_where_it_says(act: str, state: State) -> None:
    """Every state with every act; what is refused says from where it could be done."""
    experiment = replace(draft(), state=state)
    sources, target = ALLOWED[act]
    if state in sources:
        assert DO[act](experiment, 9.0, 1).state is target
    else:
        with pytest.raises(NotAllowed, match=state.value) as raised:
            DO[act](experiment, 9.0, 1)
        assert raised.value.hint


@given(st.lists(ACTS, max_size=40))
def test_a_random_walk_keeps_to_the_ways(walk: list[tuple[str, int]]) -> None:
    """Whatever is tried in whatever order: the version counts what succeeded, what an experiment
    is stays the same, and its times and percentage fit its state."""
    start = now = draft()
    succeeded = 0
    for at, (act, step) in enumerate(walk, start=10):
        sources, target = ALLOWED[act]
        possible = now.state in sources and (
            act != "ramp" or (0 <= step < len(STEPS) and step != now.step)
        )
        if not possible:
            with pytest.raises(NotAllowed):
                DO[act](now, float(at), step)
            continue
        after = DO[act](now, float(at), step)
        succeeded += 1
        assert after.state is target
        assert after.step == (step if act == "ramp" else now.step)
        assert after.reason
        now = after
    assert now.version == 1 + succeeded
    assert (now.id, now.plan, now.salt, now.hash_version, now.created_at) == (
        start.id, start.plan, start.salt, start.hash_version, start.created_at,
    )  # fmt: skip
    assert (now.started_at is None) == (now.state is State.DRAFT)
    assert (now.ended_at is not None) == now.state.is_final
    assert now.percentage == (STEPS[now.step] if now.state is State.RUNNING else 0.0)
