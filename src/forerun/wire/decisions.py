"""Which schedule answered, why, and what was done ahead of time, as JSON."""

from __future__ import annotations

import math
from typing import TypedDict

from forerun.domain import (
    Assignment,
    Decision,
    Fallback,
    FallbackCode,
    Fate,
    Rung,
    Speculation,
    Stage,
    Strategy,
)
from forerun.wire.reading import (
    Kept,
    flag,
    number,
    optional_number,
    optional_text,
    several,
    text,
    whole,
)
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
    code: str | None


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
        "code": None if fallback.code is None else fallback.code.value,
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


def decision_from_json(document: Kept) -> Decision | None:
    if document is None:
        return None
    threshold = optional_number(document["threshold"])
    return Decision(
        Strategy(document["strategy"]),
        optional_number(document["predicted_seconds"]),
        math.inf if threshold is None else threshold,
        text(document["flag_source"]),
        text(document["reason"]),
        _assignment_from_json(document["assignment"]),
    )


def _assignment_from_json(document: Kept) -> Assignment | None:
    if document is None:
        return None
    return Assignment(
        Strategy(document["arm"]),
        text(document["stage"]),
        text(document["source"]),
        text(document["reason"]),
        experiment=optional_text(document["experiment"]),
    )


def fallback_from_json(document: Kept) -> Fallback:
    stage = document["at_stage"]
    at_stage = None if stage is None else Stage(stage)
    code = document.get("code")  # earlier answers have none
    why = None if code is None else FallbackCode(code)
    return Fallback(flag(document["used"]), optional_text(document["reason"]), at_stage, why)


def speculation_from_json(document: Kept) -> tuple[Speculation, ...]:
    return several(document, _speculation)


def _speculation(document: Kept) -> Speculation:
    return Speculation(
        Rung(document["rung"]),
        Fate(document["outcome"]),
        reason=optional_text(document["reason"]),
        saved_ms=number(document["saved_ms"]),
        wasted_ms=number(document["wasted_ms"]),
        wasted_tokens=whole(document["wasted_tokens"]),
        wasted_usd=optional_number(document["wasted_usd"]),
    )
