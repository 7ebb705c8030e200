"""A text that is equal for two statements that are the same query written differently.

Equal texts promise equal rows: as multisets, as lists where the statements order, under the same
column names. So the text is a dump of the whole tree, and only what is known to make no difference
is left out of it: names that the author chose, qualifiers, brackets, words that say nothing. The
order of conditions, and on which side of a comparison a value stands, are left out too where the
rows do not hang on how the database goes about it (see `determined`). What is not understood is
its own text; so is all that is volatile.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache

from sqlglot import exp

from forerun import syntax
from forerun.checking.determined import Determined
from forerun.checking.levels import Unclear, only
from forerun.checking.naming import name_everything, shown_alias
from forerun.domain import Catalog, Statement

UNDERSTOOD = frozenset({"duckdb", "sqlite", "postgres", "mysql"})
"""The dialects whose rules on names and comparisons have been gone through."""
LONGEST = 6_000
"""Characters; reading more would take longer than running most statements again."""
REMEMBERED = 1_024
MIRRORED = {exp.GT: "lt", exp.GTE: "lte"}


def canonical(statement: Statement, catalog: Catalog, *, named: bool = True) -> str:
    """Equal for two statements only if both give the same rows on every database of the catalog.

    Statements for which that cannot be shown have texts of their own, so that a difference in
    the texts says nothing. Without `named`, what the result calls its columns makes no difference,
    only their order does. Never raises.
    """
    if (
        statement.volatile
        or statement.dialect not in UNDERSTOOD
        or statement.dialect != catalog.dialect
        or len(statement.shown) > LONGEST
    ):
        return statement.shown
    return text_of(statement.shown, Schema(catalog.fingerprint, catalog.database, catalog), named)


def same_query(a: Statement, b: Statement, catalog: Catalog) -> bool:
    """True only if both give the same rows; a volatile statement is not even the same as itself."""
    if a.volatile or b.volatile or a.dialect != b.dialect:
        return False
    return canonical(a, catalog) == canonical(b, catalog)


@dataclass(frozen=True, slots=True)
class Schema:
    """A catalog, compared by what its names can stand for."""

    fingerprint: str
    database: str
    catalog: Catalog = field(compare=False)


@lru_cache(maxsize=REMEMBERED)
def text_of(sql: str, schema: Schema, named: bool) -> str:
    dialect = schema.catalog.dialect
    try:
        tree = syntax.looked_at(sql, dialect)
        names = name_everything(tree, schema.catalog)
        determined = Determined(names, dialect)
        writer = Writer(determined, determined.is_settled(tree), shows_inner_names(tree))
        return f"{dialect}: {writer.query(tree, outermost=named)}"
    except syntax.UNREADABLE:  # Unclear among them
        return sql


def shows_inner_names(tree: exp.Expr) -> bool:
    """True where the names of an inner query's columns come out, or decide what is joined."""
    return any(not isinstance(star.parent, exp.Anonymous) for star in tree.find_all(exp.Star)) or (
        any(join.args.get("using") for join in tree.find_all(exp.Join))
    )


