"""Figures by two days that tell nothing, or another thing than was asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from forerun.parsing.actions import Action
from forerun.parsing.elapsed import DAYS, HOURS, tells_of_another
from forerun.parsing.mentions import Kind, Lattice
from forerun.parsing.plans import BesideColumn, Compare, Condition, Plan, fields_of
from forerun.parsing.schema import Elapsed, Field, Meaning


def shortfalls(
    lattice: Lattice, plan: Plan, actions: Sequence[Action]
) -> Iterator[tuple[str, str]]:
    """Why such a figure is no answer; names with words."""
    reckoned = [item for item in _used(plan) if item.elapsed is not None]
    if any(tells_of_another(item, lattice.entities, lattice.stems) for item in reckoned):
        yield "figure-of-another", "This reading tells an age or a length of something else."
    if any(map(_lacks_its_unit, actions)):
        yield "unit-unsaid", "The question does not say that it means days."
    if _is_said_of_time(lattice, actions) and not any(map(_compares_days, plan.conditions)):
        yield "timeliness-left-out", "The question asks what was in time; this reading does not."
    figures = [item.elapsed for item in reckoned if item.elapsed is not None]
    missing = {
        condition.field
        for condition in plan.conditions
        if isinstance(condition, Compare) and condition.op == "null"
    }
    if any(_lacks_a_day(figure, missing) for figure in figures):
        yield "no-such-length", "What has no such day has no age and no length."
    if any(not isinstance(f.end, Field) for f in figures) and _is_of_another_time(lattice):
        yield "age-of-another-time", "Ages are those of today, not those of then."


def _used(plan: Plan) -> Iterator[Field]:
    """What is shown, grouped or ordered by, or compared."""
    terms = (*plan.select, *plan.group, *(order.term for order in plan.order))
    yield from (term.field for term in terms if term.field is not None)
    for condition in plan.conditions:
        if not isinstance(condition, Compare) or condition.op != "null":
            yield from fields_of(condition)


def _lacks_a_day(figure: Elapsed, missing: set[Field]) -> bool:
    days = {day for day in (figure.begin, figure.end) if isinstance(day, Field)}
    return not missing.isdisjoint(days) or any(item.elapsed == figure for item in missing)


def _is_of_another_time(lattice: Lattice) -> bool:
    """`how old were they when they booked`, `their age at check in`."""
    lowers = [token.lower for token in lattice.tokens]
    if "when" in lowers[1:]:
        return True
    dated = (
        m.start
        for m in lattice.mentions
        if m.kind is Kind.HAPPENING
        or any(isinstance(k.target, Field) and k.target.meaning is Meaning.DATE for k in m.links)
    )
    return any("at" in lowers[max(start - 2, 0) : start] for start in dated)


def _lacks_its_unit(action: Action) -> bool:
    """`longer than 100`, where days are reckoned: of what? Nor are hours told in days."""
    item, after = action.field, action.mention.after
    if action.role != "subject" or item is None or item.elapsed is None or after is None:
        return False
    if not isinstance(item.elapsed.end, Field) or after.kind is not Kind.NUMBER:
        return False
    units = HOURS if item.elapsed.in_hours else DAYS
    return after.text.lower().rsplit(maxsplit=1)[-1] not in units


def _is_said_of_time(lattice: Lattice, actions: Sequence[Action]) -> bool:
    """`closed on time`, unless some column is meant by it."""
    pairs = pairwise(token.lower for token in lattice.tokens)
    places = [at for at, pair in enumerate(pairs) if pair in (("on", "time"), ("in", "time"))]
    used = [action.mention for action in actions if action.role != "skip"]
    return any(not any(m.start <= at + 1 < m.end for m in used) for at in places)


def _compares_days(condition: Condition) -> bool:
    return isinstance(condition, BesideColumn)
