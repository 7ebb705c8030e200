"""What is plainly too much work, as far as the tree tells. The statement timeout is the last wall.

Recursive WITH queries pass when something ends them:

- a LIMIT on the recursion itself, or
- in the recursive member, a comparison of what recurses with a bound (`n < 100`, `day < end`),
  on the side towards which it moves, or
- a join to a table: the walk ends when the data does (a cycle in the data is left to the timeout).

What recurses may name itself only once: otherwise rows multiply at every step.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from sqlglot import exp

from forerun.checking.relations import catalog_table
from forerun.checking.sizes import SERIES, number, series_length, too_big_values
from forerun.domain import Catalog, Reason, ReasonCode

MAX_JOINS = 40
MAX_STEPS = 1_000_000
"""Of a recursion or a series whose bound is written down."""
MAX_PRODUCT = 1_000_000_000
"""Rows of a join without any condition."""

UPWARDS = (exp.LT, exp.LTE)
DOWNWARDS = (exp.GT, exp.GTE)
BOUNDING = (*UPWARDS, *DOWNWARDS, exp.NEQ, exp.Between)


def too_much_work(tree: exp.Expr, catalog: Catalog) -> Iterator[Reason]:
    """A reason for everything that would plainly run for ever, or fill the memory."""
    joins = sum(1 for _ in tree.find_all(exp.Join))
    if joins > MAX_JOINS:
        yield too_complex(f"The query has {joins} joins; the limit is {MAX_JOINS}.")
    for query in tree.find_all(exp.CTE):
        yield from endless_recursion(query)
    for call in tree.find_all(exp.Anonymous):
        yield from too_long_series(call)
    yield from map(too_complex, too_big_values(tree))
    for select in tree.find_all(exp.Select):
        yield from unbounded_product(select, catalog)


def too_complex(message: str, hint: str | None = None) -> Reason:
    return Reason(ReasonCode.TOO_COMPLEX, message, hint)


def endless_recursion(query: exp.CTE) -> Iterator[Reason]:
    name = query.alias
    body = query.this.unnest()  # some databases see through brackets
    if not isinstance(body, exp.SetOperation):
        return
    recursive = [select for select in body.find_all(exp.Select) if reads(select, name)]
    if sum(reads(select, name) for select in recursive) > len(recursive):
        yield too_complex(f"The recursive query {name} reads itself more than once.")
    elif recursive and not is_limited(body):
        ends = [ends_somewhere(select, name) for select in recursive]
        if not all(ends):
            yield too_complex(
                f"Nothing ends the recursive query {name}.",
                f"Give its recursive part a condition such as WHERE n < 100, at most "
                f"{MAX_STEPS:,} steps, or a LIMIT.",
            )


def is_limited(body: exp.SetOperation) -> bool:
    """`LIMIT 1000` on the recursion itself; in SQLite a negative one is none."""
    limit = body.args.get("limit")
    count = number(limit.expression) if isinstance(limit, exp.Limit) else None
    return count is not None and 0 <= count <= MAX_STEPS


def reads(select: exp.Select, name: str) -> int:
    """How often the SELECT itself, not one inside it, reads from the relation `name`."""
    return sum(
        table.name.lower() == name.lower()
        and not table.db
        and table.find_ancestor(exp.Select) is select
        for table in select.find_all(exp.Table)
    )


def ends_somewhere(select: exp.Select, name: str) -> bool:
    joins = select.args.get("joins") or ()
    where = select.args.get("where")
    conditions = [where.this if where else None, *(join.args.get("on") for join in joins)]
    tests = [test for condition in conditions if condition for test in conjuncts(condition)]
    if any(isinstance(test, BOUNDING) and bounds(test, select) for test in tests):
        return True
    others = [table for table in own_tables(select) if table.name.lower() != name.lower()]
    linked = any(join.args.get("using") or join.method == "NATURAL" for join in joins)
    return bool(others) and (linked or any(links(test) for test in tests))


def conjuncts(condition: exp.Expr) -> Iterator[exp.Expr]:
    """What must all hold: `a AND b` is two; `a OR true` is one, and ends nothing."""
    inner = condition.unnest()
    if isinstance(inner, exp.And):
        for part in inner.flatten():
            yield from conjuncts(part)
    else:
        yield inner


def links(test: exp.Expr) -> bool:
    """`c.parent_id = t.id`: an equation of two columns."""
    if not isinstance(test, exp.EQ | exp.NullSafeEQ | exp.Like) or test.this == test.expression:
        return False
    return all(side.find(exp.Column) is not None for side in (test.this, test.expression))


def own_tables(select: exp.Select) -> list[exp.Table]:
    return [
        table
        for table in select.find_all(exp.Table)
        if isinstance(table.this, exp.Identifier) and table.find_ancestor(exp.Select) is select
    ]


def bounds(test: exp.Expr, select: exp.Select) -> bool:
    """True when a comparison stops what moves: `n < 100` while n + 1, `n > 0` while n - 1."""
    if isinstance(test, exp.Between):
        return test.this.find(exp.Column) is not None and within_reach(test.args.get("high"))
    left, right = test.this, test.expression
    if left.find(exp.Column) is None and right.find(exp.Column) is None:
        return False
    upwards = isinstance(test, UPWARDS)
    moving, bound = left, right
    if left.find(exp.Column) is None:
        moving, bound, upwards = right, left, not upwards
    if isinstance(bound, exp.Column) and isinstance(moving, exp.Column):
        return moving != bound and not isinstance(test, exp.NEQ)
    if isinstance(test, exp.NEQ):
        return within_reach(bound)
    step = step_of(moving, select)
    if step is not None and (step > 0) != upwards:
        return False
    return step != 0 and within_reach(bound)


def step_of(moving: exp.Expr, select: exp.Select) -> float | None:
    """By how much the column moves at each step; None where the SELECT does not plainly say."""
    column = moving.find(exp.Column)
    if column is None:
        return None
    for projection in select.expressions:
        value = projection.unalias()
        if is_same_column(value, column):
            return None if len(select.expressions) > 1 else 0.0
        if isinstance(value, exp.Add | exp.Sub) and is_same_column(value.this, column):
            by = number(value.expression)
            return -by if by is not None and isinstance(value, exp.Sub) else by
    return None


def is_same_column(node: exp.Expr, column: exp.Column) -> bool:
    return isinstance(node, exp.Column) and node.name.lower() == column.name.lower()


def within_reach(bound: exp.Expr | None) -> bool:
    """A bound that is written down must be near; one that is looked up is taken as it is."""
    written = number(bound) if bound is not None else None
    return written is None or abs(written) <= MAX_STEPS


def too_long_series(call: exp.Anonymous) -> Iterator[Reason]:
    if call.name.lower() in SERIES and (series_length(call) or 0) > MAX_STEPS:
        yield too_complex(
            f"{call.name}() would give more than {MAX_STEPS:,} rows.", "Use nearer bounds."
        )


def unbounded_product(select: exp.Select, catalog: Catalog) -> Iterator[Reason]:
    """Every row of one large table with every row of another, and nothing that links them."""
    from_ = select.args.get("from_")
    joins = select.args.get("joins") or ()
    if from_ is None or not joins or select.args.get("where"):
        return
    loose = [j.this for j in joins if not any(j.args.get(a) for a in ("on", "using", "method"))]
    tables = [node for node in (from_.this, *loose) if isinstance(node, exp.Table)]
    if len(tables) < 2 or len(loose) < len(joins):
        return
    rows = prod(rows_of(table, catalog) for table in tables)
    if rows > MAX_PRODUCT:
        yield too_complex(
            f"The query joins {len(tables)} tables without a condition: about {rows:,} rows.",
            "Say ON which columns they join.",
        )


def rows_of(node: exp.Table, catalog: Catalog) -> int:
    table = catalog_table(node, catalog) if isinstance(node.this, exp.Identifier) else None
    return table.rows or 1 if table else 1
