"""Experiments for other systems: which arm somebody is in, and what became of it.

Thin over the store: whoever answers questions elsewhere asks here for an arm, and reports what he
has seen. Nothing is counted twice, however often it is reported.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from forerun.rollout.experiments.lifecycle import Experiment, State
from forerun.rollout.experiments.plan import Arm
from forerun.rollout.experiments.records import Exposure, Outcome, hashed
from forerun.rollout.experiments.store import ExperimentStore
from forerun.rollout.flags import BUCKETS, Holdout, Kill, bucket
from forerun.rollout.flags.buckets import within

BATCH = 1_000
"""Records in one transaction: other writers get their turn in between."""

Record = TypeVar("Record")


@dataclass(frozen=True, slots=True)
class Given:
    """The arm of one unit."""

    experiment: str
    arm: Arm
    """In which it is counted."""
    path: Arm
    """Which it is to take: the sequential one also where that is compared with itself."""
    bucket: int
    """0 to 9,999, by the experiment's salt: the same one for ever."""
    unit: str
    """Its name in exposures: a hash."""
    reason: str
    """In words."""
    counted: bool
    """Whether to report it: False where the experiment is not under way, was killed, or the unit is
    held out."""


@dataclass(frozen=True, slots=True)
class Reported:
    """How many records were new; the others had been reported before."""

    exposures: int
    outcomes: int


async def assign(
    store: ExperimentStore,
    id_: str,
    unit: str,
    at: float,
    kill: Kill | None = None,
    holdout: Holdout | None = None,
) -> Given:
    """The arm of `unit`, which is kept: it is the same for the whole step, whatever is asked when.

    From step to step units come to the parallel arm and none leaves it. Kept by step, not for
    good: else those who were sequential at 1 % would all be so at 50 %, and the arms would not be
    what is planned. Who is held out by the flag file is in no arm. `at` is seconds since 1970;
    `kill` and `holdout` are those in force. Raises what the store does.
    """
    experiment = await store.read(id_)
    number = bucket(experiment.salt, unit, experiment.hash_version)
    why_not = _why_not(experiment, kill) or _held_out(unit, holdout)
    if why_not is not None:
        arm = Arm.SEQUENTIAL
        return Given(id_, arm, arm, number, hashed(unit), why_not, counted=False)
    wanted = Arm.PARALLEL if within(experiment.percentage, number) else Arm.SEQUENTIAL
    arm = await store.assign(id_, f"{experiment.step} {hashed(unit)}", wanted, at)
    path = Arm.SEQUENTIAL if experiment.plan.control_only else arm
    reason = _reason(experiment, number, wanted, arm)
    return Given(id_, arm, path, number, hashed(unit), reason, counted=True)


async def report(
    store: ExperimentStore,
    id_: str,
    exposures: Sequence[Exposure] = (),
    outcomes: Sequence[Outcome] = (),
) -> Reported:
    """Keep what was seen, in batches. Where it fails half-way, report everything again.

    Raises `UnknownExperiment`, `BadInput` and `Unavailable`.
    """
    await store.read(id_)
    return Reported(
        await _in_batches(exposures, lambda batch: store.add_exposures(id_, batch)),
        await _in_batches(outcomes, lambda batch: store.add_outcomes(id_, batch)),
    )


async def _in_batches(
    records: Sequence[Record],
    add: Callable[[Sequence[Record]], Coroutine[Any, Any, int]],
) -> int:
    new = 0
    for first in range(0, len(records), BATCH):
        new += await add(records[first : first + BATCH])
    return new


def _why_not(experiment: Experiment, kill: Kill | None) -> str | None:
    if kill is not None:
        return f"{kill.reason}: sequential"
    if experiment.state is not State.RUNNING:
        return f"the experiment is {experiment.state.value}: sequential"
    return None


def _held_out(unit: str, holdout: Holdout | None) -> str | None:
    if holdout is None or not holdout.holds(number := holdout.bucket_of(unit)):
        return None
    return f"bucket {number} of {BUCKETS:,} is in the holdout of {holdout.percentage:g} %"


def _reason(experiment: Experiment, number: int, wanted: Arm, arm: Arm) -> str:
    """Why it is in its arm."""
    if arm is not wanted:
        return f"it was {arm.value} before in this step, and stays so"
    where = "within" if arm is Arm.PARALLEL else "outside"
    return f"bucket {number} of {BUCKETS:,} is {where} {experiment.percentage:g} %"
