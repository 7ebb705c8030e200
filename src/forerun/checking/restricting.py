"""Restrictions put into a query: each table that is not all the asker's to see becomes a query.

    orders AS o   →   (SELECT "id", "amount" FROM "orders" WHERE "region" = 'EU' LIMIT …) AS o

So a query gives just what it would give over a database that holds nothing else. The limit that
limits nothing is a fence: without it a database may try the asker's own conditions on rows before
it drops those that are out of sight, and an error would tell of them.

What comes out is read again and goes through the gate again, and every place that reads such a
table must then stand in just this query. Whatever is not recognised is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from sqlglot import exp

from forerun import syntax
from forerun.checking.columns import ALWAYS_THERE
from forerun.checking.names import Names
from forerun.domain import Catalog, Reason, ReasonCode, Table

FENCES: dict[str, dict[str, exp.Expr]] = {
    "duckdb": {"limit": exp.Limit(expression=exp.Literal.number(2**63 - 1))},
    "mysql": {"limit": exp.Limit(expression=exp.Literal.number(2**64 - 1))},
    "postgres": {"offset": exp.Offset(expression=exp.Literal.number(0))},
    "sqlite": {"limit": exp.Limit(expression=exp.Neg(this=exp.Literal.number(1)))},
}
"""What keeps each database from moving conditions into a query, and takes no row from it."""
GIVE_EVERY_NAME = frozenset({"tsql", "fabric"})
"""For these sqlglot writes `SELECT a AS a` in FROM."""
CARRIED = frozenset({"this", "db", "catalog", "alias", "joins", "laterals"})
"""Of what may hang on a table in FROM, what may as well hang on a query."""

CANNOT = Reason(
    ReasonCode.FORBIDDEN_SYNTAX,
    "This query cannot be limited to what you may see.",
    "Say it with plainer SQL.",
)


def restrict(tree: exp.Expr, names: Names, dialect: str) -> tuple[Reason, ...]:
    """Put every restriction into the tree, or give the reasons why it cannot be done."""
    reads = [(node, table) for node, table in names.reads if table.is_partial]
    reasons = tuple(dict.fromkeys(obstacles(tree, reads, dialect)))
    if reasons:
        return reasons
    for column in tree.find_all(exp.Column):
        if any(names_table(column, table) for _, table in reads):
            column.set("db", None)
            column.set("catalog", None)
    for node, table in reads:
        node.replace(in_place_of(node, table, dialect))
    return ()


def obstacles(
    tree: exp.Expr, reads: Sequence[tuple[exp.Table, Table]], dialect: str
) -> Iterator[Reason]:
    queries = {query.alias.lower() for query in tree.find_all(exp.CTE)}
    hidden = ALWAYS_THERE.get(dialect, frozenset()) - {"rank"}
    for node, table in reads:
        if table.name.lower() in queries:
            yield forbidden(
                f"A WITH query must not be called {table.name}, like a table.",
                "Give it another name.",
            )
        if node.parent is None:  # SQLite's `x IN t`, which reads like a column
            yield forbidden(f"IN must not name {table.name} alone.", "Write IN (SELECT …).")
        for name, value in node.args.items():
            if value and name not in CARRIED:
                yield forbidden(f"{name.upper()} cannot be used on {table.name}.", None)
    declared = {c.name.lower() for _, table in reads for c in table.columns}
    for column in tree.find_all(exp.Column) if reads else ():
        if column.name.lower() in hidden - declared:
            what = f"There is no column '{column.name}'."
            yield Reason(ReasonCode.UNKNOWN_COLUMN, what)


def names_table(column: exp.Column, table: Table) -> bool:
    """`sales.orders.amount`: behind its alias a query has no schema."""
    schema = column.args.get("db")
    return (
        schema is not None
        and column.table.lower() == table.name.lower()
        and schema.name.lower() == (table.schema or "").lower()
    )


def in_place_of(node: exp.Table, table: Table, dialect: str) -> exp.Subquery:
    own_name = exp.TableAlias(this=exp.to_identifier(table.name, quoted=True))
    alias = node.args.get("alias") or own_name
    carried = {name: node.args.get(name) for name in ("joins", "laterals") if node.args.get(name)}
    return exp.Subquery(this=visible(table, dialect), alias=alias, **carried)


def visible(table: Table, dialect: str) -> exp.Select:
    """The query for what the asker sees of the table."""
    schema = exp.to_identifier(table.schema, quoted=True) if table.schema else None
    stored = exp.Table(this=exp.to_identifier(table.name, quoted=True), db=schema)
    columns = [visible_column(column.name, dialect) for column in table.columns]
    select = exp.Select(expressions=columns, from_=exp.From(this=stored))
    where = table.restriction.where if table.restriction else None
    if where:
        select.set("where", exp.Where(this=condition_of(where, dialect).copy()))
        for name, fence in FENCES[dialect].items():
            select.set(name, fence.copy())
    return select


def visible_column(name: str, dialect: str) -> exp.Expr:
    column = exp.column(exp.to_identifier(name, quoted=True))
    return exp.alias_(column, name, quoted=True) if dialect in GIVE_EVERY_NAME else column


@lru_cache(maxsize=1_024)
def condition_of(where: str, dialect: str) -> exp.Expr:
    tree: exp.Expr = syntax.read(f"SELECT 1 WHERE {where}", dialect).args["where"].this
    return tree


def is_in_place(names: Names, seen: Catalog) -> bool:
    """Whether, in a query that was read again, all that is restricted stands in its restriction."""
    for node, stored in names.reads:
        table = seen.table(stored.key)
        if table is None:
            return False
        if table.is_partial and not is_visible_part(node, table, seen.dialect):
            return False
    return True


def is_visible_part(node: exp.Table, table: Table, dialect: str) -> bool:
    select = node.find_ancestor(exp.Select)
    own = isinstance(node.parent, exp.From) and node.parent.parent is select
    within = select is not None and isinstance(select.parent, exp.Subquery)
    return own and within and select == read_again(visible(table, dialect), dialect)


def read_again(tree: exp.Expr, dialect: str) -> exp.Expr:
    """The same query as it comes back from its text."""
    return read_once(syntax.write(tree, dialect), dialect)


@lru_cache(maxsize=1_024)
def read_once(sql: str, dialect: str) -> exp.Expr:
    return syntax.read(sql, dialect)


def forbidden(message: str, hint: str | None) -> Reason:
    return Reason(ReasonCode.FORBIDDEN_SYNTAX, message, hint)
