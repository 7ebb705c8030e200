"""What was done, and what merely belongs together: who never bought a player may well have some.

Teams have players by a key, and transfers tell who bought whom. A verb that nothing explains is of
either. Where rows are themselves what happened, like orders, they are what was placed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from forerun.parsing.index import Index
from forerun.parsing.inflection import is_verb, relates
from forerun.parsing.mentions import Lattice
from forerun.parsing.plans import Plan
from forerun.parsing.schema import Edge, Entity, Meaning

_STANDING = frozenset(
    ("affiliated", "assigned", "attached", "based", "belonging", "composed", "comprised",
     "connected", "employed", "enrolled", "having", "headed", "hosted", "housed", "led", "linked",
     "listed", "living", "located", "managed", "owned", "owning", "registered", "staffed",
     "stationed", "supervised", "working")
)  # fmt: skip
"""Verbs of what lasts: they are no more than a key."""


def told_by_bonds(plans: Iterable[Plan], lattice: Lattice, index: Index) -> Iterator[Plan]:
    """The plans; undecided are those that take a bond for a deed that another table may tell."""
    deed = any(_is_deed(unknown.word) for unknown in lattice.unknown)
    for plan in plans:
        bound = deed and any(_may_be_told_elsewhere(edge, plan, index) for edge in _edges(plan))
        yield replace(plan, undecided=True) if bound else plan


def _is_deed(word: str) -> bool:
    return word.islower() and word not in _STANDING and (is_verb(word) or relates(word))


def _edges(plan: Plan) -> Iterator[Edge]:
    yield from plan.tree.edges
    if plan.setop is not None:
        yield from plan.setop.tree.edges
    for semi in plan.partners:
        yield from (semi.edge, *semi.tree.edges)


def _may_be_told_elsewhere(edge: Edge, plan: Plan, index: Index) -> bool:
    """Whether a key joins two things of which a table that is left alone tells what happened."""
    if edge.one.alias or edge.many.alias or edge.one is edge.many:
        return False
    if not (_is_a_thing(edge.many) and _is_a_thing(edge.one)):
        return False
    used = {entity for each in _edges(plan) for entity in (each.one, each.many)}
    mine = {other.many for other in index.edges_of(edge.many) if other.one is edge.many}
    theirs = {other.many for other in index.edges_of(edge.one) if other.one is edge.one}
    return any(not _is_a_thing(entity) for entity in (mine & theirs) - used)


def _is_a_thing(entity: Entity) -> bool:
    """People and places go by a name, what happens to them by a number."""
    return any(item.meaning is Meaning.NAME for item in entity.display)
