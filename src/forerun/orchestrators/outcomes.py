"""From what a schedule ended in to the Answer that the asker gets."""

from __future__ import annotations

from dataclasses import dataclass, replace

from forerun.domain import (
    Answer,
    Clarification,
    Context,
    Draft,
    Failure,
    Narration,
    Question,
    Refusal,
    Rows,
    Statement,
    Status,
    Told,
)
from forerun.errors import ForerunError


@dataclass(frozen=True, slots=True)
class Found:
    """A draft that passed every check, and its rows."""

    draft: Draft
    statement: Statement
    rows: Rows
    warnings: tuple[str, ...] = ()
    told: Told | None = None
    """What the narrator has said of the rows already."""


def answered(
    question: Question,
    context: Context,
    found: Found,
    narration: Narration,
    dialect: str,
    orchestrator: str,
) -> Answer:
    """The data was there."""
    return Answer(
        question=question.text,
        status=Status.ANSWERED,
        dialect=dialect,
        orchestrator=orchestrator,
        trace_id=question.id,
        standalone=context.question,
        sql=found.statement.shown,
        reading=found.draft.reading,
        rows=found.rows,
        summary=narration.summary,
        chart=narration.chart,
        suggestions=narration.suggestions,
        confidence=found.draft.confidence,
        warnings=_noted(found.draft) + found.warnings + narration.warnings,
        tables=found.statement.tables,
        volatile=found.statement.volatile,
        ordered=found.statement.ordered,
    )


def _noted(draft: Draft) -> tuple[str, ...]:
    """What the rows do not tell; and who allows guesses is told of each one, and how it reads the
    question."""
    note = () if draft.note is None else (draft.note,)
    if not draft.guess:
        return note
    read = f" It reads the question as: {draft.reading}." if draft.reading else ""
    return (f"This is a guess, right with a probability of {draft.confidence:.0%}.{read}", *note)


def partial(answer: Answer) -> Answer:
    """The same answer, marked as cut by its deadline."""
    cut = "Time ran out before the summary was written; these are the bare facts of the rows."
    return replace(answer, partial=True, warnings=(*answer.warnings, cut))


NOTHING_PASSES = "I could not write a query that passes every check."


def undecided(
    question: Question,
    context: Context,
    outcome: Clarification | Refusal,
    dialect: str,
    orchestrator: str,
) -> Answer:
    """Not knowing, as an answer."""
    asks = isinstance(outcome, Clarification)
    return Answer(
        question=question.text,
        status=Status.CLARIFY if asks else Status.REFUSED,
        dialect=dialect,
        orchestrator=orchestrator,
        trace_id=question.id,
        standalone=context.question,
        clarification=outcome if isinstance(outcome, Clarification) else None,
        refusal=outcome if isinstance(outcome, Refusal) else None,
    )


def failed(question: Question, error: ForerunError, dialect: str, orchestrator: str) -> Answer:
    """Our machinery or the outside world failed; the asker is told clearly."""
    return Answer(
        question=question.text,
        status=Status.FAILED,
        dialect=dialect,
        orchestrator=orchestrator,
        trace_id=question.id,
        failure=Failure(error.code, error.message, error.hint),
    )
