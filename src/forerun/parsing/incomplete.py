"""Readings that tell less than was asked: no number, one average of two, other lines, one end."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from forerun.catalog import words
from forerun.parsing.mentions import Lattice, Mention
from forerun.parsing.plans import Compare, During, Plan, Term, fields_of, sorted_by
from forerun.parsing.scarce import passes_over_none
from forerun.parsing.schema import Entity, Field


def shortfalls(lattice: Lattice, plan: Plan) -> Iterator[tuple[str, str]]:
    """Why the plan is half an answer; names with words."""
    if _asks_how_many(lattice) and not _tells_a_number(plan):
        yield "no-number", "The question asks how many; this reading shows no number."
    if "sum" in lattice.tags and not _adds_up(plan):
        yield "no-total", "The question asks for a total; this reading shows no figure."
    if _speaks_of_the_same(lattice) and not _tells_the_same(plan):
        yield "same-left-out", "The question asks what is the same; this reading compares nothing."
    if plan.window is None and _averages_asked(lattice) > _averages_told(plan):
        yield "one-average", "The question asks for two averages; this reading has one of them."
    if plan.window is None and any(_is_not_per(m, lattice, plan) for m in lattice.mentions):
        yield "per-left-out", "The question says what a line is for; this reading has other lines."
    if plan.limit is not None and lattice.tags >= {"high", "low"}:
        yield "one-end", "The question names both ends of an order; this reading shows only one."
    if any(map(_is_rated, _ranked_rows(plan))):
        yield "one-rating", "There are many of these for each; this reading goes by a single one."
    if passes_over_none(lattice, plan):
        yield "few-or-none", "Those that have none at all may be meant as well."
    if plan.limit == 1 and plan.window is None and any(map(_are_foremost, lattice.mentions)):
        yield "how-many-first", "The question does not say how many come first; this one shows one."


def _are_foremost(mention: Mention) -> bool:
    """`the oldest players`, of whom nobody knows how many."""
    after, adjective = mention.after, mention.adjective
    if adjective is None or after is None or after.start != mention.end:
        return False
    named = any(isinstance(link.target, Entity) for link in after.links)
    return adjective.degree == "superlative" and named and words.is_plural(after.text.split()[-1])


def _averages_asked(lattice: Lattice) -> int:
    """How often the word is said of something; 0 where once, which may be of several things."""
    said = sum("avg" in mention.left and bool(mention.links) for mention in lattice.mentions)
    return said if said > 1 else 0


def _averages_told(plan: Plan) -> int:
    ordered, kept = (o.term for o in plan.order), (h.term for h in plan.having)
    return sum(term.aggregate == "avg" for term in (*plan.select, *ordered, *kept))


def _is_not_per(mention: Mention, lattice: Lattice, plan: Plan) -> bool:
    """Whether `per` this, in so many words, is none of the groups."""
    said = mention.start > 0 and lattice.tokens[mention.start - 1].lower == "per"
    named = bool(mention.links) and not mention.unit
    if not said or not named:
        return False
    return not (has_lines_for(mention, plan) if plan.group else _shows_each(mention, plan))


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
    """`hotel_id` stands for the hotel."""
    if term.field is None or not isinstance(target, Entity):
        return False
    return not set(term.field.stems).isdisjoint(target.stems)


def _asks_how_many(lattice: Lattice) -> bool:
    return [token.lower for token in lattice.tokens[:2]] == ["how", "many"]


def _tells_a_number(plan: Plan) -> bool:
    """A count of rows or of groups, or a number that is stored."""
    stored = any(term.field is not None and term.field.is_numeric for term in plan.select)
    numbers = (term.aggregate or term.per for term in plan.select)
    return plan.count_groups or plan.window is not None or stored or any(numbers)


def _adds_up(plan: Plan) -> bool:
    """Whether there is any figure: shown, ranked by, or compared with."""
    terms = (*(order.term for order in plan.order), *(having.term for having in plan.having))
    compared = any(field.is_numeric for c in plan.conditions for field in fields_of(c))
    numbers = any(term.aggregate or (term.field and term.field.is_numeric) for term in terms)
    return _tells_a_number(plan) or plan.all_columns or numbers or compared


def _speaks_of_the_same(lattice: Lattice) -> bool:
    """`with the same name`, but not "the same as …", which may be a mere value."""
    return any(
        (one.lower, after.lower) == ("the", "same") for one, after in pairwise(lattice.tokens)
    )


def _tells_the_same(plan: Plan) -> bool:
    """Groups, a table beside itself, or columns beside each other."""
    beside = any(not isinstance(c, Compare | During) for c in plan.conditions)
    twice = any(entity.alias for entity in plan.tree.entities)
    sets = plan.setop is not None or bool(plan.semis) or plan.window is not None
    return beside or twice or sets or bool(plan.group or plan.having) or bool(plan.order)


def _ranked_rows(plan: Plan) -> Iterator[Field]:
    """What single rows are ranked by of which there are many for each row that is shown."""
    if plan.limit is None or plan.group or plan.window is not None or plan.all_columns:
        return
    shown = {term.entity for term in plan.select}
    many = {edge.many for edge in plan.tree.edges if edge.one in shown and not edge.unique}
    yield from (item for item in sorted_by(plan) if item.entity in many - shown)


def _is_rated(item: Field) -> bool:
    """The business with the highest rating has it on average, not once."""
    return item.is_numeric and not _OF_RATINGS.isdisjoint(item.stems)


_OF_RATINGS = frozenset(words.stems("rating star score satisfaction"))
