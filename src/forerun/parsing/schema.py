"""Tables and columns as a question sees them: what each is for, and what of it to show."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from functools import cached_property

from forerun.catalog import words
from forerun.domain import Column, Kind, Metric, Table
from forerun.parsing.spelling import Spelling

_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}(?:[ T]|$)")
_NUMERIC = re.compile(r"\s*-?\d+(?:\.\d+)?\s*$")
_SUMMED = """
revenue sales turnover amount quantity total profit units volume cost spend spending expense
income hours paid sold count payment earnings
"""
_ADDITIVE = frozenset(map(words.stem, _SUMMED.split()))
_OF_ONE = frozenset(("unit", "per", "average", "avg", "mean", "rate", "percent", "pct"))


_FLAGS = (("no", "yes"), ("n", "y"), ("false", "true"), ("f", "t"), ("0", "1"))


def _like(word: str, found: dict[str, object], example: object) -> object:
    """The word as the column stores it, also where no row says it yet."""
    if word in found:
        return found[word]
    if isinstance(example, bool):
        return word == "true"
    if isinstance(example, int):
        return int(word)
    text = str(example)
    return word.upper() if text.isupper() else word.title() if text[:1].isupper() else word


class Meaning(StrEnum):
    """What a column is for, as far as names, types and samples tell."""

    KEY = "key"
    NAME = "name"
    MEASURE = "measure"
    CATEGORY = "category"
    DATE = "date"
    YEAR = "year"


@dataclass(eq=False)
class Field:
    """A column in its table, or a metric over it. Compared by identity."""

    entity: Entity
    column: Column
    meaning: Meaning
    stems: tuple[str, ...]
    position: int
    metric: Metric | None = None
    """Set where it is computed: its "sum" is then the metric's own expression."""
    elapsed: Elapsed | None = None
    """Set where no column stores it: the time between two days of a row."""

    @property
    def name(self) -> str:
        return self.column.name

    @property
    def is_numeric(self) -> bool:
        """A number, or text whose every sample reads as one."""
        return self.column.kind.is_number or self.is_numeric_text

    @property
    def is_additive(self) -> bool:
        """A measure that means something when summed, as prices and ages do not, nor what is
        told of one of many: unit prices, cost per hour, the average amount.
        """
        if self.metric is not None:
            return True
        if self.meaning is not Meaning.MEASURE or not _ADDITIVE & set(self.stems):
            return False
        return _OF_ONE.isdisjoint(words.split_identifier(self.name))

    @cached_property
    def is_numeric_text(self) -> bool:
        return self.column.kind is Kind.TEXT and _all_match(self.column, _NUMERIC)

    @property
    def tells_rows_apart(self) -> bool:
        """Whether no two rows hold the same value, as was declared or seen in every row."""
        table, column = self.entity.table, self.column
        if self.entity.primary == (self,) and table.primary_key:
            return True
        if (column.name,) in table.unique and not column.nullable:
            return True
        return column.samples_complete and len(column.samples) == table.rows

    @cached_property
    def flags(self) -> tuple[object, object] | None:
        """What stands for no and for yes; None where the column holds anything else."""
        if not self.column.samples_complete or self.meaning is Meaning.KEY:
            return None
        found = {str(value).lower(): value for value in self.column.samples}
        for no, yes in _FLAGS:
            if found and found.keys() <= {no, yes}:
                as_stored = next(iter(found.values()))
                return _like(no, found, as_stored), _like(yes, found, as_stored)
        return None

    @property
    def leaves_no_out(self) -> bool:
        """Whether rows say yes or nothing: what is not marked has no value."""
        stored = self.column.samples
        return self.flags is not None and self.column.nullable and self.flags[0] not in stored

    def __repr__(self) -> str:
        return f"{self.entity.key}.{self.name}"


@dataclass(frozen=True, slots=True)
class Elapsed:
    """The days from one column to another; up to a day that is given, the completed years."""

    begin: Field
    end: Field | date
    in_hours: bool = False
    """Between two times of a day, of which days would tell only half."""


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
    alias: str = ""
    """What it is called where it is joined for a second time."""

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


def read_entity(table: Table, spelling: Spelling) -> Entity:
    """A table with its columns; what to show of it is known only with the keys of others."""
    entity = Entity(table, tuple(map(words.stem, spelling.table(table))))
    for position, column in enumerate(table.columns):
        stems = tuple(map(words.stem, spelling.column(table, column.name)))
        entity.fields.append(Field(entity, column, _meaning(table, column, stems), stems, position))
    found = (entity.named(name) for name in table.primary_key)
    entity.primary = tuple(f for f in found if f is not None)
    if table.time is not None and (told := entity.named(table.time)) is not None:
        told.meaning = Meaning.YEAR if told.column.kind.is_number else Meaning.DATE
        entity.time = told
    return entity


def guess_keys(entities: list[Entity]) -> None:
    """Where no key was declared: `business_id`, `id` or `bid` of the businesses, if all differ.

    Of several tables that have a column of that name, it is the key of the one with the shortest.
    """
    for entity in sorted(entities, key=lambda e: (len(e.table.name), e.key)):
        if entity.primary:
            continue
        taken = {item.name.lower() for other in entities for item in other.primary} - {"id"}
        item = next((f for f in _likely_keys(entity) if f.name.lower() not in taken), None)
        if item is not None:
            item.meaning = Meaning.KEY
            entity.primary = (item,)
    _guess_named_rows([entity for entity in entities if not entity.primary], entities)


