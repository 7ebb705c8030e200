"""Keys of ORDER BY and of GROUP BY. Rows without a value never win a top n, and those that refer
to nobody are no group of anybody's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from sqlglot import exp

from forerun.parsing.plans import Compare, During, Order, Plan, Term
from forerun.parsing.schema import Field, Meaning

_NOTHING_FIRST = ("sqlite", "mysql")
"""Where what has no value sorts before everything else."""


def sorted_by(key: exp.Expr, order: Order, dialect: str, cut: bool) -> exp.Ordered:
    """`key` as a sort key of `order`. Only where the list is `cut` short does it matter enough to
    be spelt out that what has no value comes last.
    """
    upwards = dialect in _NOTHING_FIRST and not order.descending
    plain = upwards and not (cut and _may_be_missing(order.term))
    return exp.Ordered(this=key, desc=order.descending, nulls_first=plain)


def _may_be_missing(term: Term) -> bool:
    """False for counts, and for what is told of a column that every row has a value in."""
    if term.per is not None or term.part is not None:
        return True
    if term.aggregate == "count" or term.field is None:
        return False
    return term.field.metric is not None or term.field.column.nullable


def without_missing_keys(keys: list[exp.Ordered]) -> list[exp.Ordered]:
    """The keys without those that only put what has no value last: `CASE WHEN x IS NULL …, x`."""
    extra = {id(key) for key, after in pairwise(keys) if _tells_missing(key.this, after.this)}
    return [key for key in keys if id(key) not in extra]


def _tells_missing(key: exp.Expr, after: exp.Expr) -> bool:
    if isinstance(key, exp.Case) and key.this is None and len(key.args["ifs"]) == 1:
        key = key.args["ifs"][0].this
    key = key.unnest()
    nothing = isinstance(key, exp.Is) and isinstance(key.expression, exp.Null)
    return nothing and key.this == after


def grouped_by(plan: Plan, dialect: str) -> tuple[Term, ...]:
    """The keys of GROUP BY. Of a list that is cut short, what a declared key tells is none of them
    where the dialect can do without: no texts are sorted to find groups most of which nobody sees.
    """
    if plan.limit is None or dialect != "sqlite":
        return plan.group
    return tuple(term for term in plan.group if not _is_told_by_a_key(term, plan))


def _is_told_by_a_key(term: Term, plan: Plan) -> bool:
    declared = bool(term.entity.table.primary_key)
    if not declared or term.unit or term.field in term.entity.primary:
        return False
    return _grouped(plan).issuperset(term.entity.primary)


def with_what_keys_tell(plan: Plan) -> Plan:
    """The plan as it was meant, where its groups were written by their keys alone."""
    told = (t for t in plan.select if t.aggregate is None and _is_told_by_a_key(t, plan))
    return replace(plan, group=tuple(dict.fromkeys((*plan.group, *told))))


def _grouped(plan: Plan) -> frozenset[Field | None]:
    return frozenset(term.field for term in plan.group if not term.unit)


def told_apart_by_a_value(plan: Plan) -> Iterator[Field]:
    """Columns that groups must have a value in, where nothing else in the plan sees to it.

    Who has no manager is in the group of none; no group without a value comes first or is one of
    those that a condition holds of. A customer without a phone is a group all the same, where
    customers are told apart by their keys.
    """
    chosen = plan.limit is not None or bool(plan.having)
    grouped = _grouped(plan)
    known = {item for edge in plan.tree.edges for pair in edge.pairs for item in pair}
    known |= {clause[0].field for clause in plan.where if _needs_a_value(clause)}
    for term in plan.group:
        item = term.field
        if item is None or item in known or _is_of_a_keyed_row(item, grouped):
            continue
        if item.column.nullable and (chosen or item.meaning is Meaning.KEY):
            yield item


def _is_of_a_keyed_row(item: Field, grouped: frozenset[Field | None]) -> bool:
    primary = item.entity.primary
    return item in primary or (bool(primary) and grouped.issuperset(primary))


def _needs_a_value(clause: tuple[object, ...]) -> bool:
    """Whether the clause holds of no row that has no value there."""
    first = clause[0]
    if len(clause) > 1 or not isinstance(first, Compare | During):
        return False
    return isinstance(first, During) or first.op != "null"
