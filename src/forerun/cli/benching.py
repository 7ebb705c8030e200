"""`bench`: how long schedules take on a simulated provider, and what orchestration itself costs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from forerun.cli.console import stderr, stdout
from forerun.cli.grids import NOTHING, grid_with_heads
from forerun.cli.leaving import ExitStatus, print_json
from forerun.lab.latency import Report, Row, run_bench, to_json
from forerun.lab.latency.losing import Part
from forerun.lab.latency.plotting import draw, picture_file
from forerun.lab.latency.running import OnProgress, Sample
from forerun.lab.latency.strategies import WITHOUT_DRAFTS
from forerun.lab.overhead import Overhead, measure_overhead
from forerun.lab.overhead import to_json as overhead_to_json


def latency(
    profile: str, questions: int, seed: int, plot: Path | None, *, as_json: bool
) -> ExitStatus:
    """Every strategy on the virtual clock."""
    path = picture_file(plot) if plot is not None else None
    with _progress(stderr()) as on_progress:
        report = run_bench(profile, questions, seed, on_progress)
    return shown(report, path, as_json=as_json)


def latency_over_http(sample: Sample, plot: Path | None, *, as_json: bool) -> ExitStatus:
    """A sample of the same, over a real server and in real time."""
    from forerun.lab.latency.over_http import run_over_http  # needs the extra `models`

    path = picture_file(plot) if plot is not None else None
    with _progress(stderr()) as on_progress:
        report = run_over_http(sample, on_progress)
    return shown(report, path, as_json=as_json)


def shown(report: Report, plot: Path | None, *, as_json: bool) -> ExitStatus:
    if plot is not None:
        draw(report, plot)
    if as_json:
        print_json(to_json(report))
    else:
        _show(report, stdout())
    return ExitStatus.ANSWERED


async def overhead(*, as_json: bool) -> ExitStatus:
    """CPU of the schedules over stages that cost nothing."""
    found = await measure_overhead()
    if as_json:
        print_json(overhead_to_json(found))
        return ExitStatus.ANSWERED
    _show_overhead(found, stdout())
    return ExitStatus.ANSWERED


def _show(report: Report, out: Console) -> None:
    out.print(
        Text(
            f"{report.questions} complex questions a strategy, profile {report.profile}, seed "
            f"{report.seed}; seconds at scale 1",
            style="bold cyan",
        )
    )
    out.print(_table(report.strategies))
    out.print(Text("With other luck or another writer", style="bold cyan"))
    out.print(_table(report.variants))
    for each in report.beside_two_call:
        rows = NOTHING if each.first_rows_p50 is None else f"{each.first_rows_p50:.2f}"
        out.print(
            f"Beside two-call, where it answers: {each.name} {each.p50:.2f}, first rows {rows}"
        )
        if each.name == WITHOUT_DRAFTS:
            out.print(_parts(each.parts))
    if report.simple is not None:
        simple = report.simple
        calls = "the same calls" if simple.same_calls else "other calls"
        out.print(
            f"Simple questions below the threshold: {simple.mean_ratio:.4f} of the sequential "
            f"time, p50 {simple.p50_s:.1f} s, {calls}."
        )
    out.print(Text("\nAssumptions", style="bold cyan"))
    for name, value in report.assumptions.items():
        out.print(f"[dim]{name}:[/] {value}", highlight=False, soft_wrap=True)


def _table(rows: tuple[Row, ...]) -> Table:
    grid = grid_with_heads()
    headings = (
        "strategy", "p50 s", "p95 s", "mean s", "cut", "first rows s", "calls", "tokens in + out",
        "cost", "equal", "fallbacks", "wasted s", "parallel", "prediction off",
    )  # fmt: skip
    for heading in headings:
        grid.add_column(heading, justify="left" if heading == "strategy" else "right")
    for row in rows:
        grid.add_row(
            row.name,
            f"{row.p50_s:.1f}",
            f"{row.p95_s:.1f}",
            f"{row.mean_s:.1f}",
            f"{row.mean_cut:.1%}",
            NOTHING if row.first_rows_p50_s is None else f"{row.first_rows_p50_s:.1f}",
            f"{row.model_calls:.1f}",
            f"{row.input_tokens:,.0f} + {row.output_tokens:,.0f}",
            f"{row.cost_ratio:.2f}x",
            f"{row.equal_answers:.1%}",
            f"{row.fallbacks}",
            f"{row.wasted_ms / 1000:.1f}",
            "" if row.share_parallel is None else f"{row.share_parallel:.0%}",
            "" if row.prediction_error is None else f"{row.prediction_error:.0%}",
        )
    return grid


def _parts(parts: tuple[Part, ...]) -> Table:
    """By what befell the questions: how their times compare, and what comes later by them."""
    later_s = sum(part.later_s for part in parts)
    grid = grid_with_heads()
    headings = ("questions", "share", "alone", "follow-ups", "first rows", "of what is lost")
    for heading in headings:
        grid.add_column(heading, justify="left" if heading == "questions" else "right")
    for part in parts:
        times = (part.alone, part.follow_ups, part.first_rows)
        grid.add_row(
            part.befell.value,
            f"{part.share:.0%}",
            *(NOTHING if time is None else f"{time:.2f}" for time in times),
            f"{part.later_s / later_s:.0%}" if later_s > 0 else NOTHING,
        )
    return grid


def _show_overhead(found: Overhead, out: Console) -> None:
    grid = grid_with_heads()
    grid.add_column("schedule over stages that cost nothing")
    grid.add_column("CPU ms", justify="right")
    grid.add_column("quickest round", justify="right")
    for cost in found.costs:
        grid.add_row(cost.name, f"{cost.cpu_ms:.3f}", f"{cost.best_ms:.3f}")
    out.print(grid)
    out.print(f"Skewed branches: {found.skew_ratio:.4f} of the ideal critical path.")
    out.print(
        f"{found.in_flight:,} questions at once, half of them left on the way: "
        f"{found.leaked_tasks} tasks, {found.leaked_statements} questions and "
        f"{found.leaked_calls} branches left over."
    )


@contextmanager
def _progress(console: Console) -> Iterator[OnProgress]:
    """A bar with the strategies done; silent where no terminal would show it."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (
        TextColumn("Driving"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bars:
        bar = bars.add_task("", total=None)

        def on_progress(done: int, total: int, name: str) -> None:
            bars.update(bar, completed=done, total=total, description=name)

        yield on_progress
