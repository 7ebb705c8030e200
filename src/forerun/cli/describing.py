"""`schema`: what a database holds."""

from __future__ import annotations

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from forerun.app import Forerun
from forerun.cli.asking import make_demo, settings_with
from forerun.cli.console import printable, safe, stderr, stdout
from forerun.cli.leaving import ExitStatus, print_json
from forerun.domain import Catalog, Column, Metric, Table
from forerun.wire import catalog_to_json

_GAP = 2
_WIDEST_TYPE = 24
"""`timestamp with time zone`; a struct may have hundreds of characters."""


async def schema(db: str, knowledge: str | None, *, as_json: bool) -> ExitStatus:
    """Print the catalog, with what is known of it."""
    if db == "demo":
        make_demo()
    async with Forerun(db, settings=settings_with(knowledge)) as forerun:
        catalog = await forerun.catalog()
        warnings = await forerun.warnings()
    if as_json:
        print_json(catalog_to_json(catalog))
    else:
        show(catalog, stdout())
        if forerun.knowledge_file is not None:
            stdout().print(Text(f"known from {printable(str(forerun.knowledge_file))}", "dim"))
        for warning in warnings:
            stderr().print(f"[yellow]Note:[/] {safe(warning)}")
    return ExitStatus.ANSWERED


def show(catalog: Catalog, out: Console) -> None:
    """Print each table with its columns."""
    for table in catalog.tables:
        out.print(_headline(table), no_wrap=True, overflow="ellipsis")
        out.print(_columns(table, out))
        out.print()
    for metric in catalog.metrics:
        out.print(_metric(metric))
    if catalog.metrics:
        out.print()
    tables = "1 table" if len(catalog.tables) == 1 else f"{len(catalog.tables):,} tables"
    out.print(Text(f"{tables} · {catalog.dialect}", style="dim"))


def _headline(table: Table) -> Text:
    line = Text(printable(table.key), style="bold cyan")
    told = ["view"] if table.is_view else []
    if table.rows is not None:
        rows = "1 row" if table.rows == 1 else f"{table.rows:,} rows"
        told.append(f"about {rows}" if table.rows_estimated else rows)
    if told:
        line.append(f"  {', '.join(told)}", style="not bold dim")
    if table.synonyms:
        line.append(f"  {_also(table.synonyms)}", style="not bold dim")
    if table.comment:
        line.append(f"  {printable(table.comment)}", style="not bold dim")
    return line


def _metric(metric: Metric) -> Text:
    line = Text(printable(metric.name), style="bold magenta")
    said = [f"{printable(metric.sql)} of {printable(metric.table)}"]
    said += [_also(metric.synonyms)] if metric.synonyms else []
    said += [printable(metric.description)] if metric.description else []
    line.append(f"  {' · '.join(said)}", style="not bold dim")
    return line


def _also(synonyms: tuple[str, ...]) -> str:
    return printable(f"also {', '.join(synonyms)}")


def _columns(table: Table, out: Console) -> Grid:
    """A line a column. On a terminal keys and comments take the room that is left, and no more."""
    names = [f"  {printable(column.name)}" for column in table.columns]
    types = [printable(column.type).lower() for column in table.columns]
    roles = [Text(_role(column, table), style="dim") for column in table.columns]
    widths = [max(map(cell_len, texts), default=0) for texts in (names, types)]
    if out.is_terminal:
        widths = [min(widths[0], out.width * 2 // 5), min(widths[1], _WIDEST_TYPE, out.width // 4)]
        room = max(1, out.width - sum(widths) - 2 * _GAP - 1)
        for role in roles:
            role.truncate(room, overflow="ellipsis")
    grid = Grid(box=None, pad_edge=False, show_header=False, padding=(0, _GAP, 0, 0))
    grid.add_column(no_wrap=True, overflow="ellipsis", width=widths[0])
    grid.add_column(no_wrap=True, overflow="ellipsis", width=widths[1], style="dim")
    grid.add_column(no_wrap=True)
    for name, type_, role in zip(names, types, roles, strict=True):
        grid.add_row(Text(name), Text(type_), role)
    return grid


def _role(column: Column, table: Table) -> str:
    """Keys and the comment of a column, on one line."""
    said = ["key"] if column.name in table.primary_key else []
    for key in table.foreign_keys:
        if column.name in key.columns:
            said.append(f"→ {key.table}.{key.referenced[key.columns.index(column.name)]}")
    if not column.nullable and column.name not in table.primary_key:
        said.append("not null")
    said += ["usual time"] if column.name == table.time else []
    said += ["shown"] if column.name in table.display else []
    said += [column.unit] if column.unit else []
    said += [_also(column.synonyms)] if column.synonyms else []
    if column.comment:
        said.append(column.comment)
    return printable(" · ".join(said))
