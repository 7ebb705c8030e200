"""Figures of a period: the highest monthly revenue is that of a month, not of one row.

"Average revenue per month" and "highest daily number of visits" speak of totals, one for each
period, of which one figure is made. Neither a list of all periods nor the average or the extreme
of single rows answers that.
"""

from __future__ import annotations

from collections.abc import Iterator

from forerun.catalog import words
from forerun.parsing import cues
from forerun.parsing.actions import Action
from forerun.parsing.mentions import Kind, Lattice, Mention
from forerun.parsing.plans import Plan, Term, entities_of
from forerun.parsing.schema import Entity, Link, Meaning, Stored

_FLOWS = frozenset(
    words.stems(
        "revenue turnover sales sale income earnings profit takings proceeds spend spending"
        " expenditure expense expenses outlay consumption total"
    )
)
"""What a period has of, all its rows together: nobody means one row's by "monthly turnover"."""
_QUANTITIES = frozenset(
    words.stems(
        "kwh mwh gwh litre liter gallon barrel tonne ton kilometre kilometer km mile mileage"
    )
)
"""What is used up or covered: so many of them per month are those of the whole month."""
_TOTAL = words.stem("total")
_WHICH = frozenset(("which", "who", "whose", "when", "where"))
EXTREMES = {
    "max": "max", "high": "max", "most": "max", "min": "min", "low": "min", "least": "min",
}  # fmt: skip
"""Cues, and what they make of the totals."""
_ONE_ROW = frozenset(("avg", "max", "min"))


def shortfalls(
    lattice: Lattice, plan: Plan, actions: tuple[Action, ...]
) -> Iterator[tuple[str, str]]:
    """In what the plan falls short of the totals that were asked for."""
    if plan.window is None and not _is_cut(plan) and _asks_for_extreme(lattice, plan):
        yield "extreme-of-totals", "The question asks for the most or the least of all periods."
    if any(term.unit for term in plan.group) and any(
        _is_of_rows(term)
        for term in plan.select
        if _is_flow(term, lattice) or _is_so_much_per_time(term, lattice)
    ):
        yield "figure-of-rows", "The question speaks of the total of each period."
    if _is_figure_of_periods(plan) and _asks_for_more(plan, lattice, actions):
        yield "one-figure-of-more", "The question asks for more than this one figure of periods."
    if "desc" in lattice.tags and _is_in_order_of_time(plan):
        yield "only-in-order-of-time", "The question asks for an order; this is that of time."


def _is_in_order_of_time(plan: Plan) -> bool:
    """`revenue per month, highest first`: nothing but the order that periods have anyway."""
    return bool(plan.order) and all(
        order.term.unit and not order.descending for order in plan.order
    )


def _is_figure_of_periods(plan: Plan) -> bool:
    average = plan.window is not None and plan.window.kind == "average"
    return average and any(term.unit for term in plan.group)


def _asks_for_more(plan: Plan, lattice: Lattice, actions: tuple[Action, ...]) -> bool:
    """`average and highest monthly revenue`, `highest average daily …`: one figure is not two,
    and not the one made of the other. Nor does it say which vet had it, or when.
    """
    figures = {**EXTREMES, "avg": "avg"}
    asked = {figures[tag] for tag in lattice.tags if tag in figures}
    made = {plan.window.moving} if plan.window is not None else set()
    left_out = any(action.role == "skip" for action in actions) or _leaves_a_table(plan, lattice)
    return asked != made or left_out or any(t.lower in _WHICH for t in lattice.tokens)


def _leaves_a_table(plan: Plan, lattice: Lattice) -> bool:
    """`highest monthly revenue by species`, where nothing is told of species."""
    used = {term.entity for term in (*plan.select, *plan.group)}
    used |= {entity for condition in plan.conditions for entity in entities_of(condition)}
    used |= {entity for semi in plan.partners for entity in semi.tree.entities}
    spoken = ({_table(link) for link in mention.links} for mention in lattice.mentions)
    return any(tables and tables.isdisjoint(used) for tables in spoken)


def _table(link: Link) -> Entity:
    target = link.target.field if isinstance(link.target, Stored) else link.target
    return target if isinstance(target, Entity) else target.entity


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
    return dated and any(extreme(mention) is not None for mention in lattice.mentions)


def extreme(mention: Mention) -> str | None:
    """What a unit of time is told to have the most or the least of: max or min."""
    if mention.kind is not Kind.UNIT or mention.own_cue:
        return None
    if _is_adverb(mention):
        return _told(mention)
    before = mention.before
    if before is None or cues.EACH.isdisjoint(mention.left):
        return None
    return _told(before) if "count" in before.left or is_of_a_period(before) else None


def is_of_a_period(mention: Mention) -> bool:
    """`average revenue per month`, said by a word for what a month has in all."""
    after = mention.after
    by_unit = after is not None and after.kind is Kind.UNIT and not cues.EACH.isdisjoint(after.left)
    return by_unit and _says_flow(mention)


def _says_flow(mention: Mention) -> bool:
    """By its last word; a total with another word before it is that of each such thing."""
    stems = words.stems(mention.text)
    before = mention.before
    beside = len(stems) > 1 or (before is not None and before.end == mention.start)
    return stems[-1] in _FLOWS and not (beside and stems[-1] == _TOTAL)


def _told(mention: Mention) -> str | None:
    return next((EXTREMES[tag] for tag in mention.left if tag in EXTREMES), None)


def _is_adverb(mention: Mention) -> bool:
    return mention.text.lower() not in (mention.unit, f"{mention.unit}s")


def _is_of_rows(term: Term) -> bool:
    return term.aggregate in _ONE_ROW


def _is_flow(term: Term, lattice: Lattice) -> bool:
    """Whether the column was spoken of by a word for what a period has in all."""
    return any(
        link.target is term.field
        for mention in lattice.mentions
        if _says_flow(mention)
        for link in mention.links
    )


def _is_so_much_per_time(term: Term, lattice: Lattice) -> bool:
    """`average mwh per month`, which "by month" or "for each month" would not ask for."""
    if term.field is None or not term.field.stems or term.field.stems[-1] not in _QUANTITIES:
        return False
    times = (m.start for m in lattice.mentions if m.kind is Kind.UNIT)
    return any(at > 0 and lattice.tokens[at - 1].lower in ("per", "a") for at in times)
