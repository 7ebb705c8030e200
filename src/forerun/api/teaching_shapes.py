"""What requests hold with which a team teaches the service, and how what is kept is shown."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from fastapi import Path, Query
from pydantic import AfterValidator, ConfigDict, Field, StringConstraints

from forerun.api.acting import LATEST_VERSION, Body, Version
from forerun.api.shapes import NO_NUL, QuestionId
from forerun.app.serving.teaching import (
    Judgement,
    KeptFeedback,
    KeptGolden,
    KeptTerm,
    Review,
    Wanted,
)
from forerun.domain import Term
from forerun.errors import BadInput
from forerun.wire.moments import precisely
from forerun.wire.teaching import FeedbackJSON, GoldenQueryJSON, ReviewJSON, TermJSON

LONGEST_SQL = 20_000
LONGEST_ASKED = 2_000
LONGEST_COMMENT = 4_000
LONGEST_FILE = 900_000
MOST_SYNONYMS = 50


def _whole(text: str) -> str:
    """Halves of characters are text to JSON, and to no store."""
    if any("\ud800" <= sign <= "\udfff" for sign in text):
        raise ValueError("holds half a character")
    return text


_SOMETHING = r"^[^\x00]*[^\s\x00][^\x00]*$"
Sql: TypeAlias = Annotated[
    str,
    StringConstraints(min_length=1, max_length=LONGEST_SQL, pattern=_SOMETHING),
    AfterValidator(_whole),
]
Asked: TypeAlias = Annotated[
    str,
    StringConstraints(min_length=1, max_length=LONGEST_ASKED, pattern=_SOMETHING),
    AfterValidator(_whole),
]
Words: TypeAlias = Annotated[
    str, StringConstraints(max_length=LONGEST_COMMENT, pattern=NO_NUL), AfterValidator(_whole)
]
Name: TypeAlias = Annotated[
    str,
    StringConstraints(min_length=1, max_length=200, pattern=_SOMETHING),
    AfterValidator(_whole),
]

KeptId: TypeAlias = Annotated[
    str, Path(pattern=r"^[0-9a-f]{32}$", description="Its id, as the list gives it.")
]
Database: TypeAlias = Annotated[
    str | None, Query(max_length=200, description="Only those of this database.")
]
Expected: TypeAlias = Annotated[
    int | None,
    Query(ge=1, le=LATEST_VERSION, description="Only if it is still at this version; else 409."),
]
Most: TypeAlias = Annotated[int, Query(ge=1, le=1_000, description="How many at most.")]
Cursor: TypeAlias = Annotated[
    str | None,
    Query(pattern=r"^[0-9]{1,15}$", description="`next_cursor` of the page before."),
]


class FeedbackBody(Body):
    """What you say of an answer of yours."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "answer_id": "0af7651916cd43dd8448eb211c80319c",
                    "verdict": "wrong",
                    "comment": "Cancelled orders do not count.",
                    "corrected_sql": "SELECT count(*) FROM orders WHERE status <> 'cancelled'",
                }
            ]
        }
    )

    answer_id: QuestionId = Field(description="The `trace_id` of the answer.")
    verdict: Judgement = Field(description="Whether it was right.")
    comment: Words | None = Field(None, description="For whoever reads it.")
    corrected_sql: Sql | None = Field(
        None, description="The query that answers the question; refused at once where it cannot."
    )


class GoldenBody(Body):
    """A question and the SQL that you know to be right for it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "database": "sales",
                    "question": "How is business?",
                    "sql": "SELECT count(*) AS orders, sum(amount) AS amount FROM orders",
                }
            ]
        }
    )

    database: Name | None = Field(
        None, description="Its name; may be left out where there is only one."
    )
    question: Asked = Field(description="Asked in these words, the SQL answers.")
    sql: Sql = Field(description="One SELECT statement.")
    why: Words | None = Field(None, description="Kept with the review.")


class ImportBody(Body):
    """A file of golden queries."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "database": "sales",
                    "yaml": "golden_queries:\n"
                    "  - question: How is business?\n"
                    "    sql: SELECT count(*) FROM orders\n",
                }
            ]
        }
    )

    database: Name | None = Field(
        None, description="Its name; may be left out where there is only one."
    )
    yaml: str = Field(max_length=LONGEST_FILE, description="Its text, as the export gives it.")
    why: Words | None = Field(None, description="Kept with each review.")
    first: int = Field(
        1,
        ge=1,
        le=LONGEST_FILE,
        description="Of a part of a file: the number of its first query in the file, from which "
        "errors count.",
    )
    replace: bool = Field(
        default=False,
        description="Whether a query takes the place of another that is accepted for its question "
        "here; else that one stays.",
    )


