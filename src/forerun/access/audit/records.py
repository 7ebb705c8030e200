"""One question, or one act beside questions, as the audit log has it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypedDict

from forerun.access.audit.refusals import Minute
from forerun.access.identity import Identity
from forerun.domain.answer import Answer
from forerun.domain.trace import StatementRun
from forerun.wire.moments import when


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that has ended, however it ended."""

    identity: Identity
    database: str
    question: str
    at: datetime
    """When it came, with its zone."""
    operation: str = "ask"
    answer: Answer | None = None
    """None where it was turned away, or failed, before there was one."""
    error_code: str | None = None
    policies: tuple[str, ...] = ()
    """Row policies that were put on it, in words, e.g. `orders: region = 'North'`."""


@dataclass(slots=True)
class Act:
    """What somebody does, or tries to, that is no question."""

    name: str
    """Such as `feedback`."""
    subject: str | None = None
    """The id of what it is done to, or of what comes of it."""
    database: str = ""
    question: str | None = None
    """Or a word of the glossary."""
    sql: str | None = None
    """That was given, or decided about."""
    error_code: str | None = None


class ActRecord(TypedDict):
    """`body` of a line of the kind `act`. docs/json.md says what each field means."""

    key: str
    user: str
    act: str
    subject: str | None
    database: str
    question: str | None
    sql: str | None
    error_code: str | None


class RefusalsRecord(TypedDict):
    """`body` of a line of the kind `refused`. docs/json.md says what each field means."""

    key: str
    user: str
    refused: dict[str, int]
    since: str
    until: str


class StatementRecord(TypedDict):
    sql: str
    branch: str
    """Not empty where it was sent ahead of time."""
    outcome: str
    ms: float


class QuestionRecord(TypedDict):
    """`body` of a line of the kind `question`. docs/json.md says what each field means."""

    trace_id: str | None
    key: str
    user: str
    database: str
    operation: str
    question: str | None
    status: str
    error_code: str | None
    strategy: str | None
    reason: str | None
    fallback: str | None
    cached: bool
    sql: str | None
    statements: list[StatementRecord]
    policies: list[str]
    rows: int | None
    truncated: bool
    model_calls: int
    input_tokens: int
    output_tokens: int
    cost_usd: float | None


def record_of(asked: Asked, *, with_question: bool) -> QuestionRecord:
    record: QuestionRecord = {
        "trace_id": None,
        "key": asked.identity.id,
        "user": asked.identity.user,
        "database": asked.database,
        "operation": asked.operation,
        "question": asked.question if with_question else None,
        "status": "failed",
        "error_code": asked.error_code,
        "strategy": None,
        "reason": None,
        "fallback": None,
        "cached": False,
        "sql": None,
        "statements": [],
        "policies": list(asked.policies),
        "rows": None,
        "truncated": False,
        "model_calls": 0,
        "input_tokens": 0,
        "output_tokens": 0,
        "cost_usd": 0.0,
    }
    if asked.answer is not None:
        _tell_of_answer(record, asked.answer)
    return record


def act_record(act: Act, identity: Identity, *, with_question: bool) -> ActRecord:
    return {
        "key": identity.id,
        "user": identity.user,
        "act": act.name,
        "subject": act.subject,
        "database": act.database,
        "question": act.question if with_question else None,
        "sql": act.sql,
        "error_code": act.error_code,
    }


def refusals_record(minute: Minute) -> RefusalsRecord:
    return {
        "key": minute.identity.id,
        "user": minute.identity.user,
        "refused": dict(sorted(minute.counted.items())),
        "since": when(minute.since),
        "until": when(minute.until),
    }


def _tell_of_answer(record: QuestionRecord, answer: Answer) -> None:
    decision, rows, usage = answer.decision, answer.rows, answer.usage
    if answer.failure is not None:
        record["error_code"] = record["error_code"] or answer.failure.code
    if decision is not None:
        record["strategy"], record["reason"] = decision.strategy.value, decision.reason
    if rows is not None:
        record["rows"], record["truncated"] = len(rows.rows), rows.truncated
    record["trace_id"] = answer.trace_id
    record["status"] = answer.status.value
    record["fallback"] = answer.fallback.reason
    record["cached"] = answer.cache.hit
    record["sql"] = answer.sql
    record["statements"] = [_statement(each) for each in answer.trace.statements]
    record["model_calls"] = usage.model_calls
    record["input_tokens"] = usage.input_tokens
    record["output_tokens"] = usage.output_tokens
    record["cost_usd"] = usage.cost_usd


def _statement(run: StatementRun) -> StatementRecord:
    return {
        "sql": run.sql,
        "branch": run.branch,
        "outcome": run.outcome,
        "ms": round(run.end_ms - run.start_ms, 1),
    }


def to_text(body: Any) -> str:
    """JSON in ASCII: NUL, or half a character, would be kept by no database as it is."""
    return json.dumps(body, ensure_ascii=True, separators=(",", ":"))
