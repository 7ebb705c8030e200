"""Joins that a key in hand spares: the parts of product 2 are those whose product is 2.

Where nothing of a joined table is used but the key by which it is reached, the column that
refers to it says the same, but for references to nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from forerun.parsing.alone import is_of_one_row_each
from forerun.parsing.joins import Tree
from forerun.parsing.mentions import Lattice
from forerun.parsing.plans import BesideColumn, Condition, Plan, Semi, Term, entities_of, fields_of
from forerun.parsing.schema import Edge, Entity, Field

Where = tuple[tuple[Condition, ...], ...]


def spared_where_idle(plan: Plan, lattice: Lattice) -> Iterator[Plan]:
    """The plan, and it without joins that a key in hand spares. Where nobody declared the key, nor
    spoke of the table, joining would only lose the rows that refer to nothing.
    """
    fewer = spared(plan)
    if fewer is None or is_of_one_row_each(fewer):
        yield plan
        return
    if fewer.tree.guessed == plan.tree.guessed or not lattice.entities.isdisjoint(fewer.spared):
        yield plan
    yield fewer


def spared(plan: Plan) -> Plan | None:
    """The plan without the tables that only their key is used of; None where there are none."""
    if plan.setop is not None or plan.window is not None:
        return None
    found = plan
    while (fewer := _without_one(found)) is not None:
        found = fewer
    return None if found is plan else found


def _without_one(plan: Plan) -> Plan | None:
    for edge in plan.tree.leaves:
        if _may_go(edge, plan):
            return _rewritten(plan, edge)
    for at, semi in enumerate(plan.semis):
        for edge in semi.tree.leaves:
            if edge.one is not semi.tree.root and _only_key(edge, _fields(semi.where, edge.one)):
                fewer = _semi_rewritten(semi, edge)
                semis = (*plan.semis[:at], fewer, *plan.semis[at + 1 :])
                return replace(plan, semis=semis, spared=(*plan.spared, edge.one))
    return None


def _may_go(edge: Edge, plan: Plan) -> bool:
    table, key = edge.one, edge.pairs[0][1]
    for term in _terms(plan):
        if term.entity is table and (term.field is not key or term.per is not None or term.unit):
            return False
    if plan.parts or any(semi.outer is table for semi in plan.partners):
        return False
    return _only_key(edge, _fields(plan.where, table))


def _terms(plan: Plan) -> Iterator[Term]:
    terms = (*plan.select, *plan.group, *(order.term for order in plan.order))
    for term in (*terms, *(having.term for having in plan.having)):
        yield term
        if term.per is not None:
            yield term.per


def _fields(where: Where, table: Entity) -> list[Field]:
    return [
        item
        for either in where
        for condition in either
        if table in entities_of(condition)
        for item in fields_of(condition)
        if item.entity is table
    ]


def _only_key(edge: Edge, fields: list[Field]) -> bool:
    return all(item is edge.pairs[0][1] for item in fields)


def _rewritten(plan: Plan, edge: Edge) -> Plan:
    term, where = _through(edge)
    edges = tuple(other for other in plan.tree.edges if other is not edge)
    root = edge.many if plan.tree.root is edge.one else plan.tree.root
    return replace(
        plan.showing(term),
        tree=Tree(root, edges),
        where=where(plan.where),
        group=tuple(map(term, plan.group)),
        spared=(*plan.spared, edge.one),
    )


def _semi_rewritten(semi: Semi, edge: Edge) -> Semi:
    _, where = _through(edge)
    edges = tuple(other for other in semi.tree.edges if other is not edge)
    return replace(semi, tree=Tree(semi.tree.root, edges), where=where(semi.where))


def _through(edge: Edge) -> tuple[Callable[[Term], Term], Callable[[Where], Where]]:
    """How terms and conditions read with the referring column in place of the key."""
    mine, key = edge.pairs[0]

    def term(old: Term) -> Term:
        return replace(old, field=mine, entity=mine.entity) if old.field is key else old

    def where(old: Where) -> Where:
        return tuple(tuple(_swapped(c, key, mine) for c in either) for either in old)

    return term, where


def _swapped(condition: Condition, key: Field, mine: Field) -> Condition:
    if isinstance(condition, BesideColumn) and condition.other is key:
        return replace(condition, other=mine)
    return replace(condition, field=mine) if condition.field is key else condition