class ChangedGoldenBody(Body):
    """Another wording, or other SQL."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "question": "How was business last year?",
                    "sql": "SELECT count(*) AS orders FROM orders",
                    "expected_version": 1,
                }
            ]
        }
    )

    question: Asked
    sql: Sql
    why: Words | None = Field(None, description="Kept with the review.")
    expected_version: Version = Field(
        description="That you have seen; 409 where it has another by now."
    )


class ReviewBody(Body):
    """A decision."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"why": "As finance counts it.", "expected_version": 1}]}
    )

    why: Words | None = Field(None, description="Kept with the review.")
    expected_version: Version | None = Field(
        None, description="Only if it is still at this version; else 409."
    )


class TermBody(Body):
    """A word of yours and what it means: a figure (`expression`), a `column`, or else the table."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "database": "sales",
                    "term": "revenue",
                    "table": "orders",
                    "expression": "SUM(CASE WHEN status <> 'cancelled' THEN amount ELSE 0 END)",
                    "synonyms": ["turnover"],
                }
            ]
        }
    )

    database: Name | None = Field(
        None, description="Its name; may be left out where there is only one."
    )
    term: Name = Field(description="As people say it in a question: one to six words.")
    table: Name = Field(description="The table that it is about.")
    column: Name | None = Field(None, description="Where it means that column.")
    expression: Sql | None = Field(
        None, description="Where it means a figure: one aggregate over the table's columns."
    )
    synonyms: list[Name] = Field(
        default_factory=list, max_length=MOST_SYNONYMS, description="Other words for the same."
    )
    description: Words | None = Field(None, description="Told to the writer.")

    def meant(self) -> Term:
        """Raises `BadInput` for a term that would be a column and a figure at once."""
        if self.column is not None and self.expression is not None:
            raise BadInput(
                "A term means a column or an expression, and this one would mean both.",
                "Leave out column or expression.",
            )
        description = (self.description or "").strip() or None
        names = tuple(dict.fromkeys(name.strip() for name in self.synonyms))
        about = (self.table, self.column, self.expression)
        return Term(self.term.strip(), *about, names, description)


class ChangedTermBody(TermBody):
    """All of it anew. The database stays."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "term": "clients",
                    "table": "customers",
                    "synonyms": ["accounts"],
                    "expected_version": 1,
                }
            ]
        }
    )

    expected_version: Version = Field(
        description="That you have seen; 409 where it has another by now."
    )


def wanted(database: str | None, of: str | None, cursor: str | None, most: int) -> Wanted:
    databases = () if database is None else (database,)
    return Wanted(databases, of, None if cursor is None else int(cursor), most)


def next_cursor(last: int | None, found: int, most: int) -> str | None:
    """After the last one that was found, where there may be more."""
    return None if last is None or found < most else str(last)


def feedback_to_json(kept: KeptFeedback) -> FeedbackJSON:
    return {
        "answer_id": kept.answer,
        "database": kept.database,
        "question": kept.question,
        "verdict": kept.judgement.value,
        "comment": kept.comment,
        "corrected_sql": kept.corrected_sql,
        "golden_query": kept.golden,
        "user": kept.said_by,
        "at": precisely(kept.at),
    }


def golden_to_json(kept: KeptGolden, broken: str | None) -> GoldenQueryJSON:
    return {
        "id": kept.id,
        "database": kept.database,
        "question": kept.question,
        "sql": kept.sql,
        "status": kept.status.value,
        "version": kept.version,
        "proposed_by": kept.proposed_by,
        "at": precisely(kept.at),
        "warnings": list(kept.warnings),
        "broken": broken,
    }


def review_to_json(kept: Review) -> ReviewJSON:
    return {
        "version": kept.version,
        "act": kept.act,
        "who": kept.who,
        "at": precisely(kept.at),
        "why": kept.why,
    }


def term_to_json(kept: KeptTerm, broken: str | None) -> TermJSON:
    return {
        "id": kept.id,
        "database": kept.database,
        "term": kept.term.name,
        "table": kept.term.table,
        "column": kept.term.column,
        "expression": kept.term.sql,
        "synonyms": list(kept.term.synonyms),
        "description": kept.term.description,
        "version": kept.version,
        "changed_by": kept.changed_by,
        "at": precisely(kept.at),
        "broken": broken,
    }
