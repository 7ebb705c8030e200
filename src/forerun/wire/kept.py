"""Answers and catalogs as caches keep them between processes: JSON, exact both ways.

Not the JSON of docs/json.md, which is for reading: there a decimal is text, here it comes back as
a decimal.
"""

from __future__ import annotations

from forerun.domain import (
    Answer,
    Clarification,
    Draft,
    Kind,
    Origin,
    Reason,
    ReasonCode,
    Refusal,
    ResultColumn,
    Rows,
    Status,
    TraceId,
)
from forerun.wire.cells import cell_from_kept, cell_to_kept, cells_from_kept, cells_to_kept, is_json
from forerun.wire.kept_catalog import catalog_from_kept, catalog_to_kept
from forerun.wire.reading import (
    Fields,
    Kept,
    dumped,
    flag,
    loaded,
    optional_text,
    several,
    text,
    texts,
)

__all__ = ["answer_from_kept", "answer_to_kept", "catalog_from_kept", "catalog_to_kept"]


def answer_to_kept(answer: Answer) -> str:
    """What an answer says. How it came about and what it cost are left out.

    Raises ValueError where a value is of a type that could not be given back as it is.
    """
    return dumped(answer, _answer_to_kept)


def answer_from_kept(text: str) -> Answer:
    """The answer, with defaults for what was left out and an empty `trace_id`.

    Raises ValueError, and nothing else, for what `answer_to_kept` did not write.
    """
    return loaded(text, _answer)


def _answer_to_kept(answer: Answer) -> Fields:
    return {
        "question": answer.question,
        "status": answer.status.value,
        "dialect": answer.dialect,
        "orchestrator": answer.orchestrator,
        "standalone": answer.standalone,
        "sql": answer.sql,
        "reading": answer.reading,
        "rows": _rows_to_kept(answer.rows),
        "summary": answer.summary,
        "chart": _chart_to_kept(answer.chart),
        "suggestions": answer.suggestions,
        "clarification": _clarification_to_kept(answer.clarification),
        "refusal": _refusal_to_kept(answer.refusal),
        "confidence": cell_to_kept(answer.confidence),
        "warnings": answer.warnings,
        "tables": sorted(answer.tables),
        "volatile": answer.volatile,
        "ordered": answer.ordered,
    }


def _answer(kept: Fields) -> Answer:
    return Answer(
        question=text(kept["question"]),
        status=Status(kept["status"]),
        dialect=text(kept["dialect"]),
        orchestrator=text(kept["orchestrator"]),
        trace_id=TraceId(""),
        standalone=optional_text(kept["standalone"]),
        sql=optional_text(kept["sql"]),
        reading=optional_text(kept["reading"]),
        rows=_rows(kept["rows"]),
        summary=optional_text(kept["summary"]),
        chart=_chart(kept["chart"]),
        suggestions=texts(kept["suggestions"]),
        clarification=_clarification(kept["clarification"]),
        refusal=_refusal(kept["refusal"]),
        confidence=_number(kept["confidence"]),
        warnings=texts(kept["warnings"]),
        tables=frozenset(texts(kept["tables"])),
        volatile=flag(kept["volatile"]),
        ordered=flag(kept["ordered"]),
    )


def _rows_to_kept(rows: Rows | None) -> Kept:
    """By column: a column's values are mostly of one type, which is quick to see."""
    if rows is None:
        return None
    by_column = list(zip(*rows.rows, strict=True))
    if rows.rows and (len(by_column) != len(rows.columns) or not by_column):
        raise ValueError(f"rows of {len(by_column)} values and {len(rows.columns)} columns")
    return {
        "columns": [[column.name, column.type, column.kind.value] for column in rows.columns],
        "values": [cells_to_kept(column) for column in by_column],
        "truncated": rows.truncated,
    }


def _rows(kept: Kept) -> Rows | None:
    if kept is None:
        return None
    columns = several(kept["columns"], _column)
    by_column = several(kept["values"], cells_from_kept)
    if by_column and len(by_column) != len(columns):
        raise ValueError(f"{len(by_column)} columns of values, {len(columns)} of names")
    return Rows(columns, tuple(zip(*by_column, strict=True)), flag(kept["truncated"]))


def _column(kept: Kept) -> ResultColumn:
    name, type_, kind = kept
    return ResultColumn(text(name), text(type_), Kind(kind))


def _chart_to_kept(chart: object) -> Kept:
    if chart is None:
        return None
    return {"plain": chart} if is_json(chart) else {"tagged": cell_to_kept(chart)}


def _chart(kept: Kept) -> dict[str, object] | None:
    if kept is None:
        return None
    chart = kept["plain"] if "plain" in kept else cell_from_kept(kept["tagged"])
    if type(chart) is not dict:
        raise ValueError("a chart is an object")
    return chart


def _clarification_to_kept(asked: Clarification | None) -> Kept:
    if asked is None:
        return None
    drafts = [
        [draft.sql, draft.origin.value, cell_to_kept(draft.confidence), draft.reading, draft.guess]
        for draft in asked.drafts
    ]
    return [asked.question, asked.choices, drafts]


def _clarification(kept: Kept) -> Clarification | None:
    if kept is None:
        return None
    question, choices, drafts = kept
    return Clarification(text(question), texts(choices), several(drafts, _draft))


def _draft(kept: Kept) -> Draft:
    sql, origin, confidence, reading, guess = kept
    sure = _number(confidence)
    if sure is None:
        raise ValueError("a draft is more or less sure")
    return Draft(text(sql), Origin(origin), sure, optional_text(reading), flag(guess))


def _refusal_to_kept(refusal: Refusal | None) -> Kept:
    if refusal is None:
        return None
    reasons = [[reason.code.value, reason.message, reason.hint] for reason in refusal.reasons]
    return [refusal.message, reasons]


def _refusal(kept: Kept) -> Refusal | None:
    if kept is None:
        return None
    message, reasons = kept
    return Refusal(text(message), several(reasons, _reason))


def _reason(kept: Kept) -> Reason:
    code, message, hint = kept
    return Reason(ReasonCode(code), text(message), optional_text(hint))


def _number(kept: Kept) -> float | None:
    number = cell_from_kept(kept)
    if number is None or type(number) in (int, float):
        return number  # type: ignore[return-value]
    raise ValueError("a number expected")
