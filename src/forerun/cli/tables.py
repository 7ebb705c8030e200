"""Rows as a table that fits the terminal: columns are narrowed, then left out, never broken."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal

from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from forerun.cli.console import printable
from forerun.cli.grids import NOTHING, grid_with_heads
from forerun.domain import ResultColumn, Rows, Value
from forerun.domain.written import written

_MAX_ROWS = 40
_NARROWEST = 12
_LONGEST_CELL = 500
"""Characters of a text in a list; a table's texts are cut to their column."""
_GAP = 2
_NAMES_THINGS = re.compile(r"(id|key|code|zip|nr|no|number|year)$", re.IGNORECASE)
"""Columns whose whole numbers are names, not amounts: 2024 is no 2,024."""
_BAR = 24
_EIGHTHS = ("", "▏", "▎", "▍", "▌", "▋", "▊", "▉")


def table_of(rows: Rows, console: Console) -> Iterator[RenderableType]:
    """The table, and a line on what was left out. In a pipe nothing is."""
    terminal = console.is_terminal
    shown = rows.rows[:_MAX_ROWS] if terminal else rows.rows
    cells = [
        [_written(value, column) for value, column in zip(row, rows.columns, strict=True)]
        for row in shown
    ]
    room = console.width - 4 if terminal else None
    widths = _widths(rows.columns, cells, room)
    if room and len(rows) == 1 and _is_cut(cells[0], widths):
        yield _record(rows.columns, cells[0])
        return
    bars = _bars(rows, len(shown)) if room and sum(widths) + 30 <= room else None
    yield _table(rows.columns, cells, widths, bars)
    left_out = _left_out(rows, len(shown), len(widths))
    if left_out:
        yield Text(left_out, style="dim")


def _is_cut(cells: Sequence[str], widths: Sequence[int]) -> bool:
    fits = (cell_len(cell) <= width for cell, width in zip(cells, widths, strict=False))
    return len(widths) < len(cells) or not all(fits)


def _table(
    columns: Sequence[ResultColumn],
    cells: Sequence[Sequence[str]],
    widths: Sequence[int],
    bars: Sequence[str] | None,
) -> Table:
    table = grid_with_heads()
    for column, width in zip(columns, widths, strict=False):
        table.add_column(
            Text(printable(column.name)),
            justify="right" if column.kind.is_number else "left",
            no_wrap=True,
            overflow="ellipsis",
            max_width=width,
        )
    if bars:
        table.add_column("", no_wrap=True)
    for index, row in enumerate(cells):
        shown = [Text(cell) for cell in row[: len(widths)]]
        table.add_row(*shown, *([Text(bars[index], style="cyan")] if bars else []))
    return table


def _record(columns: Sequence[ResultColumn], cells: Sequence[str]) -> Table:
    """One wide row, a line for each column."""
    table = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), show_header=False)
    table.add_column(no_wrap=True, overflow="ellipsis", max_width=30, style="bold")
    table.add_column(overflow="fold")
    for column, cell in zip(columns, cells, strict=True):
        shown = cell if len(cell) <= _LONGEST_CELL else f"{cell[: _LONGEST_CELL - 1]}…"
        table.add_row(Text(printable(column.name)), Text(shown))
    return table


def _widths(
    columns: Sequence[ResultColumn], cells: Sequence[Sequence[str]], room: int | None
) -> list[int]:
    """A width for each column from the left that fits into `room`."""
    wanted = [
        max(cell_len(text) for text in (printable(column.name), *(row[index] for row in cells)))
        for index, column in enumerate(columns)
    ]
    if room is None:
        return wanted
    least = [
        width if column.kind.is_number else min(width, _NARROWEST)
        for column, width in zip(columns, wanted, strict=True)
    ]
    fitting = len(columns)
    while fitting > 1 and sum(least[:fitting]) + _GAP * (fitting - 1) > room:
        fitting -= 1
    widths, least = [min(width, room) for width in wanted[:fitting]], least[:fitting]
    while sum(widths) + _GAP * (fitting - 1) > room and widths != least:
        widest = max(range(fitting), key=lambda i: widths[i] - least[i])
        widths[widest] -= 1
    return [min(width, room) for width in widths]


def _bars(rows: Rows, shown: int) -> list[str] | None:
    """A bar for each row of a label and a number, where all are zero or more."""
    if len(rows.columns) != 2 or shown < 2 or not rows.columns[1].kind.is_number:
        return None
    if rows.columns[0].kind.is_number:
        return None
    numbers = [row[1] for row in rows.rows[:shown]]
    sizes = [float(n) for n in numbers if isinstance(n, (int, float, Decimal)) and n >= 0]
    if len(sizes) != len(numbers) or not 0 < max(sizes) < float("inf"):
        return None
    return [_bar(size / max(sizes)) for size in sizes]


def _bar(part: float) -> str:
    eighths = round(part * _BAR * 8)
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8]


def _left_out(rows: Rows, shown: int, columns: int) -> str:
    said = []
    if shown < len(rows):
        said.append(f"{shown} of {len(rows):,} rows shown")
    if columns < len(rows.columns):
        said.append(f"{columns} of {len(rows.columns)} columns fit")
    if said:
        said.append("--json gives all")
    if rows.truncated:
        many = "row was" if len(rows) == 1 else f"{len(rows):,} rows were"
        said.append(f"only the first {many} fetched")
    return f"… {', '.join(said)}" if said else ""


def _written(value: Value, column: ResultColumn) -> str:
    """A cell on one line. Numbers keep their digits: a table is to be read off."""
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        names = _NAMES_THINGS.search(column.name) or column.type.lower() == "year"
        return str(value) if names else f"{value:,}"
    if isinstance(value, float):
        return _written_float(value)
    if isinstance(value, Decimal) and value.is_finite() and abs(value.adjusted()) < 30:
        return f"{value:,f}"
    if isinstance(value, datetime):
        midnight = value.hour == value.minute == value.second == value.microsecond == 0
        return value.date().isoformat() if midnight and not value.tzinfo else value.isoformat(" ")
    if isinstance(value, (bytes, bytearray, memoryview)):
        return f"<{len(value):,} bytes>"
    return printable(written(value))


def _written_float(value: float) -> str:
    if 1e-4 <= abs(value) < 1e15:
        return f"{value:,.4f}".rstrip("0").rstrip(".")
    return f"{value:g}"
