"""SQL of what is made of a measure: percentages, quotients, and windows over a grouped query.

Windows never stand beside GROUP BY: the groups are a query of their own, and the windows go
over its columns. That reads well and means the same to every dialect.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from sqlglot import exp

from forerun.parsing.plans import Condition, Order, Part, Plan, Semi, Term, Window
from forerun.parsing.schema import Entity
from forerun.parsing.sorting import sorted_by

_PLACE = "place"
_OVER_ALL = {"avg": exp.Avg, "max": exp.Max, "min": exp.Min}


class Writer(Protocol):
    """What the emission of one dialect lends."""

    dialect: str

    def query(self, plan: Plan) -> exp.Select: ...
    def term(self, term: Term, qualified: bool) -> exp.Expr: ...
    def condition(self, condition: Condition, qualified: bool) -> exp.Expr: ...
    def table(self, entity: Entity) -> exp.Table: ...
    def semi(self, semi: Semi) -> exp.Expr: ...
    def label(self, term: Term, among: tuple[Term, ...]) -> str: ...
    def name(self, text: str) -> exp.Identifier: ...


def percentage(writer: Writer, term: Term, qualified: bool) -> exp.Expr:
    """`100.0 * COUNT(CASE WHEN … THEN 1 END) / NULLIF(COUNT(*), 0)`."""
    if term.part is None:
        raise ValueError("a percentage is one of some rows")
    whole = writer.term(replace(term, part=None), qualified)
    return _in_hundred(_some(writer, term, term.part, qualified), whole)


def _some(writer: Writer, term: Term, told: Part, qualified: bool) -> exp.Expr:
    """The measure of the part alone."""
    part = writer.term(replace(term, part=None, per=None), qualified)
    if told.semi is not None:
        holds = writer.semi(told.semi)
    else:
        holds = exp.or_(*(writer.condition(c, qualified) for c in told.either))
    rows: exp.Expr = part.this
    held = exp.Case().when(holds, exp.convert(1) if isinstance(rows, exp.Star) else rows.copy())
    if term.aggregate == "sum":  # no such row is a share of 0, not an unknown one
        held = held.else_(exp.convert(0))
    part.set("this", held)
    return part


def quotient(writer: Writer, term: Term, qualified: bool) -> exp.Expr:
    """`1.0 * SUM(a) / NULLIF(SUM(b), 0)`."""
    if term.per is None:
        raise ValueError("a quotient has a divisor")
    above, below = (_whole_or_some(writer, one, qualified) for one in (term, term.per))
    if term.field and term.field.metric:  # a team's expression may be a sum of two
        above = exp.paren(above)
    product = exp.Mul(this=exp.Literal.number("1.0"), expression=above)
    return _divided(product, below)


def _whole_or_some(writer: Writer, term: Term, qualified: bool) -> exp.Expr:
    if term.part is not None:
        return _some(writer, term, term.part, qualified)
    return writer.term(replace(term, per=None), qualified)


def windowed(writer: Writer, plan: Plan, window: Window) -> exp.Select:
    """The plan's groups (or rows) with a window over them."""
    return _Windows(writer, plan, window).query()


