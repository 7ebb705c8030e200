"""Whether something ends a recursive WITH query.

It passes where one of these does:

- a LIMIT on the recursion itself, or
- in the recursive member, a comparison of what recurses with a bound (`n < 100`, `day < end`),
  on the side towards which it moves, or
- a join to a table: the walk ends when the data does (a cycle in the data is left to the timeout).

What recurses may name itself only once: otherwise rows multiply at every step.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import inf

from sqlglot import exp

from forerun.checking.arithmetic import number
from forerun.checking.making import MAX_STEPS
from forerun.checking.sizes import Sizes
from forerun.domain import Reason, ReasonCode

UPWARDS = (exp.LT, exp.LTE)
DOWNWARDS = (exp.GT, exp.GTE)
BOUNDING = (*UPWARDS, *DOWNWARDS, exp.NEQ, exp.Between)
OPPOSITE: dict[type[exp.Expr], type[exp.Binary]] = {
    exp.LT: exp.GTE,
    exp.LTE: exp.GT,
    exp.GT: exp.LTE,
    exp.GTE: exp.LT,
    exp.EQ: exp.NEQ,
}
PROBES = (1, 1_000)
"""Where a step is tried out."""


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


def growing_recursion(query: exp.CTE, sizes: Sizes) -> Iterator[Reason]:
    """`s || s` at every step: after thirty of them it fills the memory."""
    reach = sizes.of_recursion(query) if sizes.origins.recurses(query) else {}
    for name in (name for name, length in reach.items() if length == inf):
        yield too_complex(
            f"The recursive query {query.alias} multiplies its column {name} at every step.",
            "Let a text hold the text of the step before at most once, as in path || '/' || name.",
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
    tests = tests_of(select)
    if any(ends(test, select) for test in tests):
        return True
    others = [table for table in own_tables(select) if table.name.lower() != name.lower()]
    linked = any(join.args.get("using") or join.method == "NATURAL" for join in joins)
    if others and (linked or any(links(test) for test in tests)):
        return True
    return is_walked(select)


def tests_of(select: exp.Select) -> list[exp.Expr]:
    """What must hold of every row."""
    joins = select.args.get("joins") or ()
    where = select.args.get("where")
    conditions = [where.this if where else None, *(join.args.get("on") for join in joins)]
    return [test for condition in conditions if condition for test in conjuncts(condition)]


def conjuncts(condition: exp.Expr) -> Iterator[exp.Expr]:
    """What must all hold: `a AND b` is two; `a OR true` is one, and ends nothing."""
    inner = condition.unnest()
    opposed = inner.this.unnest() if isinstance(inner, exp.Not) else None
    if isinstance(inner, exp.And):
        for part in inner.flatten():
            yield from conjuncts(part)
    elif opposed is not None and type(opposed) in OPPOSITE:
        sides = opposed.this.copy(), opposed.expression.copy()  # theirs is the tree they stand in
        yield OPPOSITE[type(opposed)](this=sides[0], expression=sides[1])
    else:
        yield inner


def links(test: exp.Expr) -> bool:
    """`c.parent_id = t.id`: an equation of two columns."""
    if not isinstance(test, exp.EQ | exp.NullSafeEQ | exp.Like) or test.this == test.expression:
        return False
    return all(side.find(exp.Column) is not None for side in (test.this, test.expression))


def is_walked(select: exp.Select) -> bool:
    """`c.parent_id IN (SELECT id FROM t)` walks the table c as a join does."""
    test = select.find_ancestor(exp.In, exp.Select)
    if not isinstance(test, exp.In) or test.this.find(exp.Column) is None:
        return False
    outer = test.find_ancestor(exp.Select)
    return outer is not None and bool(own_tables(outer)) and any(t is test for t in tests_of(outer))


def own_tables(select: exp.Select) -> list[exp.Table]:
    return [
        table
        for table in select.find_all(exp.Table)
        if isinstance(table.this, exp.Identifier) and table.find_ancestor(exp.Select) is select
    ]


def ends(test: exp.Expr, select: exp.Select) -> bool:
    """True when a test stops what moves: `n < 100` while n + 1, `n > 0` while n - 1."""
    if isinstance(test, exp.In):  # it leaves a list for good where it always moves one way
        values = test.expressions
        return bool(values) and all(map(is_near, values)) and bool(step_of(test.this, select))
    if isinstance(test, exp.Between):
        return test.this.find(exp.Column) is not None and within_reach(test.args.get("high"))
    if not isinstance(test, BOUNDING):
        return False
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
        columns = list(value.find_all(exp.Column))
        if columns and all(is_same_column(c, column) for c in columns):
            return tried(value)
    return None


def tried(value: exp.Expr) -> float | None:
    """How far `n + 1`, `n * 2` or `n * 1` move from 1 and from 1,000; the least of both, signed."""
    moved = [after(value, probe) for probe in PROBES]
    steps = [end - probe for end, probe in zip(moved, PROBES, strict=True) if end is not None]
    if len(steps) < len(PROBES):
        return None if value.find(exp.Binary) or is_call_with_more(value) else 0.0
    if min(steps) < 0 < max(steps):
        return 0.0
    return min(steps, key=abs)


def after(value: exp.Expr, probe: int) -> float | None:
    """What an expression of one column gives where the column is `probe`."""
    copied = exp.Paren(this=value.copy())
    for column in tuple(copied.find_all(exp.Column)):
        column.replace(exp.Literal.number(probe))
    return number(copied)


def is_call_with_more(value: exp.Expr) -> bool:
    """`date(day, '+1 day')` may move; `abs(n)` does not."""
    calls = value.find_all(exp.Anonymous)
    return any(len(call.expressions) > 1 for call in calls) or value.find(exp.Interval) is not None


def is_same_column(node: exp.Expr, column: exp.Column) -> bool:
    return isinstance(node, exp.Column) and node.name.lower() == column.name.lower()


def is_near(bound: exp.Expr) -> bool:
    value = number(bound)
    return value is not None and abs(value) <= MAX_STEPS


def within_reach(bound: exp.Expr | None) -> bool:
    """A bound that is written down must be near; one that is looked up is taken as it is."""
    if bound is None or number(bound) is not None:
        return bound is None or is_near(bound)
    made = isinstance(bound.unnest(), exp.Binary | exp.Neg) or bound.find(exp.Pow) is not None
    return not made or bound.find(exp.Column, exp.Query, exp.Func) is not None
