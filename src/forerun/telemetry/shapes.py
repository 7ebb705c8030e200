"""Figures and traces as JSON. Times of day are ISO 8601, UTC."""

from __future__ import annotations

from typing import TypedDict

from forerun.telemetry.outcomes import Outcome
from forerun.telemetry.performance import (
    ArmFigures,
    Comparison,
    OperationFigures,
    Ratio,
    Report,
)
from forerun.telemetry.spans import Span
from forerun.telemetry.store import Kept, Page
from forerun.wire.moments import precisely
from forerun.wire.values import JSON, finite


class TraceSummaryJSON(TypedDict):
    trace_id: str
    started_at: str
    operation: str
    database: str
    tenant: str
    status: str
    error: str | None
    assigned: str
    served: str
    fallback: str | None
    ms: float
    sequential_ms: float
    queued_ms: float
    first_rows_ms: float | None
    model_ms: float
    database_ms: float
    own_ms: float
    overlap: float
    critical_share: float
    cache: str
    tokens: int
    cost_usd: float | None
    mismatch: bool
    spans: int


class TracePageJSON(TypedDict):
    traces: list[TraceSummaryJSON]
    next_cursor: str | None


class EventJSON(TypedDict):
    name: str
    at_ms: float
    attributes: dict[str, JSON]


class SpanJSON(TypedDict):
    id: str
    parent: str | None
    name: str
    kind: str
    branch: str
    start_ms: float
    end_ms: float
    outcome: str
    error: str | None
    wasted: bool
    critical: bool
    attributes: dict[str, JSON]
    events: list[EventJSON]


class TraceJSON(TypedDict):
    summary: TraceSummaryJSON
    spans: list[SpanJSON]


class ArmFiguresJSON(TypedDict):
    arm: str
    count: int
    success_rate: float
    fallback_rate: float
    mean_s: float
    p50_s: float
    p95_s: float
    p99_s: float
    first_rows_p50_s: float | None
    first_rows_p95_s: float | None
    model_s: float
    database_s: float
    own_s: float
    queued_s: float
    overlap: float
    critical_share: float
    tokens: int
    cost_usd: float
    cache_hit_rate: float
    mismatches: int


class RatioJSON(TypedDict):
    metric: str
    estimate: float | None
    low: float | None
    high: float | None
    fault: str | None


class ArmsComparedJSON(TypedDict):
    basis: str
    sequential: int
    parallel: int
    ratios: list[RatioJSON]
    verdict: str
    note: str | None


class OperationJSON(TypedDict):
    operation: str
    whole: ArmFiguresJSON
    assigned: list[ArmFiguresJSON]
    served: list[ArmFiguresJSON]
    comparison: ArmsComparedJSON


class PerformanceJSON(TypedDict):
    since: str
    window_s: float
    questions: int
    is_whole: bool
    operations: list[OperationJSON]
    slowest: list[TraceSummaryJSON]


def page_to_json(page: Page) -> TracePageJSON:
    return {
        "traces": [summary_to_json(each.outcome, each.spans) for each in page.traces],
        "next_cursor": page.next_cursor,
    }


def trace_to_json(kept: Kept) -> TraceJSON:
    return {
        "summary": summary_to_json(kept.outcome, len(kept.spans)),
        "spans": [span_to_json(span) for span in kept.spans],
    }


def performance_to_json(report: Report) -> PerformanceJSON:
    return {
        "since": precisely(report.since),
        "window_s": report.window_s,
        "questions": report.questions,
        "is_whole": report.is_whole,
        "operations": [_operation(each) for each in report.operations],
        "slowest": [summary_to_json(outcome, 0) for outcome in report.slowest],
    }


def summary_to_json(outcome: Outcome, spans: int) -> TraceSummaryJSON:
    """`spans` is how many are kept."""
    return {
        "trace_id": outcome.trace_id,
        "started_at": precisely(outcome.started_at),
        "operation": outcome.operation,
        "database": outcome.database,
        "tenant": outcome.tenant,
        "status": outcome.status,
        "error": outcome.error,
        "assigned": outcome.assigned,
        "served": outcome.served,
        "fallback": outcome.fallback,
        "ms": outcome.ms,
        "sequential_ms": outcome.sequential_ms,
        "queued_ms": outcome.queued_ms,
        "first_rows_ms": outcome.first_rows_ms,
        "model_ms": outcome.model_ms,
        "database_ms": outcome.database_ms,
        "own_ms": outcome.own_ms,
        "overlap": outcome.overlap,
        "critical_share": outcome.critical_share,
        "cache": outcome.cache,
        "tokens": outcome.input_tokens + outcome.output_tokens,
        "cost_usd": finite(outcome.cost_usd),
        "mismatch": bool(outcome.mismatch),
        "spans": spans,
    }


def span_to_json(span: Span) -> SpanJSON:
    return {
        "id": span.id,
        "parent": span.parent,
        "name": span.name,
        "kind": span.kind.value,
        "branch": span.branch,
        "start_ms": span.start_ms,
        "end_ms": span.end_ms,
        "outcome": span.outcome,
        "error": span.error,
        "wasted": span.wasted,
        "critical": span.critical,
        "attributes": dict(span.attributes),
        "events": [
            {"name": e.name, "at_ms": e.at_ms, "attributes": dict(e.attributes)}
            for e in span.events
        ],
    }


def _operation(figures: OperationFigures) -> OperationJSON:
    return {
        "operation": figures.operation,
        "whole": _arm(figures.whole),
        "assigned": [_arm(each) for each in figures.assigned],
        "served": [_arm(each) for each in figures.served],
        "comparison": _comparison(figures.comparison),
    }


def _arm(arm: ArmFigures) -> ArmFiguresJSON:
    return {
        "arm": arm.arm,
        "count": arm.figures.count,
        "success_rate": _exact(arm.figures.success_rate),
        "fallback_rate": _exact(arm.fallback_rate),
        "mean_s": _exact(arm.figures.mean_s),
        "p50_s": _exact(arm.figures.p50_s),
        "p95_s": _exact(arm.figures.p95_s),
        "p99_s": _exact(arm.figures.p99_s),
        "first_rows_p50_s": None if arm.first_rows_p50_s is None else _exact(arm.first_rows_p50_s),
        "first_rows_p95_s": None if arm.first_rows_p95_s is None else _exact(arm.first_rows_p95_s),
        "model_s": _exact(arm.model_s),
        "database_s": _exact(arm.database_s),
        "own_s": _exact(arm.own_s),
        "queued_s": _exact(arm.queued_s),
        "overlap": _exact(arm.overlap),
        "critical_share": _exact(arm.critical_share),
        "tokens": arm.tokens,
        "cost_usd": arm.cost_usd,
        "cache_hit_rate": _exact(arm.cache_hit_rate),
        "mismatches": arm.mismatches,
    }


def _exact(figure: float) -> float:
    """Without the digits that only arithmetic has put there: to a microsecond."""
    return round(figure, 6)


def _comparison(comparison: Comparison) -> ArmsComparedJSON:
    return {
        "basis": comparison.basis,
        "sequential": comparison.sequential,
        "parallel": comparison.parallel,
        "ratios": [_ratio(each) for each in comparison.ratios],
        "verdict": comparison.verdict,
        "note": comparison.note,
    }


def _ratio(ratio: Ratio) -> RatioJSON:
    return {
        "metric": ratio.metric,
        "estimate": finite(ratio.estimate),
        "low": finite(ratio.low),
        "high": finite(ratio.high),
        "fault": ratio.fault,
    }
