"""Few, fewer and fewest: who has none at all has the fewest, and a join passes them over."""

from __future__ import annotations

from forerun.parsing import joins
from forerun.parsing.mentions import Lattice
from forerun.parsing.plans import Having, Order, Plan, Term
from forerun.parsing.schema import Meaning


def passes_over_none(lattice: Lattice, plan: Plan) -> bool:
    """Whether rows are chosen for having few partners, and those without any are left out.

    What is least common is there at least once.
    """
    if plan.window is not None or not plan.group or not _OCCURRING.isdisjoint(lattice.tags):
        return False
    few = [having.term for having in plan.having if _is_few(having)]
    some = any(having.op in (">", ">=", "=", "between") for having in plan.having)
    few += [order.term for order in plan.order if plan.limit is not None and _is_fewest(order)]
    return not some and any(_of_partners(term, plan) for term in few)


_OCCURRING = frozenset(("rare", "seldom"))


def _is_few(having: Having) -> bool:
    return having.op in ("<", "<=") and having.value is not None and _is_number(having.term)


def _is_fewest(order: Order) -> bool:
    return not order.descending and _is_number(order.term)


def _is_number(term: Term) -> bool:
    return term.aggregate == "count" and term.per is None and term.part is None


def _of_partners(term: Term, plan: Plan) -> bool:
    """Whether what is counted refers to the groups, and is not what they are made of."""
    return any(_is_referred_to(key, term, plan) for key in plan.group)


def _is_referred_to(key: Term, counted: Term, plan: Plan) -> bool:
    if key.field is None or key.unit:
        return False
    if key.entity is counted.entity:
        return bool(plan.spared) and key.field.meaning is Meaning.KEY
    return key.field in key.entity.primary or joins.multiplied(plan.tree, key.entity)
