"""Where a question's time went, from the spans of its trace. Milliseconds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from forerun.domain import Stage, StageSpan, Trace

Times: TypeAlias = tuple[float, float]
"""From when to when."""

SHORTEST_MS = 1e-6
"""In less than a nanosecond nothing was done, and a share of it is no number."""


@dataclass(frozen=True, slots=True)
class Spent:
    """What was under way for how long, each moment counted once."""

    model_ms: float
    """While a model was asked, by whichever branch."""
    database_ms: float
    """While a statement ran."""
    own_ms: float
    """While neither did: our own code, and waiting that nobody is to blame for."""
    first_rows_ms: float | None
    """When the rows were there that were answered; None without rows."""
    overlap: float
    """The lengths of all stages over the whole time: 1 is one after another."""
    critical_share: float
    """The lengths of the stages on the critical path over the whole time."""


def spent(trace: Trace, path: Sequence[StageSpan]) -> Spent:
    """Of a question that has ended; `path` is its critical path."""
    whole = trace.total_ms
    calls = [(call.start_ms, call.end_ms) for span in trace.spans for call in span.calls]
    runs = [(run.start_ms, run.end_ms) for run in trace.statements]
    stages = (span for span in trace.spans if span.outcome != "skipped")
    return Spent(
        model_ms=union_ms(calls, whole),
        database_ms=union_ms(runs, whole),
        own_ms=round(max(whole - union_ms([*calls, *runs], whole), 0.0), 3),
        first_rows_ms=_first_rows_ms(trace),
        overlap=_share(sum(span.end_ms - span.start_ms for span in stages), whole),
        critical_share=min(_share(sum(span.end_ms - span.start_ms for span in path), whole), 1.0),
    )


def union_ms(times: Iterable[Times], whole: float) -> float:
    """How long at least one of them lasted, within 0 to `whole`."""
    length, reached = 0.0, 0.0
    for start, end in sorted(times):
        start, end = max(start, reached), min(end, whole)
        if end > start:
            length += end - start
            reached = end
    return round(length, 3)


def _first_rows_ms(trace: Trace) -> float | None:
    """Of what was done ahead only what was of use: the rest nobody has kept."""
    ends = [
        span.end_ms
        for span in trace.spans
        if span.stage is Stage.RUN and span.outcome == "ok" and not span.wasted
    ]
    return min(ends, default=None)


def _share(length: float, whole: float) -> float:
    return round(length / whole, 4) if whole >= SHORTEST_MS else 0.0
