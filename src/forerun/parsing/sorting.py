"""Keys of ORDER BY. Rows without a value never win a top n."""

from __future__ import annotations

from itertools import pairwise

from sqlglot import exp

from forerun.parsing.plans import Order, Term

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
