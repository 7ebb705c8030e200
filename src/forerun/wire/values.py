"""Answers, errors and verdicts as JSON: the one shape that every interface speaks.

Values of rows: dates and times in ISO 8601; decimals, and integers beyond 2^53, as strings,
because JavaScript would round them; NaN and infinities null; bytes in base64; UUIDs as text;
intervals as ISO 8601 durations; nested lists and objects by the same rules.
"""

import base64
import math
from collections.abc import Mapping
from datetime import date, time, timedelta
from decimal import Decimal
from typing import NotRequired, TypeAlias, TypedDict

from forerun.domain import (
    Answer,
    Catalog,
    Failure,
    Reason,
    ResultColumn,
    Rows,
    Status,
    Table,
    Trace,
    Usage,
    Value,
    Verdict,
)
from forerun.errors import ForerunError

# No postponed annotations here: with them Python 3.11 takes NotRequired for required.
JSON: TypeAlias = "bool | int | float | str | list[JSON] | dict[str, JSON] | None"

_LARGEST_EXACT = 2**53
"""The largest integer up to which JavaScript's numbers are exact."""


class ColumnJSON(TypedDict):
    name: str
    type: str
    kind: str


class ClarificationJSON(TypedDict):
    question: str
    choices: list[str]


class StageJSON(TypedDict):
    name: str
    branch: str
    start_ms: float
    end_ms: float
    outcome: str
    detail: str | None


class TimingsJSON(TypedDict):
    total_ms: float
    stages: list[StageJSON]


class UsageJSON(TypedDict):
    model_calls: int
    input_tokens: int
    output_tokens: int
    cost_usd: float | None


class ReasonJSON(TypedDict):
    code: str
    message: str
    hint: str | None


class RefusalJSON(TypedDict):
    message: str
    reasons: list[ReasonJSON]


class ErrorJSON(TypedDict):
    code: str
    message: str
    hint: str | None


class AnswerJSON(TypedDict):
    """docs/json.md says what each field means."""

    question: str
    status: str
    sql: str | None
    dialect: str | None
    columns: list[ColumnJSON]
    rows: list[list[JSON]]
    row_count: int
    truncated: bool
    partial: bool
    summary: str | None
    chart: dict[str, JSON] | None
    suggestions: list[str]
    clarification: ClarificationJSON | None
    refusal: RefusalJSON | None
    reading: str | None
    standalone: str | None
    confidence: float | None
    orchestrator: str | None
    timings: TimingsJSON
    usage: UsageJSON
    trace_id: str | None
    warnings: list[str]
    error: NotRequired[ErrorJSON]


class VerdictJSON(TypedDict):
    sql: str
    accepted: bool
    reasons: list[ReasonJSON]
    warnings: list[str]
    id: NotRequired[JSON]


class CatalogColumnJSON(TypedDict):
    name: str
    type: str
    kind: str
    nullable: bool
    comment: str | None


class ForeignKeyJSON(TypedDict):
    columns: list[str]
    table: str
    referenced: list[str]


class TableJSON(TypedDict):
    name: str
    schema: str | None
    is_view: bool
    rows: int | None
    rows_estimated: bool
    comment: str | None
    primary_key: list[str]
    foreign_keys: list[ForeignKeyJSON]
    columns: list[CatalogColumnJSON]


class CatalogJSON(TypedDict):
    database: str
    dialect: str
    fingerprint: str
    tables: list[TableJSON]


def answer_to_json(answer: Answer) -> AnswerJSON:
    """An answer as an object that `json.dumps(…, allow_nan=False)` always accepts."""
    rows = answer.rows if answer.rows is not None else Rows((), ())
    clarification, refusal = answer.clarification, answer.refusal
    wire: AnswerJSON = {
        "question": answer.question,
        "status": answer.status.value,
        "sql": answer.sql,
        "dialect": answer.dialect,
        "columns": [_column(column) for column in rows.columns],
        "rows": rows_to_json(rows),
        "row_count": len(rows),
        "truncated": rows.truncated,
        "partial": answer.partial,
        "summary": answer.summary,
        "chart": _object(answer.chart) if answer.chart is not None else None,
        "suggestions": list(answer.suggestions),
        "clarification": {
            "question": clarification.question,
            "choices": list(clarification.choices),
        }
        if clarification
        else None,
        "refusal": {"message": refusal.message, "reasons": [_reason(r) for r in refusal.reasons]}
        if refusal
        else None,
        "reading": answer.reading,
        "standalone": answer.standalone,
        "confidence": _finite(answer.confidence),
        "orchestrator": answer.orchestrator,
        "timings": _timings(answer.trace),
        "usage": _usage(answer.usage),
        "trace_id": answer.trace_id,
        "warnings": list(answer.warnings),
    }
    if answer.failure is not None:
        wire["error"] = _error(answer.failure)
    return wire


def error_to_json(error: ForerunError, question: str) -> AnswerJSON:
    """The same object for a question that never became an answer."""
    return {
        "question": question,
        "status": Status.FAILED.value,
        "sql": None,
        "dialect": None,
        "columns": [],
        "rows": [],
        "row_count": 0,
        "truncated": False,
        "partial": False,
        "summary": None,
        "chart": None,
        "suggestions": [],
        "clarification": None,
        "refusal": None,
        "reading": None,
        "standalone": None,
        "confidence": None,
        "orchestrator": None,
        "timings": {"total_ms": 0.0, "stages": []},
        "usage": _usage(Usage()),
        "trace_id": None,
        "warnings": [],
        "error": _error(Failure(error.code, error.message, error.hint)),
    }


