"""The top five of something, when nobody says by what: everything that they may be ranked by."""

from __future__ import annotations

from collections.abc import Iterator

from forerun.catalog import words
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
_TOTALS = ("sum",)
_AMOUNTS = frozenset(words.stems("amount amt total revenue turnover sales sum"))


def ranked(mention: Mention, lattice: Lattice, index: Index) -> Iterator[Action]:
    """`top 5 products`: by the totals of what refers to each, by how often something does, or by
    their own figures where there are no such totals.
    """
    target = _unranked(mention, lattice)
    if target is None:
        return
    entity = target.entity if isinstance(target, Field) else target
    up = "first" in mention.left
    elsewhere = _figures_elsewhere(entity, index)
    for item in elsewhere[:_MOST]:
        yield Action(
            "limit", mention, field=item, aggregates=_TOTALS, value=mention.number, descending=up
        )
    for item in () if elsewhere or isinstance(target, Field) else _own_figures(entity)[:_MOST]:
        yield Action("limit", mention, field=item, value=mention.number, descending=up)
    if elsewhere and mention.op:
        return  # what sells best sells most often, or for the most money
    of_kinds = isinstance(target, Field)
    measured = {item.entity for item in elsewhere}
    for other in ([entity] if of_kinds else _referring(entity, index, measured))[:_MOST]:
        yield Action("limit", mention, entity=other, value=mention.number, descending=up)


def is_by_anything(action: Action) -> bool:
    """Whether what the rows are ranked by had to be made up."""
    return action.role == "limit" and action.table is not None


def says_not_by_what(lattice: Lattice) -> bool:
    """Whether the first few are asked for, and no word says by what they are the first."""
    asked = not lattice.tags.isdisjoint(("first", "last")) and lattice.tags.isdisjoint(_RANKED)
    return asked and all(mention.adjective is None for mention in lattice.mentions)


def _own_figures(entity: Entity) -> list[Field]:
    measures = (item for item in entity.fields if item.meaning is Meaning.MEASURE)
    return [item for item in measures if item.column.kind.is_number]


def _referring(entity: Entity, index: Index, measured: set[Entity]) -> list[Entity]:
    """Tables whose rows refer to it; those that hold its figures where there are any."""
    many = list(dict.fromkeys(e.many for e in index.edges_of(entity) if e.one is entity))
    return [other for other in many if other in measured] or many


def _figures_elsewhere(entity: Entity, index: Index) -> list[Field]:
    """What adds up in the tables that refer to it, or in those that refer to these: the revenue of
    a product, the amount of a customer's orders. Amounts go before quantities.
    """
    near = _referring(entity, index, set())
    far = [other for one in near for other in _referring(one, index, set())]
    for tables in (near, far):
        found = [item for table in dict.fromkeys(tables) for item in _added_up(table)]
        if found and entity not in tables:
            return sorted(found, key=lambda item: _AMOUNTS.isdisjoint(item.stems))
    return []


def _added_up(entity: Entity) -> Iterator[Field]:
    for item in entity.fields:
        if item.is_additive and item.column.kind.is_number and item.elapsed is None:
            yield item


def _unranked(mention: Mention, lattice: Lattice) -> Entity | Field | None:
    """The rows or kinds of which the first few are asked for, where nothing says by what."""
    named = _said_of(mention)
    if mention.kind is not Kind.NUMBER or named is None:
        return None
    if {"first", "last"}.isdisjoint(mention.left) or not says_not_by_what(lattice):
        return None
    targets = [link.target for link in named.links if link.quality == "exact"]
    target = targets[0] if len(targets) == 1 else None
    if isinstance(target, Field):
        return target if target.meaning is Meaning.CATEGORY else None
    return target if isinstance(target, Entity) else None


def _said_of(mention: Mention) -> Mention | None:
    """What follows at once; or what comes before, in "which brand sells best"."""
    before, after = mention.before, mention.after
    if after is not None and after.start == mention.end and after.links:
        return after
    said_after = mention.op and before is not None and before.end == mention.start
    return before if said_after else None
