"""`eval`: questions with known answers, counted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from rich.console import Console
from rich.text import Text

from forerun.app import Forerun
from forerun.cli.asking import settings_with
from forerun.cli.console import printable, stderr, stdout
from forerun.cli.grids import NOTHING, grid_with_heads
from forerun.cli.leaving import ExitStatus, print_json
from forerun.lab.evaluation import Benchmark, OnProgress, Table, evaluate, tables

_GAP = 2


async def examine(
    benchmark: Benchmark, model: str | None, knowledge: str | None, *, as_json: bool
) -> ExitStatus:
    """Ask every question, then print the report."""
    open_asker = partial(Forerun, model=model, settings=settings_with(knowledge))
    with _progress(stderr()) as on_progress:
        report = await evaluate(benchmark, open_asker, on_progress)
    if as_json:
        print_json(report.to_json())
        return ExitStatus.ANSWERED
    for table in tables(report):
        _show(table, stdout())
    return ExitStatus.ANSWERED


@contextmanager
def _progress(console: Console) -> Iterator[OnProgress]:
    """A bar with the questions done; silent where no terminal would show it."""
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("Asking"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.description}", markup=False),
    )
    silent = not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=silent) as bars:
        bar = bars.add_task("", total=None)

        def on_progress(done: int, total: int, database: str) -> None:
            bars.update(bar, completed=done, total=total, description=printable(database))

        yield on_progress


def _show(table: Table, out: Console) -> None:
    out.print(Text(table.title, style="bold cyan"))
    grid = grid_with_heads()
    wide = _width(table) > out.width
    for index, heading in enumerate(table.headings):
        numbers = all(row[index][:1].isdigit() or row[index] == NOTHING for row in table.rows)
        grid.add_column(Text(heading), justify="right" if numbers else "left")
    for row in table.rows:
        cells = (printable(cell) for cell in row)
        # In a narrow terminal an interval goes below its figure.
        grid.add_row(*(Text(cell.replace(" (", "\n(") if wide else cell) for cell in cells))
    out.print(grid)
    out.print()


def _width(table: Table) -> int:
    lines: Sequence[Sequence[str]] = (table.headings, *table.rows)
    return sum(max(map(len, column)) + _GAP for column in zip(*lines, strict=True))
