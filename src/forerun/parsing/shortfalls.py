"""Readings that fall short of what was asked, whatever their score: the words of the question
given back, no time where "when" was asked, an order that means nothing.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from typing import TypeAlias

from forerun.catalog import words
from forerun.domain import Kind as ColumnKind
from forerun.parsing import (
    adding,
    foremost,
    headings,
    incomplete,
    lacking,
    measuring,
    mistaking,
    namesakes,
    overlooked,
    reckoning,
    scarce,
    standing,
    subordinates,
    totals,
    twofold,
    unsaid,
)
from forerun.parsing.combining import is_either
from forerun.parsing.inflection import relates, ties
from forerun.parsing.mentions import Lattice, Mention, Unknown
from forerun.parsing.plans import Compare, Plan, Term, sorted_by
from forerun.parsing.ranking import Candidate
from forerun.parsing.schema import Entity, Field, Meaning

Shortfall: TypeAlias = tuple[str, str]
"""A name for it, and the words in which an asker is told."""

_CALENDAR = tuple(
    frozenset(name.lower() for name in names if name)
    for names in (calendar.month_name, calendar.month_abbr, calendar.day_name, calendar.day_abbr)
)


def shortfalls(lattice: Lattice, candidate: Candidate) -> Iterator[Shortfall]:
    """Everything in which the plan falls short."""
    plan = candidate.plan
    if shows_what_was_said(plan):
        yield "repeats-the-question", "This reading only gives back what the question says."
    if _counts_one_kind(lattice, plan):
        yield "known-number", "How many have that very name is known beforehand."
    if lattice.opener == "when" and not _tells_when(plan):
        yield "no-time", "The question asks when; this reading shows no time."
    yield from incomplete.shortfalls(lattice, plan)
    yield from overlooked.shortfalls(lattice, plan)
    yield from twofold.shortfalls(lattice, plan)
    yield from subordinates.shortfalls(lattice, plan)
    yield from adding.shortfalls(plan)
    if lattice.opener == "where" and (_only_names(lattice, candidate) or _names_no_place(plan)):
        yield "no-place", "The question asks where; this reading only shows names."
    if _shows_only_the_order(lattice, plan):
        yield "only-the-order", "This reading shows only what the rows are put in order by."
    if "alphabet" not in " ".join(lattice.stems) and any(map(_is_calendar, sorted_by(plan))):
        yield "calendar-as-text", "Months and weekdays kept as text are put in order by letters."
    if _is_ordered_inside(plan):
        yield "order-inside-groups", "What these groups are put in order by differs inside them."
    yield from _mistaken(lattice, candidate)
    for unknown in lattice.unknown:
        if restricts(lattice, unknown):
            yield "unknown-word", f"I do not know the word “{unknown.word}”."


def _mistaken(lattice: Lattice, candidate: Candidate) -> Iterator[Shortfall]:
    """One thing taken for another: either for both, a row for a period, somebody for a namesake."""
    if "unmet|both" in candidate.features and is_either(candidate.plan):
        yield "either-for-both", "The question asks for both; this reading takes either."
    yield from totals.shortfalls(lattice, candidate.plan, candidate.roles.actions)
    yield from namesakes.shortfalls(lattice, candidate.plan)
    yield from mistaking.mistakes(lattice, candidate.plan)
    yield from reckoning.shortfalls(lattice, candidate.plan, candidate.roles.actions)
    if standing.is_by_period(lattice, candidate.plan):
        yield "open-by-period", "What was open then may be closed by now."
    if lacking.denies_being_anywhere(candidate.roles.actions):
        yield "nowhere", "The question says where they are not; this reading that they are nowhere."
    if scarce.ranks_what_rows_have(lattice, candidate.plan):
        yield "group-for-row", "The question asks for one row; this reading ranks what rows share."
    if any(scarce.ranks_by_one_row(mention, candidate.plan) for mention in lattice.mentions):
        yield "kind-by-one-row", "A kind may be the most by one of its rows, or by their average."
    if _is_by_nothing(candidate):
        yield "by-left-out", "The question says by what; this reading has no order and no groups."
    yield from _left_open(lattice, candidate)


def _left_open(lattice: Lattice, candidate: Candidate) -> Iterator[Shortfall]:
    """What the question does not say, and somebody has to."""
    if any(map(foremost.is_by_anything, candidate.roles.actions)):
        yield "top-by-what", "The question does not say by what the first are the first."
    if any(unsaid.is_unclear(action, lattice) for action in candidate.roles.actions):
        yield "compared-by-what", "The question does not say what is compared with the number."
    if _is_share_of_which(candidate.plan):
        yield "share-of-which", "The share may be of these rows, or of the rows of each group."
    if measuring.is_of_another_unit(lattice, candidate.plan):
        yield "other-unit", "The number is in one unit, and what it is compared with in another."
    if ranks_by_letters(lattice, candidate.plan):
        yield "ranked-by-letters", "The first few are not those that come last in the alphabet."
    if headings.leaves_something_out(lattice, candidate.plan, candidate.roles.actions):
        yield "heading-left-out", "The question says more of the rows, or of what a line is for."
    if headings.is_number_or_list(lattice):
        yield "number-or-kind", "The question may mean a number for each time, or such rows."
    if headings.is_list_in_order(lattice, candidate.plan):
        yield "number-or-order", "The question may mean a number for each, or a list in that order."
    if headings.is_count_or_total(lattice, candidate.plan):
        yield "count-or-total", "The question does not say whether a number or a total is meant."


def _is_share_of_which(plan: Plan) -> bool:
    """`the share of cancelled orders per store`: of all that are cancelled, or of the store's."""
    if plan.window is None or plan.window.kind != "share" or plan.window.measure.field is not None:
        return False
    counted, said = plan.window.measure.entity, (clause[0] for clause in plan.where)
    return any(isinstance(c, Compare) and c.field.entity is counted for c in said)


