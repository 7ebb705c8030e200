"""Groups that have nothing: `number of devices per department, including those without`.

Joined outwards from the groups, a department without devices is a line with 0. Unless that is
asked for, only those that have any are shown, and the reading says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from forerun.parsing import joins
from forerun.parsing.plans import Condition, Plan, Term, entities_of
from forerun.parsing.schema import Edge, Entity

_COUNTED = ("count", "sum")


def outwards(plan: Plan) -> Iterator[Plan]:
    """The plan with a line for each row of what it groups by, where it is joined to nothing else
    than what is counted.
    """
    if plan.having or plan.semis or plan.limit is not None or plan.distinct:
        return
    groups, counted = {term.entity for term in plan.group}, _counted(plan)
    if len(groups) != 1 or counted is None or not counted.primary or counted in groups:
        return
    (root,) = groups
    edges = tuple(_away_from(root, plan.tree))
    if not edges or len(edges) < len(plan.tree.edges) or edges[-1].many is not counted:
        return
    by_key = any(term.field in root.primary for term in plan.group)
    if by_key and all(len(set(map(entities_of, either))) == 1 for either in plan.where):
        yield replace(plan.showing(_by_key), tree=joins.Tree(root, edges), outward=True)


def _away_from(root: Entity, tree: joins.Tree) -> Iterator[Edge]:
    """One key after the other, each to many rows of the next table."""
    here, left = root, set(tree.edges)
    while following := next((edge for edge in left if edge.one is here), None):
        yield following
        left.remove(following)
        here = following.many


def _counted(plan: Plan) -> Entity | None:
    """The table whose rows are counted or added up, if nothing else is shown of any."""
    figures = [t for t in (*plan.select, *(o.term for o in plan.order)) if t not in plan.group]
    plain = all(t.aggregate in _COUNTED and not (t.per or t.part or t.distinct) for t in figures)
    tables = {term.entity for term in figures}
    return tables.pop() if plain and len(tables) == 1 else None


def _by_key(term: Term) -> Term:
    """A line without a partner is a row as well, but has no key to be counted."""
    counts_rows = term.aggregate == "count" and term.field is None
    return replace(term, field=term.entity.primary[0]) if counts_rows else term


def said_of(entity: Entity, plan: Plan) -> Iterator[tuple[Condition, ...]]:
    """Conditions on a table: those on the root take lines away, others only what is counted."""
    return (either for either in plan.where if entities_of(either[0]) == (entity,))


def leaves_some_out(plan: Plan) -> bool:
    """Whether there may be groups of which no line is shown, since there is nothing to be told."""
    if plan.outward or plan.having or plan.limit is not None or plan.window is not None:
        return False
    figures = {term.entity for term in plan.select if term.aggregate}
    groups = {term.entity for term in plan.group if not term.unit}
    return bool(figures) and any(joins.multiplied(plan.tree, entity) for entity in groups - figures)
