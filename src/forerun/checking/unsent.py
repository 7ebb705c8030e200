"""Does a query touch columns whose values may go to no model?

Any mention of such a column counts, whether its values are given, computed with, compared or
sorted by: rows that were chosen by a salary tell of salaries. To count it is no mention: how many
values there are says nothing of what they are. What names no columns (`*`, whole rows, NATURAL
joins, pivots, columns told by place) is taken for a mention of all.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from forerun.checking.names import Names
from forerun.checking.relations import alias_columns
from forerun.domain import Reason, ReasonCode

BY_PLACE = (exp.Pivot, exp.PositionalColumn, exp.Columns)


def touches_unsent(tree: exp.Expr, names: Names) -> bool:
    tables = [table for _, table in names.reads]
    unsent = {c.name.lower() for table in tables for c in table.columns if c.unsent}
    if not unsent:
        return False
    called = {node.alias_or_name.lower() for node, _ in names.reads}
    if any(node.parent is None or alias_columns(node) for node, _ in names.reads):
        return True
    return (
        any(unnamed(tree))
        or any(mentions(column, unsent, called) for column in tree.find_all(exp.Column))
        or any(shared in unsent for shared in shared_names(tree))
    )


def out_of_bounds(names: Names) -> Reason:
    """Why a query that touches them is not run at all for an asker who is a model himself. Its
    rows alone could be kept back; but whether it fails, which query takes its place, and what is
    kept of it for the next one, would tell of the values, too."""
    tables = {table.key: table for _, table in names.reads}
    closed = (f"{key}.{c.name}" for key, t in tables.items() for c in t.columns if c.untouched)
    return Reason(
        ReasonCode.UNSENT,
        "The query touches columns whose values no model may be sent: it reads tables with "
        f"{', '.join(sorted(closed))}.",
        "Leave these columns out, name the others instead of *, or only count them.",
    )


def unnamed(tree: exp.Expr) -> Iterator[bool]:
    """Ways to read columns without naming them."""
    yield tree.find(*BY_PLACE) is not None
    yield any(join.method == "NATURAL" for join in tree.find_all(exp.Join))
    yield any(call.name.lower() == "columns" for call in tree.find_all(exp.Anonymous))
    yield any(not is_counted(star) for star in tree.find_all(exp.Star))


def mentions(column: exp.Column, unsent: set[str], called: set[str]) -> bool:
    if isinstance(column.this, exp.Star):
        return not is_counted(column)
    parts = {part.name.lower() for part in column.parts}
    if not column.table and column.name.lower() in called:
        return not is_counted(column)  # a whole row
    return bool(parts & unsent) and not is_counted(column)


def shared_names(tree: exp.Expr) -> Iterator[str]:
    for join in tree.find_all(exp.Join):
        yield from (name.name.lower() for name in join.args.get("using") or ())


def is_counted(node: exp.Expr) -> bool:
    parent = node.parent
    if isinstance(parent, exp.Column | exp.Distinct):
        parent = parent.parent
    if isinstance(parent, exp.Column | exp.Distinct):
        parent = parent.parent
    return isinstance(parent, exp.Anonymous) and parent.name.lower() == "count"