def _is_by_nothing(candidate: Candidate) -> bool:
    """`customers in Germany by name`, in no order."""
    plan = candidate.plan
    if plan.order or plan.group or plan.window is not None:
        return False
    shown = (action.mention for action in candidate.roles.actions if action.role == "show")
    return any(mention.left == ("by",) for mention in shown)


def ranks_by_letters(lattice: Lattice, plan: Plan) -> bool:
    """`top 3 garages` are not those with the last names, nor is `the most authors` the last one."""
    if plan.limit is None or not lattice.tags.isdisjoint(("by", "order", "asc", "desc")):
        return False
    if lattice.tags.isdisjoint(("first", "last", "most", "least")):
        return False
    first = plan.order[0].term if plan.order else None
    item = first.field if first is not None and first.aggregate is None else None
    text = item is not None and item.column.kind is ColumnKind.TEXT and not item.is_numeric
    return text and item is not None and item.meaning is not Meaning.DATE


def shows_what_was_said(plan: Plan) -> bool:
    """Whether all that is shown, or counted apart, is fixed to one value by the question."""
    if plan.all_columns or plan.group or not plan.select:
        return False
    fixed = _fixed(plan)
    return all(_is_said(term, fixed) for term in plan.select)


def _fixed(plan: Plan) -> set[Field]:
    alone = (either[0] for either in plan.where if len(either) == 1)
    return {c.field for c in alone if isinstance(c, Compare) and c.op == "="}


def _is_said(term: Term, fixed: set[Field]) -> bool:
    """A value of the question, or how many different ones there are of it."""
    counted = term.aggregate == "count" and term.distinct
    return (term.aggregate is None or counted) and term.field in fixed


def _counts_one_kind(lattice: Lattice, plan: Plan) -> bool:
    """`how many novels`, where a table that nobody spoke of has one row that is called so."""
    counted = {term.entity for term in plan.select if term.aggregate == "count"}
    unnamed = len(counted) == len(plan.select) == 1 and counted.isdisjoint(lattice.entities)
    alone = unnamed and not plan.group and set(plan.tree.entities) == counted
    return alone and any(field.tells_rows_apart for field in _fixed(plan))


def _only_names(lattice: Lattice, candidate: Candidate) -> bool:
    """What is shown of a thing that the question speaks of, when it does not say what."""
    unsaid = not {"nothing-asked", "by-name"}.isdisjoint(candidate.features)
    return unsaid and all(term.entity in lattice.entities for term in candidate.plan.select)


