"""The one figure that a plan is about, and whether those of its groups add up."""

from __future__ import annotations

import re

from forerun.parsing import joins
from forerun.parsing.plans import Plan, Term

_WHOLE = re.compile(r"\s*(?:sum|count)\s*\((?!\s*distinct\b)(.*)\)\s*", re.IGNORECASE | re.DOTALL)


def measure(plan: Plan) -> Term | None:
    """The one aggregate that is shown or ranked by."""
    terms = (*plan.select, *(order.term for order in plan.order))
    found = {term for term in terms if term.aggregate}
    return found.pop() if len(found) == 1 else None


def adds_up(term: Term, plan: Plan) -> bool:
    """Whether the figures of groups sum up to that of all rows."""
    if term.aggregate not in ("sum", "count") or term.distinct or term.part or term.per:
        return False
    if joins.multiplied(plan.tree, term.entity):
        return False
    metric = term.field.metric if term.field else None
    return metric is None or is_sum(metric.sql)


def is_sum(expression: str) -> bool:
    """True for one SUM or COUNT around everything."""
    whole = _WHOLE.fullmatch(expression)
    depth = 0
    for letter in whole.group(1) if whole else ")":
        depth += (letter == "(") - (letter == ")")
        if depth < 0:
            return False
    return True
