"""The top five of something, when nobody says by what: everything that they may be ranked by."""

from __future__ import annotations

from collections.abc import Iterator

from forerun.parsing import cues
from forerun.parsing.actions import Action
from forerun.parsing.index import Index
from forerun.parsing.mentions import Kind, Lattice, Mention
from forerun.parsing.schema import Entity, Field, Meaning

_RANKED = frozenset(
    ("by", "order", "most", "least", "high", "low", "common", "rare", "often", "seldom", "count",
     *cues.AGGREGATES, *cues.WINDOWS)
)  # fmt: skip
"""Who says one of these says by what."""
_MOST = 2
"""Figures offered, and tables whose rows may be counted."""


def ranked(mention: Mention, lattice: Lattice, index: Index) -> Iterator[Action]:
    """`top 5 services`: by each figure of theirs, and by how often each is referred to."""
    target = _unranked(mention, lattice)
    if target is None:
        return
    up = "first" in mention.left
    if isinstance(target, Field):
        yield Action("limit", mention, entity=target.entity, value=mention.number, descending=up)
        return
    entity = target
    measures = (item for item in entity.fields if item.meaning is Meaning.MEASURE)
    figures = [item for item in measures if item.column.kind.is_number]
    for item in figures[:_MOST]:
        yield Action("limit", mention, field=item, value=mention.number, descending=up)
    many = [edge.many for edge in index.edges_of(entity) if edge.one is entity]
    for other in list(dict.fromkeys(many))[:_MOST]:
        yield Action("limit", mention, entity=other, value=mention.number, descending=up)


def is_by_anything(action: Action) -> bool:
    """Whether what the rows are ranked by had to be made up."""
    return action.role == "limit" and action.table is not None


def _unranked(mention: Mention, lattice: Lattice) -> Entity | Field | None:
    """The rows or kinds of which the first few are asked for, where nothing says by what."""
    after = mention.after
    if mention.kind is not Kind.NUMBER or after is None or after.start != mention.end:
        return None
    if {"first", "last"}.isdisjoint(mention.left) or not lattice.tags.isdisjoint(_RANKED):
        return None
    if any(other.adjective is not None for other in lattice.mentions):
        return None
    targets = [link.target for link in after.links if link.quality == "exact"]
    target = targets[0] if len(targets) == 1 else None
    if isinstance(target, Field):
        return target if target.meaning is Meaning.CATEGORY else None
    return target if isinstance(target, Entity) else None
