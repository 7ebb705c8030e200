"""Groups beside the average of all groups: stores with more orders than average."""

from __future__ import annotations

from forerun.parsing.plans import Plan, entities_of
from forerun.parsing.schema import Entity


def comparable(plan: Plan) -> bool:
    """False where it is not clear of what the average is.

    A row is no group of its own. Where a condition narrows the groups down, the average may be
    meant of those or of all; what is said of the rows that are counted holds for both.
    """
    compared = [having for having in plan.having if having.value is None]
    if not compared:
        return True
    keys = {term.field for term in plan.group}
    if plan.semis or not plan.group or any(having.term.field in keys for having in compared):
        return False
    keyed = {term.entity for term in plan.group if term.field in term.entity.primary}
    told = {entity for condition in plan.conditions for entity in entities_of(condition)}
    grouped = belonging(plan)
    return all(
        having.term.entity not in keyed and told.isdisjoint(grouped - {having.term.entity})
        for having in compared
    )


def belonging(plan: Plan) -> set[Entity]:
    """The tables of the groups, and those that their rows refer to: stores and their regions."""
    found = {term.entity for term in plan.group}
    for _ in plan.tree.edges:
        found |= {edge.one for edge in plan.tree.edges if edge.many in found}
    return found
