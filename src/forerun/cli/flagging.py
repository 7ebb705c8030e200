"""`flags`: what they are, who says so, and where the rollout stands."""

from __future__ import annotations

import json
from contextlib import AsyncExitStack
from typing import Any

from rich.table import Table

from forerun.app import flagging
from forerun.app.experimenting import open_experiments
from forerun.app.rolling_out import need_flag_file, opened_flags
from forerun.cli.acting import settings_for
from forerun.cli.console import printable, safe, stderr, stdout
from forerun.cli.grids import NOTHING, grid_with_heads
from forerun.cli.leaving import ExitStatus, print_json
from forerun.rollout.flags import Told
from forerun.rollout.flags.shapes import file_to_json, findings_to_json, flag_to_json
from forerun.rollout.shapes import standing_to_json
from forerun.rollout.standing import Standing
from forerun.wire.moments import when


async def list_flags(file: str | None, *, as_json: bool) -> ExitStatus:
    """Every flag, a line each."""
    async with opened_flags(settings_for(file)) as flags:
        told, state = flagging.listed(flags), flags.state()
    if as_json:
        flags_ = [flag_to_json(each) for each in told]
        print_json({"file": file_to_json(state), "flags": flags_})
        return ExitStatus.ANSWERED
    grid = grid_with_heads()
    for heading in ("flag", "value", "by", "version", "owner", "expires", "because"):
        grid.add_column(heading)
    for each in told:
        found = each.evaluation
        grid.add_row(
            safe(found.flag),
            safe(shown(found.value)),
            found.source.value,
            NOTHING if found.version is None else str(found.version),
            safe(each.owner or NOTHING),
            NOTHING if each.expires is None else each.expires.isoformat(),
            safe(found.reason),
        )
    stdout().print(grid)
    return ExitStatus.ANSWERED


async def show_flag(name: str, file: str | None, *, as_json: bool) -> ExitStatus:
    """One flag with all that is known of it."""
    async with opened_flags(settings_for(file)) as flags:
        told = flagging.read(flags, name)
    if as_json:
        print_json(flag_to_json(told))
    else:
        lines(_about(told))
    return ExitStatus.ANSWERED


async def status(file: str | None, store: str | None, *, as_json: bool) -> ExitStatus:
    """Trouble is told, and is no failure of this command."""
    settings = settings_for(file, store)
    async with AsyncExitStack() as stack:
        flags = await stack.enter_async_context(opened_flags(settings))
        experiments = None
        if settings.experiments is not None:
            experiments = open_experiments(settings.experiments)
            stack.push_async_callback(experiments.aclose)
        stands = await flagging.status(flags, experiments)
    if as_json:
        print_json(standing_to_json(stands))
    else:
        _show_standing(stands)
    return ExitStatus.ANSWERED


async def lint(file: str | None, *, as_json: bool) -> ExitStatus:
    """What should be tidied up."""
    settings = settings_for(file)
    need_flag_file(settings)
    async with opened_flags(settings) as flags:
        found = flagging.lint(flags)
    if as_json:
        print_json({"findings": findings_to_json(found)})
    elif not found:
        stdout().print("Every flag has an owner, a description and a date, and none has expired.")
    else:
        for each in found:
            stdout().print(f"{safe(each.flag)}: {safe(each.what)}")
    return ExitStatus.FAILED if found else ExitStatus.ANSWERED


def shown(value: Any) -> str:
    """`canary, 10 %` of the rollout; of other flags the value as JSON has it."""
    if value is None:
        return "as the code has it"
    if not isinstance(value, dict) or "stage" not in value:
        return json.dumps(value, ensure_ascii=False)
    sampled = value.get("percentage") if value["stage"] in ("shadow", "canary") else None
    return value["stage"] if sampled is None else f"{value['stage']}, {sampled:g} %"


def lines(told: dict[str, str | None]) -> None:
    """Names and values, one a line; what is None is left out."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    for name, value in told.items():
        if value is not None:
            grid.add_row(f"[dim]{name}[/]", safe(value))
    stdout().print(grid)


def _about(told: Told) -> dict[str, str | None]:
    found = told.evaluation
    definition = told.definition or {}
    return {
        "flag": found.flag,
        "value": shown(found.value),
        "by": found.source.value,
        "because": found.reason,
        "version": None if found.version is None else f"{found.version} (sha {found.sha})",
        "owner": told.owner or "nobody",
        "expires": "never" if told.expires is None else told.expires.isoformat(),
        "description": told.description,
        "variants": _as_json(definition.get("variants")),
        "default": definition.get("defaultVariant"),
        "rules": _as_json(definition.get("targeting") or None),
    }


def _as_json(value: Any) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False)


def _show_standing(stands: Standing) -> None:
    rollout, file, running = stands.rollout, stands.file, stands.experiment
    threshold, holdout = rollout.value["threshold"], rollout.value.get("holdout")
    version = None if file.version is None else f", version {file.version}"
    experiment = None
    if running is not None:
        at = f"at {running.percentage:g} %, step {running.step + 1} of {len(running.plan.ramp)}"
        since = "" if running.step_since is None else f" since {when(running.step_since)}"
        experiment = f"{running.plan.name} ({running.id}), {at}{since}"
    lines(
        {
            "stage": shown(rollout.value),
            "by": rollout.source.value,
            "because": rollout.reason,
            "threshold": None if threshold is None else f"{threshold:g} s",
            "holdout": None if holdout is None else f"{holdout:g} %",
            "kill": "none" if stands.kill is None else stands.kill.reason,
            "file": "none" if file.path is None else f"{file.path}{version or ''}",
            "experiment": experiment or "none running",
        }
    )
    for each in stands.trouble:
        stderr().print(f"[yellow]Trouble:[/] {safe(printable(each))}")
