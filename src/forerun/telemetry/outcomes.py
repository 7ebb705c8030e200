"""One question as one row of figures. It holds no text of the question's or of SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from forerun.domain import Fate, StageSpan
from forerun.domain.critical import sequential_ms
from forerun.telemetry.finished import CANCELLED, Finished
from forerun.telemetry.spans import cache_outcome, fallback_class
from forerun.telemetry.times import spent
from forerun.wire.values import finite

NO_ARM = "none"
"""Of what no schedule was chosen for: SQL of the asker's own, and what a cache answered."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One question. Its fields are the columns of the table `outcomes`, in their order."""

    trace_id: str
    started_at: float
    """Seconds since 1970."""
    operation: str
    database: str
    tenant: str
    assigned: str
    """The arm that the rollout drew, else the schedule that was chosen; or `none`."""
    served: str
    """The schedule that answered in the end; or `none`."""
    drawn: int
    """1 where the rollout drew the arm, and the other would have answered otherwise."""
    strategy: str
    """The schedule that was chosen; or `none`."""
    status: str
    error: str | None
    """A stable code."""
    fallback: str | None
    """See `fallback_class`."""
    ms: float
    queued_ms: float
    first_rows_ms: float | None
    model_ms: float
    database_ms: float
    own_ms: float
    sequential_ms: float
    """About what the sequential schedule would have taken, one step after another."""
    input_tokens: int
    output_tokens: int
    cost_usd: float | None
    """None where a price is unknown."""
    cache: str
    """hit or miss."""
    cache_layer: str | None
    used: int
    """Things done ahead of time that were of use."""
    wasted: int
    overlap: float
    critical_share: float
    mismatch: int = 0
    """1 where a shadow run gave another answer."""

    @property
    def has_failed(self) -> bool:
        return (self.error is not None or self.status == "failed") and self.status != CANCELLED


def outcome_of(finished: Finished, path: Sequence[StageSpan]) -> Outcome:
    """`path` is the critical path."""
    answer = finished.answer
    times = spent(answer.trace, path)
    fates = [each.outcome for each in answer.speculation]
    decision = answer.decision
    first_rows = times.first_rows_ms
    if first_rows is None and answer.rows is not None:
        first_rows = answer.trace.total_ms  # as a cache gives them
    return Outcome(
        trace_id=answer.trace_id,
        started_at=finished.started_at.timestamp(),
        operation=finished.operation,
        database=finished.database,
        tenant=finished.tenant,
        assigned=str(finished.assigned_arm or NO_ARM),
        served=str(finished.served_arm or NO_ARM),
        drawn=int(finished.drawn),
        strategy=NO_ARM if decision is None else decision.strategy.value,
        status=finished.status,
        error=finished.error,
        fallback=fallback_class(finished),
        ms=answer.trace.total_ms,
        queued_ms=finished.queued_ms,
        first_rows_ms=first_rows,
        model_ms=times.model_ms,
        database_ms=times.database_ms,
        own_ms=times.own_ms,
        sequential_ms=sequential_ms(answer.trace),
        input_tokens=answer.usage.input_tokens,
        output_tokens=answer.usage.output_tokens,
        cost_usd=finite(answer.usage.cost_usd),
        cache=cache_outcome(finished),
        cache_layer=None if answer.cache.layer is None else answer.cache.layer.value,
        used=fates.count(Fate.USED),
        wasted=fates.count(Fate.WASTED),
        overlap=times.overlap,
        critical_share=times.critical_share,
    )
