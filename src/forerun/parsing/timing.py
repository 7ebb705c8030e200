"""Whose date a period is: that of the rows it was said of, where they have one."""

from __future__ import annotations

from collections.abc import Iterator

from forerun.parsing.foremost import says_not_by_what
from forerun.parsing.index import Index
from forerun.parsing.mentions import Kind, Lattice, Mention
from forerun.parsing.plans import During, Plan
from forerun.parsing.schema import Entity, Field, Meaning


def is_of_the_rows(plan: Plan, lattice: Lattice, index: Index) -> bool:
    """False where `customers without orders in 2024` looks for customers of 2024.

    The orders belong to the customers, and not the other way round: "orders of customers in 2024"
    may well be orders of that year.
    """
    for mention in lattice.mentions:
        owners = [owner for table in _named_just_before(mention) for owner in _owners(table, index)]
        if owners and any(c.field.entity in owners for c in _during(plan, mention)):
            return False
    return not (says_not_by_what(lattice) and _is_of_the_ranked(plan, index))


def _is_of_the_ranked(plan: Plan, index: Index) -> bool:
    """`top 5 customers in 2025`, ranked by their orders, are not those who joined in 2025."""
    ranks = (order.term for order in plan.order if order.term.aggregate)
    owners = {owner for term in ranks for owner in _owners(term.entity, index)}
    return any(isinstance(c, During) and c.field.entity in owners for c in plan.conditions)


def _during(plan: Plan, mention: Mention) -> Iterator[During]:
    for condition in plan.conditions:
        if isinstance(condition, During) and condition.period == mention.period:
            yield condition


def _named_just_before(mention: Mention) -> Iterator[Entity]:
    """The table said right before a period: `orders in 2024`, `amount of orders in 2024`."""
    before = mention.before
    if mention.kind is Kind.PERIOD and before is not None and before.end == mention.start:
        for link in before.links:
            item = link.target
            if isinstance(item, Entity) and link.quality in _WHOLE:
                yield item
            elif isinstance(item, Field) and _is_figure(item) and link.quality in _OF_FIGURES:
                yield item.entity


def _is_figure(item: Field) -> bool:
    return item.meaning is Meaning.MEASURE and item.metric is None


_WHOLE = frozenset(("exact", "tail", "synonym"))
_OF_FIGURES = ("exact", "stripped", "qualified")


def _owners(entity: Entity, index: Index) -> set[Entity]:
    """The tables that its rows belong to, directly or by way of others, where it has a date."""
    if all(item.meaning not in (Meaning.DATE, Meaning.YEAR) for item in entity.fields):
        return set()
    found, left = {entity}, [entity]
    while left:
        here = left.pop()
        more = {edge.one for edge in index.edges_of(here) if edge.many is here} - found
        found |= more
        left += more
    return found - {entity}
