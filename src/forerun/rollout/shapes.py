"""Where the rollout stands, and how far a rollback has come, as JSON."""

from __future__ import annotations

from typing import TypedDict

from forerun.rollout.experiments.shapes import ExperimentJSON, experiment_to_json
from forerun.rollout.flags import Reach
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


class RollbackJSON(TypedDict):
    id: str
    everywhere: bool
    problem: str | None
    kill: KillJSON | None
    written_down: bool
    unaudited: str | None


def rollback_to_json(
    id_: str, reach: Reach, *, written_down: bool, unaudited: str | None
) -> RollbackJSON:
    return {
        "id": id_,
        "everywhere": reach.everywhere,
        "problem": reach.problem,
        "kill": kill_to_json(reach.kill),
        "written_down": written_down,
        "unaudited": unaudited,
    }


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
