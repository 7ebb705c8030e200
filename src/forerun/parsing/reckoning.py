"""Figures by two days that tell nothing, or another thing than was asked."""

from __future__ import annotations

from collections.abc import Iterator

from forerun.parsing.mentions import Kind, Lattice
from forerun.parsing.plans import Compare, Plan
from forerun.parsing.schema import Elapsed, Field, Meaning


def shortfalls(lattice: Lattice, plan: Plan) -> Iterator[tuple[str, str]]:
    """Why such a figure, or what is open over time, is no answer; names with words."""
    figures = [told for item in _shown(plan) if (told := item.elapsed) is not None]
    missing = {
        condition.field
        for condition in plan.conditions
        if isinstance(condition, Compare) and condition.op == "null"
    }
    if any(_lacks_a_day(figure, missing) for figure in figures):
        yield "no-such-length", "What has no such day has no age and no length."
    if any(not isinstance(f.end, Field) for f in figures) and _is_of_another_time(lattice):
        yield "age-of-another-time", "Ages are those of today, not those of then."
    if any(term.unit for term in plan.group) and any(map(_is_open, _texts(lattice))):
        yield "open-by-period", "What was open then may be closed by now."


def _shown(plan: Plan) -> Iterator[Field]:
    """What is shown, grouped or ordered by, or compared."""
    terms = (*plan.select, *plan.group, *(order.term for order in plan.order))
    yield from (term.field for term in terms if term.field is not None)
    yield from (c.field for c in plan.conditions if not isinstance(c, Compare) or c.op != "null")


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


def _texts(lattice: Lattice) -> Iterator[str]:
    yield from (m.text for m in lattice.mentions if m.kind is Kind.HAPPENING)


def _is_open(text: str) -> bool:
    return text.lower() == "open"
