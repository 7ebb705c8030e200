"""`the ordered list of customer ids` is a list of these, not only in their order."""

from __future__ import annotations

from forerun.parsing.mentions import Lattice, Mention
from forerun.parsing.plans import Plan, sorted_by

_ORDERED = frozenset(("ordered", "sorted"))
_BETWEEN = frozenset(("list", "listing", "of", "the", "all"))


def leaves_out_what_is_listed(plan: Plan, lattice: Lattice) -> bool:
    """Whether the rows are in that order, and what was to be listed is not shown."""
    if plan.all_columns:
        return False
    hidden = set(sorted_by(plan)) - {term.field for term in plan.select}
    return bool(hidden) and any(
        link.target in hidden
        for mention in lattice.mentions
        if _is_listed_in_order(mention, lattice)
        for link in mention.links
    )


def _is_listed_in_order(mention: Mention, lattice: Lattice) -> bool:
    """`the ordered list of …`, `the sorted …`, but not "sorted by …"."""
    at = mention.start
    while at and lattice.tokens[at - 1].lower in _BETWEEN:
        at -= 1
    return at > 0 and lattice.tokens[at - 1].lower in _ORDERED
