"""A catalog made ready for questions: what each column is, and which words mean it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cached_property, lru_cache
from pathlib import Path

from forerun.catalog import words
from forerun.domain import Catalog, Column, Kind, Table

_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}(?:[ T]|$)")
_NUMERIC = re.compile(r"\s*-?\d+(?:\.\d+)?\s*$")
_MAX_VALUE_WORDS = 8
_ADDITIVE = frozenset(
    map(
        words.stem,
        [
            "revenue",
            "sales",
            "turnover",
            "amount",
            "quantity",
            "total",
            "profit",
            "units",
            "volume",
            "cost",
            "costs",
            "spend",
            "spending",
            "expense",
            "expenses",
            "income",
            "hours",
            "paid",
            "sold",
            "count",
            "payment",
            "earnings",
        ],
    )
)
_SYNONYMS = Path(__file__).with_name("synonyms.txt")


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
    """A column in its table. Compared by identity."""

    entity: Entity
    column: Column
    meaning: Meaning
    stems: tuple[str, ...]
    position: int

    @property
    def name(self) -> str:
        return self.column.name

    @property
    def sort_key(self) -> tuple[str, int]:
        return (self.entity.key, self.position)

    @property
    def is_numeric(self) -> bool:
        """A number, or text whose every sample reads as one."""
        return self.column.kind.is_number or self.is_numeric_text

    @property
    def is_additive(self) -> bool:
        """A measure that means something when summed, as prices and ages do not."""
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


@dataclass(eq=False)
class Index:
    """Everything the lattice looks words up in."""

    entities: list[Entity]
    edges: list[Edge]
    names: dict[tuple[str, ...], list[Link]]
    values: dict[tuple[str, ...], list[Link]]
    vocabulary: dict[str, str]
    """Stem of every word of a name → the word as written."""
    dialect: str
    paths: dict[tuple[frozenset[Entity], Entity], list[tuple[Edge, ...]]] = field(
        default_factory=dict
    )
    """Join paths found so far; see `joins`."""

    @cached_property
    def _edges_by_entity(self) -> dict[Entity, list[Edge]]:
        found: dict[Entity, list[Edge]] = {entity: [] for entity in self.entities}
        for edge in self.edges:
            found[edge.many].append(edge)
            if edge.one is not edge.many:
                found[edge.one].append(edge)
        return found

    def edges_of(self, entity: Entity) -> list[Edge]:
        """The edges that touch `entity`."""
        return self._edges_by_entity[entity]

    @cached_property
    def date_fields(self) -> list[Field]:
        """Columns that tell when, dates before years."""
        every = [f for e in self.entities for f in e.fields]
        days = [f for f in every if f.meaning is Meaning.DATE]
        return days + [f for f in every if f.meaning is Meaning.YEAR]


def build(catalog: Catalog) -> Index:
    """The index of a catalog; takes about 20 µs a column."""
    entities = [_entity(table) for table in catalog.tables]
    edges = _edges(entities)
    for entity in entities:
        keys = {f for edge in edges if edge.many is entity for f, _ in edge.pairs}
        for item in entity.fields:
            if item in keys and item.meaning is not Meaning.DATE:
                item.meaning = Meaning.KEY
        entity.display = _display(entity)
    vocabulary: dict[str, str] = {}
    for entity in entities:
        for name in (entity.table.name, *(f.name for f in entity.fields)):
            for word in words.split_identifier(name):
                vocabulary.setdefault(words.stem(word), word)
    return Index(entities, edges, _names(entities), _values(entities), vocabulary, catalog.dialect)


def _entity(table: Table) -> Entity:
    entity = Entity(table, words.stems(table.name))
    for position, column in enumerate(table.columns):
        stems = words.stems(column.name)
        entity.fields.append(Field(entity, column, _meaning(table, column, stems), stems, position))
    found = (entity.named(name) for name in table.primary_key)
    entity.primary = tuple(f for f in found if f is not None)
    return entity


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


def _display(entity: Entity) -> tuple[Field, ...]:
    """The name, the title, first and last name, the first text that is no key, or the key."""
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


def _edges(entities: list[Entity]) -> list[Edge]:
    by_key = {entity.key.lower(): entity for entity in entities}
    edges: list[Edge] = []
    for entity in entities:
        for key in entity.table.foreign_keys:
            other = by_key.get(key.table.lower())
            if other is None:
                continue
            mine = [entity.named(name) for name in key.columns]
            theirs = [other.named(name) for name in key.referenced]
            pairs = tuple((a, b) for a, b in zip(mine, theirs, strict=False) if a and b)
            if pairs and not any(e.many is entity and e.pairs == pairs for e in edges):
                edges.append(_edge(entity, other, pairs, declared=True))
    declared = {f for edge in edges for f, _ in edge.pairs}
    return edges + list(_inferred(entities, declared))


def _edge(
    many: Entity, one: Entity, pairs: tuple[tuple[Field, Field], ...], declared: bool
) -> Edge:
    columns = {mine.name for mine, _ in pairs}
    uniques = [set(names) for names in (many.table.primary_key, *many.table.unique) if names]
    return Edge(many, one, pairs, declared, any(names <= columns for names in uniques))


def _inferred(entities: list[Entity], declared: set[Field]) -> Iterator[Edge]:
    """Keys that nobody declared: named as the other table's key, holding only its values."""
    for entity in entities:
        for item in entity.fields:
            if item in declared or not item.stems or item.stems[-1] not in ("id", "code", "key"):
                continue
            for other in entities:
                if other is not entity and _refers(item, other):
                    key = other.primary[0]
                    yield _edge(entity, other, ((item, key),), declared=False)
                    break


