"""A reading as somebody would say it who sees no tables: what an asker is given to choose from.

It leaves out how tables are joined, and that months come in their order. Where two choices would
then read the same, both are told in full.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from forerun.parsing.plans import Order, Plan, Semi, Term
from forerun.parsing.reading import (
    Wording,
    condition_words,
    is_one_of_several,
    key_words,
    reading,
    term_words,
)
from forerun.parsing.reading import table_words as named
from forerun.parsing.schema import Meaning


def phrases(plans: Sequence[Plan]) -> tuple[str, ...]:
    """Each plan as a choice, no two alike."""
    told = tuple(map(phrase, plans))
    return told if len(set(told)) == len(told) else tuple(map(reading, plans))


def phrase(plan: Plan) -> str:
    """`total revenue for each name of products, only where …, the 5 highest`."""
    wording = Wording(plan, _is_alone(plan))
    what = listed(wording.shown)
    if wording.groups:
        what += " for each " + listed(wording.groups) + wording.none_too
    parts = [what, *_conditions(plan, wording), *wording.sets, *_keys(plan)]
    if plan.distinct:
        parts.append("each only once")
    return ", ".join((*parts, *_places(plan, wording)))


def _is_alone(plan: Plan) -> bool:
    """One table is all that is spoken of."""
    elsewhere = plan.partners or (plan.setop is not None and plan.setop.select)
    return len(plan.tree.entities) == 1 and not elsewhere


def _conditions(plan: Plan, wording: Wording) -> Iterator[str]:
    alone = wording.alone
    told = [" or ".join(condition_words(c, alone=alone) for c in either) for either in plan.where]
    if told := [*told, *wording.having]:
        yield "only where " + " and ".join(told)
    if plan.semis:
        yield "only those " + " and ".join(map(_partner, plan.semis))


def _partner(semi: Semi) -> str:
    """`without returns, by way of orders`."""
    *way, last = map(named, semi.tree.entities)
    told = f"{'without' if semi.negated else 'with'} {last}"
    told += f" (by way of {listed(way)})" if way else ""
    told += f" by {key_words(semi.edge)}" if is_one_of_several(semi.edge) else ""
    where = " and ".join(" or ".join(map(condition_words, either)) for either in semi.where)
    return f"{told} where {where}" if where else told


def _keys(plan: Plan) -> Iterator[str]:
    """Which of two keys to the same table is meant."""
    yield from (f"by {key_words(edge)}" for edge in plan.tree.edges if is_one_of_several(edge))


def _places(plan: Plan, wording: Wording) -> Iterator[str]:
    orders = [order for order in plan.order if not _is_of_time(order)]
    if plan.limit is None:
        yield from (_in_order(order, wording) for order in orders)
        return
    count = "the first" if plan.limit == 1 else f"the first {plan.limit}"
    if orders:
        first, *rest = orders
        number = "the one" if plan.limit == 1 else f"the {plan.limit}"
        count = f"{number} with the {_end(first)} {_by(first.term, wording)}"
        if first.term.aggregate and first.term in plan.select:
            count = f"the {plan.limit if plan.limit > 1 else ''} {_end(first)}".replace("  ", " ")
        count += "".join(f", then {_in_order(order, wording)}" for order in rest)
    window = plan.window
    within = window.partition if window is not None else ()
    names = [t for t in within if t.field not in t.entity.primary] or list(within)
    yield f"{count} of each {listed([_by(t, wording) for t in names])}" if names else count


def _is_of_time(order: Order) -> bool:
    return order.term.unit is not None and not order.descending


def _end(order: Order) -> str:
    item = order.term.field
    if item is not None and item.meaning is Meaning.DATE and order.term.aggregate is None:
        return "latest" if order.descending else "earliest"
    return "highest" if order.descending else "lowest"


def _in_order(order: Order, wording: Wording) -> str:
    return f"by {_by(order.term, wording)}, {_end(order)} first"


def _by(term: Term, wording: Wording) -> str:
    return term_words(term, alone=wording.alone)


def listed(names: Sequence[str], last: str = "and") -> str:
    """`a, b and c`."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {last} {names[-1]}"
