"""Whether two plans say the same, in whatever order they say it."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace

from forerun.parsing.plans import Condition, During, Plan, Semi
from forerun.parsing.spells import Period


def alike(one: Plan, other: Plan) -> bool:
    """True where both give the same rows by the same tables, conditions and groups."""
    return _essence(one) == _essence(other)


def keeps(before: Plan, after: Plan) -> bool:
    """True where the same is shown in the same order, and every column filtered on still is."""
    shown = (before.select, frozenset(before.group), before.having, before.order)
    if shown != (after.select, frozenset(after.group), after.having, after.order):
        return False
    limited = (before.limit is None) == (after.limit is None)
    return limited and not alike(before, after) and _filtered(before) <= _filtered(after)


def _filtered(plan: Plan) -> frozenset[Hashable]:
    """Columns of conditions, and the tables in which partners are looked up."""
    columns = (condition.field for condition in plan.conditions)
    return frozenset((*columns, *((semi.edge, semi.negated) for semi in plan.semis)))


def _essence(plan: Plan) -> Hashable:
    """The plan with the order taken out of what has none."""
    rest = (
        plan.select,
        plan.having,
        plan.order,
        plan.limit,
        plan.distinct,
        plan.all_columns,
        plan.outward,
    )
    sets = (
        frozenset(plan.tree.entities), frozenset(plan.tree.edges), frozenset(plan.group),
        _clauses(plan.where), frozenset(map(_semi, plan.semis)),
    )  # fmt: skip
    return rest, sets, plan.count_groups, plan.setop, plan.window


def _clauses(where: tuple[tuple[Condition, ...], ...]) -> Hashable:
    return frozenset(frozenset(map(_ungrained, either)) for either in where)


def _ungrained(condition: Condition) -> Condition:
    """How finely a time was said changes no row."""
    if isinstance(condition, During):
        period = condition.period
        return replace(condition, period=Period(period.start, period.end, "day"))
    return condition


def _semi(semi: Semi) -> Hashable:
    edges = frozenset(semi.tree.edges)
    return semi.outer, semi.edge, edges, _clauses(semi.where), semi.negated
