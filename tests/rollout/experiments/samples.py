"""An experiment, and what is seen of it."""

from __future__ import annotations

from typing import Any

from forerun.rollout.experiments import (
    Arm,
    Experiment,
    Exposure,
    Mismatch,
    Outcome,
    Plan,
    Verdict,
    drafted,
)
from forerun.rollout.experiments.store import Act

SEQUENTIAL, PARALLEL = Arm.SEQUENTIAL, Arm.PARALLEL


def plan(**changes: Any) -> Plan:
    """A plan that can be carried out, but for `changes`."""
    return Plan(**{"name": "faster", "hypothesis": "Complex questions are faster."} | changes)


def draft(id_: str = "e1", **changes: Any) -> Experiment:
    return drafted(id_, plan(**changes), f"salt of {id_}", 1, at=100.0)


def act(action: str, key: str | None = None, **changes: Any) -> Act:
    said: dict[str, Any] = {"actor": "ann", "action": action, "reason": "To see.", "at": 100.5}
    return Act(**said | changes, idempotency_key=key)


CREATE, START, PAUSE, RESUME = map(act, ("create", "start", "pause", "resume"))


def exposure(request: str, **changes: Any) -> Exposure:
    said: dict[str, Any] = {
        "unit": f"unit of {request}",
        "arm": PARALLEL,
        "stratum": "simple",
        "at": 101.0,
    }
    return Exposure(request, **said | changes)


def outcome(request: str, **changes: Any) -> Outcome:
    said: dict[str, Any] = {
        "seconds": 1.5,
        "verdict": Verdict.ANSWERED,
        "served": PARALLEL,
        "at": 102.0,
    }
    return Outcome(request, **said | changes)


def mismatch(request: str, **changes: Any) -> Mismatch:
    said: dict[str, Any] = {
        "question": "How many orders?",
        "difference": "10 rows and 9",
        "sequential_sql": "SELECT 1",
        "parallel_sql": None,
        "sequential_trace": "{}",
        "parallel_trace": '{"a": "ü"}',
        "at": 103.0,
    }
    return Mismatch(request, **said | changes)
