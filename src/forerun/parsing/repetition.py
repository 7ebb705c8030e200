"""Does a list show a value once or every time, and are rows of one name one group?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from forerun.parsing import completion, joins
from forerun.parsing.mentions import Lattice
from forerun.parsing.plans import Plan, Term
from forerun.parsing.schema import Field

_FEW, _MANY = 0.5, 0.95
"""Different values a row, from which on hardly any is there twice."""


def features(plan: Plan, shape: str, lattice: Lattice) -> Iterator[str]:
    """What speaks for or against DISTINCT, in lists, counts and groups."""
    asked = "asked" if "distinct" in lattice.tags else "unasked"
    if not plan.group and not any(term.aggregate for term in plan.select):
        yield from _listed(plan, asked)
    for term in plan.select:
        if term.aggregate == "count" and term.field is not None:
            how = "different" if term.distinct else "all"
            yield f"counts-{how}|{asked}|{term.field.meaning}|{_repeated(term.field)}"
    yield from _counted(plan, asked)
    named = {term for term in plan.group if term.field in term.entity.display}
    if any(term.entity.primary for term in named):
        keyed = any(term.field in term.entity.primary for term in plan.group)
        yield f"groups|keyed={keyed}|{shape}"
        yield f"groups|keyed={keyed}|{'each' in lattice.tags}|{_all(named)}"


def _counted(plan: Plan, asked: str) -> Iterator[str]:
    """Whether rows that a join repeats are counted each time, shown or only ranked by."""
    compared = (having.term for having in plan.having)
    places = (("shown", plan.select), ("ranks", [o.term for o in plan.order]), ("held", compared))
    for place, terms in places:
        for term in terms:
            if term.aggregate == "count":
                how = "different" if term.distinct else "rows" if term.field is None else "all"
                repeated = joins.multiplied(plan.tree, term.entity)
                keyed = bool(term.entity.table.primary_key)
                yield f"counted|{place}|{how}|repeated={repeated}|keyed={keyed}"
                yield f"counted|{place}|{how}|{asked}|joins={min(len(plan.tree.edges), 3)}"


def _listed(plan: Plan, asked: str) -> Iterator[str]:
    once = f"once={plan.distinct}|{asked}"
    repeats = completion.repeats(plan.select) if plan.select else False
    multiplied = any(joins.multiplied(plan.tree, term.entity) for term in plan.select)
    filtered = bool(plan.conditions)
    yield f"{once}|{repeats}|{multiplied}|{filtered}"
    yield f"{once}|{len(plan.select) > 1}|{_all(plan.select)}|{multiplied}"
    if len(plan.select) == 1 and plan.select[0].field is not None:
        yield f"{once}|{plan.select[0].field.meaning}|{filtered}|{bool(plan.order)}"


def _all(terms: Iterable[Term]) -> str:
    """How often the values of the column that differ most are there."""
    found = {_repeated(term.field) for term in terms if term.field}
    return next((how for how in _HOW_OFTEN if how in found), "unknown")


_HOW_OFTEN = ("seldom", "unknown", "sometimes", "often")


def _repeated(item: Field) -> str:
    """How often a value is there more than once, as far as samples tell."""
    rows, samples = item.entity.table.rows, item.column.samples
    if item.entity.primary == (item,):
        return "seldom"
    if not rows or not samples:
        return "unknown"
    if not item.column.samples_complete:
        return "unknown"
    share = len(samples) / rows
    return "seldom" if share > _MANY else "sometimes" if share > _FEW else "often"
