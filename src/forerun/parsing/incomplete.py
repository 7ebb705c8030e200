"""Readings that tell less than was asked: no number, one average of two, other lines, one end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from forerun.catalog import words
from forerun.parsing import opposing
from forerun.parsing.mentions import Lattice, Mention
from forerun.parsing.plans import Plan, Term, fields_of, sorted_by, without_ties
from forerun.parsing.schema import Entity, Field, Meaning


def shortfalls(lattice: Lattice, plan: Plan) -> Iterator[tuple[str, str]]:
    """Why the plan is half an answer; names with words."""
    asked = _asks_how_many(lattice) or ("count" in lattice.tags and not _goes_by_a_number(plan))
    if asked and not tells_a_number(plan):
        yield "no-number", "The question asks how many; this reading shows no number."
    if plan.window is None and _averages_asked(lattice) > _averages_told(plan):
        yield "one-average", "The question asks for two averages; this reading has one of them."
    if plan.window is None and any(_is_no_group(m, lattice, plan) for m in lattice.mentions):
        yield "per-left-out", "The question says what a line is for; this reading has other lines."
    yield from _left_out(lattice, plan)
    if opposing.throws_together(lattice, plan):
        yield "thrown-together", "The question compares two; this reading throws them together."
    if _is_one_figure(plan) and any(map(_is_for_different, lattice.mentions)):
        yield "one-for-all", "The question asks for each of several; this reading is of them all."
    if plan.limit is not None and lattice.tags >= {"high", "low"}:
        yield "one-end", "The question names both ends of an order; this reading shows only one."
    many = tuple(_ranked_rows(without_ties(plan)))
    if any(_is_the_most(mention, many) for mention in lattice.mentions):
        yield "one-of-many", "There are many of these for each; this reading goes by a single one."
    if any(map(_is_rated, many)):
        yield "one-rating", "There are many of these for each; this reading goes by a single one."


def _left_out(lattice: Lattice, plan: Plan) -> Iterator[tuple[str, str]]:
    """What was asked for as well."""
    if any(_is_left_out(mention, lattice, plan) for mention in lattice.mentions):
        yield "which-left-out", "The question asks as well which one; this reading does not show."
    if any(_is_a_figure_left_out(mention, plan) for mention in lattice.mentions):
        yield "figure-left-out", "The question asks for a figure as well; this reading has names."
    if _leaves_a_number_out(lattice, plan):
        yield "number-left-out", "The question asks for a number as well; this reading has none."


def _leaves_a_number_out(lattice: Lattice, plan: Plan) -> bool:
    """`the number and names of stores`, of which only the names are shown. A phone number is none,
    though the column is a phone.
    """
    if plan.all_columns or any(term.aggregate == "count" for term in plan.select):
        return False
    heard = {at for mention in lattice.mentions for at in range(mention.start, mention.end + 1)}
    return any(
        token.lower == "number" and after.lower == "and" and at not in heard
        for at, (token, after) in enumerate(pairwise(lattice.tokens))
    )


def _is_a_figure_left_out(mention: Mention, plan: Plan) -> bool:
    """`the names of singers and the highest position of their songs`, which only ranks them."""
    if mention.left[:1] != ("and",) or _EXTREMES.isdisjoint(mention.left[1:]):
        return False
    named = {link.target for link in mention.links if link.quality in ("exact", "stripped")}
    shown = {term.field for term in plan.select}
    ranks = {order.term.field for order in plan.order}
    ranks |= {plan.window.measure.field} if plan.window is not None else set()
    return bool(named & ranks) and not plan.all_columns and named.isdisjoint(shown)


_EXTREMES = frozenset(("max", "min", "high", "low"))


def _averages_asked(lattice: Lattice) -> int:
    """How often the word is said of something; 0 where once, which may be of several things."""
    said = sum(
        "avg" in mention.left and bool(mention.links) and not _is_said_of_the_next(mention)
        for mention in lattice.mentions
    )
    return said if said > 1 else 0


def _is_said_of_the_next(mention: Mention) -> bool:
    """`average visit duration`: the word is said once, of the two."""
    after = mention.after
    return after is not None and after.start == mention.end and "avg" in after.left


def _averages_told(plan: Plan) -> int:
    ordered, kept = (o.term for o in plan.order), (h.term for h in plan.having)
    return sum(term.aggregate == "avg" for term in (*plan.select, *ordered, *kept))


def _is_no_group(mention: Mention, lattice: Lattice, plan: Plan) -> bool:
    """Whether `per` this, or `for each` of this beside other groups, is none of the groups."""
    said = lattice.tokens[mention.start - 1].lower if mention.start > 0 else ""
    if not mention.links or mention.unit or said not in ("per", *_EACH):
        return False
    if plan.group:
        return not has_lines_for(mention, plan)
    return said == "per" and not _shows_each(mention, plan)


def _is_left_out(mention: Mention, lattice: Lattice, plan: Plan) -> bool:
    """`the highest fee, and which member`: whether nothing of the second is shown."""
    said = tuple(token.lower for token in lattice.tokens[max(mention.start - 2, 0) : mention.start])
    if said not in _AND_WHICH or plan.all_columns:
        return False
    shown = {term.entity.table for term in plan.select}
    targets = (link.target for link in mention.links)
    tables = {
        t.table if isinstance(t, Entity) else t.entity.table
        for t in targets
        if isinstance(t, Entity | Field)
    }
    figures_alone = all(term.aggregate for term in plan.select)
    return bool(tables) and (figures_alone or shown.isdisjoint(tables))


_AND_WHICH = (("and", "which"), ("and", "what"))
_EACH = ("each", "every")


def _is_for_different(mention: Mention) -> bool:
    """`the average price for different brands`."""
    return mention.left[-2:] in _FOR_DIFFERENT


_FOR_DIFFERENT = (("for", "distinct"), ("each", "distinct"), ("by", "distinct"))


def _is_one_figure(plan: Plan) -> bool:
    figures = any(term.aggregate for term in plan.select)
    return figures and not plan.group and plan.window is None


def _shows_each(mention: Mention, plan: Plan) -> bool:
    """Whether it is to be seen which line is of which: a budget is of some department."""
    if plan.all_columns or any(term.aggregate for term in plan.select):
        return True
    return any(
        link.target is term.field
        or (
            term.entity is link.target
            and term.field in (*term.entity.display, *term.entity.primary)
        )
        or _refers(term, link.target)
        for term in plan.select
        for link in mention.links
    )


def has_lines_for(mention: Mention, plan: Plan) -> bool:
    """Whether the groups are of what the mention names, or of what refers to it."""
    return any(
        link.target in (term.entity, term.field) or _refers(term, link.target)
        for term in plan.group
        for link in mention.links
    )


def _refers(term: Term, target: object) -> bool:
    """`hotel_id` stands for the hotel, and the clerk joined a second time for the `manager_id`."""
    if term.entity.alias and isinstance(target, Field):
        return target.meaning is Meaning.KEY and target.entity.table is term.entity.table
    if term.field is None or not isinstance(target, Entity):
        return False
    return not set(term.field.stems).isdisjoint(target.stems)


def _asks_how_many(lattice: Lattice) -> bool:
    return [token.lower for token in lattice.tokens[:2]] == ["how", "many"]


def tells_a_number(plan: Plan) -> bool:
    """Whether it shows one: a count of rows or of groups, or a number that is stored."""
    stored = any(term.field is not None and term.field.is_numeric for term in plan.select)
    numbers = (term.aggregate or term.per for term in plan.select)
    return plan.count_groups or plan.window is not None or stored or any(numbers)


def _goes_by_a_number(plan: Plan) -> bool:
    """`in order of the number of seats`, `whose number of seats is over 50`."""
    ranked = any(order.term.aggregate for order in plan.order) or any(
        item.is_numeric for item in sorted_by(plan)
    )
    compared = any(item.is_numeric for c in plan.conditions for item in fields_of(c))
    return ranked or compared or bool(plan.having) or plan.all_columns


def _ranked_rows(plan: Plan) -> Iterator[Field]:
    """What single rows are ranked by of which there are many for each row that is shown."""
    if plan.limit is None or plan.group or plan.window is not None or plan.all_columns:
        return
    shown = {term.entity for term in plan.select}
    many = {edge.many for edge in plan.tree.edges if edge.one in shown and not edge.unique}
    yield from (item for item in sorted_by(plan) if item.entity in many - shown)


def _is_the_most(mention: Mention, many: Sequence[Field]) -> bool:
    """`the guest with the most nights`, of all stays together, or in one: nobody said."""
    said = not {"most", "least"}.isdisjoint(mention.left)
    return said and any(link.target in many for link in mention.links)


def _is_rated(item: Field) -> bool:
    """The business with the highest rating has it on average, not once."""
    return item.is_numeric and not _OF_RATINGS.isdisjoint(item.stems)


_OF_RATINGS = frozenset(words.stems("rating star score satisfaction"))