class _Windows:
    """One query around another, whose columns it knows by name."""

    def __init__(self, writer: Writer, plan: Plan, window: Window) -> None:
        self.writer, self.plan, self.window = writer, plan, window
        orders = (order.term for order in plan.order)
        terms = (*plan.select, *window.partition, *orders, window.measure)
        self.terms = tuple(dict.fromkeys(terms))
        self.names = self._names()

    def query(self) -> exp.Select:
        if self.window.kind == "top":
            return self._top()
        if self.window.kind == "average":
            return self._average()
        columns: list[exp.Expr] = []
        for term in self.plan.select:
            if term != self.window.measure:
                columns.append(self._column(term))
                continue
            columns += [self._column(term)] if self.window.beside else []
            columns.append(exp.alias_(self._made(), self._made_name()))
        query = exp.select(*columns).from_(self._inner())
        for order in self.plan.order:
            cut = self.plan.limit is not None
            query = query.order_by(self._ordered(order, cut=cut), copy=False)
        return query if self.plan.limit is None else query.limit(self.plan.limit)

    def _average(self) -> exp.Select:
        """One figure: that of all groups, or their sum by the number of all rows of a table."""
        measure = self._column(self.window.measure)
        average: exp.Expr = _OVER_ALL[self.window.moving](this=measure)
        if self.window.whole is not None:
            count = exp.select(exp.Count(this=exp.Star()))
            every = count.from_(self.writer.table(self.window.whole)).subquery()
            product = exp.Mul(this=exp.Literal.number("1.0"), expression=exp.Sum(this=measure))
            average = _divided(product, every)
        return exp.select(exp.alias_(average, self._made_name())).from_(self._inner())

    def _top(self) -> exp.Select:
        """Ranks are given inside, for a condition cannot speak of a window."""
        orders = [self._ordered(order, cut=True) for order in self.plan.order]
        rank = self._over(exp.Anonymous(this="RANK"), self.window.partition, orders)
        place = self._free(_PLACE)
        columns = [self._column(term) for term in self.terms]
        ranked = exp.select(*columns, exp.alias_(rank, place)).from_(self._inner())
        query = exp.select(*(self._column(term) for term in self.plan.select))
        query = query.from_(ranked.subquery("ranked"))
        query = query.where(exp.column(place) <= exp.convert(self.plan.limit))
        shown = (term for term in self.window.partition if term in self.plan.select)
        firsts = [self._ordered(Order(term, descending=False)) for term in shown]
        upwards = Order(self.window.measure, descending=False)
        last = sorted_by(exp.column(place), upwards, self.writer.dialect, cut=False)
        return query.order_by(*firsts, last)

    def _inner(self) -> exp.Subquery:
        """The groups, each column under a name of its own; rows where nothing is aggregated."""
        plan = replace(self.plan, select=self.terms, order=(), limit=None, window=None)
        if not any(term.aggregate for term in self.terms):
            plan = replace(plan, group=())
        query = self.writer.query(plan)
        columns = (column.unalias() for column in query.expressions)
        named = zip(columns, self.names.values(), strict=True)
        query.set("expressions", [_named(column, name) for column, name in named])
        return query.subquery("grouped" if plan.group else "listed")

    def _made(self) -> exp.Expr:
        measure = self._column(self.window.measure)
        if self.window.kind == "share":
            total = self._over(exp.Sum(this=measure), (), [])
            return _in_hundred(measure, total)
        over = self.window.over
        when = [self._ordered(Order(over, descending=False))] if over else []
        if self.window.kind == "running":
            return self._over(exp.Sum(this=measure), self.window.partition, when)
        if self.window.kind == "rolling":
            return self._moving(measure, when)
        before = self._over(exp.Lag(this=measure.copy()), self.window.partition, when)
        if self.window.kind == "change":
            return exp.Sub(this=measure, expression=before)
        return _in_hundred(exp.paren(exp.Sub(this=measure, expression=before)), before)

    def _moving(self, measure: exp.Expr, when: list[exp.Ordered]) -> exp.Window:
        """Over the present group and as many before it as are listed."""
        function = exp.Sum if self.window.moving == "sum" else exp.Avg
        moved = self._over(function(this=measure), self.window.partition, when)
        before = exp.convert((self.window.frame or 1) - 1)
        moved.set("spec", exp.WindowSpec(
            kind="ROWS", start=before, start_side="PRECEDING", end="CURRENT ROW",
        ))  # fmt: skip
        return moved

    def _over(
        self, function: exp.Expr, partition: tuple[Term, ...], orders: list[exp.Ordered]
    ) -> exp.Window:
        return exp.Window(
            this=function,
            partition_by=[self._column(term) for term in partition],
            order=exp.Order(expressions=orders) if orders else None,
        )

    def _ordered(self, order: Order, cut: bool = False) -> exp.Ordered:
        return sorted_by(self._column(order.term), order, self.writer.dialect, cut)

    def _column(self, term: Term) -> exp.Column:
        return exp.Column(this=self.names[term].copy())

    # --- names

    def _names(self) -> dict[Term, exp.Identifier]:
        taken: set[str] = set()
        names = {}
        for term in self.terms:
            label = self.writer.label(term, self.terms)
            while label.lower() in taken:
                label += "_2"
            taken.add(label.lower())
            names[term] = self.writer.name(label)
        return names

    def _made_name(self) -> exp.Identifier:
        made = {"max": "highest", "min": "lowest"}.get(self.window.moving, self.window.kind)
        kind = {"growth": "growth_percent", "share": "share_percent"}.get(
            self.window.kind, f"{made}_{self.names[self.window.measure].name}"
        )
        return self._free(kind)

    def _free(self, label: str) -> exp.Identifier:
        while any(name.name.lower() == label for name in self.names.values()):
            label += "_2"
        return self.writer.name(label)


def _named(column: exp.Expr, name: exp.Identifier) -> exp.Expr:
    own = isinstance(column, exp.Column) and column.name == name.name
    return column if own else exp.alias_(column, name)


def _in_hundred(some: exp.Expr, whole: exp.Expr) -> exp.Expr:
    return _divided(exp.Mul(this=exp.Literal.number("100.0"), expression=some.copy()), whole)


def _divided(above: exp.Expr, below: exp.Expr) -> exp.Expr:
    """Never by nought. The left side has a decimal point, so that no dialect need cast it."""
    nonzero = exp.Nullif(this=below.copy(), expression=exp.convert(0))
    return exp.Div(this=above, expression=nonzero, typed=True)
