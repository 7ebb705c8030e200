"""Where the rollout stands, as JSON."""

from __future__ import annotations

from typing import TypedDict

from forerun.rollout.experiments.shapes import ExperimentJSON, experiment_to_json
from forerun.rollout.flags.shapes import FlagFileJSON, KillJSON, file_to_json, kill_to_json
from forerun.rollout.standing import Standing


class StandingJSON(TypedDict):
    stage: str
    percentage: float
    threshold: float | None
    holdout: float | None
    source: str
    reason: str
    kill: KillJSON | None
    file: FlagFileJSON
    experiment: ExperimentJSON | None
    trouble: list[str]


def standing_to_json(standing: Standing) -> StandingJSON:
    rollout, running = standing.rollout, standing.experiment
    return {
        "stage": rollout.value["stage"],
        "percentage": rollout.value["percentage"],
        "threshold": rollout.value["threshold"],
        "holdout": rollout.value.get("holdout"),
        "source": rollout.source.value,
        "reason": rollout.reason,
        "kill": kill_to_json(standing.kill),
        "file": file_to_json(standing.file),
        "experiment": None if running is None else experiment_to_json(running),
        "trouble": list(standing.trouble),
    }
