"""Which schedule answered, why, and what was done ahead of time, as JSON."""

from __future__ import annotations

from typing import TypedDict

from forerun.domain import Assignment, Decision, Fallback, Speculation
from forerun.wire.values import finite


class AssignmentJSON(TypedDict):
    arm: str
    stage: str
    source: str
    reason: str
    experiment: str | None


class DecisionJSON(TypedDict):
    strategy: str
    predicted_seconds: float | None
    threshold: float | None
    flag_source: str
    reason: str
    assignment: AssignmentJSON | None


class FallbackJSON(TypedDict):
    used: bool
    reason: str | None
    at_stage: str | None


class SpeculationJSON(TypedDict):
    rung: str
    outcome: str
    reason: str | None
    saved_ms: float
    wasted_ms: float
    wasted_tokens: int
    wasted_usd: float | None


def decision_to_json(decision: Decision | None) -> DecisionJSON | None:
    if decision is None:
        return None
    return {
        "strategy": decision.strategy.value,
        "predicted_seconds": finite(decision.predicted_seconds),
        "threshold": finite(decision.threshold),
        "flag_source": decision.flag_source,
        "reason": decision.reason,
        "assignment": _assignment(decision.assignment),
    }


def _assignment(assignment: Assignment | None) -> AssignmentJSON | None:
    if assignment is None:
        return None
    return {
        "arm": (assignment.group or assignment.arm).value,
        "stage": assignment.stage,
        "source": assignment.source,
        "reason": assignment.reason,
        "experiment": assignment.experiment,
    }


def fallback_to_json(fallback: Fallback) -> FallbackJSON:
    return {
        "used": fallback.used,
        "reason": fallback.reason,
        "at_stage": None if fallback.at_stage is None else fallback.at_stage.value,
    }


def speculation_to_json(speculation: tuple[Speculation, ...]) -> list[SpeculationJSON]:
    return [
        {
            "rung": each.rung.value,
            "outcome": each.outcome.value,
            "reason": each.reason,
            "saved_ms": round(each.saved_ms, 3),
            "wasted_ms": round(each.wasted_ms, 3),
            "wasted_tokens": each.wasted_tokens,
            "wasted_usd": finite(each.wasted_usd),
        }
        for each in speculation
    ]
