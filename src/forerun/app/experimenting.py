"""What can be done to experiments, and asked of them, by whoever does: commands and routes.

Each takes the `Conductor` of the process that acts (see `rolling_out`). Acts take who, why, the
version that was looked at and an idempotency key as `By`. Errors: `UnknownExperiment`,
`NotAllowed`, `NotProven`, `VersionConflict`, `AlreadyRunning`, `BadInput`, `BadFlags`,
`Unavailable`; what needs statistics also `MissingExtra`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Any

import anyio.to_thread

from forerun.adapters.stores import open_sql
from forerun.app.flagging import refuse_broken
from forerun.rollout.experiments import Experiment, Exposure, Mismatch, Outcome
from forerun.rollout.experiments.conducting import By, Conductor
from forerun.rollout.experiments.planning import plan_of
from forerun.rollout.experiments.reporting import Given, assign, report
from forerun.rollout.experiments.results import Moment, Results, results_of, series_of, shadows_of
from forerun.rollout.experiments.sql_store import SQLExperimentStore
from forerun.rollout.experiments.store import SHADOW, AuditEntry, ExperimentStore
from forerun.rollout.experiments.tables import LAYOUT
from forerun.rollout.flags import ROLLOUT, Reach
from forerun.rollout.shapes import RollbackJSON, rollback_to_json

if TYPE_CHECKING:  # they load numpy
    from forerun.rollout.statistics.decide import Decision
    from forerun.rollout.statistics.shadows import Shadows

LATEST = 100
"""Mismatches, where nothing else is said."""


class Verb(StrEnum):
    """What leads from one state of an experiment to another; a rollback is more than that."""

    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    RAMP = "ramp"
    PROMOTE = "promote"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class RolledBack:
    """How far a rollback has come."""

    id: str
    reach: Reach
    written_down: bool
    """Whether the store has the experiment's end; else it is written as soon as it answers."""
    unaudited: str | None
    """Why the audit trail does not have the change of the flags, in a sentence."""


@dataclass(frozen=True, slots=True)
class Trail:
    """The audit trail, or what of it is about one experiment."""

    lines: Sequence[AuditEntry]
    broken_at: int | None
    """The first line of the whole trail that does not fit; None where all do."""


def open_experiments(place: str) -> ExperimentStore:
    """The experiments in the file at `place`, at a `postgresql://` URL, or, with `memory`, of this
    process alone. Opened with the first call. Raises `BadDatabaseURL` or `MissingExtra`.
    """
    return SQLExperimentStore(open_sql(place, LAYOUT))


async def create(conductor: Conductor, given: Mapping[str, Any], by: By) -> Experiment:
    """A draft; `given` has fields of a plan as JSON, at least name and hypothesis."""
    return await conductor.create(plan_of(given), by)


async def listed(conductor: Conductor) -> Sequence[Experiment]:
    """The latest first."""
    return await conductor.store.all()


async def read(conductor: Conductor, id_: str) -> Experiment:
    return await conductor.store.read(id_)


async def change(
    conductor: Conductor, id_: str, verb: Verb, by: By, step: int | None = None
) -> Experiment:
    """Written down, and carried out by the flag file; `step` is that of a ramp, None the next."""
    refuse_broken(conductor.flags)
    match verb:
        case Verb.START:
            after = await conductor.start(id_, by)
        case Verb.PAUSE:
            after = await conductor.pause(id_, by)
        case Verb.RESUME:
            after = await conductor.resume(id_, by)
        case Verb.RAMP:
            after = await conductor.ramp(id_, step, by)
        case Verb.PROMOTE:
            after = await conductor.promote(id_, by)
        case Verb.STOP:
            after = await conductor.stop(id_, by)
    await _audited(conductor)
    return after


async def roll_back(conductor: Conductor, id_: str, by: By) -> RolledBack:
    """Nobody goes parallel any more, whatever else is down."""
    reach = await conductor.roll_back_if_it_can_be(id_, by)
    written_down = not conductor.owed
    return RolledBack(id_, reach, written_down, await _audited(conductor))


async def assigned(conductor: Conductor, id_: str, unit: str) -> Given:
    """The arm of a unit of another system's; see `rollout.experiments.reporting`."""
    kill, holdout = conductor.flags.kill_of(ROLLOUT), conductor.flags.holdout()
    return await assign(conductor.store, id_, unit, conductor.clock(), kill, holdout)


async def add_exposures(conductor: Conductor, id_: str, exposures: Sequence[Exposure]) -> int:
    """How many were new: a request that was reported before counts once."""
    return (await report(conductor.store, id_, exposures=exposures)).exposures


async def add_outcomes(conductor: Conductor, id_: str, outcomes: Sequence[Outcome]) -> int:
    """The same; an outcome may come before its exposure."""
    return (await report(conductor.store, id_, outcomes=outcomes)).outcomes


async def results(conductor: Conductor, id_: str) -> Results:
    """Both arms since the step began, and what shadow runs tell."""
    (experiment, seen), unseen = await conductor.results(id_), await conductor.unseen(id_)
    # In a thread: a hundred thousand questions take a moment.
    return await anyio.to_thread.run_sync(partial(results_of, experiment, seen, unseen))


async def decision(conductor: Conductor, id_: str) -> tuple[Experiment, Decision]:
    """What is to be done by the plan; nothing is done."""
    return await conductor.decision(id_)


async def series(conductor: Conductor, id_: str) -> tuple[Experiment, tuple[Moment, ...]]:
    """How the primary metric's interval has narrowed."""
    experiment, seen = await conductor.results(id_)
    return experiment, await anyio.to_thread.run_sync(partial(series_of, experiment, seen))


async def shadows(conductor: Conductor, id_: str = SHADOW) -> Shadows:
    """What shadow runs tell: of an experiment, or all of the stage `shadow`."""
    unseen = await conductor.unseen(id_)
    return await anyio.to_thread.run_sync(partial(shadows_of, unseen))


async def mismatches(
    conductor: Conductor, id_: str = SHADOW, most: int = LATEST
) -> Sequence[Mismatch]:
    """Shadow runs that differ, the latest first."""
    return await conductor.store.mismatches(id_, most)


async def audit(conductor: Conductor, id_: str | None = None) -> Trail:
    """Who did what, oldest first; of everything where no experiment is named."""
    await _audited(conductor)
    store = conductor.store
    return Trail(await store.audit(id_), await store.verify_audit())


def rolled_back_to_json(done: RolledBack) -> RollbackJSON:
    return rollback_to_json(
        done.id, done.reach, written_down=done.written_down, unaudited=done.unaudited
    )


async def _audited(conductor: Conductor) -> str | None:
    """The changes of the flags that came of it; why they are not in the trail, if they are not."""
    return None if conductor.trail is None else await conductor.trail.settle_or_leave()
