"""Finished questions, as many and as different as tests need."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from forerun.domain import (
    Answer,
    Assignment,
    CacheLayer,
    CacheUse,
    Decision,
    Failure,
    Fallback,
    Fate,
    ModelCall,
    Role,
    Rows,
    Rung,
    Speculation,
    Stage,
    StageSpan,
    StatementRun,
    Status,
    Strategy,
    Trace,
    TraceId,
    Usage,
    new_trace_id,
)
from forerun.telemetry.finished import Finished

START = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
QUESTION = "how much did Xanthippe order?"
SQL = "SELECT sum(amount) FROM orders WHERE customer = 'Xanthippe' AND year > 1987"
ASSIGNMENT = Assignment(
    Strategy.PARALLEL, "canary", "file", "bucket 7", experiment="e1", unit="5d41402abc4b2a76"
)
PARALLEL = Decision(Strategy.PARALLEL, 8.0, 5.0, "file", "Long enough.", ASSIGNMENT, exposed=True)
SEQUENTIAL = Decision(
    Strategy.SEQUENTIAL, 8.0, 5.0, "file", "Drawn so.",
    replace(ASSIGNMENT, arm=Strategy.SEQUENTIAL), exposed=True,
)  # fmt: skip


def call(role: Role, start: float, end: float, outcome: str = "ok") -> ModelCall:
    usage = Usage(1, 900, 100, 0.002)
    return ModelCall(
        role, "openai:gpt-5.1", f"{role.value}@1f3a", start, end, start + 50, usage, outcome
    )


def trace(scale: float = 1.0) -> Trace:
    """Two stages ahead of time, of which one is wasted; 12 spans as OpenTelemetry has them."""
    spans = (
        StageSpan(Stage.LINK, "main", 0, 10, "ok", "3 of 3 tables"),
        StageSpan(Stage.ANALYSE, "main", 10, 400, "ok", calls=(call(Role.ANALYST, 12, 398),)),
        StageSpan(Stage.DRAFT, "write-ahead", 12, 600, "ok", calls=(call(Role.WRITER, 15, 598),)),
        StageSpan(Stage.RUN, "draft-ahead", 20, 120, "ok", wasted=True),
        StageSpan(Stage.REVIEW, "main", 600, 900, "ok", calls=(call(Role.REVIEWER, 601, 899),)),
        StageSpan(Stage.RUN, "review", 602, 700, "ok"),
        StageSpan(Stage.REPAIR, "main", 900, 900, "skipped"),
        StageSpan(Stage.NARRATE, "review", 700, 1000, "ok", "1 figure"),
    )
    statements = (
        StatementRun("SELECT 1", "draft-ahead", 25, 115, "ok"),
        StatementRun(SQL, "review", 605, 695, "ok"),
    )
    if scale == 1.0:
        return Trace(spans, 1000.0, statements)
    return Trace((), 1000.0 * scale)


def answer(**changes: Any) -> Answer:
    given: dict[str, Any] = {
        "question": QUESTION,
        "status": Status.ANSWERED,
        "dialect": "duckdb",
        "orchestrator": "hybrid_orchestrator",
        "trace_id": new_trace_id(),
        "sql": SQL,
        "rows": Rows((), ()),
        "trace": trace(),
        "usage": Usage(3, 2700, 300, 0.006),
        "decision": PARALLEL,
        "speculation": (
            Speculation(Rung.WRITE_AHEAD, Fate.USED, "write-ahead", saved_ms=388.0),
            Speculation(Rung.DRAFT_AHEAD, Fate.WASTED, "draft-ahead", "Other rows.", 0.0, 100.0),
            Speculation(Rung.HEDGE, Fate.SKIPPED, "hedge", "Not slow."),
        ),
    }
    return Answer(**{**given, **changes})


def finished(*, number: int = 0, tenant: str = "acme", **changes: Any) -> Finished:
    """`number` seconds after `START`; what is not a field of `Finished` is one of its answer's."""
    own = {
        name: changes.pop(name)
        for name in ("database", "operation", "queued_ms", "error_code", "traceparent")
        if name in changes
    }
    at = START + timedelta(seconds=number)
    return Finished(answer(**changes), **{"database": "sales", **own}, tenant=tenant, started_at=at)


def took(seconds: float, **changes: Any) -> Finished:
    """One that took so long, without any span."""
    return finished(trace=trace(seconds), **changes)


def failed(**changes: Any) -> Finished:
    failure = Failure("model_unreachable", "The model at 'Xanthippe' with sk-4711 is gone.")
    return finished(status=Status.FAILED, failure=failure, rows=None, **changes)


def fell_back(**changes: Any) -> Finished:
    fallback = Fallback(used=True, reason="Of 'Xanthippe'.", at_stage=Stage.DRAFT)
    return finished(fallback=fallback, **changes)


def cached(**changes: Any) -> Finished:
    use = CacheUse(hit=True, layer=CacheLayer.MEMORY, age_s=3.5, reason="Kept.")
    plain: dict[str, Any] = {"trace": Trace((), 0.4), "decision": None, "speculation": ()}
    return finished(cache=use, usage=Usage(), **{**plain, **changes})


def with_id(number: int, low: int) -> TraceId:
    """An id whose last 32 bits are `low`, by which traces are sampled."""
    return TraceId(f"{number:024x}{low:08x}")
