"""What a team teaches the service, as JSON."""

from __future__ import annotations

from typing import TypedDict


class FeedbackJSON(TypedDict):
    answer_id: str
    database: str
    question: str
    """As it was understood without its conversation."""
    verdict: str
    """`right` or `wrong`."""
    comment: str | None
    corrected_sql: str | None
    golden_query: str | None
    """The id of the golden query that came of it."""
    user: str
    at: str


class FeedbackListJSON(TypedDict):
    feedback: list[FeedbackJSON]
    next_cursor: str | None
    """Where the list goes on; null at its end."""


class GoldenQueryJSON(TypedDict):
    id: str
    database: str
    question: str
    sql: str
    status: str
    """`proposed`, `accepted`, `rejected` or `retired`."""
    version: int
    proposed_by: str
    at: str
    warnings: list[str]
    """For whoever reviews it."""
    broken: str | None
    """Why it is not used, although it is accepted."""


class GoldenQueriesJSON(TypedDict):
    golden_queries: list[GoldenQueryJSON]
    next_cursor: str | None


class GoldenImportJSON(GoldenQueriesJSON):
    left_alone: list[GoldenQueryJSON]
    """Of those that were given, the ones that were rejected, retired or changed here before, and
    others that are accepted for their questions. They are as they were."""


class ReviewJSON(TypedDict):
    version: int
    act: str
    """`proposed`, `accepted`, `rejected`, `retired` or `changed`."""
    who: str
    at: str
    why: str | None


class ReviewedQueryJSON(GoldenQueryJSON):
    reviews: list[ReviewJSON]
    """The latest first."""


class TermJSON(TypedDict):
    id: str
    database: str
    term: str
    table: str
    column: str | None
    expression: str | None
    synonyms: list[str]
    description: str | None
    version: int
    changed_by: str
    at: str
    broken: str | None
    """Why it is not used."""


class GlossaryJSON(TypedDict):
    terms: list[TermJSON]
    next_cursor: str | None
