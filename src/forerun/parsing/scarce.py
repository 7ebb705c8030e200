"""The fewest and the most: who has none at all has the fewest, which a join passes over; what rows
share is ranked in place of the rows, or by one of them.
"""

from __future__ import annotations

from forerun.parsing import joins
from forerun.parsing.mentions import Lattice, Mention
from forerun.parsing.plans import Having, Order, Plan, Term
from forerun.parsing.schema import Entity, Meaning


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


def ranks_what_rows_have(lattice: Lattice, plan: Plan) -> bool:
    """Whether `the date of the claim with the highest total` is the date with the highest total:
    two claims of one day are no claim.
    """
    if plan.limit != 1 or not plan.group or plan.window is not None:
        return False
    ranked = {order.term.entity for order in plan.order}
    return any(_has_many_of_one(entity, plan, lattice) for entity in plan.tree.entities
               if entity not in ranked)  # fmt: skip


def ranks_by_one_row(mention: Mention, plan: Plan) -> bool:
    """Whether `which genre is the most expensive` is told by the one dearest film: that genre may
    be cheap on average.
    """
    if plan.limit != 1 or plan.group or plan.window is not None or mention.adjective is None:
        return False
    if mention.adjective.degree != "superlative" or not any(
        not o.term.aggregate for o in plan.order
    ):
        return False
    shared = {term.field for term in plan.select if _is_shared(term)}
    ranked = _called(mention)
    return ranked is not None and any(link.target in shared for link in ranked.links)


def _is_shared(term: Term) -> bool:
    """What many rows have, and none goes by."""
    item = term.field
    kind = item is not None and item.meaning is Meaning.CATEGORY and not item.tells_rows_apart
    return kind and not term.aggregate and item not in term.entity.display


def _called(superlative: Mention) -> Mention | None:
    """`the cheapest genre`, or the genre that `is the cheapest`, but not `the cheapest film`."""
    after = superlative.after
    if after is not None and after.start == superlative.end:
        return after
    return superlative.before if superlative.left == ("is",) else None


def _has_many_of_one(entity: Entity, plan: Plan, lattice: Lattice) -> bool:
    """Whether rows of a table that is spoken of make groups by what several of them have."""
    told = [term.field for term in plan.group if term.entity is entity]
    if not told or entity not in lattice.entities or not entity.primary:
        return False
    return not any(item in (*entity.primary, *entity.display) for item in told)


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
