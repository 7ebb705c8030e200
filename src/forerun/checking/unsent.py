"""Does a query touch columns whose values may go to no model?

Any mention of such a column counts, whether its values are given, computed with, compared or
sorted by: rows that were chosen by a salary tell of salaries. To count it is no mention: how many
values there are says nothing of what they are. What names no columns (`*`, whole rows, NATURAL
joins, pivots, columns told by place) is taken for a mention of all; so is what may be the key of a
row, which SQLite and MySQL call by names that no table says it has.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from sqlglot import exp

from forerun.checking.names import Names
from forerun.checking.relations import alias_columns
from forerun.domain import Reason, ReasonCode, Table

BY_PLACE = (exp.Pivot, exp.PositionalColumn, exp.Columns)
KEYS = frozenset({"rowid", "oid", "_rowid_", "_rowid"})
Called: TypeAlias = Sequence[tuple[str, Table]]
"""What a query calls each place that reads a table."""
QUERIES = (exp.Select, exp.SetOperation, exp.Values)


def touches_unsent(tree: exp.Expr, names: Names) -> bool:
    tables = [table for _, table in names.reads]
    unsent = {c.name.lower() for table in tables for c in table.columns if c.unsent}
    if not unsent:
        return False
    called = [(node.alias_or_name.lower(), table) for node, table in names.reads]
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
    yield any(
        brackets.alias and not isinstance(brackets.this, QUERIES)
        for brackets in tree.find_all(exp.Subquery)  # (a JOIN b) AS j: j is a whole row of both
    )


def mentions(column: exp.Column, unsent: set[str], called: Called) -> bool:
    if isinstance(column.this, exp.Star):
        return not is_counted(column)
    name, parts = column.name.lower(), {part.name.lower() for part in column.parts}
    if any(name == table for table, _ in called) and not (column.table and is_own(column, called)):
        return not is_counted(column)  # a whole row; DuckDB lets its schema be named, too
    if name in KEYS and not is_own(column, called):
        return not is_counted(column)
    return bool(parts & unsent) and not is_counted(column)


def is_own(column: exp.Column, called: Called) -> bool:
    """Whether the tables that it may be of say that they have it."""
    of, name = column.table.lower(), column.name
    tables = [table for its_name, table in called if not of or its_name == of]
    return bool(tables) and all(table.column(name) is not None for table in tables)


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
