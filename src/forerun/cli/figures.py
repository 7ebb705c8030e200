"""`experiment results|decision|timeseries|shadows`: what was seen, and what follows from it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from rich.table import Table

from forerun.app import experimenting
from forerun.app.rolling_out import conducting
from forerun.cli.acting import settings_for
from forerun.cli.console import safe, stdout
from forerun.cli.grids import NOTHING, grid_with_heads
from forerun.cli.leaving import ExitStatus, print_json
from forerun.rollout.experiments.figures import (
    decision_to_json,
    more_per_arm,
    results_to_json,
    shadows_to_json,
    timeseries_to_json,
)
from forerun.rollout.experiments.results import Moment, Results
from forerun.wire.moments import when

if TYPE_CHECKING:  # they load numpy
    from forerun.rollout.statistics.comparing import Comparison
    from forerun.rollout.statistics.decide import Decision
    from forerun.rollout.statistics.intervals import Interval
    from forerun.rollout.statistics.shadows import Shadows

NO_DATA = "No data: no question with an outcome since the step began."


async def results(id_: str, store: str | None, *, as_json: bool) -> ExitStatus:
    """Both arms beside each other."""
    async with conducting(settings_for(None, store)) as conductor:
        found = await experimenting.results(conductor, id_)
    if as_json:
        print_json(results_to_json(found))
        return ExitStatus.ANSWERED
    if any(arm.units for arm in found.as_assigned.arms.values()):
        _show_results(found)
    else:
        stdout().print(NO_DATA)
    if found.shadows.pairs:
        stdout().print()
        show_shadows(found.shadows)
    return ExitStatus.ANSWERED


async def decision(id_: str, store: str | None, *, as_json: bool) -> ExitStatus:
    """What is to be done; whatever it is, the command has not failed."""
    async with conducting(settings_for(None, store)) as conductor:
        experiment, found = await experimenting.decision(conductor, id_)
    if as_json:
        print_json(decision_to_json(experiment, found))
    else:
        _show_decision(found)
    return ExitStatus.ANSWERED


async def timeseries(id_: str, store: str | None, *, as_json: bool) -> ExitStatus:
    """A line a point."""
    async with conducting(settings_for(None, store)) as conductor:
        experiment, found = await experimenting.series(conductor, id_)
    if as_json:
        print_json(timeseries_to_json(experiment, found))
    elif not found:
        stdout().print(NO_DATA)
    else:
        _show_series(found)
    return ExitStatus.ANSWERED


async def shadows(id_: str, store: str | None, *, as_json: bool) -> ExitStatus:
    """What questions tell that both paths answered."""
    async with conducting(settings_for(None, store)) as conductor:
        found = await experimenting.shadows(conductor, id_)
    if as_json:
        print_json({"id": id_, **shadows_to_json(found)})
    else:
        show_shadows(found)
    return ExitStatus.ANSWERED


def show_shadows(found: Shadows) -> None:
    """Parallel beside sequential, and sequential beside itself."""
    out = stdout()
    out.print("[bold cyan]Unseen beside the asker's sequential run[/]")
    grid = _grid(("run", "metric", "against the asker's", "between"), ())
    for name, side in (("parallel", found.parallel), ("sequential again", found.noise)):
        for each in (side.time, side.success) if side.pairs else ():
            between = f"{_bound(each, each.low)} and {_bound(each, each.high)}"
            shown = "not yet known" if _is_open(each) else between
            grid.add_row(name, each.metric, _bound(each, each.estimate), safe(each.fault or shown))
    if found.pairs:
        out.print(grid)
    out.print(safe(found.sentence))


def _show_results(found: Results) -> None:
    experiment, out = found.experiment, stdout()
    share = experiment.plan.ramp[experiment.step]
    since = "" if experiment.step_since is None else f", since {when(experiment.step_since)}"
    out.print(f"[bold]{safe(experiment.plan.name)}[/] at {share:g} %{since}")
    out.print()
    parts: dict[str, Comparison] = {
        "As assigned": found.as_assigned,
        "As served (to look at, not to decide by)": found.as_served,
    }
    parts |= {f"Only {name} questions": each for name, each in found.strata.items()}
    for title, comparison in parts.items():
        out.print(f"[bold cyan]{safe(title)}[/]")
        out.print(_arms(comparison))
        out.print(_intervals(comparison.intervals))
        out.print()
    out.print(safe(found.mismatch.sentence))


def _arms(comparison: Comparison) -> Table:
    rows: Mapping[str, Iterable[str]] = {
        name: (
            f"{arm.units:,}", f"{arm.counts.questions:,}", f"{arm.counts.answered:,}",
            f"{arm.counts.clarify:,}", f"{arm.counts.refused:,}", f"{arm.counts.failed:,}",
            f"{arm.counts.served_elsewhere:,}",
            _seconds(arm.mean_s), _seconds(arm.p50_s), _seconds(arm.p95_s),
        )
        for name, arm in comparison.arms.items()
    }  # fmt: skip
    headings = (
        "units", "questions", "answered", "clarify", "refused", "failed", "fell back",
        "mean", "p50", "p95",
    )  # fmt: skip
    grid = _grid(("arm",), headings)
    for name, cells in rows.items():
        grid.add_row(safe(name), *cells)
    return grid


def _intervals(intervals: Iterable[Interval]) -> Table:
    grid = _grid(("metric", "parallel against sequential", "between", "method"))
    for each in intervals:
        low, high = _bound(each, each.low), _bound(each, each.high)
        between = each.fault or ("not yet known" if _is_open(each) else f"{low} and {high}")
        grid.add_row(each.metric, _bound(each, each.estimate), safe(between), each.method)
    return grid


def _show_decision(found: Decision) -> None:
    out = stdout()
    out.print(f"[bold]{found.action.value}[/]")
    for reason in found.reasons:
        out.print(f"  {safe(reason)}")
    more = more_per_arm(found)
    if found.action.value == "hold":
        about = "" if more is None else f", about {more:,} more units of each arm needed"
        out.print(f"Not decidable yet{about}.")


def _show_series(found: Iterable[Moment]) -> None:
    grid = _grid((), ("units", "estimate", "low", "high"))
    grid.add_column("at")
    for each in found:
        interval = each.interval
        bounds = (interval.estimate, interval.low, interval.high)
        cells = (_bound(interval, bound) for bound in bounds)
        grid.add_row(f"{each.units:,}", *cells, when(each.at))
    stdout().print(grid)


def _grid(texts: Iterable[str], numbers: Iterable[str] = ()) -> Table:
    grid = grid_with_heads()
    for heading in texts:
        grid.add_column(heading)
    for heading in numbers:
        grid.add_column(heading, justify="right")
    return grid


def _is_open(interval: Interval) -> bool:
    return interval.high == math.inf and interval.low in (0.0, -math.inf)


def _bound(interval: Interval, value: float) -> str:
    """`0.62 ×` of a ratio, `+1.2 points` of a difference of shares."""
    if math.isnan(value):
        return NOTHING
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    return f"{value:.3g} ×" if interval.scale.value == "ratio" else f"{100 * value:+.2g} points"


def _seconds(value: float) -> str:
    return NOTHING if math.isnan(value) else f"{value:.3g} s"
