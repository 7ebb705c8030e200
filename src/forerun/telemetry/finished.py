"""One question that has ended: all that telemetry is told."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from forerun.domain import Answer, Rows, Status, Strategy
from forerun.errors import Cancelled

CANCELLED = Cancelled.code


@dataclass(frozen=True, slots=True)
class Finished:
    """One question that has ended, however it ended."""

    answer: Answer
    """Holds its trace, decision, fallback, what was done ahead, the cache's part and the usage.
    Its `trace_id` is that of this question alone."""
    database: str
    """The name that the service has for it."""
    tenant: str
    started_at: datetime
    """When it began, after it was admitted. With a time zone."""
    queued_ms: float = 0.0
    """How long it had waited to be admitted."""
    operation: str = "ask"
    """How it came: ask, stream, mcp, …: a few fixed words, which become labels."""
    error_code: str | None = None
    """Of what was raised instead of an answer; None where the answer itself tells."""
    traceparent: str | None = None
    """The W3C header that it came with: its spans hang below the caller's."""

    def without_rows(self) -> Finished:
        """The same, to be kept in memory for a while: rows and charts may be large."""
        answer = self.answer
        if not answer.rows and answer.chart is None:
            return self
        rows = None if answer.rows is None else Rows((), ())
        return replace(self, answer=replace(answer, rows=rows, chart=None))

    @property
    def drawn(self) -> bool:
        """Whether the rollout chose its arm, and the other one would have answered otherwise."""
        decision = self.answer.decision
        return decision is not None and decision.assignment is not None and decision.exposed

    @property
    def assigned_arm(self) -> Strategy | None:
        """The arm that the rollout drew, or else the schedule that was chosen."""
        decision = self.answer.decision
        if decision is None:
            return None
        if decision.assignment is not None and decision.exposed:
            return decision.assignment.group or decision.assignment.arm
        return decision.strategy

    @property
    def served_arm(self) -> Strategy | None:
        """The schedule whose answer it was in the end."""
        decision = self.answer.decision
        if decision is None:
            return None
        return Strategy.SEQUENTIAL if self.answer.fallback.used else decision.strategy

    @property
    def error(self) -> str | None:
        """A stable code of what went wrong; None where nothing did."""
        failure = self.answer.failure
        if self.error_code is not None or failure is None:
            return self.error_code
        return failure.code

    @property
    def status(self) -> str:
        """The answer's; or `cancelled`, where nobody wanted one any more."""
        return CANCELLED if self.error == CANCELLED else self.answer.status.value

    @property
    def has_failed(self) -> bool:
        is_wrong = self.error is not None or self.answer.status is Status.FAILED
        return is_wrong and self.status != CANCELLED
