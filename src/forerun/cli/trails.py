"""`experiment audit|mismatches`: what was done, and where the two paths differed."""

from __future__ import annotations

from collections.abc import Sequence

from forerun.app import experimenting, flagging
from forerun.app.rolling_out import conducting, opened_rollout
from forerun.cli.acting import settings_for
from forerun.cli.console import safe, stderr, stdout
from forerun.cli.grids import grid_with_heads
from forerun.cli.leaving import ExitStatus, print_json
from forerun.rollout.experiments import Mismatch
from forerun.rollout.experiments.shapes import mismatches_to_json, trail_to_json
from forerun.rollout.experiments.store import AuditEntry
from forerun.wire.moments import when


async def audit(id_: str | None, store: str | None, *, as_json: bool) -> ExitStatus:
    """The chain is that of all experiments, whichever is shown."""
    async with conducting(settings_for(None, store)) as conductor:
        trail = await experimenting.audit(conductor, id_)
    return _told(trail.lines, trail.broken_at, as_json=as_json)


async def flag_audit(
    name: str | None, file: str | None, store: str | None, *, as_json: bool
) -> ExitStatus:
    """The chain is the whole one, whatever else is in it."""
    async with opened_rollout(settings_for(file, store)) as rollout:
        trail = await flagging.audit(rollout, name)
    return _told(trail.lines, trail.broken_at, as_json=as_json)


def _told(lines: Sequence[AuditEntry], broken_at: int | None, *, as_json: bool) -> ExitStatus:
    if as_json:
        print_json(trail_to_json(lines, broken_at))
    else:
        _show_trail(lines, broken_at)
    return ExitStatus.ANSWERED if broken_at is None else ExitStatus.FAILED


async def mismatches(id_: str, most: int, store: str | None, *, as_json: bool) -> ExitStatus:
    """The latest first."""
    async with conducting(settings_for(None, store)) as conductor:
        found = await experimenting.mismatches(conductor, id_, most)
    if as_json:
        print_json({"mismatches": mismatches_to_json(found)})
        return ExitStatus.ANSWERED
    if not found:
        stdout().print("No difference has been seen.")
    for each in found:
        _show_mismatch(each)
    return ExitStatus.ANSWERED


def _show_trail(trail: Sequence[AuditEntry], broken_at: int | None) -> None:
    if not trail:
        stdout().print("Nothing has been done yet.")
    else:
        grid = grid_with_heads()
        for heading in ("line", "at", "experiment", "who", "what", "why", "hash"):
            grid.add_column(heading)
        for entry in trail:
            act = entry.act
            said = (entry.experiment, act.actor, act.action, act.reason, entry.hash[:8])
            grid.add_row(str(entry.number), when(act.at), *map(safe, said))
        stdout().print(grid)
    if broken_at is None:
        stdout().print("The chain holds." if trail else "")
        return
    stderr().print(
        f"[bold red]Error:[/] The chain breaks at line {broken_at}: somebody has changed, cut or "
        "moved lines, or an experiment without one."
    )
    stderr().print("[dim]Compare with a copy of the store, and with a hash noted elsewhere.[/]")


def _show_mismatch(each: Mismatch) -> None:
    out = stdout()
    out.print(f"[bold]{safe(each.question)}[/]  [dim]{when(each.at)} {safe(each.request)}[/]")
    out.print(f"  {safe(each.difference)}")
    out.print(f"  [dim]sequential[/] {safe(each.sequential_sql or '–')}")
    out.print(f"  [dim]parallel  [/] {safe(each.parallel_sql or '–')}")
