"""One trace in the format of Chrome's tracing, which Perfetto (ui.perfetto.dev) opens.

"Trace Event Format", complete events (`"ph": "X"`), times in microseconds. Each branch is a
thread; whatever overlaps within one gets another, since a viewer draws a thread as a stack.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypedDict

from forerun.telemetry.spans import Kind, Span
from forerun.telemetry.store import Kept
from forerun.wire.values import JSON

PROCESS = 1


class ChromeTraceJSON(TypedDict):
    traceEvents: list[dict[str, JSON]]
    displayTimeUnit: str


def chrome_trace(kept: Kept) -> ChromeTraceJSON:
    """Colours: wasted work grey, the critical path dark, failures red."""
    lanes = _lanes(kept.spans)
    named = dict.fromkeys(lanes.values())
    numbers = {lane: number for number, lane in enumerate(named, 1)}
    events: list[dict[str, JSON]] = [
        _meta("process_name", 0, f"{kept.outcome.operation} {kept.outcome.trace_id}")
    ]
    events += [_meta("thread_name", number, _title(lane)) for lane, number in numbers.items()]
    events += [_event(span, numbers[lanes[span.id]]) for span in kept.spans]
    return {"traceEvents": events, "displayTimeUnit": "ms"}


def _lanes(spans: Sequence[Span]) -> dict[str, tuple[str, int]]:
    """Which lane of its branch each span is drawn in: below its parent, or beside who overlaps."""
    lanes: dict[str, tuple[str, int]] = {}
    taken: dict[tuple[str, int], list[Span]] = {}
    for span in sorted(spans, key=lambda span: (span.start_ms, -span.end_ms)):
        number = 0
        while not _fits(span, taken.get((span.branch, number), ())):
            number += 1
        lanes[span.id] = (span.branch, number)
        taken.setdefault((span.branch, number), []).append(span)
    return lanes


def _fits(span: Span, others: Iterable[Span]) -> bool:
    """Each of the others is over, or lasts at least as long."""
    return all(o.end_ms <= span.start_ms or o.end_ms >= span.end_ms for o in others)


def _title(lane: tuple[str, int]) -> str:
    branch, number = lane
    return branch if not number else f"{branch} ({number + 1})"


def _meta(name: str, thread: int, value: str) -> dict[str, JSON]:
    return {"ph": "M", "pid": PROCESS, "tid": thread, "name": name, "args": {"name": value}}


def _event(span: Span, thread: int) -> dict[str, JSON]:
    return {
        "ph": "X",
        "pid": PROCESS,
        "tid": thread,
        "name": span.name,
        "cat": span.kind.value,
        "ts": round(1_000 * span.start_ms, 3),
        "dur": round(1_000 * max(span.end_ms - span.start_ms, 0.0), 3),
        "cname": _colour(span),
        "args": {"outcome": span.outcome, "wasted": span.wasted, **span.attributes},
    }


def _colour(span: Span) -> str:
    if span.error is not None:
        return "terrible"
    if span.wasted:
        return "grey"
    if span.critical:
        return "thread_state_running"
    return "rail_response" if span.kind is Kind.MODEL else "good"
