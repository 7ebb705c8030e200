"""What is to be listed: `the ordered list of customer ids` is one of these, not only in their
order, and `players of the richest team` are all of them.
"""

from __future__ import annotations

from collections.abc import Iterable

from forerun.parsing import joins
from forerun.parsing.mentions import Lattice, Mention
from forerun.parsing.plans import Plan, fields_of, sorted_by
from forerun.parsing.schema import Entity

_ORDERED = frozenset(("ordered", "sorted"))
_BETWEEN = frozenset(("list", "listing", "of", "the", "all"))


def whole(plans: Iterable[Plan], lattice: Lattice) -> list[Plan]:
    """Those of the plans that show all that is to be listed."""
    return [
        plan
        for plan in plans
        if not _leaves_out_what_is_listed(plan, lattice)
        and not _shows_one_of_those_of_the_first(plan, lattice)
        and not _shows_only_what_is_said_of_them(plan, lattice)
    ]


def _leaves_out_what_is_listed(plan: Plan, lattice: Lattice) -> bool:
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


def _shows_one_of_those_of_the_first(plan: Plan, lattice: Lattice) -> bool:
    """Whether there are many rows of what comes first, of which the plan shows only one, where
    several are spoken of.
    """
    if plan.limit != 1 or plan.group or plan.window is not None or plan.all_columns:
        return False
    shown = {term.entity for term in plan.select}
    first = {item.entity for item in sorted_by(plan)}
    repeated = any(joins.multiplied(plan.tree, entity) for entity in first)
    return repeated and any(_are_several(entity, lattice) for entity in shown - first)


def _are_several(entity: Entity, lattice: Lattice) -> bool:
    named = (m for m in lattice.mentions if any(link.target is entity for link in m.links))
    return any(mention.is_plural for mention in named)


def _shows_only_what_is_said_of_them(plan: Plan, lattice: Lattice) -> bool:
    """`which turbines were commissioned before 2012`, as the days on which that was."""
    first = lattice.mentions[0] if lattice.mentions else None
    if lattice.opener != "which" or first is None or first.start != 1 or plan.all_columns:
        return False
    if not all(isinstance(link.target, Entity) for link in first.links):
        return False
    said = {item for condition in plan.conditions for item in fields_of(condition)}
    return bool(first.links) and all(
        term.aggregate is None and term.field in said and term.field not in term.entity.display
        for term in plan.select
    )