def _refers(item: Field, other: Entity) -> bool:
    if len(other.primary) != 1:
        return False
    key = other.primary[0]
    same_name = item.name.lower() == key.name.lower() and item.entity.primary != (item,)
    by_table = item.stems == (*other.stems, key.stems[-1]) if key.stems else False
    if not (same_name and len(item.stems) > 1) and not by_table:
        return False
    if item.column.kind is not key.column.kind and item.is_numeric != key.is_numeric:
        return False
    if item.column.samples and key.column.samples_complete:
        return set(map(str, item.column.samples)) <= set(map(str, key.column.samples))
    return True


def _names(entities: list[Entity]) -> dict[tuple[str, ...], list[Link]]:
    found: dict[tuple[str, ...], dict[Field | Entity, str]] = {}

    def add(key: tuple[str, ...], target: Field | Entity, quality: str) -> None:
        if key:
            found.setdefault(key, {}).setdefault(target, quality)

    for entity in entities:
        add(entity.stems, entity, "exact")
        for item in entity.fields:
            add(item.stems, item, "exact")
    for entity in entities:
        add(_glued(entity.table.name), entity, "exact")
        for item in entity.fields:
            add(_glued(item.name), item, "exact")
            if item.stems[: len(entity.stems)] == entity.stems:
                add(item.stems[len(entity.stems) :], item, "stripped")
            add(entity.stems + item.stems, item, "qualified")
    for entity in entities:
        for part in _parts(entity.stems):
            add(part, entity, "tail" if part == entity.stems[-len(part) :] else "part")
        for item in entity.fields:
            for part in _parts(item.stems):
                add(part, item, "tail" if part == item.stems[-len(part) :] else "part")
    for key, others in synonyms().items():
        for other in others:
            for target, quality in list(found.get((other,), {}).items()):
                if quality in ("exact", "stripped", "tail"):
                    add((key,), target, "synonym")
    return {key: [Link(t, q) for t, q in links.items()] for key, links in found.items()}


@lru_cache(maxsize=1)
def synonyms() -> dict[str, tuple[str, ...]]:
    """Stem → stems of everyday words for the same thing, from `synonyms.txt`."""
    found: dict[str, dict[str, None]] = {}
    for line in _SYNONYMS.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            group = [words.stem(word) for word in line.split()]
            for word in group:
                found.setdefault(word, {}).update(dict.fromkeys(w for w in group if w != word))
    return {word: tuple(others) for word, others in found.items()}


def _glued(name: str) -> tuple[str, ...]:
    """`headofstate` for HeadOfState: questions glue and cut words as they like."""
    return (words.stem("".join(words.split_identifier(name))),)


def _parts(stems: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Shorter runs of the words, longest first; runs of digits and linking words say nothing."""
    for size in range(len(stems) - 1, 0, -1):
        for start in range(len(stems) - size + 1):
            part = stems[start : start + size]
            if not all(word.isdigit() or word in ("of", "in", "the", "is", "to") for word in part):
                yield part


def value_words(text: str) -> tuple[str, ...]:
    """The words by which a stored text is looked up."""
    return tuple(re.findall(r"\w+", text.lower()))


def _values(entities: list[Entity]) -> dict[tuple[str, ...], list[Link]]:
    found: dict[tuple[str, ...], list[Link]] = {}
    for entity in entities:
        for item in entity.fields:
            if item.column.kind is not Kind.TEXT or item.meaning is Meaning.DATE:
                continue
            for value in item.column.samples:
                if isinstance(value, str) and value and len(value) <= 80:
                    key = value_words(value)
                    if 0 < len(key) <= _MAX_VALUE_WORDS:
                        found.setdefault(key, []).append(Link(Stored(item, value), "value"))
    return found
