"""Does a query touch columns whose values may go to no model?

Any mention of such a column counts, whether its values are given, computed with, compared or
sorted by: rows that were chosen by a salary tell of salaries. To count it is no mention: how many
values there are says nothing of what they are. How many different ones there are does, of some
rows: where one row makes no difference, it has the value of another. What names no columns (`*`,
whole rows, NATURAL joins, pivots, columns told by place) is taken for a mention of all; so is what
may be the key of a row, which SQLite and MySQL call by names that no table says it has.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from sqlglot import exp

from forerun.checking.names import Names
from forerun.checking.relations import alias_columns
from forerun.checking.words import bare_words
from forerun.domain import Reason, ReasonCode, Table

BY_PLACE = (exp.Pivot, exp.PositionalColumn, exp.Columns)
KEYS = frozenset({"rowid", "oid", "_rowid_", "_rowid"})
Reads: TypeAlias = Sequence[tuple[exp.Table, Table]]
"""Every place that reads a table of the catalog."""
PARTIAL = (exp.Filter, exp.Window)
"""In these an aggregate is of some rows."""
WHOLE_SELECT = frozenset({"with_", "expressions", "from_", "order", "limit", "offset"})
WHOLE_TABLE = frozenset({"this", "db", "catalog", "alias"})
QUERIES = (exp.Select, exp.SetOperation, exp.Values)


def touches_unsent(tree: exp.Expr, names: Names) -> bool:
    tables = [table for _, table in names.reads]
    unsent = {c.name.lower() for table in tables for c in table.columns if c.unsent}
    if not unsent:
        return False
    if any(node.parent is None or alias_columns(node) for node, _ in names.reads):
        return True
    rows = {called(node) for node, table in names.reads if any(c.unsent for c in table.columns)}
    return (
        any(unnamed(tree))
        or any(mentions(column, unsent, names.reads) for column in tree.find_all(exp.Column))
        or any(shared in unsent for shared in shared_names(tree))
        or any(word.name.lower() in unsent | rows for word in bare_words(tree))
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
    yield any(not is_counted(star, ()) for star in tree.find_all(exp.Star))
    yield any(
        brackets.alias and not isinstance(brackets.this, QUERIES)
        for brackets in tree.find_all(exp.Subquery)  # (a JOIN b) AS j: j is a whole row of both
    )


def mentions(column: exp.Column, unsent: set[str], reads: Reads) -> bool:
    return gives(column, unsent, reads) and not is_counted(column, reads)


def gives(column: exp.Column, unsent: set[str], reads: Reads) -> bool:
    if isinstance(column.this, exp.Star):
        return True
    name, parts = column.name.lower(), {part.name.lower() for part in column.parts}
    is_row = any(name == called(node) for node, _ in reads)
    if is_row and not (column.table and is_own(column, reads)):
        return True  # a whole row; DuckDB lets its schema be named, too
    if name in KEYS and not is_own(column, reads):
        return True
    return bool(parts & unsent)


def called(node: exp.Table) -> str:
    return node.alias_or_name.lower()


def is_own(column: exp.Column, reads: Reads) -> bool:
    """Whether the tables that it may be of say that they have it."""
    of, name = column.table.lower(), column.name
    tables = [table for node, table in reads if not of or called(node) == of]
    return bool(tables) and all(table.column(name) is not None for table in tables)


def shared_names(tree: exp.Expr) -> Iterator[str]:
    for join in tree.find_all(exp.Join):
        yield from (name.name.lower() for name in join.args.get("using") or ())


def is_counted(node: exp.Expr, reads: Reads) -> bool:
    parent = node.parent
    if isinstance(parent, exp.Column):  # of a star
        node, parent = parent, parent.parent
    if isinstance(parent, exp.Distinct):
        return is_call(parent.parent) and is_of_all_rows(node, parent, reads)
    return is_call(parent)


def is_call(node: exp.Expr | None) -> bool:
    return isinstance(node, exp.Anonymous) and node.name.lower() == "count"


def is_of_all_rows(node: exp.Expr, distinct: exp.Distinct, reads: Reads) -> bool:
    """Whether it is one column, counted over one table as it is: not by rows that the query
    chooses, groups or joins, nor by those of a query around it."""
    within = distinct.find_ancestor(exp.Select, *PARTIAL)
    if not isinstance(node, exp.Column) or not isinstance(within, exp.Select):
        return False
    if len(distinct.expressions) > 1 or says_more_than(within, WHOLE_SELECT):
        return False
    source = within.args["from_"].this if within.args.get("from_") else None
    if not isinstance(source, exp.Table) or says_more_than(source, WHOLE_TABLE):
        return False
    if node.table.lower() not in ("", called(source)):
        return False
    return any(place is source and table.column(node.name) is not None for place, table in reads)


def says_more_than(node: exp.Expr, known: frozenset[str]) -> bool:
    return any(said and part not in known for part, said in node.args.items())