def _names_no_place(plan: Plan) -> bool:
    """Whether all that is shown are names of what is no place itself."""
    return bool(plan.select) and all(
        term.aggregate is None
        and term.field in term.entity.display
        and term.field is not None
        and _OF_PLACES.isdisjoint((*term.entity.stems, *term.field.stems))
        for term in plan.select
    )


_OF_PLACES = frozenset(
    words.stems(
        "place location address city town village district county state province region country "
        "continent site street road room building venue stadium station airport port hotel "
        "hospital school university museum park river lake island mountain office branch store "
        "shop warehouse department origin destination hometown"
    )
)


def _tells_when(plan: Plan) -> bool:
    terms = (*plan.select, *plan.group)
    return any(t.unit or (t.field is not None and _is_time(t.field)) for t in terms)


def _is_time(item: Field) -> bool:
    told = item.meaning in (Meaning.DATE, Meaning.YEAR) or item.column.kind.is_temporal
    return told or not _OF_TIMES.isdisjoint(item.stems)


_OF_TIMES = frozenset(("year", "date", "time", "dai", "day", "month", "hour", "week", "quarter"))


def _shows_only_the_order(lattice: Lattice, plan: Plan) -> bool:
    """`order the pets by age` asks for pets, not for ages."""
    if not any(map(_are_put_in_order, lattice.mentions)):
        return False
    ranks = {order.term for order in plan.order}
    return bool(plan.select) and all(
        term in ranks and term.field not in term.entity.display for term in plan.select
    )


def _are_put_in_order(mention: Mention) -> bool:
    """Rows of a table, told to be sorted."""
    table = any(isinstance(link.target, Entity) for link in mention.links)
    return table and mention.left[-1:] == ("order",)


def _is_calendar(item: Field) -> bool:
    """Whether the column holds names of months or weekdays."""
    if item.column.kind is not ColumnKind.TEXT:
        return False
    samples = [str(value).strip().lower() for value in item.column.samples if value is not None]
    return len(samples) > 1 and any(names.issuperset(samples) for names in _CALENDAR)


def _is_ordered_inside(plan: Plan) -> bool:
    """Whether groups are put in order by what differs inside them: a column that is neither
    grouped by nor settled by the key of what is. A metric is a figure of the group already.
    """
    if not plan.group or plan.window is not None:
        return False
    settled = _settled(plan)
    plain = (o.term for o in plan.order if o.term.aggregate is None and o.term.field is not None)
    return any(
        term not in plan.group and term.entity not in settled and term.field.metric is None
        for term in plain
        if term.field is not None
    )


def _settled(plan: Plan) -> set[Entity]:
    """Tables of which a group has one row: its key is grouped by, or that of who refers to it."""
    found = {key.entity for key in plan.group if key.field in key.entity.primary}
    for _ in plan.tree.edges:
        found |= {edge.one for edge in plan.tree.edges if edge.many in found}
    return found


def _closes_the_question(lattice: Lattice, unknown: Unknown) -> bool:
    """`which features does the plan include`: what stands between the two that are named."""
    lowers = [token.lower for token in lattice.tokens]
    verb = unknown.word.lower()
    done = not {"do", "does", "did"}.isdisjoint(lowers[:-1])
    return done and lowers[-1] == verb and ties(verb) and len(lattice.mentions) > 1


def restricts(lattice: Lattice, unknown: Unknown) -> bool:
    """`the planed plants` are not all plants, nor are those that `are adopted`.

    Only between two names may it say no more than their join does: `songs performed by singers`;
    `the oldest living patient` is not the oldest of all.
    """
    if not relates(unknown.word):
        return False
    if unknown.position >= len(lattice.mentions):
        return not _closes_the_question(lattice, unknown)
    following = lattice.mentions[unknown.position]
    at = following.start - 1
    is_before = at >= 0 and lattice.tokens[at].text == unknown.word and not following.is_literal
    names = (mention for mention in lattice.mentions if mention.adjective is None)
    return is_before and not any(mention.end == at for mention in names)
