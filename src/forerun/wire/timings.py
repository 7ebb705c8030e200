"""When each stage, model call and statement ran, and what the models cost, as JSON."""

from __future__ import annotations

from typing import TypedDict

from forerun.domain import ModelCall, Role, Stage, StageSpan, StatementRun, Trace, Usage
from forerun.domain.critical import sequential_ms
from forerun.wire.reading import (
    Kept,
    flag,
    number,
    optional_number,
    optional_text,
    several,
    text,
    whole,
)
from forerun.wire.values import finite


class CallJSON(TypedDict):
    role: str
    model: str
    prompt: str
    start_ms: float
    end_ms: float
    first_token_ms: float | None
    input_tokens: int
    output_tokens: int
    cost_usd: float | None
    outcome: str


class StageJSON(TypedDict):
    name: str
    branch: str
    start_ms: float
    end_ms: float
    outcome: str
    detail: str | None
    wasted: bool
    calls: list[CallJSON]


class StatementJSON(TypedDict):
    sql: str
    branch: str
    start_ms: float
    end_ms: float
    outcome: str


class TimingsJSON(TypedDict):
    total_ms: float
    sequential_ms: float
    stages: list[StageJSON]
    statements: list[StatementJSON]


class UsageJSON(TypedDict):
    model_calls: int
    input_tokens: int
    output_tokens: int
    cost_usd: float | None


def timings_to_json(trace: Trace) -> TimingsJSON:
    return {
        "total_ms": round(trace.total_ms, 3),
        "sequential_ms": sequential_ms(trace),
        "stages": [_stage(span) for span in trace.spans],
        "statements": [
            {
                "sql": run.sql,
                "branch": run.branch,
                "start_ms": round(run.start_ms, 3),
                "end_ms": round(run.end_ms, 3),
                "outcome": run.outcome,
            }
            for run in trace.statements
        ],
    }


def usage_to_json(usage: Usage) -> UsageJSON:
    return {
        "model_calls": usage.model_calls,
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "cost_usd": finite(usage.cost_usd),
    }


def _stage(span: StageSpan) -> StageJSON:
    return {
        "name": span.stage.value,
        "branch": span.branch,
        "start_ms": round(span.start_ms, 3),
        "end_ms": round(span.end_ms, 3),
        "outcome": span.outcome,
        "detail": span.detail,
        "wasted": span.wasted,
        "calls": [_call(call) for call in span.calls],
    }


def _call(call: ModelCall) -> CallJSON:
    first = call.first_token_ms
    return {
        "role": call.role.value,
        "model": call.model,
        "prompt": call.prompt,
        "start_ms": round(call.start_ms, 3),
        "end_ms": round(call.end_ms, 3),
        "first_token_ms": None if first is None else round(first, 3),
        "input_tokens": call.usage.input_tokens,
        "output_tokens": call.usage.output_tokens,
        "cost_usd": finite(call.usage.cost_usd),
        "outcome": call.outcome,
    }


def timings_from_json(document: Kept) -> Trace:
    """`sequential_ms` is left to be worked out from the stages again."""
    return Trace(
        several(document["stages"], _stage_from_json),
        number(document["total_ms"]),
        several(document["statements"], _statement),
    )


def usage_from_json(document: Kept) -> Usage:
    return Usage(
        whole(document["model_calls"]),
        whole(document["input_tokens"]),
        whole(document["output_tokens"]),
        optional_number(document["cost_usd"]),
    )


def _stage_from_json(document: Kept) -> StageSpan:
    return StageSpan(
        Stage(document["name"]),
        text(document["branch"]),
        number(document["start_ms"]),
        number(document["end_ms"]),
        text(document["outcome"]),
        optional_text(document["detail"]),
        several(document["calls"], _call_from_json),
        flag(document["wasted"]),
    )


def _call_from_json(document: Kept) -> ModelCall:
    usage = Usage(
        1,
        whole(document["input_tokens"]),
        whole(document["output_tokens"]),
        optional_number(document["cost_usd"]),
    )
    return ModelCall(
        Role(document["role"]),
        text(document["model"]),
        text(document["prompt"]),
        number(document["start_ms"]),
        number(document["end_ms"]),
        optional_number(document["first_token_ms"]),
        usage,
        text(document["outcome"]),
    )


def _statement(document: Kept) -> StatementRun:
    return StatementRun(
        text(document["sql"]),
        text(document["branch"]),
        number(document["start_ms"]),
        number(document["end_ms"]),
        text(document["outcome"]),
    )
