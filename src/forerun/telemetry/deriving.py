"""From a finished question to what each outlet is told of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from forerun.domain.critical import critical_path
from forerun.telemetry.documents import document_of
from forerun.telemetry.finished import Finished
from forerun.telemetry.outcomes import Outcome, outcome_of
from forerun.telemetry.sampling import Sampler
from forerun.telemetry.spans import Sending, Span, spans_of
from forerun.telemetry.store import Written
from forerun.telemetry.traceparent import caller_of

if TYPE_CHECKING:  # they load optional libraries
    from forerun.telemetry.logs import QuestionLog
    from forerun.telemetry.metrics import Metrics


@dataclass(frozen=True, slots=True)
class Derived:
    """One question."""

    written: Written
    withheld: Written | None
    """With its trace, where sampling does not keep it."""
    sending: Sending


@dataclass
class Deriving:
    """Runs in a worker thread, one batch at a time."""

    sampler: Sampler
    content: bool
    metrics: Metrics | None
    log: QuestionLog | None
    faults: int = 0
    """Questions that nothing could be made of: faults of our own."""
    contradicted: dict[str, None] = field(default_factory=dict)
    """Traces of questions that a shadow run gave another answer to, the latest last."""

    def of(self, batch: Sequence[Finished]) -> list[Derived]:
        derived = []
        for finished in batch:
            try:
                derived.append(self._one(finished))
            except Exception:  # noqa: BLE001 - one strange question must not cost the others
                self.faults += 1
        return derived

    def _one(self, finished: Finished) -> Derived:
        path = critical_path(finished.answer.trace)
        outcome = outcome_of(finished, path)
        if outcome.trace_id in self.contradicted:
            outcome = replace(outcome, mismatch=1)
        spans = spans_of(finished, path, content=self.content)
        if self.metrics is not None:
            self.metrics.count(finished, outcome, spans)
        if self.log is not None:
            self.log.tell(finished, outcome)
        caller = caller_of(finished.traceparent)
        sending = Sending(outcome.trace_id, outcome.started_at, spans, caller)
        whole = _whole(outcome, spans)
        if self.sampler.keeps(outcome):
            return Derived(whole, None, sending)
        return Derived(Written(outcome), whole, sending)


def _whole(outcome: Outcome, spans: tuple[Span, ...]) -> Written:
    return Written(outcome, len(spans), document_of(spans))
