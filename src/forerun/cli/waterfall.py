"""Where the time went: one row a stage and model call, bars on a common time axis.

Work that was done ahead of time is grouped by branch, under the stage during which it began.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from forerun.cli.console import printable
from forerun.cli.speculating import told_of_speculation
from forerun.domain import Answer, ModelCall, StageSpan, Trace
from forerun.domain.branches import MAIN, leaf, parent
from forerun.domain.critical import critical_path

NAMES, TIMES, PADDING = 15, 9, 8
"""Columns beside the bars and the details."""
WIDEST_NAMES = 26
SHORTEST_AXIS = 12
WIDEST = 120
"""A pipe has no width of its own; wider than this, bars only get harder to compare."""
CRITICAL = "●"

_COLOURS = {"ok": "cyan", "skipped": "dim", "cancelled": "dim", "failed": "red"}


class Work(Enum):
    """How a bar is drawn, so that it is told apart without colours too: its line, and a hair."""

    PLAIN = ("━", "╷")
    AHEAD = ("═", "║")
    WASTED = ("┄", "┆")


@dataclass(frozen=True, slots=True)
class _Bar:
    start_ms: float
    end_ms: float
    work: Work
    style: str


@dataclass(frozen=True, slots=True)
class _Row:
    name: str
    depth: int
    """How far it is indented."""
    bar: _Bar | None = None
    """None for the name of a branch."""
    detail: str = ""
    style: str = ""
    critical: bool = False


_FONT = re.compile(r"\s*@font-face \{.*?\}", re.DOTALL)


def waterfall(answer: Answer, width: int) -> RenderableType:
    """The answer's trace drawn at most `width` columns wide. What was skipped has no row."""
    width = min(width, WIDEST)
    table = _table(answer.trace, width)
    told = list(told_of_speculation(answer, width))
    if legend := _legend(answer.trace):
        told.append(Padding(Text(legend, "dim"), (1, 1, 0, 1), expand=False))
    return Group(table, *told) if told else table


def waterfall_svg(answer: Answer, width: int = 100, title: str = "forerun ask … --trace") -> str:
    """The same as a picture of a terminal. It fetches no font: the reader's own will do."""
    console = Console(record=True, width=width, file=io.StringIO(), force_terminal=True)
    console.print(waterfall(answer, width))
    return _FONT.sub("", console.export_svg(title=title, unique_id="waterfall"))


