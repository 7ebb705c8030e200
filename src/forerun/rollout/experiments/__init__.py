"""Experiments: what is compared, where one stands, and who did what to it."""

from forerun.rollout.experiments.lifecycle import (
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
from forerun.rollout.experiments.plan import Arm, Guardrail, Metric, Plan, Unit
from forerun.rollout.experiments.records import Exposure, Mismatch, Outcome, Verdict

__all__ = [
    "Arm",
    "Experiment",
    "Exposure",
    "Guardrail",
    "Metric",
    "Mismatch",
    "NotAllowed",
    "Outcome",
    "Plan",
    "State",
    "Unit",
    "Verdict",
    "drafted",
    "invalidated",
    "paused",
    "promoted",
    "ramped",
    "resumed",
    "rolled_back",
    "started",
]
