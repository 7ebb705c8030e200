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
    stopped,
)
from forerun.rollout.experiments.plan import Arm, Guardrail, Metric, Plan, Unit
from forerun.rollout.experiments.records import Exposure, Mismatch, Outcome, Verdict
from forerun.rollout.experiments.written import (
    experiment_from_text,
    experiment_to_text,
    plan_from_json,
    plan_to_json,
)

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
    "experiment_from_text",
    "experiment_to_text",
    "invalidated",
    "paused",
    "plan_from_json",
    "plan_to_json",
    "promoted",
    "ramped",
    "resumed",
    "rolled_back",
    "started",
    "stopped",
]
