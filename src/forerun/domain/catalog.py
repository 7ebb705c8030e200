"""What a database holds: tables, columns, keys, and what few values were looked at."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from typing import TypeAlias

from forerun.domain.knowledge import GoldenQuery, Metric

Value: TypeAlias = object
"""One cell as the driver gives it: None, bool, int, float, Decimal, str, bytes, date,
datetime, time, timedelta, UUID, or a list / dict of those (DuckDB's nested types)."""


class Kind(StrEnum):
    """A column's type with the dialect taken off."""

    INTEGER = "integer"
    DECIMAL = "decimal"
    FLOAT = "float"
    TEXT = "text"
    BOOLEAN = "boolean"
    DATE = "date"
    TIME = "time"
    TIMESTAMP = "timestamp"
    BINARY = "binary"
    JSON = "json"
    OTHER = "other"

    @property
    def is_number(self) -> bool:
        return self in (Kind.INTEGER, Kind.DECIMAL, Kind.FLOAT)

    @property
    def is_temporal(self) -> bool:
        return self in (Kind.DATE, Kind.TIMESTAMP)


@dataclass(frozen=True, slots=True)
class Column:
    """A column; `samples` are distinct stored values, empty until somebody looked."""

    name: str
    type: str
    kind: Kind
    nullable: bool = True
    comment: str | None = None
    samples: tuple[Value, ...] = ()
    samples_complete: bool = False
    """True when `samples` holds every distinct value of the column (NULL left out)."""
    synonyms: tuple[str, ...] = ()
    """Other names that the team has for it."""
    unit: str | None = None
    """What its numbers count: EUR, kg, %."""
    unsent: bool = False
    """Whether its values may go to no model."""
    untouched: bool = False
    """Whether no query may touch it, but to count it: the asker is such a model himself."""


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """`columns` of the owning table refer, in order, to `referenced` of table `table`."""

    columns: tuple[str, ...]
    table: str
    """`Table.key` of the referenced table."""
    referenced: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Restriction:
    """What is put between an asker and a stored table that is not all his to see."""

    where: str | None = None
    """The condition that his rows fulfil, values in it; None where he sees all rows."""
    needs: tuple[Column, ...] = ()
    """Columns that the condition names and that he does not see."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table or a view. `schema` is None where its name needs no prefix."""

    name: str
    columns: tuple[Column, ...]
    schema: str | None = None
    primary_key: tuple[str, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    unique: tuple[tuple[str, ...], ...] = ()
    comment: str | None = None
    rows: int | None = None
    """Number of rows; None where unknown (views)."""
    rows_estimated: bool = False
    is_view: bool = False
    synonyms: tuple[str, ...] = ()
    """Other names that the team has for it."""
    display: tuple[str, ...] = ()
    """The columns to show of a row; empty where the team did not say."""
    time: str | None = None
    """The column that tells when; None where the team did not say."""
    hidden: tuple[str, ...] = ()
    """Names of columns that the team hides. `columns` lacks them; only the gate needs to know."""
    restriction: Restriction | None = None
    """Set where an asker sees only some of its columns or rows."""

    @property
    def is_partial(self) -> bool:
        """Whether the database holds more of it than its asker may see."""
        return self.restriction is not None or bool(self.hidden)

    @property
    def key(self) -> str:
        """How SQL names it: `name`, or `schema.name` outside the default schema."""
        return f"{self.schema}.{self.name}" if self.schema else self.name

    def column(self, name: str) -> Column | None:
        """The column of that name, case ignored."""
        wanted = name.lower()
        return next((c for c in self.columns if c.name.lower() == wanted), None)

    def with_samples(self, sampled: Iterable[Column]) -> Table:
        """The same table with the columns named in `sampled` put in place."""
        by_name = {column.name: column for column in sampled}
        return replace(self, columns=tuple(by_name.get(c.name, c) for c in self.columns))


@dataclass(frozen=True)
class Catalog:
    """All tables of one database that the connection may read."""

    database: str
    """A name to show; never holds a secret."""
    dialect: str
    """sqlglot's name: duckdb, sqlite, postgres, mysql, …"""
    tables: tuple[Table, ...]
    metrics: tuple[Metric, ...] = ()
    """Figures that the team has defined."""
    golden_queries: tuple[GoldenQuery, ...] = ()

    @cached_property
    def by_key(self) -> dict[str, Table]:
        return {table.key.lower(): table for table in self.tables}

    def table(self, key: str) -> Table | None:
        """The table that SQL names `key`, case ignored."""
        return self.by_key.get(key.lower())

    @cached_property
    def unrestricted(self) -> Catalog:
        """The same tables as a query may name them once restrictions stand in it."""
        return replace(
            self,
            tables=tuple(
                replace(t, columns=t.columns + t.restriction.needs, restriction=None)
                if t.restriction
                else t
                for t in self.tables
            ),
        )

    @cached_property
    def fingerprint(self) -> str:
        """32 hex digits over the structure: names, types, keys, comments, what the team knows.

        Row counts and samples are left out, so that it changes only with the schema.
        """
        digest = hashlib.blake2b(digest_size=16)
        digest.update(self.dialect.encode())
        if self.metrics or self.golden_queries:
            digest.update(repr((self.metrics, self.golden_queries)).encode())
        for table in sorted(self.tables, key=lambda t: t.key):
            structure = (
                table.key,
                table.is_view,
                table.comment,
                table.primary_key,
                sorted(table.unique),
                sorted((k.columns, k.table, k.referenced) for k in table.foreign_keys),
                [(c.name, c.type, c.kind.value, c.nullable, c.comment) for c in table.columns],
                (table.synonyms, table.display, table.time, table.hidden, table.restriction),
                [(c.synonyms, c.unit, c.unsent, c.untouched) for c in table.columns],
            )
            digest.update(repr(structure).encode())
        return digest.hexdigest()

    def only(self, keys: Iterable[str]) -> Catalog:
        """The catalog cut down to the tables named by `keys`, in catalog order."""
        wanted = {key.lower() for key in keys}
        return replace(
            self,
            tables=tuple(t for t in self.tables if t.key.lower() in wanted),
            metrics=tuple(m for m in self.metrics if m.table.lower() in wanted),
        )

    def with_tables(self, changed: Iterable[Table]) -> Catalog:
        """The catalog with the tables of the same key replaced."""
        by_key = {table.key: table for table in changed}
        return replace(self, tables=tuple(by_key.get(t.key, t) for t in self.tables))
