"""Rows of which one of two things is enough: a loan or a card, five orders or two visits.

A join of both would ask for both. Each side is a query of its own, and what they find is one list.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from forerun.parsing import joins
from forerun.parsing.combining import names_may_repeat
from forerun.parsing.index import Index
from forerun.parsing.mentions import Lattice
from forerun.parsing.plans import Plan, SetOp, entities_of
from forerun.parsing.sketching import Sketch


def groups(plan: Plan, index: Index) -> Iterator[tuple[Plan, Plan]]:
    """`more than 8 orders or at least 2 visits`: the groups of the one kind and of the other."""
    shown = list(dict.fromkeys(term.entity for term in (*plan.select, *plan.group)))
    if len(plan.having) != 2 or plan.where or plan.order or plan.count_groups or not shown:
        return
    if any(term.aggregate for term in plan.select) or names_may_repeat(plan):
        return
    found = [
        [
            replace(plan, tree=tree, having=(having,))
            for tree in joins.trees(index, shown[0], [*shown, having.term.entity])
        ]
        for having in plan.having
    ]
    yield from zip(found[0][:1], found[1][:1], strict=False)


def united(one: Plan | None, other: Plan | None) -> Iterator[Plan]:
    """Both groups in one list, where both add up."""
    if one is not None and other is not None:
        yield replace(one, setop=SetOp("union", other.tree, (), having=other.having))


def tables(plan: Plan, sketch: Sketch, lattice: Lattice, index: Index) -> Iterator[Plan]:
    """`clients with a loan or an account`: those with the one, and those with the other.

    What else is said must be of the clients: of an account only, or of both, nobody knows.
    """
    core = list(dict.fromkeys(term.entity for term in plan.select))
    plain = not (plan.group or plan.order or sketch.absent or sketch.of_a_kind)
    if not plain or len(sketch.instead) > 2 or names_may_repeat(plan):
        return
    if not core or any(term.aggregate for term in plan.select):
        return
    if not {e for either in plan.where for c in either for e in entities_of(c)} <= set(core):
        return
    others = [entity for entity in sketch.tables if entity not in core]
    *either, last = sketch.instead
    at = others.index(last) if last in others else 0
    if not at or either not in ([], others[:1]) or (at > 1 and "comma" in lattice.tags):
        return
    sides = [joins.trees(index, core[0], [*core, *side]) for side in (others[:at], others[at:])]
    for one, other in zip(sides[0][:1], sides[1][:1], strict=False):
        if one != other:
            yield replace(plan, tree=one, setop=SetOp("union", other, plan.where))
