"""`experiment`: planned, listed, and acted on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from forerun.app import experimenting
from forerun.app.experimenting import Verb, rolled_back_to_json
from forerun.app.rolling_out import conducting, need_flag_file
from forerun.cli.acting import settings_for, who_acts
from forerun.cli.console import safe, stderr, stdout
from forerun.cli.flagging import lines
from forerun.cli.grids import NOTHING, grid_with_heads
from forerun.cli.leaving import ExitStatus, print_json
from forerun.rollout.experiments import Experiment, State
from forerun.rollout.experiments.conducting import By
from forerun.rollout.experiments.shapes import experiment_to_json
from forerun.wire.moments import when, when_or_none

NONE_YET = "There is no experiment yet. Plan one: forerun experiment create."


@dataclass(frozen=True, slots=True)
class Act:
    """What the options say of who does it, where and why."""

    flags: str | None
    store: str | None
    who: str | None
    why: str
    expect: int | None
    key: str | None

    @property
    def by(self) -> By:
        return By(who_acts(self.who), self.why, self.expect, self.key)


async def create(plan: Mapping[str, Any], act: Act, *, as_json: bool) -> ExitStatus:
    """A draft. In a pipe nothing but the id is on standard output."""
    async with conducting(settings_for(act.flags, act.store)) as conductor:
        experiment = await experimenting.create(conductor, plan, act.by)
    if as_json:
        print_json(experiment_to_json(experiment))
        return ExitStatus.ANSWERED
    stdout().print(experiment.id)
    stderr().print(f"Next: forerun experiment start {experiment.id} --why …", style="dim")
    return ExitStatus.ANSWERED


async def list_experiments(store: str | None, *, as_json: bool) -> ExitStatus:
    """The latest first."""
    async with conducting(settings_for(None, store)) as conductor:
        found = await experimenting.listed(conductor)
    if as_json:
        print_json({"experiments": [experiment_to_json(each) for each in found]})
    elif not found:
        stdout().print(NONE_YET)
    else:
        grid = grid_with_heads()
        for heading in ("id", "name", "state", "step", "share", "version", "created"):
            grid.add_column(heading)
        for each in found:
            grid.add_row(
                safe(each.id),
                safe(each.plan.name),
                each.state.value,
                f"{each.step + 1} of {len(each.plan.ramp)}",
                f"{each.percentage:g} %",
                str(each.version),
                when(each.created_at),
            )
        stdout().print(grid)
    return ExitStatus.ANSWERED


async def show_experiment(id_: str, store: str | None, *, as_json: bool) -> ExitStatus:
    """Where it stands and what was planned."""
    async with conducting(settings_for(None, store)) as conductor:
        experiment = await experimenting.read(conductor, id_)
    if as_json:
        print_json(experiment_to_json(experiment))
    else:
        lines(_about(experiment))
    return ExitStatus.ANSWERED


async def change(
    id_: str, verb: str, act: Act, step: int | None = None, *, as_json: bool
) -> ExitStatus:
    """start, pause, resume, ramp, promote or stop; carried out by the flag file."""
    settings = settings_for(act.flags, act.store)
    need_flag_file(settings)
    async with conducting(settings) as conductor:
        experiment = await experimenting.change(conductor, id_, Verb(verb), act.by, step)
        version = conductor.flags.state().version
    if as_json:
        print_json(experiment_to_json(experiment))
        return ExitStatus.ANSWERED
    stdout().print(_standing(experiment))
    stdout().print(f"{safe(str(settings.flags))} is at version {version}.")
    return ExitStatus.ANSWERED


async def roll_back(id_: str, act: Act, *, as_json: bool) -> ExitStatus:
    """It has failed where the file does not say so, or it could not be written down."""
    settings = settings_for(act.flags, act.store)
    need_flag_file(settings)
    async with conducting(settings) as conductor:
        done = await experimenting.roll_back(conductor, id_, act.by)
    reach = done.reach
    if as_json:
        print_json(rolled_back_to_json(done))
    elif reach.everywhere:
        stdout().print("Rolled back: every process that follows the flag file is sequential.")
        stdout().print("Before anything goes parallel again: forerun flags lift parallel --why …")
    else:
        stderr().print(
            "[bold red]Error:[/] The parallel path goes on: this process alone has stopped, and "
            f"it ends now. {safe(reach.problem or '')}"
        )
        stderr().print(
            "[dim]Change the flag file where it comes from, or start the processes that answer "
            "with FORERUN_KILL_PARALLEL=true.[/]"
        )
    if done.unaudited is not None:
        stderr().print(f"[yellow]Note:[/] {safe(done.unaudited)}")
    if not done.written_down:
        stderr().print(
            "[yellow]Note:[/] The store did not answer, so that it still calls the experiment "
            "what it was before. Run the same command again when it is back."
        )
    is_done = reach.everywhere and done.written_down
    return ExitStatus.ANSWERED if is_done else ExitStatus.FAILED


def _standing(experiment: Experiment) -> str:
    """`faster (1f2e…) is running at 5 %, step 2 of 4 (version 3): Ramped to 5 %.`"""
    at = ""
    if experiment.state is State.RUNNING:
        steps = len(experiment.plan.ramp)
        at = f" at {experiment.percentage:g} %, step {experiment.step + 1} of {steps}"
    said = f"{experiment.plan.name} ({experiment.id}) is {experiment.state.value}{at}"
    return safe(f"{said} (version {experiment.version}): {experiment.reason}")


def _about(experiment: Experiment) -> dict[str, str | None]:
    plan = experiment.plan
    guardrails = ", ".join(f"{each.metric.value} {each.margin:g}" for each in plan.guardrails)
    by_itself = [
        name
        for name, is_on in (("rolls back", plan.auto_rollback), ("promotes", plan.auto_promote))
        if is_on
    ]
    return {
        "id": experiment.id,
        "name": plan.name,
        "hypothesis": plan.hypothesis,
        "state": f"{experiment.state.value} (version {experiment.version})",
        "because": experiment.reason,
        "share": f"{experiment.percentage:g} %, step {experiment.step + 1} of {len(plan.ramp)}",
        "created": when(experiment.created_at),
        "started": when_or_none(experiment.started_at),
        "step since": when_or_none(experiment.step_since),
        "ended": when_or_none(experiment.ended_at),
        "unit": plan.unit.value,
        "must be better": plan.primary.value,
        "not worse by more": guardrails or NOTHING,
        "ramp": ", ".join(f"{step:g}" for step in plan.ramp) + " %",
        "units a step": f"{plan.per_step:,} of each arm",
        "horizon": f"{plan.horizon:,} of each arm",
        "alpha": f"{plan.alpha:g}",
        "holdout": "as the file has it" if plan.holdout is None else f"{plan.holdout:g} %",
        "shadow runs count": f"from {plan.shadow_days:g} days before it was planned",
        "by itself it": " and ".join(by_itself) or "does nothing but ramp",
        "compares": "sequential with itself" if plan.control_only else None,
    }
