"""How large a count can get that is handed to repeat(), range() and their kin.

Turned round on purpose: whatever is not plainly small may be as large as it likes. Plain are
numbers, what is stored (taken for a thousand: the tree cannot tell), their sums, their products
with a number, and a short list of functions that give no more than they are given. Everybody else
has least(…, 1000).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from math import inf

from sqlglot import exp

from forerun.checking.arithmetic import number, written
from forerun.checking.growth import Growth, Measures
from forerun.checking.origins import Origins, Recursive, query_of

STORED = 1_000.0
"""What a stored number, or a count of stored rows, is taken for."""
SHARE = 100.0
"""What is divided by something stored gets smaller, but not always as much."""

NO_LARGER = frozenset(
    {
        *("abs", "any_value", "avg", "ceil", "ceiling", "coalesce", "first", "first_value"),
        *("greatest", "ifnull", "iif", "if", "lag", "last", "last_value", "lead", "ln", "log10"),
        *("log2", "max", "median", "min", "mode", "nullif", "round", "sign", "sqrt", "trunc"),
        *("truncate", "nvl", "ntile", "unnest", "array", "list_value", "any", "list_max"),
        *("floor", "list_min", "list_avg", "arg_max", "arg_min", "max_by", "min_by", "nth_value"),
    }
)
COUNTING = frozenset({"count", "row_number", "rank", "dense_rank"})
"""As many as there are rows: few where only tables are read, and never every row with every."""
CALENDAR = frozenset(
    {
        *("year", "quarter", "month", "week", "day", "dayofmonth", "dayofweek", "dayofyear"),
        *("isodow", "weekday", "hour", "minute", "second"),
    }
)
MEASURING = frozenset(
    {
        *("length", "len", "char_length", "character_length", "octet_length", "strlen"),
        *("array_length", "json_array_length", "cardinality", "instr", "position", "strpos"),
        *("locate",),
    }
)
NO_LARGER_NODES = (
    *(exp.Paren, exp.Cast, exp.TryCast, exp.Alias, exp.Subquery, exp.Neg, exp.Window, exp.Filter),
    *(exp.Abs, exp.Ceil, exp.Floor, exp.Coalesce, exp.Max, exp.Min, exp.Sqrt, exp.Case, exp.If),
    *(exp.Array, exp.Tuple, exp.ArgMax, exp.ArgMin),
)


@dataclass(slots=True)
class Counts:
    """Looks through the statement for how large its numbers get."""

    origins: Origins
    length: Callable[[exp.Expr], float]
    """How long a text or list is, at most."""
    growth: Growth
    _known: Measures[float] = field(init=False)
    _above: Measures[float] = field(init=False)
    _plain: bool | None = None
    """Whether the statement reads tables only, once that was asked."""

    def __post_init__(self) -> None:
        self._known = Measures(self.growth, inf)
        self._above = Measures(self.growth, inf)

    def at_most(self, node: exp.Expr) -> float:
        """No value of this expression is larger. Below 0 it may be as far as it likes: what is
        told to make so many makes nothing then."""
        return self._above.of(node, self._at_most)

    def _at_most(self, node: exp.Expr) -> float:
        if isinstance(node, exp.Column):
            origins = self.origins.of(node)
            if origins and not any(isinstance(origin, Recursive) for origin in origins):
                return max(self.at_most(o) for o in origins if isinstance(o, exp.Expr))
        if isinstance(node, SEEN_THROUGH) and not node.is_type("bit"):
            return max((self.at_most(value) for value in values_of(node)), default=inf)
        if is_least(node):
            plain = (v for v in operands(node) if v.find(exp.Query, exp.TryCast) is None)  # no NULL
            bounds = [number(value) for value in plain]
            written_down = [bound for bound in bounds if bound is not None]
            return max(0.0, min(written_down)) if written_down else self.most(node)
        return self.most(node)

    def most(self, node: exp.Expr) -> float:
        """No value of this expression is farther from 0."""
        return self._known.of(node, self._most)

    def _most(self, node: exp.Expr) -> float:
        if isinstance(node, exp.Literal | exp.Null):
            return written(node)
        if isinstance(node, exp.Predicate | exp.Boolean | exp.Not) and not isinstance(node, exp.If):
            return 1.0
        if isinstance(node, exp.Column):
            return self._column(node)
        if isinstance(node, exp.Identifier):
            return self._parameter(node)
        if isinstance(node, exp.Add | exp.Sub):
            return self.most(node.this) + self.most(node.expression)
        if isinstance(node, exp.Mul | exp.Div | exp.IntDiv | exp.Mod):
            return self._scaled(node)
        if isinstance(node, exp.Query):
            return max((self.most(value) for value in values_of(node)), default=inf)
        return self._call(node)

    def _column(self, column: exp.Column) -> float:
        if isinstance(column.this, exp.Star):
            return inf
        found = (
            self.growth.of(origin, "count", self.most)
            if isinstance(origin, Recursive)
            else self.most(origin)
            for origin in self.origins.of(column)
        )
        return max(found, default=self._parameter(column.parts[0]))

    def _parameter(self, name: exp.Expr) -> float:
        """`x` in `list_transform(list, x -> …)`: an element of the list. Otherwise stored."""
        at = name.parent
        while at is not None and not isinstance(at, exp.Select):
            if isinstance(at, exp.Comprehension) and at.expression.name == name.name:
                return self.most(at.args["iterator"])
            call = at.parent
            if isinstance(at, exp.Lambda) and isinstance(call, exp.Anonymous):
                names = {parameter.name.lower() for parameter in at.expressions}
                if name.name.lower() in names:
                    return max(self.most(a) for a in call.expressions if a is not at)
            at = call
        return STORED

    def _scaled(self, node: exp.Expr) -> float:
        left, right = node.this, node.expression
        if isinstance(node, exp.Mod):
            return min(self.most(left), self.most(right))
        if isinstance(node, exp.Mul):
            plain = number(left) is not None or number(right) is not None
            return self.most(left) * self.most(right) if plain else inf
        by = number(right)
        if by is not None:
            return self.most(left) / abs(by) if by else 0.0
        return self.most(left) / SHARE if divides_safely(right, self.origins) else inf

    def _call(self, node: exp.Expr) -> float:
        name = name_of(node)
        if is_least(node):
            return max(map(self.most, operands(node)), default=inf)
        if name in COUNTING or (name == "sum" and self._adds_up(operands(node))):
            if self._plain is None:
                self._plain = reads_tables_only(node)
            return STORED if self._plain else inf
        if name == "width_bucket" and len(operands(node)) == 4:
            return self.most(operands(node)[3]) + 1
        if name in CALENDAR or is_calendar(node):
            return inf if any(self._may_last(part) for part in operands(node)) else STORED
        if name in MEASURING or isinstance(node, exp.StrPosition):
            return max((self.length(value) for value in operands(node)), default=inf)
        if name in ("range", "generate_series", "generate_subscripts"):
            return sum(self.most(value) for value in operands(node)[:2])
        if isinstance(node, exp.Cast | exp.TryCast) and node.is_type("bit"):
            return inf  # its digits are read as a decimal number
        if name in NO_LARGER or isinstance(node, NO_LARGER_NODES):
            return max((self.most(value) for value in values_of(node)), default=inf)
        return inf

    def _adds_up(self, summed: list[exp.Expr]) -> bool:
        """What is stored, or 1 for each row."""
        column = any(value.find(exp.Column) is not None for value in summed)
        return max(map(self.most, summed), default=inf) <= (STORED if column else 1.0)

    def _may_last(self, node: exp.Expr) -> bool:
        """Whether it may be an interval, of which the days are as many as it likes."""
        inner = node.unalias().unnest()
        if isinstance(inner, exp.Column):
            origins = self.origins.of(inner)
            return any(not isinstance(o, exp.Expr) or self._may_last(o) for o in origins)
        if isinstance(inner, exp.Add | exp.Sub):
            first, other = (lasts(side.unnest()) for side in (inner.this, inner.expression))
            both = first and other
            return both or (isinstance(inner, exp.Sub) and not other) or self._may_last(inner.this)
        return lasts(inner)


SEEN_THROUGH = (exp.Paren, exp.Cast, exp.TryCast, exp.Alias, exp.Query, exp.Case, exp.If)
"""What gives a value on as it is."""
LASTING = frozenset({"age", "make_interval", "justify_days", "justify_hours", "timediff"})


def is_least(node: exp.Expr) -> bool:
    name = name_of(node)
    return name == "least" or (name == "min" and len(operands(node)) > 1)


def lasts(node: exp.Expr) -> bool:
    """An interval, as it is written."""
    if isinstance(node, exp.Interval | exp.Mul | exp.Neg):
        return True
    if isinstance(node, exp.Cast | exp.TryCast):
        return bool(node.is_type("interval"))
    return name_of(node) in LASTING or name_of(node).startswith("to_")


def is_parameter(name: exp.Expr) -> bool:
    """`x` in `x -> 100 / x`: an element of a list that may have been made up."""
    lambdas = (at for at in ancestors(name) if isinstance(at, exp.Lambda))
    comprehensions = (at for at in ancestors(name) if isinstance(at, exp.Comprehension))
    given = {parameter.name.lower() for at in lambdas for parameter in at.expressions}
    given |= {at.expression.name.lower() for at in comprehensions}
    return name.name.lower() in given


def ancestors(node: exp.Expr) -> Iterator[exp.Expr]:
    at = node.parent
    while at is not None:
        yield at
        at = at.parent


AGGREGATES = frozenset({"sum", "count", "max", "avg"})
SUMMING = frozenset({"sum", "count", "max", "min", "nullif", "coalesce", "greatest", "abs"})


def divides_safely(node: exp.Expr, origins: Origins) -> bool:
    """A divisor that makes nothing large: stored, or summed up from what is stored; no fraction."""
    seen = set[int]()
    to_see = [node]
    while to_see:
        for part in to_see.pop().walk():
            if not is_whole(part):
                return False
            for origin in origins.of(part) if isinstance(part, exp.Column) else ():
                if not isinstance(origin, exp.Expr):
                    return False
                if id(origin) not in seen:
                    seen.add(id(origin))
                    to_see.append(origin)
    return True


def is_whole(part: exp.Expr) -> bool:
    if isinstance(part, exp.Literal):
        return not part.is_string and not 0 < written(part) < 1
    if isinstance(part, exp.Column):
        return not is_parameter(part.parts[0])
    if isinstance(part, exp.Anonymous):
        return name_of(part) in SUMMING
    return not isinstance(part, exp.Div | exp.Sub | exp.Neg | exp.Mod)


def reads_tables_only(node: exp.Expr) -> bool:
    """Nothing in the statement makes rows: no series, no recursion, no join without equation."""
    root = node.root()
    if root.find(exp.Unnest, exp.Values, exp.Lateral) is not None:
        return False
    if any(not isinstance(table.this, exp.Identifier) for table in root.find_all(exp.Table)):
        return False
    if any(with_.args.get("recursive") for with_ in root.find_all(exp.With)):
        return False
    return all(map(is_linked, root.find_all(exp.Join)))


def is_linked(join: exp.Join) -> bool:
    """By an equation of columns; or to a single row."""
    query = query_of(join.this)
    query = query.this if isinstance(query, exp.CTE) else query
    if isinstance(query, exp.Select) and is_single(query):
        return True
    on = join.args.get("on")
    equated = on is not None and any(
        side.find(exp.Column) is not None and other.find(exp.Column) is not None
        for test in on.find_all(exp.EQ)
        for side, other in ((test.this, test.expression),)
    )
    return bool(join.args.get("using")) or join.method == "NATURAL" or equated


def is_single(query: exp.Select) -> bool:
    """`SELECT max(day) FROM orders` is one row."""
    calls = query.expressions[0].find_all(exp.Func)
    return not query.args.get("group") and any(name_of(call) in AGGREGATES for call in calls)


def is_calendar(node: exp.Expr) -> bool:
    """`extract(year from day)`; not the epoch, which counts seconds."""
    if isinstance(node, exp.Anonymous) and name_of(node) in ("date_part", "datepart"):
        return bool(node.expressions) and node.expressions[0].name.lower() in CALENDAR
    return isinstance(node, exp.Extract) and node.this.name.lower() in CALENDAR


def name_of(node: exp.Expr) -> str:
    """How a call is written, in lower case; of those with a grammar of their own, by their kind."""
    return node.name.lower() if isinstance(node, exp.Anonymous) else node.key


def operands(node: exp.Expr) -> list[exp.Expr]:
    if isinstance(node, exp.Anonymous):
        return node.expressions
    if isinstance(node, exp.Add | exp.Mul | exp.DPipe):
        return list(node.flatten())  # chains get longer than Python recurses
    return list(node.iter_expressions())


def values_of(node: exp.Expr) -> Iterator[exp.Expr]:
    """What may become the value: neither types, nor the conditions of CASE and of a query."""
    if isinstance(node, exp.Query):
        inner = node.unnest()
        if isinstance(inner, exp.SetOperation):
            yield from values_of(inner.this)
            yield from values_of(inner.expression)
        else:
            yield from inner.expressions
    elif isinstance(node, exp.Case):
        yield from (branch.args["true"] for branch in node.args["ifs"])
        if node.args.get("default") is not None:
            yield node.args["default"]
    elif isinstance(node, exp.If):
        yield from (node.args[part] for part in ("true", "false") if node.args.get(part))
    elif isinstance(node, exp.Window | exp.Filter | exp.Cast | exp.TryCast | exp.Alias):
        yield node.this
    else:
        yield from (part for part in operands(node) if not isinstance(part, exp.Identifier))
