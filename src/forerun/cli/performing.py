"""`performance`: how often, how well, how fast; parallel and sequential side by side."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rich.table import Table

from forerun.app.telemetry import looking_at
from forerun.cli.console import safe, stdout
from forerun.cli.grids import grid_with_heads
from forerun.cli.leaving import ExitStatus, print_json
from forerun.cli.tracing import Looking, outcomes_table
from forerun.telemetry.performance import ArmFigures, Comparison, OperationFigures, Report
from forerun.telemetry.shapes import performance_to_json
from forerun.wire.moments import precisely

NOTHING = "No question has ended in that time."


async def performance(looking: Looking, *, as_json: bool) -> ExitStatus:
    """Of the window."""
    async with looking_at(looking.place) as telemetry:
        report = await telemetry.performance(
            looking.window_s,
            looking.operation,
            database=looking.database,
            tenant=looking.tenant,
        )
    if as_json:
        print_json(performance_to_json(report))
    elif not report.questions:
        stdout().print(NOTHING)
    else:
        _show(report)
    return ExitStatus.ANSWERED


def _show(report: Report) -> None:
    out = stdout()
    cut = "" if report.is_whole else " (the latest)"
    out.print(f"{report.questions:,} questions{cut} since {precisely(report.since)}")
    for each in report.operations:
        out.print(f"\n[bold cyan]{safe(each.operation)}[/]")
        out.print(_figures(each))
        _show_comparison(each.comparison)
    out.print("\n[bold]Slowest[/]")
    out.print(outcomes_table(list(report.slowest)))


def _figures(operation: OperationFigures) -> Table:
    grid = grid_with_heads()
    grid.add_column("arm")
    headings = (
        "count", "success", "fell back", "p50", "p95", "p99", "rows p50", "model", "database",
        "own", "overlap", "cost",
    )  # fmt: skip
    for heading in headings:
        grid.add_column(heading, justify="right")
    _add(grid, "", [operation.whole])
    _add(grid, "assigned ", operation.assigned)
    _add(grid, "served ", operation.served)
    return grid


def _add(grid: Table, prefix: str, arms: Sequence[ArmFigures]) -> None:
    for arm in arms:
        f = arm.figures
        grid.add_row(
            safe(f"{prefix}{arm.arm}"), f"{f.count:,}", f"{f.success_rate:.1%}",
            f"{arm.fallback_rate:.1%}", _s(f.p50_s), _s(f.p95_s), _s(f.p99_s),
            _s(arm.first_rows_p50_s), _s(arm.model_s), _s(arm.database_s), _s(arm.own_s),
            f"{arm.overlap:.2f}", f"${arm.cost_usd:,.2f}",
        )  # fmt: skip


def _show_comparison(comparison: Comparison) -> None:
    out = stdout()
    if not comparison.sequential or not comparison.parallel:
        return
    many = f"{comparison.sequential:,} sequential and {comparison.parallel:,} parallel"
    out.print(
        f"Parallel against sequential: [bold]{comparison.verdict}[/] "
        f"({many} answers, {comparison.basis})"
    )
    for ratio in comparison.ratios:
        if math.isfinite(ratio.high):
            out.print(
                f"  {ratio.metric}: {ratio.estimate:.2f} times, "
                f"between {ratio.low:.2f} and {ratio.high:.2f}"
            )
    if comparison.note is not None:
        out.print(f"[dim]{safe(comparison.note)}[/]")


def _s(seconds: float | None) -> str:
    return "–" if seconds is None else f"{seconds:,.3g} s"
