"""Figures of a period: the highest monthly revenue is that of a month, not of one row.

"Average revenue per month" and "highest daily number of visits" speak of totals, one for each
period, of which one figure is made. Neither a list of all periods nor the average or the extreme
of single rows answers that.
"""

from __future__ import annotations

from collections.abc import Iterator

from forerun.catalog import words
from forerun.parsing import cues
from forerun.parsing.mentions import Kind, Lattice, Mention
from forerun.parsing.plans import Plan, Term
from forerun.parsing.schema import Meaning

_FLOWS = frozenset(
    words.stems(
        "revenue turnover sales sale income earnings profit takings proceeds spend spending"
        " expenditure expense expenses outlay consumption total"
    )
)
"""What a period has of, all its rows together: nobody means one row's by "monthly turnover"."""
_EXTREME = frozenset(("max", "min", "high", "low", "most", "least"))
_ONE_ROW = frozenset(("avg", "max", "min"))


def shortfalls(lattice: Lattice, plan: Plan) -> Iterator[tuple[str, str]]:
    """In what the plan falls short of the totals that were asked for."""
    if plan.window is None and not _is_cut(plan) and _asks_for_extreme(lattice, plan):
        yield "extreme-of-totals", "The question asks for the most or the least of all periods."
    if any(term.unit for term in plan.group) and any(
        _is_of_rows(term) for term in plan.select if _is_flow(term, lattice)
    ):
        yield "figure-of-rows", "The question speaks of the total of each period."
    if "desc" in lattice.tags and _is_in_order_of_time(plan):
        yield "only-in-order-of-time", "The question asks for an order; this is that of time."


def _is_in_order_of_time(plan: Plan) -> bool:
    """`revenue per month, highest first`: nothing but the order that periods have anyway."""
    return bool(plan.order) and all(
        order.term.unit and not order.descending for order in plan.order
    )


def _is_cut(plan: Plan) -> bool:
    """Whether the foremost periods are shown, by the totals of each."""
    foremost = plan.order[0].term if plan.order and plan.limit is not None else None
    told = foremost is not None and foremost.aggregate in ("sum", "count")
    return told and any(term.unit for term in plan.group)


def _asks_for_extreme(lattice: Lattice, plan: Plan) -> bool:
    """`highest monthly …`, `maximum number of … per day`; where no row has a date, "annual"
    only says what kind of figure a column holds.
    """
    dated = any(f.meaning is Meaning.DATE for e in plan.tree.entities for f in e.fields)
    return dated and any(map(_has_extreme, lattice.mentions))


def _has_extreme(mention: Mention) -> bool:
    if mention.kind is not Kind.UNIT or mention.own_cue:
        return False
    if _is_adverb(mention):
        return not _EXTREME.isdisjoint(mention.left)
    before = mention.before
    counted = before is not None and "count" in before.left
    return counted and bool(cues.EACH & set(mention.left)) and _is_extreme(before)


def _is_extreme(mention: Mention | None) -> bool:
    return mention is not None and not _EXTREME.isdisjoint(mention.left)


def _is_adverb(mention: Mention) -> bool:
    return mention.text.lower() not in (mention.unit, f"{mention.unit}s")


def _is_of_rows(term: Term) -> bool:
    return term.aggregate in _ONE_ROW


def _is_flow(term: Term, lattice: Lattice) -> bool:
    """Whether the column was spoken of by a word for what a period has in all."""
    return any(
        link.target is term.field
        for mention in lattice.mentions
        if _FLOWS.intersection(t.stem for t in lattice.tokens[mention.start : mention.end])
        for link in mention.links
    )
