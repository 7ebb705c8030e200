"""Candidate SQL, what checking said of it, and the only SQL that may reach a database."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Origin(StrEnum):
    """Where a draft came from."""

    PARSER = "parser"
    MEMORY = "memory"
    MODEL = "model"
    USER = "user"


@dataclass(frozen=True, slots=True)
class Draft:
    """A candidate query, as its author wrote it. Nothing in it has been checked."""

    sql: str
    origin: Origin
    confidence: float
    """Probability of being right, 0 to 1, as its author sees it."""
    reading: str | None = None
    """How the question was understood, in words."""
    guess: bool = False
    """Not sure enough to be an answer, but the asker allows guesses."""
    note: str | None = None
    """What its rows do not tell, and the asker should know."""


class ReasonCode(StrEnum):
    """Why a draft was refused. The value is part of the public JSON."""

    EMPTY = "empty"
    UNPARSABLE = "unparsable"
    NOT_ONE_STATEMENT = "not_one_statement"
    NOT_A_QUERY = "not_a_query"
    FORBIDDEN_SYNTAX = "forbidden_syntax"
    FORBIDDEN_FUNCTION = "forbidden_function"
    FORBIDDEN_TABLE = "forbidden_table"
    UNKNOWN_TABLE = "unknown_table"
    UNKNOWN_COLUMN = "unknown_column"
    AMBIGUOUS_COLUMN = "ambiguous_column"
    TOO_COMPLEX = "too_complex"
    TOO_EXPENSIVE = "too_expensive"
    DATABASE_REFUSED = "database_refused"
    """EXPLAIN or execution failed: the database's own words are in the message."""
    TIMED_OUT = "timed_out"
    REVIEWER_REFUSED = "reviewer_refused"
    UNSENT = "unsent"
    """A model asks, and the query touches values that no model may be sent."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason for a refusal, in words that a writer or a person can act on."""

    code: ReasonCode
    message: str
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """One read-only query, generated from a checked syntax tree.

    Only `checking` makes these; a database runs nothing else.
    """

    sql: str
    dialect: str
    tables: frozenset[str] = frozenset()
    """`Table.key` of every table it reads."""
    columns: tuple[str, ...] = ()
    """Names of the columns it gives, where they are known before running."""
    ordered: bool = False
    """True when its outermost level says ORDER BY, so that row order is part of the answer."""
    volatile: bool = False
    """True when running it twice may give different rows: random(), now()."""
    asked: str | None = None
    """The query as its asker may see it, where `sql` holds restrictions that he may not."""
    unsent: bool = False
    """True when its rows may hold, or hang on, values that no model may be sent."""

    @property
    def shown(self) -> str:
        """What may be shown to the asker, and to models."""
        return self.sql if self.asked is None else self.asked


@dataclass(frozen=True, slots=True)
class Verdict:
    """What checking, EXPLAIN or a reviewer says of a draft: accepted, or refused with reasons."""

    reasons: tuple[Reason, ...] = ()
    statement: Statement | None = None
    warnings: tuple[str, ...] = ()

    @property
    def accepted(self) -> bool:
        return not self.reasons

    @property
    def touches_unsent(self) -> bool:
        """Whether its rows hang on values that no model may be sent, or would."""
        if self.statement is not None and self.statement.unsent:
            return True
        return any(reason.code is ReasonCode.UNSENT for reason in self.reasons)


@dataclass(frozen=True, slots=True)
class Refused:
    """A draft that was refused, for its author to mend."""

    draft: Draft
    reasons: tuple[Reason, ...]
