"""Where the rollout stands: flags, kill, the experiment that runs, and whatever is amiss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from forerun.errors import ForerunError
from forerun.rollout.experiments import Experiment, State
from forerun.rollout.experiments.store import ExperimentStore
from forerun.rollout.flags import ROLLOUT, Evaluation, FileState, Flags, Kill, Rollout, Stage


@dataclass(frozen=True, slots=True)
class Standing:
    """At one moment."""

    rollout: Evaluation[dict[str, Any]]
    """For a question of which nothing is known; see `Rollout.stands`."""
    kill: Kill | None
    file: FileState
    experiment: Experiment | None
    """The one that runs; None also where nobody can tell, see `trouble`."""
    trouble: tuple[str, ...]
    """Sentences; none where all is as it should be."""


async def standing(flags: Flags, store: ExperimentStore | None) -> Standing:
    """`store` is None where there are no experiments. Never raises for a store that is down."""
    trouble: list[str] = []
    running: Experiment | None = None
    if store is not None:
        try:
            found = [each for each in await store.all() if each.state is State.RUNNING]
            running = found[0] if found else None
        except ForerunError as failed:
            trouble.append(failed.message)
    file, kill = flags.state(), flags.kill_of(ROLLOUT)
    if file.problem is not None:
        trouble.append(file.problem)
    rollout = Rollout(flags).stands()
    if running is not None and (difference := _difference(running, kill, rollout)):
        trouble.append(difference)
    return Standing(rollout, kill, file, running, tuple(trouble))


def _difference(
    experiment: Experiment, kill: Kill | None, rollout: Evaluation[dict[str, Any]]
) -> str | None:
    """How the flags are not what the experiment wants them to be."""
    if kill is not None:
        return f"The experiment {experiment.plan.name} is running, but {kill.reason}."
    wanted = {"stage": Stage.CANARY.value, "percentage": experiment.percentage}
    given = {name: rollout.value[name] for name in wanted}
    if experiment.plan.control_only or given == wanted:
        return None
    return (
        f"The experiment {experiment.plan.name} is at canary, {experiment.percentage:g} %, but "
        f"the flags are at {given['stage']}, {given['percentage']:g} %: {rollout.reason}."
    )
