"""Experiments, their trail and shadow runs that differ, as JSON. Times are ISO 8601, UTC."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, TypedDict

from forerun.rollout.experiments.lifecycle import Experiment
from forerun.rollout.experiments.records import Mismatch
from forerun.rollout.experiments.reporting import Given
from forerun.rollout.experiments.store import AuditEntry
from forerun.rollout.experiments.written import plan_to_json
from forerun.wire.moments import when, when_or_none


class ExperimentJSON(TypedDict):
    id: str
    name: str
    state: str
    step: int
    steps: int
    percentage: float
    version: int
    reason: str | None
    created_at: str
    started_at: str | None
    step_since: str | None
    ended_at: str | None
    salt: str
    hash_version: int
    plan: dict[str, Any]


class AuditLineJSON(TypedDict):
    number: int
    experiment: str
    who: str
    action: str
    why: str
    at: str
    key: str | None
    before: Any
    after: Any
    previous_hash: str
    hash: str


class TrailJSON(TypedDict):
    holds: bool
    broken_at: int | None
    lines: list[AuditLineJSON]


class MismatchJSON(TypedDict):
    request: str
    question: str
    difference: str
    sequential_sql: str | None
    parallel_sql: str | None
    sequential_trace: Any
    parallel_trace: Any
    at: str


def experiment_to_json(experiment: Experiment) -> ExperimentJSON:
    return {
        "id": experiment.id,
        "name": experiment.plan.name,
        "state": experiment.state.value,
        "step": experiment.step,
        "steps": len(experiment.plan.ramp),
        "percentage": experiment.percentage,
        "version": experiment.version,
        "reason": experiment.reason,
        "created_at": when(experiment.created_at),
        "started_at": when_or_none(experiment.started_at),
        "step_since": when_or_none(experiment.step_since),
        "ended_at": when_or_none(experiment.ended_at),
        "salt": experiment.salt,
        "hash_version": experiment.hash_version,
        "plan": plan_to_json(experiment.plan),
    }


def audit_to_json(trail: Iterable[AuditEntry]) -> list[AuditLineJSON]:
    return [
        {
            "number": entry.number,
            "experiment": entry.experiment,
            "who": entry.act.actor,
            "action": entry.act.action,
            "why": entry.act.reason,
            "at": when(entry.act.at),
            "key": entry.act.idempotency_key,
            "before": _parsed(entry.before),
            "after": _parsed(entry.after),
            "previous_hash": entry.previous_hash,
            "hash": entry.hash,
        }
        for entry in trail
    ]


def trail_to_json(lines: Iterable[AuditEntry], broken_at: int | None) -> TrailJSON:
    """`broken_at` is the first line of the whole trail that does not fit, if one does not."""
    return {"holds": broken_at is None, "broken_at": broken_at, "lines": audit_to_json(lines)}


class GivenJSON(TypedDict):
    experiment: str
    arm: str
    path: str
    bucket: int
    unit: str
    reason: str
    counted: bool


def given_to_json(given: Given) -> GivenJSON:
    return {
        "experiment": given.experiment,
        "arm": given.arm.value,
        "path": given.path.value,
        "bucket": given.bucket,
        "unit": given.unit,
        "reason": given.reason,
        "counted": given.counted,
    }


def mismatches_to_json(mismatches: Iterable[Mismatch]) -> list[MismatchJSON]:
    return [
        {
            "request": each.request,
            "question": each.question,
            "difference": each.difference,
            "sequential_sql": each.sequential_sql,
            "parallel_sql": each.parallel_sql,
            "sequential_trace": _parsed(each.sequential_trace),
            "parallel_trace": _parsed(each.parallel_trace),
            "at": when(each.at),
        }
        for each in mismatches
    ]


def _parsed(text: str | None) -> Any:
    """Text that somebody has tampered with is shown as it is."""
    try:
        return None if text is None else json.loads(text)
    except ValueError:
        return text
