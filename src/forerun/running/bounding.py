"""Put a row limit on the outermost level of a statement, by its tree."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from sqlglot import exp

from forerun import syntax
from forerun.domain import Statement

LIMIT_COMES_LAST = frozenset({"duckdb", "sqlite", "postgres", "mysql"})
COME_BEFORE_LIMIT = frozenset(
    {
        *("with_", "expressions", "distinct", "from_", "joins", "where", "group", "having"),
        *("windows", "qualify", "order"),
        *("this", "expression"),  # both sides of a UNION
    }
)


def bounded(statement: Statement, rows: int) -> Statement:
    """The statement giving the same first rows, and no more than `rows` of them.

    A smaller LIMIT stays. ORDER BY and OFFSET stay. Where no LIMIT can be put without a change
    of meaning (FETCH … WITH TIES, a computed LIMIT, VALUES), the statement stays as it is: the
    connection fetches no more than it is asked for anyway.
    """
    limited = bounded_text(statement.sql, statement.dialect, rows)
    asked = statement.asked and bounded_text(statement.asked, statement.dialect, rows)
    return replace(statement, sql=limited, asked=asked)


def look_ahead(statement: Statement) -> None:
    """Find out now, while its tree is at hand, what it takes to bound it. Never raises."""
    with suppress(*syntax.UNREADABLE):
        for sql in filter(None, (statement.sql, statement.asked)):
            only_wants_a_limit(sql, statement.dialect)


def bounded_text(sql: str, dialect: str, rows: int) -> str:
    if dialect in LIMIT_COMES_LAST and only_wants_a_limit(sql, dialect):
        return f"{sql} LIMIT {rows}"
    tree = syntax.looked_at(sql, dialect)
    if not may_give_more(tree, rows):
        return sql
    return syntax.write(with_limit(tree.copy(), rows), dialect, last=True)


def ends_before_its_limit(tree: exp.Expr) -> bool:
    """True where the text of the tree, as the gate writes it, only wants a LIMIT at its end: what
    most queries are, and written in no time."""
    if not isinstance(tree, exp.Select | exp.SetOperation):
        return False
    return all(name in COME_BEFORE_LIMIT for name, said in tree.args.items() if said)


only_wants_a_limit = syntax.remembered(ends_before_its_limit)


def may_give_more(tree: exp.Expr, rows: int) -> bool:
    """Whether a LIMIT of `rows` can be put on its outermost level, and says something new."""
    if isinstance(tree, exp.Pivot):
        return True
    if not isinstance(tree, exp.Select | exp.SetOperation | exp.Subquery):
        return False
    if isinstance(tree, exp.Subquery) and isinstance(tree.this, exp.Values):
        return False
    limit = tree.args.get("limit")
    return limit is None or is_larger(limit, rows)


def with_limit(tree: exp.Expr, rows: int) -> exp.Expr:
    """The tree with `rows` as its outermost LIMIT."""
    if isinstance(tree, exp.Pivot):  # DuckDB's PIVOT statement takes no LIMIT of its own
        whole = exp.Subquery(this=tree, alias=exp.TableAlias(this=exp.to_identifier("pivoted")))
        return exp.select("*").from_(whole).limit(rows)
    tree.set("limit", exp.Limit(expression=exp.Literal.number(rows)))
    return tree


def is_larger(limit: exp.Expr, rows: int) -> bool:
    """True when `limit` plainly allows more than `rows` rows."""
    if isinstance(limit, exp.Fetch):
        return False
    if limit.args.get("limit_options") or limit.args.get("expressions"):
        return False
    count = limit.args.get("expression")
    if isinstance(count, exp.Null) or (isinstance(count, exp.Var) and count.name.upper() == "ALL"):
        return True
    if isinstance(count, exp.Column) and count.name.upper() == "ALL" and not count.table:
        return True
    if isinstance(count, exp.Neg):  # SQLite: a negative limit is none
        return True
    return isinstance(count, exp.Literal) and count.is_int and int(count.name) > rows
