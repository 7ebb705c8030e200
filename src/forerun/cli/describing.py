"""`schema`: what a database holds."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from forerun.app import Forerun
from forerun.cli.asking import make_demo
from forerun.cli.console import printable, safe, stderr, stdout
from forerun.cli.leaving import ExitStatus, print_json
from forerun.domain import Catalog, Column, Table
from forerun.wire import catalog_to_json


async def schema(db: str, *, as_json: bool) -> ExitStatus:
    """Print the catalog."""
    if db == "demo":
        make_demo()
    async with Forerun(db) as forerun:
        catalog = await forerun.catalog()
        warnings = await forerun.warnings()
    if as_json:
        print_json(catalog_to_json(catalog))
    else:
        _show(catalog, stdout())
        for warning in warnings:
            stderr().print(f"[yellow]Note:[/] {safe(warning)}")
    return ExitStatus.ANSWERED


def _show(catalog: Catalog, out: Console) -> None:
    for table in catalog.tables:
        out.print(_headline(table))
        out.print(_columns(table, out))
        out.print()
    tables = "1 table" if len(catalog.tables) == 1 else f"{len(catalog.tables):,} tables"
    out.print(Text(f"{tables} · {catalog.dialect}", style="dim"))


def _headline(table: Table) -> Text:
    line = Text(printable(table.key), style="bold cyan", no_wrap=True, overflow="ellipsis")
    told = ["view"] if table.is_view else []
    if table.rows is not None:
        rows = "1 row" if table.rows == 1 else f"{table.rows:,} rows"
        told.append(f"about {rows}" if table.rows_estimated else rows)
    if told:
        line.append(f"  {', '.join(told)}", style="not bold dim")
    if table.comment:
        line.append(f"  {printable(table.comment)}", style="not bold dim")
    return line


def _columns(table: Table, out: Console) -> Grid:
    """In a pipe nothing is cut."""
    name_width, type_width = (34, 24) if out.is_terminal else (None, None)
    grid = Grid(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True, overflow="ellipsis", max_width=name_width)
    grid.add_column(no_wrap=True, overflow="ellipsis", max_width=type_width, style="dim")
    grid.add_column(no_wrap=True, overflow="ellipsis")
    for column in table.columns:
        grid.add_row(
            Text(f"  {printable(column.name)}"),
            Text(printable(column.type).lower()),
            Text(_role(column, table), style="dim"),
        )
    return grid


def _role(column: Column, table: Table) -> str:
    """Keys and the comment of a column, on one line."""
    said = ["key"] if column.name in table.primary_key else []
    for key in table.foreign_keys:
        if column.name in key.columns:
            said.append(f"→ {key.table}.{key.referenced[key.columns.index(column.name)]}")
    if not column.nullable and column.name not in table.primary_key:
        said.append("not null")
    if column.comment:
        said.append(column.comment)
    return printable(" · ".join(said))
