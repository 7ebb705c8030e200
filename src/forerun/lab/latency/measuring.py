"""One question on one strategy, measured; and whether two answers are the same."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from forerun.domain import Answer, Stage, Status, Strategy
from forerun.wire import rows_to_json


class Befell(StrEnum):
    """What came in the way of a question's answer, the worst of it."""

    NOTHING = "no table added, first query passes"
    TABLES = "the analyst adds a table, first query passes"
    REPAIR = "a query is refused and repaired"


NO_TABLES = "0 tables added"
"""How the analyst's stage says so."""


@dataclass(frozen=True, slots=True)
class Times:
    """Of one question. `first_rows_s` counts from its beginning, provisional rows included."""

    began_at: float
    seconds: float
    first_rows_s: float | None


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds at scale 1, on the clock of the run."""

    question: str
    complex: bool
    seconds: float
    first_rows_s: float | None
    """Until the first rows, provisional or not, were there."""
    model_calls: int
    input_tokens: int
    output_tokens: int
    cost_usd: float
    status: Status
    digest: str
    """Equal for equal answers."""
    fell_back: bool
    parallel: bool
    predicted_s: float | None
    wasted_ms: float
    began_at: float = 0.0
    """On the clock of the loop."""
    befell: Befell = Befell.NOTHING
    follow_up: bool = False


def measured(
    question: str, complex_: bool, answer: Answer, times: Times, *, follow_up: bool = False
) -> Measured:
    decision = answer.decision
    return Measured(
        question,
        complex_,
        times.seconds,
        times.first_rows_s,
        answer.usage.model_calls,
        answer.usage.input_tokens,
        answer.usage.output_tokens,
        answer.usage.cost_usd or 0.0,
        answer.status,
        digest(answer),
        answer.fallback.used,
        decision is not None and decision.strategy is Strategy.PARALLEL,
        decision.predicted_seconds if decision is not None else None,
        sum(each.wasted_ms for each in answer.speculation),
        times.began_at,
        befell(answer),
        follow_up,
    )


def befell(answer: Answer) -> Befell:
    """By the trace of what the answer came of."""
    done = [span for span in answer.trace.spans if not span.wasted]
    if any(span.stage is Stage.REPAIR for span in done):
        return Befell.REPAIR
    analysed = [span for span in done if span.stage is Stage.ANALYSE and span.outcome == "ok"]
    return Befell.TABLES if any(s.detail != NO_TABLES for s in analysed) else Befell.NOTHING


def digest(answer: Answer) -> str:
    """Status, SQL, columns, rows, summary, chart, suggestions and clarification, as one text.

    Rows are compared exactly, which is stricter than to 1e-9.
    """
    asked = answer.clarification
    return json.dumps(
        [
            answer.status.value,
            answer.sql,
            [column.name for column in answer.rows.columns] if answer.rows else None,
            rows_to_json(answer.rows) if answer.rows else None,
            answer.summary,
            answer.chart,
            answer.suggestions,
            [asked.question, asked.choices] if asked else None,
        ],
        default=str,
        sort_keys=True,
    )


def union_s(intervals: Iterable[tuple[float, float]], since: float, until: float) -> float:
    """Seconds between the two in which at least one of the intervals was under way."""
    covered, reached = 0.0, since
    for began_at, ends_at in sorted(intervals):
        begin, end = max(began_at, reached), min(ends_at, until)
        if end > begin:
            covered += end - begin
            reached = end
    return covered
