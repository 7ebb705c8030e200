"""A question that has ended, however it ended, as telemetry is told of it."""

from __future__ import annotations

from forerun.access import Identity
from forerun.app.serving.running import Ask, nobody_waits
from forerun.domain import Answer, Question, TraceId
from forerun.orchestrators.outcomes import failed
from forerun.telemetry.finished import Finished


def finished(ask: Ask, answer: Answer, identity: Identity) -> Finished:
    """Costs the event loop some microseconds."""
    return Finished(
        answer,
        ask.database,
        identity.tenant,
        ask.started_at,
        1_000 * ask.queued_s,
        ask.operation,
        None if ask.error is None else ask.error.code,
        ask.asked.traceparent,
    )


def without_answer(ask: Ask) -> Answer:
    """What was raised instead of an answer, and what had been done by then."""
    question = Question(ask.asked.question, ask.started_at, id=TraceId(ask.id))
    return ask.recorder.told_of(failed(question, ask.error or nobody_waits(), "", ask.operation))