def _guess_named_rows(keyless: list[Entity], entities: list[Entity]) -> None:
    """A text that differs in every row, and that other tables have a column of the same name for:
    `city_name` of the cities.
    """
    for entity in keyless:
        others = {f.name.lower() for other in entities if other is not entity for f in other.fields}
        named = (f for f in entity.fields if f.name.lower() in others)
        telling = (f for f in named if f.column.kind is Kind.TEXT and f.column.samples_complete)
        item = next((f for f in telling if _all_differ(entity.table, f.column)), None)
        if item is not None:
            entity.primary = (item,)


def _likely_keys(entity: Entity) -> Iterator[Field]:
    initial = entity.table.name[:1].lower()
    for wanted in ((*entity.stems, "id"), ("id",), (f"{initial}id",)):
        for item in entity.fields:
            if item.stems == wanted and _all_differ(entity.table, item.column):
                yield item


def _all_differ(table: Table, column: Column) -> bool:
    """As far as samples tell."""
    if not column.samples or not table.rows:
        return False
    return not column.samples_complete or len(column.samples) == table.rows


def read_twin(entity: Entity, taken: Collection[str]) -> Entity:
    """The same table, to be joined a second time, by a name that no table has."""
    alias = f"other_{entity.table.name}"
    while alias.lower() in taken:
        alias = f"other_{alias}"
    twin = replace(entity, alias=alias, fields=[], display=(), primary=())
    twin.fields = [
        Field(twin, f.column, f.meaning, f.stems, at) for at, f in enumerate(entity.fields)
    ]
    twin.display = tuple(twin.fields[f.position] for f in entity.display)
    twin.primary = tuple(twin.fields[f.position] for f in entity.primary)
    return twin


def read_measure(metric: Metric, entity: Entity) -> Field:
    """A metric as a numeric column that its table does not store."""
    column = Column(metric.name, "", Kind.DECIMAL, synonyms=metric.synonyms)
    return Field(entity, column, Meaning.MEASURE, words.stems(metric.name), -1, metric)


_TITLE = words.stem("title")
_FIRST, _LAST = words.stems("first given"), words.stems("last family")
_ALONE_FIRST, _ALONE_LAST = words.stems("forename surname")


def _meaning(table: Table, column: Column, stems: tuple[str, ...]) -> Meaning:
    last = stems[-1] if stems else ""
    keyed = column.name in table.primary_key and (column.kind is not Kind.TEXT or last != "name")
    when = _time(column, last)
    if keyed and (when is None or len(table.primary_key) == 1):
        return Meaning.KEY
    if last in ("id", "key", "uuid", "guid"):
        return Meaning.KEY
    if when is not None:
        return when
    if column.kind.is_number or (column.kind is Kind.TEXT and _all_match(column, _NUMERIC)):
        return Meaning.MEASURE
    if last == "name" or stems[:1] == ("name",):
        return Meaning.NAME
    is_title = stems == (_TITLE,) and not any(map(_is_last_name, table.columns))
    return Meaning.NAME if is_title else Meaning.CATEGORY


def _time(column: Column, last: str) -> Meaning | None:
    """Whether it tells when, as the year of a purchase does that is part of its key."""
    if column.kind.is_temporal or is_text_date(column):
        return Meaning.DATE
    year = last == "year" and (column.kind.is_number or _all_match(column, _NUMERIC))
    return Meaning.YEAR if year else None


def _is_last_name(column: Column) -> bool:
    """Beside it, a title is what somebody does."""
    *_, part, last = ("", "", *words.stems(column.name))
    return last == _ALONE_LAST or (last == "name" and part in _LAST)


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


def _part_of_name(entity: Entity, parts: tuple[str, ...], alone: str) -> Field | None:
    """`first_name`, `customer_first_name` of a customer, `given_name`, `forename`."""
    own = set(entity.stems)
    for item in entity.fields:
        *owner, last = item.stems or ("",)
        named = last == "name" and owner and owner[-1] in parts and set(owner[:-1]) <= own
        if last == alone or named:
            return item
    return None


def _called(entity: Entity, word: str) -> Field | None:
    """`name`, `customer_name` of a customer."""
    own = set(entity.stems)
    plain = (f for f in entity.fields if f.stems[-1:] == (word,))
    return next((f for f in plain if set(f.stems[:-1]) <= own), None)


_SAID_OF_A_CODE = frozenset(map(words.stem, ("description", "label")))
_LONGEST_LABEL = 40


def _what_codes_stand_for(entity: Entity) -> Field | None:
    """The description of a permit type, where its key is a text: short, and of one row each."""
    if not any(item.column.kind is Kind.TEXT for item in entity.primary):
        return None
    own = set(entity.stems)
    for item in entity.fields:
        called = item.stems[-1:] and item.stems[-1] in _SAID_OF_A_CODE
        if called and set(item.stems[:-1]) <= own and item.tells_rows_apart:
            short = all(len(str(value)) <= _LONGEST_LABEL for value in item.column.samples)
            return item if short else None
    return None


def _guessed_display(entity: Entity) -> tuple[Field, ...]:
    if name := _called(entity, "name"):
        return (name,)
    same = [f for f in entity.fields if f.stems == entity.stems and f.column.kind is Kind.TEXT]
    if same:
        return (same[0],)  # the party of a row of the parties
    first = _part_of_name(entity, _FIRST, _ALONE_FIRST)
    last = _part_of_name(entity, _LAST, _ALONE_LAST)
    if first and last:
        return (first, last)
    if title := _called(entity, _TITLE):  # after the names: that of somebody is what they do
        return (title,)
    named = [f for f in entity.fields if f.meaning is Meaning.NAME]
    if named:
        return (named[0],)
    if called := _what_codes_stand_for(entity):
        return (called,)
    text = [f for f in entity.fields if f.meaning is Meaning.CATEGORY]
    if text and not entity.primary:
        return (text[0],)
    return entity.primary or tuple(text[:1]) or tuple(entity.fields[:1])
