"""The report for machines."""

from __future__ import annotations

from typing import Any

from forerun.lab.rollout.lives import Afterwards, Life, Look
from forerun.lab.rollout.running import Report, Sizes
from forerun.rollout.experiments import plan_to_json


def to_json(report: Report) -> dict[str, Any]:
    """Times are virtual seconds, but for `kill_ms` and `seconds`, which are real."""
    regression, improvement = report.regression, report.improvement
    return {
        "profile": report.profile,
        "seed": report.seed,
        "aa": {
            "runs": report.aa.runs,
            "looks": report.aa.looks,
            "false_decisions": report.aa.false_decisions,
            "by_action": report.aa.by_action,
            "drawn_from": report.aa.drawn_from,
        },
        "control": _life(report.control),
        "regression": {
            "questions_until_rollback": regression.questions_since_planted,
            **_life(regression),
        },
        "improvement": {
            "questions_until_promotion": improvement.questions,
            **_life(improvement),
        },
        "kill_ms": round(report.kill_ms, 2),
        "kills_ms": [round(each, 2) for each in report.kills_ms],
        "seconds": round(report.seconds, 1),
        "assumptions": _assumptions(report.sizes, report.late_s),
    }


def _life(life: Life) -> dict[str, Any]:
    return {
        "decision": life.decision,
        "reason": life.reason,
        "questions": life.questions,
        "afterwards": _afterwards(life.afterwards),
        "timeline": [_look(look) for look in life.looks],
    }


def _afterwards(found: Afterwards) -> dict[str, Any]:
    return {
        "assigned_parallel": found.assigned_parallel,
        "served_parallel": found.served_parallel,
        "held_out": found.held_out,
        "held_out_parallel": found.held_out_parallel,
        "audit_holds": found.audit_holds,
    }


def _look(look: Look) -> dict[str, Any]:
    return {
        "at_s": round(look.at_s, 1),
        "questions": look.questions,
        "percentage": look.percentage,
        "control": look.control,
        "candidate": look.candidate,
        "action": look.action,
        "ratio": _rounded(look.ratio),
        "low": _rounded(look.low),
        "high": _rounded(look.high),
        "done": look.done,
    }


def _assumptions(sizes: Sizes, late_s: float) -> dict[str, Any]:
    return {
        "plan": plan_to_json(sizes.plan),
        "distinct_questions": sizes.distinct,
        "planted": f"each model call of the parallel path begins {late_s:g} s later",
        "planted_from_percentage": sizes.planted_from,
        "look_every_s": sizes.look_every_s,
        "questions": "complex ones of the bench, one after another",
        "kill": "one other process on this machine, median of the rounds",
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
