"""A catalog made ready for questions: things, the words that mean them, the keys between them."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from os.path import commonprefix
from typing import TYPE_CHECKING

from forerun.catalog import words
from forerun.domain import Catalog
from forerun.parsing.elapsed import figures
from forerun.parsing.happenings import usual
from forerun.parsing.lessons import Lessons, learn
from forerun.parsing.naming import last_names, names, values
from forerun.parsing.schema import (
    Edge,
    Entity,
    Field,
    Link,
    Meaning,
    display,
    guess_keys,
    read_entity,
    read_measure,
    read_twin,
)
from forerun.parsing.spelling import Spelling
from forerun.parsing.superiors import refers_to_its_kind

if TYPE_CHECKING:
    from forerun.parsing.joins import Tree

_WHOLE = frozenset(("exact", "stripped", "qualified"))
"""Qualities of links by a whole name."""


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
    lessons: Lessons = field(default_factory=Lessons)
    paths: dict[tuple[frozenset[Entity], Entity], list[tuple[Edge, ...]]] = field(
        default_factory=dict
    )
    trees: dict[tuple[Entity, frozenset[Entity]], tuple[Tree, ...]] = field(default_factory=dict)
    """Join paths and trees found so far; see `joins`."""

    lasting: frozenset[Entity] = frozenset()
    """Tables whose rows last for days, as two of their columns tell."""
    timed: frozenset[Entity] = frozenset()
    """Tables whose rows last for hours."""
    _twins: dict[Entity, Entity] = field(default_factory=dict)
    _day: tuple[date, Index] | None = field(default=None, repr=False, compare=False)

    def on(self, today: date) -> Index:
        """The same with what days tell on that one: ages, and how long rows last."""
        kept = self._day
        if kept is not None and kept[0] == today:
            return kept[1]
        told = figures(self.entities, self.names, self.dialect, today)
        more = {name: [*self.names.get(name, ()), *new] for name, new in told.names.items()}
        found = self
        if more:
            names = self.names | more
            found = replace(self, names=names, lasting=told.lasting, timed=told.timed)
        self._day = found._day = (today, found)
        return found

    def twin(self, entity: Entity) -> Entity:
        """`entity` by another name, always the same."""
        known = self._twins.get(entity)
        if known is None:
            taken = {other.table.name.lower() for other in self.entities}
            known = self._twins.setdefault(entity, read_twin(entity, taken))
        return known

    @cached_property
    def _edges_by_entity(self) -> dict[Entity, list[Edge]]:
        found: dict[Entity, list[Edge]] = {entity: [] for entity in self.entities}
        for edge in self.edges:
            found[edge.many].append(edge)
            if edge.one is not edge.many:
                found[edge.one].append(edge)
        return found

    def edges_of(self, entity: Entity) -> list[Edge]:
        """The edges that touch `entity`; a table joined a second time has none of its own."""
        return self._edges_by_entity.get(entity, [])

    @cached_property
    def _places(self) -> dict[int, int]:
        return {id(edge): place for place, edge in enumerate(self.edges)}

    def comes_first(self, edge: Edge, other: Edge) -> bool:
        """Whether `edge` was declared or found before `other`."""
        return self._places[id(edge)] < self._places[id(other)]

    @cached_property
    def last_names(self) -> dict[str, list[Link]]:
        """Stored full names of more than one word by the last of these, titles aside."""
        return last_names(self.values)

    @cached_property
    def date_fields(self) -> list[Field]:
        """Columns that tell when, dates before years."""
        every = [f for e in self.entities for f in e.fields]
        days = [f for f in every if f.meaning is Meaning.DATE]
        return days + [f for f in every if f.meaning is Meaning.YEAR]

    def is_a_date(self, name: tuple[str, ...]) -> bool:
        """Whether a date is called so in full."""
        named = [link.target for link in self.names.get(name, ()) if link.quality in _WHOLE]
        dates = (isinstance(item, Field) and item.meaning is Meaning.DATE for item in named)
        return bool(named) and all(dates)

    def usual_time(self, entity: Entity) -> Field | None:
        """The date that tells when a row of `entity` happened, where that is clear."""
        return self._usual_times.get(entity)

    @cached_property
    def _usual_times(self) -> dict[Entity, Field]:
        found = ((entity, usual(entity)) for entity in self.entities)
        return {entity: item for entity, item in found if item is not None}


def build(catalog: Catalog) -> Index:
    """The index of a catalog; takes about 20 µs a column."""
    spelling = Spelling(catalog.tables)
    entities = [read_entity(table, spelling) for table in catalog.tables]
    guess_keys(entities)
    edges = _edges(entities)
    for entity in entities:
        keys = {f for edge in edges if edge.many is entity for f, _ in edge.pairs}
        for item in entity.fields:
            if item in keys and item.meaning is not Meaning.DATE:
                item.meaning = Meaning.KEY
        entity.display = display(entity)
    by_key = {entity.key: entity for entity in entities}
    for metric in catalog.metrics:
        if (owner := by_key.get(metric.table)) is not None:
            owner.measures.append(read_measure(metric, owner))
    return Index(
        entities,
        edges,
        names(entities, edges),
        values(entities),
        _vocabulary(entities, spelling),
        catalog.dialect,
        learn(catalog, entities, edges),
    )


def _vocabulary(entities: list[Entity], spelling: Spelling) -> dict[str, str]:
    found: dict[str, str] = {}
    for entity in entities:
        items = (*entity.fields, *entity.measures)
        named = [spelling.column(entity.table, item.name) for item in items]
        told = (*entity.table.synonyms, *(s for item in items for s in item.column.synonyms))
        split = (spelling.table(entity.table), *named, *map(words.split_identifier, told))
        for word in (word for said in split for word in said):
            found.setdefault(words.stem(word), word)
    return found


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
    named = _by_what_names_their_rows(entities)
    glued = _by_glued_keys(entities)
    texts = {e.primary[0].name.lower() for e in entities if e.primary and _is_named(e)}
    for entity in entities:
        for item in entity.fields:
            if item in declared:
                continue
            if refers_to_its_kind(item, entity):
                yield _edge(entity, entity, ((item, entity.primary[0]),), declared=False)
                continue
            usual = item.name.lower().endswith(("id", "code", "key"))
            if not (usual or item.name.lower() in texts):
                continue
            ends = (item.stems[at:] for at in range(len(item.stems)))
            likely = {at for name in (item.name.lower(), *ends) for at in named.get(name, ())}
            ending = {at for end in _glued_ends(item) for at in glued.get(end, ())}
            for place, other in ((at, entities[at]) for at in sorted(likely | ending)):
                if other is not entity and _refers(item, other, place in ending):
                    key = other.primary[0]
                    yield _edge(entity, other, ((item, key),), declared=False)
                    break


def _is_named(entity: Entity) -> bool:
    """Whether no key was declared, and a text tells its rows apart."""
    return not entity.table.primary_key and entity.primary[0].meaning is not Meaning.KEY


def _by_what_names_their_rows(entities: list[Entity]) -> dict[Hashable, list[int]]:
    """Positions of tables by the name of their key, so that not every pair has to be looked at."""
    found: dict[Hashable, list[int]] = {}
    for at, entity in enumerate(entities):
        for key in entity.primary[:1]:
            for name in (key.name.lower(), key.stems, (*entity.stems, *key.stems[-1:])):
                found.setdefault(name, []).append(at)
    return found


def _by_glued_keys(entities: list[Entity]) -> dict[str, list[int]]:
    """Positions of tables by how the names of columns end that refer to them: `paperid`, and
    `custid` of `sbcustid` where the names of all tables begin with `sb`.
    """
    found: dict[str, list[int]] = {}
    names = [entity.table.name.lower() for entity in entities]
    mark = commonprefix(names) if len(names) > 1 else ""  # noqa: RUF071 - of letters
    for at, entity in enumerate(entities):
        for key in entity.primary[:1]:
            name = key.name.lower()
            for end in {name, name.removeprefix(mark)}:
                if len(end) >= _SHORTEST_END and "_" not in end:
                    found.setdefault(end, []).append(at)
    return found


_SHORTEST_END = 5


def _glued_ends(item: Field) -> Iterator[str]:
    """`citingpaperid` ends with `paperid`."""
    name = item.name.lower()
    if "_" not in name and item.entity.primary != (item,):
        yield from (name[at:] for at in range(1, len(name) - _SHORTEST_END + 1))


def _refers(item: Field, other: Entity, by_glued_end: bool) -> bool:
    if len(other.primary) != 1:
        return False
    key = other.primary[0]
    if not item.stems or not key.stems or key.stems == ("id",) == item.stems:
        return False
    same_name = item.name.lower() == key.name.lower() and item.entity.primary != (item,)
    by_table = item.stems == (*other.stems, key.stems[-1])
    by_end = len(key.stems) > 1 and item.stems[-len(key.stems) :] == key.stems
    by_end = (by_end and item.entity.primary != (item,)) or by_glued_end
    if not (same_name or by_table or by_end):
        return False
    if item.column.kind is not key.column.kind and item.is_numeric != key.is_numeric:
        return False
    if item.column.samples and key.column.samples_complete:
        return set(map(str, item.column.samples)) <= set(map(str, key.column.samples))
    return True
