"""Are the rows of a query settled by what it says, or by how the database goes about it?

Which rows a LIMIT keeps among equals, in what order equals come, what a group of equal but not
identical texts is called, how a sum of floats is rounded: that is the planner's choice, and another
order of the same conditions may be another plan. Only a query that leaves no such choice may be
put in another logical order and still give the same rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from sqlglot import exp

from forerun.checking.levels import Name, ordered
from forerun.domain import Kind

NUMBERS = frozenset({Kind.INTEGER, Kind.DECIMAL, Kind.FLOAT})
IDENTICAL_WHEN_EQUAL = NUMBERS | {Kind.BOOLEAN, Kind.DATE, Kind.TIME, Kind.TIMESTAMP}
"""Not texts: a collation may call 'a' and 'A' equal, and then a group shows either."""
SUMMED_EXACTLY = frozenset({Kind.INTEGER, Kind.DECIMAL})
KEEPS_OTHER_TYPES = frozenset({"sqlite"})
"""Where a column of integers may hold floats, which add up to something else in another order."""
CHOOSES = (
    *(exp.Limit, exp.Offset, exp.Fetch, exp.Window, exp.Collate, exp.Intersect, exp.Except),
    *(exp.GroupConcat, exp.Tuple),
)
AGGREGATES = frozenset({"count", "min", "max", "sum", "avg"})
SCALARS = frozenset(
    {
        *("lower", "upper", "length", "char_length", "abs", "round", "coalesce", "ifnull"),
        *("nullif", "substr", "substring", "trim", "ltrim", "rtrim", "replace", "instr"),
        *("strpos", "strftime", "date", "datetime", "julianday", "year", "month", "day"),
        *("date_trunc", "date_part", "floor", "ceil", "ceiling", "left", "right", "iif"),
    }
)
"""The functions whose value hangs on their row alone. Of others nobody knows here."""
COMPARISONS = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE)
CANNOT_FAIL = (
    *COMPARISONS,
    *(exp.Column, exp.Identifier, exp.Literal, exp.Null, exp.Boolean, exp.Paren, exp.Star),
    *(exp.And, exp.Or, exp.Not, exp.Is, exp.Like, exp.In, exp.Between, exp.Max, exp.Min),
)
CALLS_CANNOT_FAIL = frozenset({"lower", "upper", "count", "min", "max"})


class Determined:
    """What may be said of one query once its names are known."""

    def __init__(self, names: Mapping[int, Name], dialect: str) -> None:
        self.names = names
        self.dialect = dialect
        self.kinds: dict[int, Kind | None] = {}
        """Those found so far, by the `id` of their node: a long sum asks for each many times."""

    def is_settled(self, tree: exp.Expr) -> bool:
        """True when every plan gives the same rows, in the same order where it orders."""
        if isinstance(tree, exp.Subquery) or tree.find(*CHOOSES):
            return False
        if any(u.args.get("distinct") for u in tree.find_all(exp.Union)):
            return False
        if ordered(tree) and not (isinstance(tree, exp.Select) and self.is_totally_ordered(tree)):
            return False
        return all(self.node_is_settled(node) for node in tree.walk())

    def node_is_settled(self, node: exp.Expr) -> bool:
        if isinstance(node, exp.Select):
            return self.groups_are_settled(node)
        if is_aggregate(node):
            return self.aggregate_is_settled(node)
        if isinstance(node, exp.Anonymous):
            return node.name.lower() in SCALARS
        if isinstance(node, exp.Subquery) and not isinstance(
            node.parent, exp.From | exp.Join | exp.In
        ):
            return gives_one_row(node.this)
        return True

    def aggregate_is_settled(self, node: exp.Expr) -> bool:
        name = call_name(node)
        if not self.is_over_own_rows(node):
            return False
        if name == "count":
            return True
        arguments = list(node.iter_expressions())
        kind = self.kind(arguments[0]) if len(arguments) == 1 else None
        if name in ("min", "max"):
            return kind in IDENTICAL_WHEN_EQUAL
        return kind in SUMMED_EXACTLY and self.dialect not in KEEPS_OTHER_TYPES

    def is_over_own_rows(self, aggregate: exp.Expr) -> bool:
        """False where it takes columns of an outer query, and so may be that one's aggregate."""
        select = aggregate.find_ancestor(exp.Select)
        label = self.names[id(select)].text
        return all(self.text(c).startswith(label) for c in aggregate.find_all(exp.Column))

    def groups_are_settled(self, select: exp.Select) -> bool:
        """What is shown of a group is a key of it, or an aggregate over all of it."""
        if select.args.get("distinct") and not all(
            self.kind(p) in IDENTICAL_WHEN_EQUAL for p in select.expressions
        ):
            return False
        keys = self.keys(select)
        if keys is None:
            return False
        shown = [*select.expressions, select.args.get("having"), select.args.get("order")]
        bare = [node for part in shown if part is not None for node in outside_aggregates(part)]
        if select.args.get("group") or any(map(is_aggregate, bare)):
            return all(
                self.text(node) in keys
                for node in bare
                if isinstance(node, exp.Column | exp.Query | exp.Star)
            )
        return True

    def keys(self, select: exp.Select) -> set[str] | None:
        """The columns by which it groups; None where they are more than plain columns."""
        group = select.args.get("group")
        items = [self.meant(item, select) for item in group.expressions] if group else []
        if all(isinstance(i, exp.Column) and self.kind(i) in IDENTICAL_WHEN_EQUAL for i in items):
            return {self.text(item) for item in items}
        return None

    def is_totally_ordered(self, select: exp.Select) -> bool:
        """True when two rows that sort as equals are the same row."""
        keys = self.keys(select)
        if not select.args.get("group"):
            columns = [projection.unalias() for projection in select.expressions]
            are_plain = all(self.kind(column) in IDENTICAL_WHEN_EQUAL for column in columns)
            keys = {self.text(column) for column in columns} if are_plain else None
        by = {self.text(self.meant(item, select)) for item in ordered(select)}
        return keys is not None and "" not in keys and keys <= by

    def meant(self, item: exp.Expr, select: exp.Select) -> exp.Expr:
        """What an item of GROUP BY or ORDER BY stands for: itself, a place or an alias."""
        if isinstance(item, exp.Literal) and item.is_int:
            place = int(item.name)
            projections: list[exp.Expr] = select.expressions
            if 0 < place <= len(projections):
                return projections[place - 1].unalias()
        name = self.names.get(id(item))
        return name.projection if name and name.projection is not None else item

    def text(self, node: exp.Expr) -> str:
        """A column's text; "" for whatever is no column."""
        name = self.names.get(id(node)) if isinstance(node, exp.Column) else None
        if name is not None and name.projection is not None:
            return self.text(name.projection)
        return name.text if name else ""

    def kind(self, node: exp.Expr) -> Kind | None:
        """The kind of a value, where that is plain to see."""
        node = node.unalias().unnest()
        if id(node) not in self.kinds:
            self.kinds[id(node)] = self.kind_found(node)
        return self.kinds[id(node)]

    def kind_found(self, node: exp.Expr) -> Kind | None:
        if isinstance(node, exp.Column):
            name = self.names[id(node)]
            return self.kind(name.projection) if name.projection is not None else name.kind
        if isinstance(node, exp.Literal):
            if node.is_string:
                return Kind.TEXT
            return Kind.INTEGER if node.is_int else Kind.DECIMAL
        if isinstance(node, exp.Neg):
            kind = self.kind(node.this)
            return kind if kind in NUMBERS else None
        if isinstance(node, exp.Add | exp.Sub | exp.Mul):
            return self.kind_of_both(node)
        if isinstance(node, exp.Boolean):
            return Kind.BOOLEAN
        if isinstance(node, exp.Anonymous) and node.name.lower() == "count":
            return Kind.INTEGER
        return None

    def kind_of_both(self, node: exp.Binary) -> Kind | None:
        kinds = {self.kind(node.this), self.kind(node.expression)}
        if kinds == {Kind.INTEGER}:
            return Kind.INTEGER
        return Kind.FLOAT if kinds <= NUMBERS else None

    def is_symmetric(self, left: exp.Expr, right: exp.Expr) -> bool:
        """True when comparing left with right is comparing right with left.

        SQLite compares two columns of texts by the collation of the left one.
        """
        a, b = self.kind(left), self.kind(right)
        if a is None or b is None:
            return False
        if isinstance(left, exp.Literal) or isinstance(right, exp.Literal):
            return {a, b} <= IDENTICAL_WHEN_EQUAL | {Kind.TEXT}
        if {a, b} <= NUMBERS:
            return True
        return a == b and a in IDENTICAL_WHEN_EQUAL | {Kind.TEXT} and self.dialect != "sqlite"

    def are_numbers(self, *nodes: exp.Expr) -> bool:
        return all(self.kind(node) in NUMBERS for node in nodes)

    def cannot_fail(self, condition: exp.Expr) -> bool:
        """True when no row can make it raise: only then its place among others does not matter."""
        return all(self.node_cannot_fail(node) for node in condition.walk())

    def node_cannot_fail(self, node: exp.Expr) -> bool:
        if isinstance(node, exp.Anonymous):
            return node.name.lower() in CALLS_CANNOT_FAIL
        if isinstance(node, exp.Neg):
            return isinstance(node.this, exp.Literal)
        if not isinstance(node, CANNOT_FAIL):
            return False
        if isinstance(node, exp.Column) and self.names[id(node)].projection is not None:
            return False
        if isinstance(node, COMPARISONS):
            return self.no_cast_fails(node.this, node.expression)
        if isinstance(node, exp.In):
            return not node.args.get("query") and all(
                self.no_cast_fails(node.this, item) for item in node.expressions
            )
        if isinstance(node, exp.Between):
            bounds = (node.args["low"], node.args["high"])
            return all(self.no_cast_fails(node.this, bound) for bound in bounds)
        if isinstance(node, exp.Like):
            return not any("\\" in text.name for text in node.find_all(exp.Literal))
        return True

    def no_cast_fails(self, left: exp.Expr, right: exp.Expr) -> bool:
        kinds = {self.kind(left), self.kind(right)}
        if kinds <= NUMBERS or (len(kinds) == 1 and kinds <= IDENTICAL_WHEN_EQUAL | {Kind.TEXT}):
            return True
        moments = {Kind.DATE, Kind.TIMESTAMP}
        return kinds & moments != set() and kinds <= moments | {Kind.TEXT} and is_moment(right)


def is_moment(node: exp.Expr) -> bool:
    """True for a text that every database reads as a date or a time of a day."""
    if not isinstance(node, exp.Literal) or not node.is_string:
        return False
    try:
        datetime.fromisoformat(node.name)
    except ValueError:
        return False
    return len(node.name) in (10, 19)


def call_name(node: exp.Expr) -> str:
    return node.name.lower() if isinstance(node, exp.Anonymous) else node.key


def is_aggregate(node: exp.Expr) -> bool:
    return isinstance(node, exp.Anonymous | exp.Max | exp.Min) and call_name(node) in AGGREGATES


def outside_aggregates(part: exp.Expr) -> Iterator[exp.Expr]:
    """The nodes of an expression down to, but not inside, aggregates and queries."""
    stack = [part]
    while stack:
        node = stack.pop()
        yield node
        if not is_aggregate(node) and not isinstance(node, exp.Query):
            stack.extend(node.iter_expressions())


def gives_one_row(query: exp.Expr) -> bool:
    """True for a plain aggregate over everything; of other rows a value takes the first."""
    return (
        isinstance(query, exp.Select)
        and not query.args.get("group")
        and any(is_aggregate(n) for p in query.expressions for n in outside_aggregates(p))
    )
