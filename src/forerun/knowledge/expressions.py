"""The SQL in the file: metrics and golden queries, read once and held against the catalog.

This says early what is wrong. What may be run is decided by the gate, for these as for all SQL.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from forerun import syntax
from forerun.domain import Catalog, GoldenQuery, Metric, Table
from forerun.errors import BadKnowledge
from forerun.knowledge.places import Place, did_you_mean

_COMPUTED = """
count sum avg min max total median mode stddev stddev_samp stddev_pop variance var_samp var_pop
std quantile quantile_cont quantile_disc percentile_cont percentile_disc approx_count_distinct
approx_quantile corr covar_pop covar_samp bool_and bool_or any_value product geomean
"""
AGGREGATES = frozenset(_COMPUTED.split())
ONE_AGGREGATE = "Give one aggregate over the table's own columns, such as SUM(amount) / COUNT(*)."


def checked_metric(metric: Metric, table: Table, dialect: str, place: Place) -> None:
    """Raises `BadKnowledge` unless the SQL is one aggregate expression over the table's columns."""
    expression = _expression(metric.sql, dialect, place)
    if expression.find(exp.Query, exp.Window, exp.Placeholder, exp.Parameter) is not None:
        raise place.wrong("holds a query, a window or a parameter.", ONE_AGGREGATE)
    aggregates = list(filter(_is_aggregate, expression.find_all(exp.Expr)))
    if not aggregates:
        raise place.wrong("computes no aggregate.", ONE_AGGREGATE)
    if any(_is_inside_aggregate(aggregate) for aggregate in aggregates):
        raise place.wrong("aggregates an aggregate.", ONE_AGGREGATE)
    for column in expression.find_all(exp.Column):
        _check_column(column, table, place)
        if not _is_inside_aggregate(column):
            what = f"uses {column.name} outside of an aggregate."
            raise place.wrong(what, f"Write SUM({column.name}), or another aggregate.")


def _expression(sql: str, dialect: str, place: Place) -> exp.Expr:
    try:
        tree = syntax.read(f"SELECT {sql}", dialect)
    except syntax.UNREADABLE:
        raise place.wrong(f"is no SQL that {dialect} reads: {sql}", ONE_AGGREGATE) from None
    parts = [name for name, value in tree.args.items() if value]
    if not isinstance(tree, exp.Select) or parts != ["expressions"] or len(tree.expressions) != 1:
        raise place.wrong("is more than one expression.", ONE_AGGREGATE)
    (expression,) = tree.expressions
    if isinstance(expression, exp.Alias):
        raise place.wrong("has a name of its own.", f"Leave out AS {expression.alias}.")
    if not isinstance(expression, exp.Expr):
        raise place.wrong("is no expression.", ONE_AGGREGATE)
    return expression


def _is_aggregate(node: exp.Expr) -> bool:
    if isinstance(node, exp.Anonymous):
        return node.name.lower() in AGGREGATES
    return isinstance(node, exp.AggFunc)


def _is_inside_aggregate(node: exp.Expr) -> bool:
    """FILTER (WHERE …) and WITHIN GROUP (ORDER BY …) belong to the aggregate before them."""
    here = node.parent
    while here is not None:
        if _is_aggregate(here) or isinstance(here, exp.Where | exp.WithinGroup):
            return True
        here = here.parent
    return False


def _check_column(column: exp.Column, table: Table, place: Place) -> None:
    if column.table and column.table.lower() != table.name.lower():
        what = f"uses {column.table}.{column.name}, but the metric is of {table.key}."
        raise place.wrong(what, "Use the columns of one table.")
    if column.name.lower() in {name.lower() for name in table.hidden}:
        raise _uses_hidden(column.name, place)
    if table.column(column.name) is None:
        hint = did_you_mean(column.name, (c.name for c in table.columns))
        raise place.wrong(f"uses {column.name}, which {table.key} does not have.", hint)


def checked_golden_query(query: GoldenQuery, catalog: Catalog, place: Place) -> None:
    """Raises `BadKnowledge` unless the SQL is a query over tables that the catalog has."""
    try:
        tree = syntax.read(query.sql, catalog.dialect)
    except syntax.UNREADABLE:
        what = f"is no SQL that {catalog.dialect} reads."
        raise place.wrong(what, "Try it with `forerun check`.") from None
    if not isinstance(tree, exp.Query):
        raise place.wrong("is no query.", "Give one SELECT statement.")
    hidden: set[str] = set()
    shown: set[str] = set()
    for table in _tables(tree, catalog, place):
        hidden |= {name.lower() for name in table.hidden}
        shown |= {column.name.lower() for column in table.columns}
    for column in tree.find_all(exp.Column):
        if column.name.lower() in hidden - shown:
            raise _uses_hidden(column.name, place)


def _tables(tree: exp.Expr, catalog: Catalog, place: Place) -> Iterator[Table]:
    own = {query.alias.lower() for query in tree.find_all(exp.CTE)}
    for node in tree.find_all(exp.Table):
        if not isinstance(node.this, exp.Identifier) or (not node.db and node.name.lower() in own):
            continue
        found = catalog.table(f"{node.db}.{node.name}" if node.db else node.name)
        found = found or catalog.table(node.name)  # main.orders, public.orders
        if found is None:
            hint = did_you_mean(node.name, (table.key for table in catalog.tables))
            raise place.wrong(f"reads {node.name}, which the database does not have.", hint)
        yield found


def _uses_hidden(name: str, place: Place) -> BadKnowledge:
    return place.wrong(f"uses {name}, which is hidden.", "Hide it not, or use another column.")
