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
_SPENDS = ("spen",)
"""How the verbs begin that speak of money alone."""
_TOLD = "told"
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
    if mention.op and mention.text.lower().startswith(_SPENDS):
        yield from _spent(mention, target, index)
        return
    for item in elsewhere[:_MOST]:
        yield _by_total(mention, item)
    of_kinds = isinstance(target, Field)
    for item in () if elsewhere or of_kinds else _own_figures(entity)[:_MOST]:
        yield Action("limit", mention, field=item, value=mention.number, descending=up)
    if elsewhere and mention.op:
        return  # what sells best sells most often, or for the most money
    measured = {item.entity for item in elsewhere}
    for other in ([entity] if of_kinds else _referring(entity, index, measured))[:_MOST]:
        yield Action("limit", mention, entity=other, value=mention.number, descending=up)


def _by_total(mention: Mention, item: Field, quality: str = "") -> Action:
    up, number = "first" in mention.left, mention.number
    return Action(
        "limit", mention, field=item, aggregates=_TOTALS, value=number, descending=up,
        quality=quality,
    )  # fmt: skip


def _spent(mention: Mention, target: Entity | Field, index: Index) -> Iterator[Action]:
    """`which customer spent the most`: by the one amount of what belongs to each, or by choice."""
    if isinstance(target, Field):
        return
    found = (item for tables in _belonging(target, index) for t in tables for item in _added_up(t))
    amounts = [item for item in dict.fromkeys(found) if not _AMOUNTS.isdisjoint(item.stems)]
    for item in amounts[:_MOST]:
        yield _by_total(mention, item, _TOLD if len(amounts) == 1 else "")


def is_by_anything(action: Action) -> bool:
    """Whether what the rows are ranked by had to be made up."""
    return action.role == "limit" and action.table is not None and action.quality != _TOLD


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
    for tables in _belonging(entity, index):
        found = [item for table in tables for item in _added_up(table)]
        if found:
            return sorted(found, key=lambda item: _AMOUNTS.isdisjoint(item.stems))
    return []


def _belonging(entity: Entity, index: Index) -> tuple[list[Entity], list[Entity]]:
    """Tables that refer to it, and those that refer to these."""
    near = _referring(entity, index, set())
    far = [other for one in near for other in _referring(one, index, set())]
    return near, [other for other in dict.fromkeys(far) if other not in (entity, *near)]


def _added_up(entity: Entity) -> Iterator[Field]:
    for item in entity.fields:
        if item.is_additive and item.column.kind.is_number and item.elapsed is None:
            yield item


def _unranked(mention: Mention, lattice: Lattice) -> Entity | Field | None:
    """The rows or kinds of which the first few are asked for, where nothing says by what."""
    named = _said_of(mention, lattice)
    if mention.kind is not Kind.NUMBER or named is None:
        return None
    if {"first", "last"}.isdisjoint(mention.left) or not says_not_by_what(lattice):
        return None
    targets = [link.target for link in named.links if link.quality == "exact"]
    target = targets[0] if len(targets) == 1 else None
    if isinstance(target, Field):
        return target if target.meaning is Meaning.CATEGORY else None
    return target if isinstance(target, Entity) else None


def _said_of(mention: Mention, lattice: Lattice) -> Mention | None:
    """What follows at once; or what comes before, in "which brand sells best"."""
    before, after = mention.before, mention.after
    if after is not None and after.start == mention.end and after.links:
        return after
    if not mention.op or before is None:
        return None
    between = lattice.tokens[before.end : mention.start]
    return before if all(token.lower in _RELATIVE for token in between) else None


_RELATIVE = frozenset(("who", "that", "which", "has", "have"))


def ranks_one(mention: Mention) -> bool | None:
    """`largest centre by beds`, `longest tour by distance`: the first from above or from below."""
    before = mention.before
    if before is None or mention.left[:1] != ("by",):
        return None
    rows = any(isinstance(link.target, Entity) for link in before.links)
    if not rows or before.is_plural:
        return None
    if before.left[-1:] in (("high",), ("low",)):
        return "high" in before.left
    said = before.before
    adjective = said.adjective if said is not None and said.end == before.start else None
    if adjective is None or adjective.degree != "superlative":
        return None
    (_, up), *_ = adjective.hints
    return up


def of_the_first(mention: Mention) -> bool:
    """`the top product by revenue`: one of them, as no number is said."""
    here = mention.before
    first = False
    while here is not None:
        if here.number is not None:
            return False
        first = first or "first" in here.left
        here = here.before
    return first
