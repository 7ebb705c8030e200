"""An answer, or the error in its place, as one JSON object."""

from typing import NotRequired, TypedDict

from forerun.domain import (
    Answer,
    CacheUse,
    Clarification,
    Failure,
    Fallback,
    Refusal,
    Rows,
    Status,
    Trace,
    TraceId,
    Usage,
)
from forerun.errors import ForerunError
from forerun.wire.caching import CacheUseJSON, cache_use_from_json, cache_use_to_json
from forerun.wire.decisions import (
    DecisionJSON,
    FallbackJSON,
    SpeculationJSON,
    decision_from_json,
    decision_to_json,
    fallback_from_json,
    fallback_to_json,
    speculation_from_json,
    speculation_to_json,
)
from forerun.wire.encoding import encoded_with
from forerun.wire.reading import Kept, flag, optional_number, optional_text, taken, text, texts
from forerun.wire.timings import (
    TimingsJSON,
    UsageJSON,
    timings_from_json,
    timings_to_json,
    usage_from_json,
    usage_to_json,
)
from forerun.wire.values import (
    JSON,
    ColumnJSON,
    columns_to_json,
    finite,
    object_to_json,
    rows_from_json,
    rows_to_json,
)
from forerun.wire.verdicts import ReasonJSON, reasons_from_json, reasons_to_json

# No postponed annotations here: with them Python 3.11 takes NotRequired for required.


class ClarificationJSON(TypedDict):
    question: str
    choices: list[str]


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
    decision: DecisionJSON | None
    fallback: FallbackJSON
    speculation: list[SpeculationJSON]
    cache: CacheUseJSON
    timings: TimingsJSON
    usage: UsageJSON
    trace_id: str | None
    warnings: list[str]
    error: NotRequired[ErrorJSON]


def answer_to_json(answer: Answer) -> AnswerJSON:
    """An answer as an object that `json.dumps(…, allow_nan=False)` always accepts."""
    wire = _without_data(answer)
    if answer.rows is not None:
        wire["rows"] = rows_to_json(answer.rows)
    if answer.chart is not None:
        wire["chart"] = object_to_json(answer.chart)
    return wire


def answer_to_text(answer: Answer, rows: bytes, chart: bytes) -> bytes:
    """The same as UTF-8, by whom has rows and chart as text already: these are most of it."""
    return encoded_with(_without_data(answer), {"rows": rows, "chart": chart})


def _without_data(answer: Answer) -> AnswerJSON:
    """Rows and chart are still to come, in their places."""
    rows = answer.rows if answer.rows is not None else Rows((), ())
    wire: AnswerJSON = {
        "question": answer.question,
        "status": answer.status.value,
        "sql": answer.sql,
        "dialect": answer.dialect or None,
        "columns": columns_to_json(rows),
        "rows": [],
        "row_count": len(rows),
        "truncated": rows.truncated,
        "partial": answer.partial,
        "summary": answer.summary,
        "chart": None,
        "suggestions": list(answer.suggestions),
        "clarification": _clarification(answer.clarification),
        "refusal": _refusal(answer.refusal),
        "reading": answer.reading,
        "standalone": answer.standalone,
        "confidence": finite(answer.confidence),
        "orchestrator": answer.orchestrator or None,
        "decision": decision_to_json(answer.decision),
        "fallback": fallback_to_json(answer.fallback),
        "speculation": speculation_to_json(answer.speculation),
        "cache": cache_use_to_json(answer.cache),
        "timings": timings_to_json(answer.trace),
        "usage": usage_to_json(answer.usage),
        "trace_id": answer.trace_id or None,
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
        "decision": None,
        "fallback": fallback_to_json(Fallback()),
        "speculation": [],
        "cache": cache_use_to_json(CacheUse()),
        "timings": timings_to_json(Trace()),
        "usage": usage_to_json(Usage()),
        "trace_id": None,
        "warnings": [],
        "error": _error(Failure(error.code, error.message, error.hint)),
    }


def _clarification(asked: Clarification | None) -> ClarificationJSON | None:
    return {"question": asked.question, "choices": list(asked.choices)} if asked else None


def _refusal(refusal: Refusal | None) -> RefusalJSON | None:
    if refusal is None:
        return None
    return {"message": refusal.message, "reasons": reasons_to_json(refusal.reasons)}


def _error(failure: Failure) -> ErrorJSON:
    return {"code": failure.code, "message": failure.message, "hint": failure.hint}


def answer_from_json(document: object) -> Answer:
    """The answer that such an object tells of, with defaults for what it does not tell. Fields
    that are not known here are passed by.

    Values have the types of their columns, but for those inside of lists and objects, and in the
    chart. Raises ValueError, and nothing else, for what is no AnswerJSON.
    """
    return taken(document, _answer_from_json)


def _answer_from_json(document: Kept) -> Answer:
    return Answer(
        question=text(document["question"]),
        status=Status(document["status"]),
        dialect=optional_text(document["dialect"]) or "",
        orchestrator=optional_text(document["orchestrator"]) or "",
        trace_id=TraceId(optional_text(document["trace_id"]) or ""),
        standalone=optional_text(document["standalone"]),
        sql=optional_text(document["sql"]),
        reading=optional_text(document["reading"]),
        rows=rows_from_json(document),
        summary=optional_text(document["summary"]),
        chart=_chart(document["chart"]),
        suggestions=texts(document["suggestions"]),
        clarification=_clarification_from_json(document["clarification"]),
        refusal=_refusal_from_json(document["refusal"]),
        failure=_failure(document.get("error")),
        confidence=optional_number(document["confidence"]),
        partial=flag(document["partial"]),
        trace=timings_from_json(document["timings"]),
        usage=usage_from_json(document["usage"]),
        warnings=texts(document["warnings"]),
        decision=decision_from_json(document["decision"]),
        fallback=fallback_from_json(document["fallback"]),
        speculation=speculation_from_json(document["speculation"]),
        cache=cache_use_from_json(document["cache"]),
    )


def _chart(document: Kept) -> dict[str, JSON] | None:
    if document is None or isinstance(document, dict):
        return document
    raise ValueError("a chart is an object")


def _clarification_from_json(document: Kept) -> Clarification | None:
    if document is None:
        return None
    return Clarification(text(document["question"]), texts(document["choices"]))


def _refusal_from_json(document: Kept) -> Refusal | None:
    if document is None:
        return None
    return Refusal(text(document["message"]), reasons_from_json(document["reasons"]))


def _failure(document: Kept) -> Failure | None:
    if document is None:
        return None
    return Failure(
        text(document["code"]), text(document["message"]), optional_text(document["hint"])
    )
