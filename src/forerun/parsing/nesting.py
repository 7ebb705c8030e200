"""Queries inside a query: the highest of some rows, and the one that comes first of all.

`older than any student of major 600` compares with some rows, not with all. `the cities of the
county with the most officers` first finds the county, and then all of its cities.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from forerun.catalog import words
from forerun.parsing.joins import Tree, spanning
from forerun.parsing.mentions import Lattice
from forerun.parsing.plans import (
    BesideAggregate,
    Condition,
    OfForemost,
    Order,
    Plan,
    Rows,
    Semi,
    Term,
    entities_of,
)
from forerun.parsing.schema import Entity, Meaning

Where = tuple[tuple[Condition, ...], ...]


def nested(plan: Plan, lattice: Lattice) -> Iterator[Plan]:
    """`plan`, which joins everything spoken of, with some of it inside."""
    yield from _compared_with_some(plan)
    order = plan.order[0] if len(plan.order) == 1 else None
    if plan.limit != 1 or order is None or plan.having or not plan.select:
        return
    if any(term.aggregate for term in plan.select):
        return
    if order.term.aggregate:
        yield from _of_the_one_with_most(plan, order, lattice)
        yield from _of_the_commonest(plan, order, lattice)
    elif not plan.group:
        yield from _of_the_highest(plan, order)


def figures_of_the_foremost(plan: Plan, lattice: Lattice) -> Iterator[Plan]:
    """`the average age of those in the largest dorm`: first which dorm, and then their age."""
    (order,) = plan.order
    ranked = order.term.field
    if ranked is not None and ranked.meaning is Meaning.KEY:
        return
    if order.term.aggregate:
        found = _of_the_one_with_most(plan, order, lattice)
    else:
        found = _of_the_highest(plan, order)
    yield from (_each_once(inside) for inside in found if _is_one(inside, lattice))


def _is_one(plan: Plan, lattice: Lattice) -> bool:
    """False for the newest customers, who are more than one, and nobody knows how many."""
    first = {c.key.entity for c in plan.conditions if isinstance(c, OfForemost)}
    said = (
        lattice.tokens[mention.end - 1].lower
        for mention in lattice.mentions
        if any(link.target in first for link in mention.links)
    )
    return not any(map(words.is_plural, said))


def _each_once(plan: Plan) -> Plan:
    """Rows that the way to the foremost would repeat are those that have a partner there."""
    (entity, *others) = {term.entity for term in plan.select}
    ways = [edge for edge in plan.tree.edges if entity in (edge.one, edge.many)]
    if others or len(ways) != 1 or ways[0].one is not entity or ways[0].unique:
        return plan
    inside = tuple(either for either in plan.where if _tables((either,)) != [entity])
    beyond = tuple(edge for edge in plan.tree.edges if edge is not ways[0])
    semi = Semi(entity, ways[0], Tree(ways[0].many, beyond), inside)
    where = tuple(either for either in plan.where if either not in inside)
    return replace(plan, tree=Tree(entity), where=where, semis=(semi,))


def _compared_with_some(plan: Plan) -> Iterator[Plan]:
    """What is said after the comparison holds of the rows that are compared with."""
    for at, either in enumerate(plan.where):
        beside, later = either[0], plan.where[at + 1 :]
        if len(either) > 1 or not isinstance(beside, BesideAggregate) or not later:
            continue
        compared = beside.field.entity
        inner = spanning(plan.tree, [compared, *_tables(later)])
        among = Rows(Tree(compared, inner.edges), later)
        where = (*plan.where[:at], (replace(beside, among=among),))
        yield replace(plan, tree=_needed(plan, where), where=where)


def _of_the_highest(plan: Plan, order: Order) -> Iterator[Plan]:
    """Ranked by a column of a table that each row refers to: all rows that refer to the first."""
    first = order.term.entity
    edge = next((e for e in plan.tree.edges if e.one is first and len(e.pairs) == 1), None)
    if edge is None or first in {term.entity for term in plan.select}:
        return
    if first in _tables(plan.where):
        return
    mine, key = edge.pairs[0]
    yield _within(plan, OfForemost(mine, "=", key, Tree(first), order))


def _of_the_one_with_most(plan: Plan, order: Order, lattice: Lattice) -> Iterator[Plan]:
    """`the policies of the customer with the most claims`: it is customers that are ranked."""
    shown = {term.entity for term in plan.select}
    for entity in plan.tree.entities:
        if entity in shown or entity not in lattice.entities or len(entity.primary) != 1:
            continue
        if entity is not order.term.entity:
            key = entity.primary[0]
            tree = spanning(plan.tree, [entity, order.term.entity])
            yield _within(plan, OfForemost(key, "=", key, Tree(entity, tree.edges), order))


def _of_the_commonest(plan: Plan, order: Order, lattice: Lattice) -> Iterator[Plan]:
    """`the products of the most common colour`: not the colour, but all that have it."""
    if order.term.field is not None or order.term.aggregate != "count":
        return
    for term in plan.select:
        item, others = term.field, tuple(other for other in plan.select if other != term)
        if item is None or term not in plan.group or term.entity is not order.term.entity:
            continue
        if others and item not in term.entity.primary:
            op = "!=" if "not" in lattice.tags else "="
            found = OfForemost(item, op, item, Tree(term.entity), order)
            yield _within(replace(plan, select=others), found)


def _within(plan: Plan, condition: OfForemost) -> Plan:
    where = (*plan.where, (condition,))
    found = replace(plan, where=where, group=(), order=(), limit=None)
    return replace(found, tree=_needed(found, where))


def _needed(plan: Plan, where: Where) -> Tree:
    """No more of the tables than what is shown and what the conditions speak of."""
    terms: tuple[Term, ...] = (*plan.select, *plan.group, *(o.term for o in plan.order))
    wanted = list(dict.fromkeys((*(term.entity for term in terms), *_tables(where))))
    root = plan.tree.root if plan.tree.root in wanted else wanted[0]
    return Tree(root, spanning(plan.tree, wanted).edges)


def _tables(where: Where) -> list[Entity]:
    return [entity for either in where for c in either for entity in entities_of(c)]