class Writer:
    """Writes one query whose names are known."""

    def __init__(self, determined: Determined, settled: bool, inner_names: bool) -> None:
        self.determined = determined
        self.names = determined.names
        self.dialect = determined.dialect
        self.settled = settled
        self.inner_names = inner_names
        self.special: dict[type[exp.Expr], Callable[..., str]] = {
            exp.Column: self.column,
            exp.Star: self.star,
            exp.Paren: self.paren,
            exp.Anonymous: self.call,
            exp.And: self.connected,
            exp.Or: self.connected,
            exp.In: self.membership,
            **dict.fromkeys((exp.EQ, exp.NEQ, exp.Add, exp.Mul), self.commutative),
            **dict.fromkeys((exp.GT, exp.GTE), self.mirrored),
            **dict.fromkeys((exp.Select, exp.Subquery, exp.Union), self.query),
            **dict.fromkeys((exp.Intersect, exp.Except), self.query),
        }

    def query(self, node: exp.Expr, outermost: bool = False) -> str:
        if isinstance(node, exp.Select):
            return self.select(node, outermost)
        if isinstance(node, exp.SetOperation):
            return self.set_operation(node, outermost)
        return f"subquery({self.query(node.this, outermost)})"

    def select(self, node: exp.Select, outermost: bool) -> str:
        group = node.args.get("group")
        keys = [self.item(key, node) for key in group.expressions] if group else []
        parts = [
            self.with_queries(node),
            "distinct" if node.args.get("distinct") else "",
            ", ".join(self.projection(p, outermost) for p in node.expressions),
            self.sources(node),
            *(self.condition(node, clause) for clause in ("where", "having")),
            f"group({', '.join(keys)})" if group else "",
            self.end(node),
        ]
        return f"select({'; '.join(parts)})"

    def set_operation(self, node: exp.SetOperation, outermost: bool) -> str:
        kind = f"{node.key} {'distinct' if node.args.get('distinct') else 'all'}"
        left, right = self.query(node.this, outermost), self.query(node.expression)
        return f"{kind}({self.with_queries(node)}; {left}; {right}; {self.end(node)})"

    def with_queries(self, node: exp.Expr) -> str:
        with_ = node.args.get("with_")
        return "".join(
            f"{self.names[id(q)].text}:{q.args.get('materialized')}=({self.query(q.this)}) "
            for q in (with_.expressions if with_ else ())
        )

    def projection(self, node: exp.Expr, outermost: bool) -> str:
        value = self.value(node.unalias())
        return f"{self.shown(node)}={value}" if outermost or self.inner_names else value

    def shown(self, node: exp.Expr) -> str:
        """What a result may call it: databases make names of how an expression is written."""
        if isinstance(node, exp.Alias):
            return shown_alias(node.args["alias"], self.dialect)
        if node.is_star:
            return "*"
        if isinstance(node, exp.Column):
            return self.names[id(node)].shown
        return f"made of {syntax.write(node, self.dialect)}"

    def sources(self, node: exp.Select) -> str:
        from_ = node.args.get("from_")
        members = [self.source(from_.this)] if from_ else []
        members.extend(self.join(join) for join in node.args.get("joins") or ())
        return f"from({', '.join(members)})"

    def source(self, node: exp.Expr) -> str:
        is_query = isinstance(node, exp.Subquery)
        return f"({self.query(node.this)})" if is_query else self.names[id(node)].text

    def join(self, node: exp.Join) -> str:
        """INNER and OUTER are said or left out; a comma, CROSS and JOIN are three things."""
        on, using = node.args.get("on"), node.args.get("using") or ()
        says_condition = on is not None or bool(using)
        kind = node.kind if node.kind not in (("INNER", "OUTER") if says_condition else ()) else ""
        condition = self.value(on) if on is not None else ""
        merged = [f"{name.name!r}{bool(name.args.get('quoted'))}" for name in using]
        how = f"{node.side} {kind} join" if says_condition or kind or node.side else "comma"
        return f"{how} {self.source(node.this)} on({condition}) using({', '.join(merged)})"

    def condition(self, node: exp.Expr, clause: str) -> str:
        part = node.args.get(clause)
        return f"{clause}({self.value(part.this)})" if part is not None else ""

    def end(self, node: exp.Expr) -> str:
        """ORDER BY, LIMIT and OFFSET."""
        order = node.args.get("order")
        if order is not None:
            only(order, "expressions")
        items = [self.ordered(item, node) for item in order.expressions] if order else []
        bounds = [
            f"{clause}({self.value(node.args[clause].args['expression'])})"
            for clause in ("limit", "offset")
            if node.args.get(clause)
        ]
        return f"order({', '.join(items)}) {' '.join(bounds)}"

    def ordered(self, node: exp.Expr, query: exp.Expr) -> str:
        only(node, "this", "desc", "nulls_first")
        downwards = "desc" if node.args.get("desc") else "asc"
        nulls = "first" if node.args.get("nulls_first") else "last"
        return f"{self.item(node.this, query)} {downwards} nulls {nulls}"

    def item(self, node: exp.Expr, query: exp.Expr) -> str:
        """An item of GROUP BY or ORDER BY, which a number may name by its place."""
        plain = node.unnest()
        if isinstance(node, exp.Literal) and node.is_int:
            return self.place(int(node.name), query)
        is_odd = node is not plain and isinstance(plain, exp.Column)
        if is_odd or isinstance(plain, exp.Literal | exp.Neg | exp.Null | exp.Boolean):
            raise Unclear("a constant, or a name in brackets, to sort or group by")
        if not isinstance(query, exp.Select) and not isinstance(node, exp.Column):
            raise Unclear("an expression that sorts a UNION")
        return self.value(node)

    def place(self, number: int, query: exp.Expr) -> str:
        if isinstance(query, exp.SetOperation):
            return f"#{number - 1}"
        projections = query.expressions
        if any(projection.is_star for projection in projections):
            raise Unclear("a place behind a star")
        if not 0 < number <= len(projections):
            raise Unclear("a place that is not there")
        return self.value(projections[number - 1].unalias())

    def value(self, node: exp.Expr) -> str:
        special = self.special.get(type(node))
        return special(node) if special else self.dumped(node)

    def dumped(self, node: exp.Expr) -> str:
        """A node of any other kind, with all that it says."""
        arguments = [
            f"{name}={self.argument(value)}"
            for name, value in sorted(node.args.items())
            if value is not None and value is not False and value != []
        ]
        return f"{node.key}({', '.join(arguments)})"

    def argument(self, value: object) -> str:
        if isinstance(value, exp.Expr):
            return self.value(value)
        if isinstance(value, list):
            return f"[{', '.join(self.argument(item) for item in value)}]"
        return repr(value)

    def column(self, node: exp.Column) -> str:
        name = self.names[id(node)]
        return self.value(name.projection) if name.projection is not None else name.text

    def star(self, node: exp.Star) -> str:
        return "*"

    def paren(self, node: exp.Paren) -> str:
        """Brackets say nothing; but -(1) is not -1 everywhere, nor ((SELECT …)) (SELECT …)."""
        inner = self.value(node.this)
        return f"({inner})" if isinstance(node.this, exp.Literal | exp.Query) else inner

    def call(self, node: exp.Anonymous) -> str:
        return f"{node.name.lower()!r}({', '.join(self.value(a) for a in node.expressions)})"

    def connected(self, node: exp.Expr) -> str:
        """AND or OR over any number of operands."""
        operands = flattened(node)
        texts = [self.value(operand) for operand in operands]
        if self.settled and all(map(self.determined.cannot_fail, operands)):
            texts = sorted(set(texts))
            if len(texts) == 1 and isinstance(operands[0], exp.Predicate):
                return texts[0]
        return f"{node.key}({', '.join(texts)})"

    def commutative(self, node: exp.Binary) -> str:
        sides = [self.value(node.this), self.value(node.expression)]
        if self.settled and self.may_swap(node):
            sides.sort()
        return f"{node.key}({', '.join(sides)})"

    def mirrored(self, node: exp.Binary) -> str:
        left, right = self.value(node.this), self.value(node.expression)
        if self.settled and self.may_swap(node):
            return f"{MIRRORED[type(node)]}(expression={left}, this={right})"
        return f"{node.key}(expression={right}, this={left})"

    def may_swap(self, node: exp.Binary) -> bool:
        left, right = node.this, node.expression
        if isinstance(node, exp.Add | exp.Mul):
            return self.determined.are_numbers(left, right)
        return self.determined.is_symmetric(left, right)

    def membership(self, node: exp.In) -> str:
        """The values of an IN list are a set, where all are plain and of one sort."""
        items = node.expressions
        sorts = {isinstance(item, exp.Literal) and item.args.get("is_string") for item in items}
        are_alike = len(sorts) == 1 and all(isinstance(item, exp.Literal) for item in items)
        if not self.settled or not are_alike:
            return self.dumped(node)
        values = sorted({self.value(item) for item in items})
        return f"in(expressions=[{', '.join(values)}], this={self.value(node.this)})"


def flattened(node: exp.Expr) -> list[exp.Expr]:
    """The operands of a chain of ANDs, or of ORs, from left to right."""
    operands, stack = [], [node]
    while stack:
        operand = stack.pop()
        inner = operand.unnest()
        if type(inner) is type(node):
            stack += [inner.expression, inner.this]
        else:
            operands.append(operand)
    return operands
