"""Groups of one row, of which nobody asks for a number or a total."""

from __future__ import annotations

from forerun.parsing import joins
from forerun.parsing.plans import Plan
from forerun.parsing.schema import Entity


def is_of_one_row_each(plan: Plan) -> bool:
    """Whether it counts the one row of a group, ranks it by its total or compares that."""
    return _counts_one_row_each(plan) or _adds_up_one_row_each(plan)


def _counts_one_row_each(plan: Plan) -> bool:
    ranks = (order.term for order in plan.order)
    terms = (*plan.select, *ranks, *(having.term for having in plan.having))
    counts = any(term.aggregate == "count" for term in terms)
    return counts and any(has_one_row_each(plan, entity) for entity in plan.tree.entities)


def _adds_up_one_row_each(plan: Plan) -> bool:
    """`sales over 500`, `the worker with the highest wage`: of one row there is no total."""
    terms = (*(h.term for h in plan.having), *(order.term for order in plan.order))
    added = (term for term in terms if term.aggregate == "sum" and term.field)
    return any(
        has_one_row_each(plan, term.entity)
        for term in added
        if term.field is not None and term.field.metric is None
    )


def has_one_row_each(plan: Plan, entity: Entity) -> bool:
    """Whether the groups are by the table's own key, or by a name that no two of its rows have."""
    keys = {term.field for term in plan.group}
    names = {item for item in keys if item and item.tells_rows_apart}
    keyed = entity.primary and keys.issuperset(entity.primary)
    return bool(keyed or names & set(entity.display)) and not joins.multiplied(plan.tree, entity)
