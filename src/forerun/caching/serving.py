"""What is kept, as an asker's own answer: own words, own number, nothing that others can spoil."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from forerun.caching.freshness import ago
from forerun.caching.layers import Found
from forerun.caching.sizes import NESTED
from forerun.domain import (
    Answer,
    CacheLayer,
    CacheUse,
    Fallback,
    Kind,
    Question,
    Rows,
    Trace,
    TraceId,
    Usage,
)

FROZEN = frozenset(Kind) - NESTED
"""Kinds of columns whose cells hold neither lists nor objects."""


def for_asker(answer: Answer, question: Question, use: CacheUse) -> Answer:
    """The kept answer in the asker's words."""
    return replace(
        answer,
        question=question.text,
        trace_id=question.id,
        rows=_own_rows(answer.rows),
        chart=_own(answer.chart),
        cache=use,
    )


def coalesced(answer: Answer, question: Question, age_s: float) -> Answer:
    """The answer of a question that was under way when this one came."""
    reason = "The same was being answered for somebody else."
    use = CacheUse(hit=True, layer=CacheLayer.FLIGHT, age_s=age_s, reason=reason)
    return for_asker(without_costs(answer), question, use)


def stand_in(found: Found, question: Question, late: str, time: float) -> Answer:
    """What is kept although it may no longer be true, with its age in plain sight."""
    assert isinstance(found.entry.value, Answer)  # noqa: S101 - nothing else stands in
    age_s = found.entry.age_s(time)
    reason = f"Answered {ago(age_s)}; a new answer could not be had: {late}"
    warning = f"This was answered {ago(age_s)}. A new answer could not be had: {late}"
    use = CacheUse(hit=True, layer=found.layer, age_s=age_s, reason=reason)
    answer = for_asker(found.entry.value, question, use)
    return replace(answer, warnings=(warning, *answer.warnings))


def unshared(answer: Answer) -> Answer:
    """The same answer, with nothing in it that whoever holds the other could change."""
    return replace(answer, rows=_own_rows(answer.rows), chart=_own(answer.chart))


def without_costs(answer: Answer) -> Answer:
    """What of an answer is for every asker."""
    return replace(
        unshared(answer),
        trace_id=TraceId(""),
        trace=Trace(),
        usage=Usage(),
        decision=None,
        fallback=Fallback(),
        speculation=(),
        cache=CacheUse(),
    )


def _own_rows(rows: Rows | None) -> Rows | None:
    """Rows are frozen; lists and objects in their cells are not."""
    if rows is None or all(column.kind in FROZEN for column in rows.columns):
        return rows
    return replace(rows, rows=tuple(tuple(map(_own, row)) for row in rows.rows))


def _own(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _own(item) for key, item in value.items()}
    return [_own(item) for item in value] if isinstance(value, list) else value