def verdict_to_json(sql: str, verdict: Verdict, given_id: JSON = None) -> VerdictJSON:
    """What the gate says of one statement. `given_id` is handed back as `id`."""
    wire: VerdictJSON = {
        "sql": sql,
        "accepted": verdict.accepted,
        "reasons": [_reason(reason) for reason in verdict.reasons],
        "warnings": list(verdict.warnings),
    }
    if given_id is not None:
        wire["id"] = given_id
    return wire


def catalog_to_json(catalog: Catalog) -> CatalogJSON:
    """Tables, columns and keys; no stored values."""
    return {
        "database": catalog.database,
        "dialect": catalog.dialect,
        "fingerprint": catalog.fingerprint,
        "tables": [_table(table) for table in catalog.tables],
    }


def rows_to_json(rows: Rows) -> list[list[JSON]]:
    """Rows as arrays in column order."""
    return [[value_to_json(value) for value in row] for row in rows.rows]


def value_to_json(value: Value) -> JSON:
    """One cell; the module's docstring has the rules."""
    match value:
        case None | bool():
            return value
        case int() | float() | Decimal():
            return _number(value)
        case Mapping():
            return _object(value)
        case list() | tuple():
            return [value_to_json(item) for item in value]
        case set() | frozenset():
            return [value_to_json(item) for item in sorted(value, key=repr)]
        case _:
            return _text(_written(value))


def _number(value: int | float | Decimal) -> int | float | str | None:
    if isinstance(value, int):
        return value if abs(value) <= _LARGEST_EXACT else str(value)
    if isinstance(value, Decimal):
        return _decimal(value) if value.is_finite() else None
    return _finite(value)


def _written(value: Value) -> str:
    match value:
        case date() | time():  # a datetime is a date
            return value.isoformat()
        case timedelta():
            return _duration(value)
        case bytes() | bytearray() | memoryview():
            return base64.b64encode(value).decode("ascii")
        case _:  # text, UUID
            return str(value)


def _object(value: Mapping[object, Value] | Mapping[str, Value]) -> dict[str, JSON]:
    return {_text(str(key)): value_to_json(item) for key, item in value.items()}


def _text(text: str) -> str:
    """Lone surrogates cannot be written as UTF-8: a broken character stands in for each."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def _finite(number: float | None) -> float | None:
    return number if number is not None and math.isfinite(number) else None


def _decimal(value: Decimal) -> str:
    """Plain digits, or an exponent where those would fill pages."""
    return format(value, "f") if abs(value.adjusted()) <= 100 else str(value)


def _duration(value: timedelta) -> str:
    """ISO 8601: P1DT2H3M4.5S, with one sign for the whole."""
    sign = "-" if value < timedelta(0) else ""
    whole = abs(value)
    hours, rest = divmod(whole.seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    fraction = f".{whole.microseconds:06d}".rstrip("0") if whole.microseconds else ""
    clock = "".join(f"{n}{unit}" for n, unit in ((hours, "H"), (minutes, "M")) if n)
    if seconds or fraction or not (clock or whole.days):
        clock += f"{seconds}{fraction}S"
    days = f"{whole.days}D" if whole.days else ""
    return f"{sign}P{days}{'T' + clock if clock else ''}"


def _column(column: ResultColumn) -> ColumnJSON:
    return {"name": _text(column.name), "type": column.type, "kind": column.kind.value}


def _reason(reason: Reason) -> ReasonJSON:
    return {"code": reason.code.value, "message": reason.message, "hint": reason.hint}


def _error(failure: Failure) -> ErrorJSON:
    return {"code": failure.code, "message": failure.message, "hint": failure.hint}


def _usage(usage: Usage) -> UsageJSON:
    return {
        "model_calls": usage.model_calls,
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "cost_usd": _finite(usage.cost_usd),
    }


def _timings(trace: Trace) -> TimingsJSON:
    return {
        "total_ms": round(trace.total_ms, 3),
        "stages": [
            {
                "name": span.stage.value,
                "branch": span.branch,
                "start_ms": round(span.start_ms, 3),
                "end_ms": round(span.end_ms, 3),
                "outcome": span.outcome,
                "detail": span.detail,
            }
            for span in trace.spans
        ],
    }


def _table(table: Table) -> TableJSON:
    return {
        "name": table.name,
        "schema": table.schema,
        "is_view": table.is_view,
        "rows": table.rows,
        "rows_estimated": table.rows_estimated,
        "comment": table.comment,
        "primary_key": list(table.primary_key),
        "foreign_keys": [
            {
                "columns": list(key.columns),
                "table": key.table,
                "referenced": list(key.referenced),
            }
            for key in table.foreign_keys
        ],
        "columns": [
            {
                "name": column.name,
                "type": column.type,
                "kind": column.kind.value,
                "nullable": column.nullable,
                "comment": column.comment,
            }
            for column in table.columns
        ],
    }
