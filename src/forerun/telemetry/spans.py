"""A finished question as spans: the workflow, its stages, their model calls and statements.

Built afterwards, from the trace of the Answer: no tracer goes along with a question.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import blake2b
from typing import TypeAlias

from forerun.domain import FallbackCode, ModelCall, StageSpan, StatementRun
from forerun.telemetry import names
from forerun.telemetry.finished import Finished
from forerun.telemetry.statements import told
from forerun.telemetry.traceparent import Caller
from forerun.wire.values import finite

Value: TypeAlias = str | int | float | bool
Attributes: TypeAlias = Mapping[str, Value]
GIVEN_UP = frozenset({"cancelled", "running"})
"""Outcomes that are nobody's error: it was no longer needed, or the question ended first."""


class Kind(StrEnum):
    """What a span is of."""

    WORKFLOW = "workflow"
    STAGE = "stage"
    MODEL = "model"
    STATEMENT = "statement"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened at one moment of a span."""

    name: str
    at_ms: float
    attributes: Attributes


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of work. Times are milliseconds since the question began."""

    id: str
    """16 hex digits, the same whenever they are derived from the same question."""
    parent: str | None
    name: str
    kind: Kind
    branch: str
    start_ms: float
    end_ms: float
    outcome: str
    """Of the workflow the answer's status; else ok, refused, failed, cancelled or running."""
    error: str | None = None
    """Its `error.type`."""
    wasted: bool = False
    critical: bool = False
    """Whether the answer waited for it."""
    attributes: Attributes = field(default_factory=dict)
    events: tuple[Event, ...] = ()


@dataclass(frozen=True, slots=True)
class Sending:
    """The spans of one question, on their way to somebody else."""

    trace_id: str
    started_at: float
    """Seconds since 1970."""
    spans: tuple[Span, ...]
    caller: Caller | None = None


def spans_of(
    finished: Finished, path: Sequence[StageSpan], *, content: bool = False
) -> tuple[Span, ...]:
    """The workflow first, then each stage with what is below it. `path` is the critical path.

    With `content`, the question, the statements with their values, and the stages' own words
    are told too.
    """
    return tuple(_Telling(finished, path, content).spans())


class _Telling:
    """One question; numbers its spans."""

    def __init__(self, finished: Finished, path: Sequence[StageSpan], content: bool) -> None:
        self._finished = finished
        self._critical = {id(span) for span in path}
        self._content = content
        self._told = 0

    def spans(self) -> Iterator[Span]:
        trace = self._finished.answer.trace
        workflow = self._workflow()
        yield workflow
        stages = [span for span in trace.spans if span.outcome != "skipped"]
        below = _by_stage(stages, trace.statements)
        for number, span in enumerate(stages):
            stage = self._stage(span, workflow.id)
            yield stage
            for call in span.calls:
                yield self._call(call, span, stage)
            for run in below.get(number, ()):
                yield self._statement(run, stage)
        for run in below.get(None, ()):
            yield self._statement(run, workflow)

    def _id(self) -> str:
        self._told += 1
        of = f"{self._finished.answer.trace_id} {self._told}"
        return blake2b(of.encode(errors="replace"), digest_size=8).hexdigest()

    def _workflow(self) -> Span:
        answer = self._finished.answer
        return Span(
            self._id(),
            None,
            f"{names.INVOKE_WORKFLOW} {answer.orchestrator}",
            Kind.WORKFLOW,
            "main",
            0.0,
            answer.trace.total_ms,
            self._finished.status,
            self._finished.error,
            attributes=_of_question(self._finished, self._content),
            events=tuple(_evaluations(self._finished)),
        )

    def _stage(self, span: StageSpan, parent: str) -> Span:
        attributes: dict[str, Value] = {names.APP_STAGE: span.stage.value}
        if self._content and span.detail:
            attributes[names.APP_DETAIL] = span.detail
        return Span(
            self._id(),
            parent,
            span.stage.value,
            Kind.STAGE,
            span.branch,
            span.start_ms,
            span.end_ms,
            span.outcome,
            _error(span.outcome),
            span.wasted,
            id(span) in self._critical,
            attributes,
        )

    def _call(self, call: ModelCall, span: StageSpan, stage: Span) -> Span:
        provider, _, model = call.model.partition(":")
        attributes: dict[str, Value] = {
            names.GEN_AI_OPERATION: names.CHAT,
            names.GEN_AI_PROVIDER: provider if model else "_OTHER",
            names.GEN_AI_MODEL: model or call.model,
            names.GEN_AI_PROMPT: call.prompt,
            names.APP_ROLE: call.role.value,
            names.GEN_AI_INPUT_TOKENS: call.usage.input_tokens,
            names.GEN_AI_OUTPUT_TOKENS: call.usage.output_tokens,
        }
        if call.first_token_ms is not None:
            waited_s = (call.first_token_ms - call.start_ms) / 1_000
            attributes[names.GEN_AI_FIRST_CHUNK] = round(waited_s, 6)
        if cost := finite(call.usage.cost_usd):
            attributes[names.APP_COST] = cost
        return Span(
            self._id(),
            stage.id,
            f"{names.CHAT} {model or call.model}",
            Kind.MODEL,
            span.branch,
            call.start_ms,
            call.end_ms,
            call.outcome,
            _error(call.outcome),
            span.wasted,
            attributes=attributes,
        )

    def _statement(self, run: StatementRun, above: Span) -> Span:
        dialect = self._finished.answer.dialect
        seen = told(run.sql, dialect)
        attributes: dict[str, Value] = {
            names.DB_SYSTEM: names.DB_SYSTEMS.get(dialect, names.OTHER),
            names.DB_NAMESPACE: self._finished.database,
            names.DB_OPERATION: seen.operation,
            names.DB_QUERY_SUMMARY: seen.summary,
        }
        text = run.sql if self._content else seen.text
        if text is not None:
            attributes[names.DB_QUERY_TEXT] = text
        if len(seen.tables) == 1:
            attributes[names.DB_COLLECTION] = seen.tables[0]
        return Span(
            self._id(),
            above.id,
            seen.summary,
            Kind.STATEMENT,
            run.branch,
            run.start_ms,
            run.end_ms,
            run.outcome,
            _error(run.outcome),
            above.wasted,
            attributes=attributes,
        )


