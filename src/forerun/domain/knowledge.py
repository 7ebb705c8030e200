"""What a team knows about its database and wrote down: values, nothing of the file they came from.

Names of tables and columns are as the team spelled them; whether the database has them is for
`forerun.knowledge` to say, which gives a catalog this knowledge.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Metric:
    """A figure with a name: one aggregate expression over the columns of one table."""

    name: str
    table: str
    """`Table.key` of the table whose columns the expression names."""
    sql: str
    """The expression in the database's dialect: `SUM(amount) / COUNT(*)`."""
    synonyms: tuple[str, ...] = ()
    description: str | None = None


@dataclass(frozen=True, slots=True)
class GoldenQuery:
    """A question and the SQL that the team knows to be right for it."""

    question: str
    sql: str


@dataclass(frozen=True, slots=True)
class ColumnKnowledge:
    """What is known of one column."""

    description: str | None = None
    synonyms: tuple[str, ...] = ()
    unit: str | None = None
    """What its numbers count: EUR, kg, %."""
    hidden: bool = False
    """True where nobody may see it: no asker, no model, no parser."""


@dataclass(frozen=True, slots=True)
class TableKnowledge:
    """What is known of one table."""

    description: str | None = None
    synonyms: tuple[str, ...] = ()
    time: str | None = None
    """The column that tells when, where nothing else was said."""
    display: tuple[str, ...] = ()
    """The columns to show of a row when asked for "the customers"."""
    columns: Mapping[str, ColumnKnowledge] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What is known of one database."""

    tables: Mapping[str, TableKnowledge] = field(default_factory=dict)
    metrics: tuple[Metric, ...] = ()
    golden_queries: tuple[GoldenQuery, ...] = ()


@dataclass(frozen=True, slots=True)
class Term:
    """A word of the team's and what it means: a figure, a column or a table."""

    name: str
    table: str
    """`Table.key` of the table that it is about."""
    column: str | None = None
    """Where it means that column."""
    sql: str | None = None
    """Where it means a figure: one aggregate over the table's columns."""
    synonyms: tuple[str, ...] = ()
    """Other words for the same."""
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Taught:
    """What one tenant has taught of a database while it was in use. The file has the last word."""

    golden_queries: tuple[GoldenQuery, ...] = ()
    terms: tuple[Term, ...] = ()
