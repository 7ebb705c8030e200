"""Where the time went: one row a stage and model call, bars on a common time axis."""

from __future__ import annotations

from collections.abc import Iterator

from rich.table import Table
from rich.text import Text

from forerun.cli.console import printable
from forerun.domain import ModelCall, StageSpan, Trace

NAMES, TIMES, PADDING = 15, 9, 8
"""Columns beside the bars and the details."""
SHORTEST_AXIS = 12
WIDEST = 120
"""A pipe has no width of its own; wider than this, bars only get harder to compare."""

_COLOURS = {"ok": "cyan", "skipped": "dim", "cancelled": "dim", "failed": "red"}


def waterfall(trace: Trace, width: int) -> Table:
    """The trace drawn at most `width` columns wide. Nothing is drawn for what was skipped."""
    free = min(width, WIDEST) - NAMES - TIMES - PADDING
    axis = max(free * 3 // 5, SHORTEST_AXIS)
    table = Table(box=None, padding=(0, 1), show_header=False, expand=False)
    table.add_column(no_wrap=True, width=NAMES)
    table.add_column(no_wrap=True, width=axis)
    table.add_column(no_wrap=True, width=TIMES, justify="right")
    table.add_column(no_wrap=True, width=max(free - axis, 0), style="dim", overflow="ellipsis")
    for span in trace.spans:
        if span.outcome == "skipped":
            continue
        for name, start, end, style, detail in _lines(span):
            bar = _bar(start, end, trace.total_ms, axis)
            table.add_row(name, Text(bar, style=style), f"{end - start:,.0f} ms", detail)
    table.add_row("[dim]total[/]", "", f"{trace.total_ms:,.0f} ms", "")
    return table


def _lines(span: StageSpan) -> Iterator[tuple[str, float, float, str, str]]:
    style = _COLOURS.get(span.outcome, "yellow")
    detail = span.detail or ""
    if span.outcome not in ("ok", "skipped"):
        detail = f"{span.outcome}: {detail}" if detail else span.outcome
    yield span.stage.value, span.start_ms, span.end_ms, style, printable(detail)
    for call in span.calls:
        yield (
            f"  [dim]{call.role.value}[/]",
            call.start_ms,
            call.end_ms,
            "magenta" if call.outcome == "ok" else "red",
            printable(_told(call)),
        )


def _told(call: ModelCall) -> str:
    tokens = f"{call.usage.input_tokens:,} + {call.usage.output_tokens:,} tokens"
    return f"{call.model}, {tokens}" if call.outcome == "ok" else f"{call.model}: {call.outcome}"


def _bar(start: float, end: float, total: float, axis: int) -> str:
    """At least a hair wide, so that what took no time is seen to have happened."""
    if total <= 0:
        return ""
    first = min(int(start / total * axis), axis - 1)
    length = max(round((end - start) / total * axis), 0)
    return " " * first + ("━" * min(length, axis - first) or "╷")
