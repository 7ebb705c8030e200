"""Tables and columns as a question sees them: what each is for, and what of it to show."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from forerun.catalog import words
from forerun.domain import Column, Kind, Metric, Table

_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}(?:[ T]|$)")
_NUMERIC = re.compile(r"\s*-?\d+(?:\.\d+)?\s*$")
_SUMMED = """
revenue sales turnover amount quantity total profit units volume cost spend spending expense
income hours paid sold count payment earnings
"""
_ADDITIVE = frozenset(map(words.stem, _SUMMED.split()))


class Meaning(StrEnum):
    """What a column is for, as far as names, types and samples tell."""

    KEY = "key"
    NAME = "name"
    MEASURE = "measure"
    CATEGORY = "category"
    DATE = "date"
    YEAR = "year"


@dataclass(eq=False, slots=True)
class Field:
    """A column in its table, or a metric over it. Compared by identity."""

    entity: Entity
    column: Column
    meaning: Meaning
    stems: tuple[str, ...]
    position: int
    metric: Metric | None = None
    """Set where it is computed: its "sum" is then the metric's own expression."""

    @property
    def name(self) -> str:
        return self.column.name

    @property
    def is_numeric(self) -> bool:
        """A number, or text whose every sample reads as one."""
        return self.column.kind.is_number or self.is_numeric_text

    @property
    def is_additive(self) -> bool:
        """A measure that means something when summed, as prices and ages do not."""
        if self.metric is not None:
            return True
        return self.meaning is Meaning.MEASURE and bool(_ADDITIVE & set(self.stems))

    @property
    def is_numeric_text(self) -> bool:
        return self.column.kind is Kind.TEXT and _all_match(self.column, _NUMERIC)

    def __repr__(self) -> str:
        return f"{self.entity.key}.{self.name}"


@dataclass(eq=False, slots=True)
class Entity:
    """A table. Compared by identity."""

    table: Table
    stems: tuple[str, ...]
    fields: list[Field] = field(default_factory=list)
    display: tuple[Field, ...] = ()
    """What to show of a row when asked for "the customers"."""
    primary: tuple[Field, ...] = ()
    measures: list[Field] = field(default_factory=list)
    """The metrics that are computed over its rows; they are among no `fields`."""
    time: Field | None = None
    """The column that tells when, where the team has said so."""

    @property
    def key(self) -> str:
        return self.table.key

    def named(self, name: str) -> Field | None:
        wanted = name.lower()
        return next((f for f in self.fields if f.name.lower() == wanted), None)

    def __repr__(self) -> str:
        return self.key


@dataclass(frozen=True, slots=True)
class Stored:
    """A value as it is stored in a column."""

    field: Field
    value: object


@dataclass(frozen=True, slots=True)
class Edge:
    """`many.columns` refer to `one.columns`."""

    many: Entity
    one: Entity
    pairs: tuple[tuple[Field, Field], ...]
    """(column of `many`, column of `one`)."""
    declared: bool
    unique: bool
    """True when the columns of `many` are unique there too: one row a side."""


@dataclass(frozen=True, slots=True)
class Link:
    """A thing of the catalog that some words may mean, and how well they agree with its name."""

    target: Field | Entity | Stored
    quality: str


def read_entity(table: Table) -> Entity:
    """A table with its columns; what to show of it is known only with the keys of others."""
    entity = Entity(table, words.stems(table.name))
    for position, column in enumerate(table.columns):
        stems = words.stems(column.name)
        entity.fields.append(Field(entity, column, _meaning(table, column, stems), stems, position))
    found = (entity.named(name) for name in table.primary_key)
    entity.primary = tuple(f for f in found if f is not None)
    if table.time is not None and (told := entity.named(table.time)) is not None:
        told.meaning = Meaning.YEAR if told.column.kind.is_number else Meaning.DATE
        entity.time = told
    return entity


def read_measure(metric: Metric, entity: Entity) -> Field:
    """A metric as a numeric column that its table does not store."""
    column = Column(metric.name, "", Kind.DECIMAL, synonyms=metric.synonyms)
    return Field(entity, column, Meaning.MEASURE, words.stems(metric.name), -1, metric)


def _meaning(table: Table, column: Column, stems: tuple[str, ...]) -> Meaning:
    last = stems[-1] if stems else ""
    if column.name in table.primary_key and (column.kind is not Kind.TEXT or last != "name"):
        return Meaning.KEY
    if last in ("id", "key", "uuid", "guid"):
        return Meaning.KEY
    if column.kind.is_temporal or is_text_date(column):
        return Meaning.DATE
    if last == "year" and (column.kind.is_number or _all_match(column, _NUMERIC)):
        return Meaning.YEAR
    if column.kind.is_number or (column.kind is Kind.TEXT and _all_match(column, _NUMERIC)):
        return Meaning.MEASURE
    if last in ("name", "title") or stems[:1] == ("name",):
        return Meaning.NAME
    return Meaning.CATEGORY


def is_text_date(column: Column) -> bool:
    """Text that holds ISO days, as SQLite keeps them."""
    if any(isinstance(value, date) for value in column.samples[:3]):
        return True
    return column.kind is not Kind.DATE and _all_match(column, _ISO_DAY)


def _all_match(column: Column, pattern: re.Pattern[str]) -> bool:
    some = [value for value in column.samples[:20] if value not in (None, "")]
    return bool(some) and all(isinstance(v, str) and pattern.match(v) for v in some)


def display(entity: Entity) -> tuple[Field, ...]:
    """What the team says, else the name, the title, first and last name, a text, or the key."""
    told = tuple(f for name in entity.table.display if (f := entity.named(name)) is not None)
    return told or _guessed_display(entity)


def _guessed_display(entity: Entity) -> tuple[Field, ...]:
    own = set(entity.stems)
    for wanted in ("name", "title"):
        plain = [f for f in entity.fields if f.stems and f.stems[-1] == wanted]
        for candidate in plain:
            if set(candidate.stems[:-1]) <= own:
                return (candidate,)
    first = next((f for f in entity.fields if f.stems == ("first", "name")), None)
    last = next((f for f in entity.fields if f.stems == ("last", "name")), None)
    if first and last:
        return (first, last)
    named = [f for f in entity.fields if f.meaning is Meaning.NAME]
    if named:
        return (named[0],)
    text = [f for f in entity.fields if f.meaning is Meaning.CATEGORY]
    if text and not entity.primary:
        return (text[0],)
    return entity.primary or tuple(text[:1]) or tuple(entity.fields[:1])
