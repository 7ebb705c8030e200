"""Where an experiment stands, and the only ways from there.

draft → running (step i) ⇄ paused → promoted | rolled back | stopped | invalid
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from forerun.errors import Conflict
from forerun.rollout.experiments.plan import Plan


class State(StrEnum):
    DRAFT = "draft"
    RUNNING = "running"
    PAUSED = "paused"
    PROMOTED = "promoted"
    ROLLED_BACK = "rolled_back"
    STOPPED = "stopped"
    """Ended by people, undecided."""
    INVALID = "invalid"

    @property
    def is_final(self) -> bool:
        return self in (State.PROMOTED, State.ROLLED_BACK, State.STOPPED, State.INVALID)


class NotAllowed(Conflict):
    """The experiment is not where this can be done."""

    code = "not_allowed"


@dataclass(frozen=True, slots=True)
class Experiment:
    """One experiment at one moment. Times are seconds since 1970."""

    id: str
    plan: Plan
    salt: str
    """Makes the buckets of this experiment its own; never changes."""
    hash_version: int
    state: State = State.DRAFT
    step: int = 0
    """Index into the plan's ramp."""
    version: int = 1
    """Counts changes; who changes it must know the last one."""
    created_at: float = 0.0
    started_at: float | None = None
    step_since: float | None = None
    """Since when the step's share holds; only what was seen since then is compared."""
    ended_at: float | None = None
    reason: str | None = None
    """Why it is where it is, in a sentence."""

    @property
    def percentage(self) -> float:
        """Of units on the parallel arm now."""
        return self.plan.ramp[self.step] if self.state is State.RUNNING else 0.0


def drafted(id_: str, plan: Plan, salt: str, hash_version: int, at: float) -> Experiment:
    return Experiment(id_, plan, salt, hash_version, created_at=at)


def started(experiment: Experiment, at: float) -> Experiment:
    """Raises `NotAllowed`, as do all the others."""
    _needs(experiment, "started", (State.DRAFT,))
    running = _moved(experiment, State.RUNNING, "Started.", started_at=at)
    return replace(running, step_since=at)


def paused(experiment: Experiment, reason: str) -> Experiment:
    """Nobody new is assigned to the parallel arm until it is resumed."""
    _needs(experiment, "paused", (State.RUNNING,))
    return _moved(experiment, State.PAUSED, reason)


def resumed(experiment: Experiment, at: float) -> Experiment:
    """What was seen before the pause no longer counts: the world went on."""
    _needs(experiment, "resumed", (State.PAUSED,))
    return replace(_moved(experiment, State.RUNNING, "Resumed."), step_since=at)


def ramped(experiment: Experiment, step: int, at: float) -> Experiment:
    """On to another step, as a rule the next one."""
    _needs(experiment, "ramped", (State.RUNNING,))
    steps = len(experiment.plan.ramp)
    if not 0 <= step < steps or step == experiment.step:
        raise NotAllowed(
            f"The ramp has the steps 0 to {steps - 1} and is at {experiment.step}.",
            "Name another step.",
        )
    reason = f"Ramped to {experiment.plan.ramp[step]:g} %."
    return replace(_moved(experiment, State.RUNNING, reason), step=step, step_since=at)


def promoted(experiment: Experiment, at: float, reason: str) -> Experiment:
    _needs(experiment, "promoted", (State.RUNNING, State.PAUSED))
    return _moved(experiment, State.PROMOTED, reason, ended_at=at)


def rolled_back(experiment: Experiment, at: float, reason: str) -> Experiment:
    """From wherever it is not over; also out of a promotion, which was a mistake then."""
    allowed = (State.RUNNING, State.PAUSED, State.PROMOTED)
    _needs(experiment, "rolled back", allowed)
    return _moved(experiment, State.ROLLED_BACK, reason, ended_at=at)


def stopped(experiment: Experiment, at: float, reason: str) -> Experiment:
    """Also a draft, which is given up then."""
    _needs(experiment, "stopped", (State.DRAFT, State.RUNNING, State.PAUSED))
    return _moved(experiment, State.STOPPED, reason, ended_at=at)


def invalidated(experiment: Experiment, at: float, reason: str) -> Experiment:
    """What was measured says nothing, e.g. because the arms are not shared out as planned."""
    _needs(experiment, "declared invalid", (State.RUNNING, State.PAUSED))
    return _moved(experiment, State.INVALID, reason, ended_at=at)


def _needs(experiment: Experiment, what: str, states: Sequence[State]) -> None:
    if experiment.state not in states:
        wanted = " or ".join(state.value for state in states)
        raise NotAllowed(
            f"The experiment {experiment.plan.name} is {experiment.state.value}: "
            f"only what is {wanted} can be {what}.",
            "Look where it stands: forerun experiment show.",
        )


def _moved(
    experiment: Experiment,
    state: State,
    reason: str,
    started_at: float | None = None,
    ended_at: float | None = None,
) -> Experiment:
    return replace(
        experiment,
        state=state,
        reason=reason,
        version=experiment.version + 1,
        started_at=experiment.started_at if started_at is None else started_at,
        ended_at=ended_at,
    )
