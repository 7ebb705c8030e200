"""Rows of a kind: "how many dogs", where a dog is one of the species that the pets point at.

How many species are called so is no question: it is one, whatever the data. Meant are the rows
that point at it.
"""

from __future__ import annotations

from dataclasses import replace

from forerun.parsing.index import Index
from forerun.parsing.mentions import Lattice
from forerun.parsing.plans import Compare, Term
from forerun.parsing.schema import Entity, Field, Meaning, Stored
from forerun.parsing.sketching import Sketch


def of_a_kind(sketch: Sketch, lattice: Lattice, index: Index) -> tuple[Sketch, ...]:
    """The sketch with the rows that point at the look-up table in the place of its own, once for
    each table that may be meant; the sketch alone where it asks for more than it fixes.
    """
    looked_up = _looked_up(sketch)
    if looked_up is None or looked_up in lattice.entities:
        return (sketch,)
    pointing = [edge.many for edge in index.edges_of(looked_up) if edge.one is looked_up]
    meant = [entity for entity in dict.fromkeys(pointing) if entity is not looked_up]
    meant = [entity for entity in meant if entity in sketch.tables] or meant
    undecided = len(meant) > 1 or _is_a_name_of(looked_up, lattice)
    return tuple(_of(entity, sketch, undecided) for entity in meant) or (sketch,)


def _is_a_name_of(entity: Entity, lattice: Lattice) -> bool:
    """Whether what is looked up was said like somebody's own name, as in "how many Bobs"."""
    return any(
        isinstance(link.target, Stored) and link.target.field.entity is entity
        for mention in lattice.mentions
        if mention.start and mention.text[:1].isupper()
        for link in mention.links
    )


def _looked_up(sketch: Sketch) -> Entity | None:
    """The table of which the sketch tells only what it has fixed itself: a name, or how many
    have that name.
    """
    shown = [term for term in sketch.select if term not in sketch.group]
    if len({term.entity for term in shown}) != 1 or shown[0].entity in _beside(sketch):
        return None
    entity = shown[0].entity
    fixed = {
        either[0].field
        for either in sketch.where
        if len(either) == 1 and isinstance(either[0], Compare) and either[0].op in ("=", "in")
    }
    named = {item for item in fixed if item.entity is entity and names_one_row(item)}
    if not named:
        return None
    counted = shown == [Term(None, entity, "count")]
    listed = all(term.field in named and not term.aggregate for term in shown)
    return entity if counted or listed else None


def _beside(sketch: Sketch) -> set[Entity]:
    """The tables by which groups are told apart and rows put in order."""
    terms = (*sketch.group, *(h.term for h in sketch.having), *(o.term for o in sketch.order))
    return {term.entity for term in terms}


def names_one_row(item: Field) -> bool:
    """Whether a value of the column is the name of one row, as far as samples tell."""
    column, rows = item.column, item.entity.table.rows
    if item not in item.entity.display or item.meaning is Meaning.KEY:
        return False
    return column.samples_complete and (not rows or len(column.samples) >= rows)


def _of(entity: Entity, sketch: Sketch, undecided: bool) -> Sketch:
    """The same told of the rows of `entity`."""
    keys = [term for term in sketch.select if term in sketch.group]
    counted = any(term.aggregate for term in sketch.select)
    shown = [Term(item, item.entity) for item in entity.display]
    return replace(
        sketch,
        select=[*keys, *([Term(None, entity, "count")] if counted else shown)],
        shown=[] if counted else [entity],
        tables={entity: None, **sketch.tables},
        of_a_kind=True,
        undecided=undecided,
    )