def fallback_class(finished: Finished) -> str | None:
    """Why the sequential path stepped in, in one of few words; None where it did not.

    The stage at which the parallel path gave up, `unexpected` for a fault of ours, or `declined`
    where it did not begin. The reason itself is free text, and may hold what was asked.
    """
    fallback = finished.answer.fallback
    if not fallback.used:
        return None
    if fallback.at_stage is not None:
        return fallback.at_stage.value
    return "unexpected" if fallback.code is FallbackCode.UNEXPECTED else "declined"


def cache_outcome(finished: Finished) -> str:
    return "hit" if finished.answer.cache.hit else "miss"


def _of_question(finished: Finished, content: bool) -> Attributes:
    answer, cache = finished.answer, finished.answer.cache
    decision = answer.decision
    assignment = None if decision is None else decision.assignment
    said: dict[str, Value | None] = {
        names.GEN_AI_OPERATION: names.INVOKE_WORKFLOW,
        names.GEN_AI_WORKFLOW: answer.orchestrator,
        names.APP_TRACE: answer.trace_id,
        names.APP_OPERATION: finished.operation,
        names.APP_TENANT: finished.tenant,
        names.APP_STATUS: finished.status,
        names.DB_NAMESPACE: finished.database,
        names.APP_ARM: None if decision is None else decision.strategy.value,
        names.APP_ASSIGNED_ARM: finished.assigned_arm,
        names.APP_SERVED_ARM: finished.served_arm,
        names.APP_FALLBACK: fallback_class(finished),
        names.APP_EXPERIMENT: None if assignment is None else assignment.experiment,
        names.APP_CACHE_OUTCOME: cache_outcome(finished),
        names.APP_CACHE_LAYER: cache.layer,
        names.APP_CACHE_AGE: cache.age_s,
        names.APP_QUEUED_MS: finished.queued_ms or None,
        names.APP_COST: finite(answer.usage.cost_usd) or None,
        names.APP_QUESTION: answer.question if content else None,
    }
    return {
        name: value.value if isinstance(value, StrEnum) else value
        for name, value in said.items()
        if value is not None
    }


def _evaluations(finished: Finished) -> Iterator[Event]:
    decision = finished.answer.decision
    if decision is None or (assignment := decision.assignment) is None:
        return
    said = {
        names.FLAG_KEY: "parallel",
        names.FLAG_VARIANT: (assignment.group or assignment.arm).value,
        names.FLAG_REASON: "split" if assignment.source == "file" else "static",
        names.FLAG_PROVIDER: "forerun",
        names.APP_ROLLOUT_STAGE: assignment.stage,
    }
    if assignment.unit is not None:
        said[names.FLAG_CONTEXT] = assignment.unit  # a hash already
    yield Event(names.FLAG_EVALUATION, 0.0, said)


def _error(outcome: str) -> str | None:
    return None if outcome == "ok" or outcome in GIVEN_UP else outcome


def _by_stage(
    stages: Sequence[StageSpan], statements: Sequence[StatementRun]
) -> dict[int | None, list[StatementRun]]:
    """The statements below each stage, by its place: the last of the branch to begin before."""
    below: dict[int | None, list[StatementRun]] = {}
    for run in statements:
        around = [
            number
            for number, span in enumerate(stages)
            if span.branch == run.branch and span.start_ms <= run.start_ms <= span.end_ms
        ]
        below.setdefault(max(around, default=None), []).append(run)
    return below