def _table(trace: Trace, width: int) -> Table:
    rows = list(_rows(trace))
    marks = _is_branched(trace)
    names = [_name(row, marks) for row in rows]
    times = [_milliseconds(row.bar) for row in rows]
    total = f"{trace.total_ms:,.0f} ms"
    longest = min(WIDEST_NAMES, max(width // 3, NAMES))
    name_width = min(max([NAMES, *(cell_len(name.plain) for name in names)]), longest)
    time_width = max([TIMES, *map(len, [*times, total])])
    free = width - name_width - time_width - PADDING
    axis = max(free * 3 // 5, min(SHORTEST_AXIS, free))
    table = Table(box=None, padding=(0, 1), show_header=False, expand=False)
    table.add_column(no_wrap=True, width=name_width)
    table.add_column(no_wrap=True, width=axis)
    table.add_column(no_wrap=True, width=time_width, justify="right")
    table.add_column(no_wrap=True, width=max(free - axis, 0), style="dim", overflow="ellipsis")
    for row, name, time in zip(rows, names, times, strict=True):
        table.add_row(name, _drawn(row.bar, trace.total_ms, axis), time, Text(row.detail))
    table.add_row(Text("  total" if marks else "total", "dim"), "", total, "")
    return table


def _rows(trace: Trace) -> Iterator[_Row]:
    """Every stage that did something, in the order in which it began; branches together."""
    spans = [span for span in trace.spans if span.outcome != "skipped"]
    path = critical_path(trace) if _is_branched(trace) else ()
    yield from _branch_rows(MAIN, 0, spans, path)


def _branch_rows(
    branch: str, depth: int, spans: Sequence[StageSpan], path: Sequence[StageSpan]
) -> Iterator[_Row]:
    """The branch's stages and, after the stage during which it began, whatever grew from it."""
    own: list[tuple[float, StageSpan | str]] = [
        (span.start_ms, span) for span in spans if span.branch == branch
    ]
    grown = [(began, name) for name, began in _beginnings(branch, spans).items()]
    for _, item in sorted([*own, *grown], key=lambda item: item[0]):  # stable: stages come first
        if isinstance(item, StageSpan):
            yield from _stage_rows(item, depth, item in path)
        else:
            wasted = all(s.wasted for s in spans if item in _lineage(s.branch))
            yield _Row(f"↳ {leaf(item)}", depth, detail="wasted" if wasted else "", style="dim")
            yield from _branch_rows(item, depth + 1, spans, path)


def _beginnings(branch: str, spans: Sequence[StageSpan]) -> dict[str, float]:
    """The branches that grew from this one, and when each first did something."""
    began: dict[str, float] = {}
    for span in spans:
        for name in _lineage(span.branch):
            if parent(name) == branch:
                began[name] = min(span.start_ms, began.get(name, span.start_ms))
    return began


def _lineage(branch: str) -> Iterator[str]:
    """The branch, and all that it grew from."""
    above: str | None = branch
    while above is not None:
        yield above
        above = parent(above)


def _stage_rows(span: StageSpan, depth: int, critical: bool) -> Iterator[_Row]:
    detail = span.detail or ""
    if span.outcome != "ok":
        detail = f"{span.outcome}: {detail}" if detail else span.outcome
    style = _COLOURS.get(span.outcome, "yellow")
    bar = _Bar(span.start_ms, span.end_ms, _work(span), _coloured(span, style))
    name_style = "bold" if critical else ""
    yield _Row(span.stage.value, depth, bar, printable(detail), name_style, critical)
    for call in span.calls:
        told = printable(_told(call))
        yield _Row(call.role.value, depth + 1, _call_bar(span, call), told, "dim")


def _call_bar(span: StageSpan, call: ModelCall) -> _Bar:
    if call.outcome == "cancelled":  # e.g. the slower one of a hedged pair
        return _Bar(call.start_ms, call.end_ms, Work.WASTED, "dim")
    style = _coloured(span, "magenta") if call.outcome == "ok" else "red"
    return _Bar(call.start_ms, call.end_ms, _work(span), style)


def _work(span: StageSpan) -> Work:
    if span.wasted:
        return Work.WASTED
    return Work.PLAIN if span.branch == MAIN else Work.AHEAD


def _coloured(span: StageSpan, style: str) -> str:
    """Green for what was done ahead and was of use; a failure keeps its colour."""
    if span.wasted:
        return "dim"
    return "green" if span.branch != MAIN and span.outcome == "ok" else style


def _name(row: _Row, marks: bool) -> Text:
    mark = (f"{CRITICAL} " if row.critical else "  ") if marks else ""
    name = Text(mark, "bold" if row.critical else "")
    return name.append("  " * row.depth + row.name, row.style)


def _told(call: ModelCall) -> str:
    if call.outcome != "ok":
        return f"{call.model}: {call.outcome}"
    if not call.usage.model_calls:
        return f"{call.model}, asked already"
    return f"{call.model}, {call.usage.input_tokens:,} + {call.usage.output_tokens:,} tokens"


def _milliseconds(bar: _Bar | None) -> str:
    return f"{bar.end_ms - bar.start_ms:,.0f} ms" if bar is not None else ""


def _drawn(bar: _Bar | None, total: float, axis: int) -> Text:
    """At least a hair wide, so that what took no time is seen to have happened."""
    if bar is None or total <= 0 or axis <= 0:
        return Text()
    line, hair = bar.work.value
    first = min(int(bar.start_ms / total * axis), axis - 1)
    length = max(round((bar.end_ms - bar.start_ms) / total * axis), 0)
    return Text(" " * first + (line * min(length, axis - first) or hair), bar.style)


def _is_branched(trace: Trace) -> bool:
    return any(span.branch != MAIN for span in trace.spans)


def _legend(trace: Trace) -> str | None:
    """What the lines mean, where there is more than one kind."""
    if not _is_branched(trace):
        return None
    seen = {_work(span) for span in trace.spans}
    meanings = [(Work.PLAIN, "in order"), (Work.AHEAD, "ahead, used"), (Work.WASTED, "wasted")]
    told = [f"{work.value[0]} {meaning}" for work, meaning in meanings if work in seen]
    return "   ".join([*told, f"{CRITICAL} critical path"])
