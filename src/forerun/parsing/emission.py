"""Plans as sqlglot trees, and those as SQL of a dialect."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from functools import lru_cache

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect

from forerun import syntax
from forerun.domain import Kind, Metric
from forerun.parsing.cutting import cut
from forerun.parsing.elapsing import elapsed_sql
from forerun.parsing.joins import Tree
from forerun.parsing.labelling import label, long_label, shadows
from forerun.parsing.outward import said_of
from forerun.parsing.plans import (
    BesideAggregate,
    BesideColumn,
    Compare,
    Condition,
    During,
    Having,
    OfForemost,
    Plan,
    Rows,
    Semi,
    Term,
)  # fmt: skip
from forerun.parsing.schema import Edge, Entity, Field, Meaning
from forerun.parsing.sorting import grouped_by, sorted_by, told_apart_by_a_value
from forerun.parsing.spells import Period
from forerun.parsing.windowed import percentage, quotient, windowed

_PLAIN = re.compile(r"[a-z_][a-z0-9_]*$")
_PLAIN_ANY_CASE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*$")
_COMPARISONS: dict[str, type[exp.Binary]] = {
    "=": exp.EQ, "!=": exp.NEQ, "<": exp.LT, "<=": exp.LTE, ">": exp.GT, ">=": exp.GTE,
    "like": exp.Like,
}  # fmt: skip
_SETS: dict[str, type[exp.SetOperation]] = {
    "intersect": exp.Intersect, "except": exp.Except, "union": exp.Union,
}  # fmt: skip
_AGGREGATES: dict[str, type[exp.AggFunc]] = {
    "count": exp.Count, "sum": exp.Sum, "avg": exp.Avg, "min": exp.Min, "max": exp.Max,
}  # fmt: skip


def sql(plan: Plan, dialect: str) -> str:
    """The plan as one SELECT of `dialect`."""
    return Emission(dialect).whole(plan).sql(dialect=dialect, copy=False)


@lru_cache
def _reserved(dialect: str) -> frozenset[str]:
    """Words that mean something to the dialect, also those it knows only in pairs: ORDER BY."""
    keywords = Dialect.get_or_raise(dialect).tokenizer_class.KEYWORDS
    return frozenset(word for keyword in keywords for word in keyword.split())


class Emission:
    """Writes plans for one dialect."""

    def __init__(self, dialect: str) -> None:
        self.dialect = dialect
        self.reserved = _reserved(dialect)
        self.folds = dialect in ("postgres", "redshift", "snowflake", "oracle")

    def whole(self, plan: Plan) -> exp.Query:
        """The query with what is kept or taken away by another side."""
        if plan.setop is None:
            return self.query(plan)
        other = replace(plan, tree=plan.setop.tree, where=plan.setop.where, setop=None)
        select = plan.setop.select or plan.select
        other = replace(other, select=select, having=plan.setop.having)
        kind = _SETS[plan.setop.kind]
        return kind(this=self.query(plan), expression=self.query(other), distinct=True)

    def query(self, plan: Plan) -> exp.Select:
        if plan.window is not None:
            return windowed(self, plan, plan.window)
        qualified = bool(plan.tree.edges or plan.semis) or shadows(plan)
        query = self._rows(plan, qualified)
        if plan.count_groups:
            return self._count_groups(query, plan, qualified)
        columns = [self._selected(term, plan.select, qualified) for term in plan.select]
        if plan.all_columns:
            columns = self._everything(plan.select[0].entity, bool(plan.tree.edges))
        query = query.select(*columns, copy=False)
        query = self._grouped(query, plan, qualified)
        for order in plan.order:
            key = self.term(order.term, qualified)
            place = sorted_by(key, order, self.dialect, cut=plan.limit is not None)
            query = query.order_by(place, copy=False)
        if plan.limit is not None:
            query = query.limit(plan.limit, copy=False)
        if plan.outward:
            _count_nothing_as_nought(query)
        return query.distinct(copy=False) if plan.distinct else query

    def _rows(self, plan: Plan, qualified: bool) -> exp.Select:
        """FROM and WHERE."""
        query = exp.select().from_(self.table(plan.tree.root))
        if plan.outward:
            query = self._joined_outwards(query, plan)
        else:
            query = self._joined(query, plan.tree)
        for either in said_of(plan.tree.root, plan) if plan.outward else plan.where:
            query = query.where(self._either(either, qualified), copy=False)
        for semi in plan.semis:
            query = query.where(self.semi(semi), copy=False)
        for item in told_apart_by_a_value(plan):
            there = self.column(item, qualified).is_(exp.null()).not_()
            query = query.where(there, copy=False)
        return query

    def _everything(self, entity: Entity, joined: bool) -> list[exp.Expr]:
        """All columns of a table; one by one where `*` would show hidden ones."""
        if entity.table.hidden:
            return [self.column(item, joined) for item in entity.fields]
        table = self._alias(entity) if joined else None
        return [exp.Column(this=exp.Star(), table=table) if joined else exp.Star()]

    def _joined(self, query: exp.Select, tree: Tree) -> exp.Select:
        seen = {tree.root}
        left = list(tree.edges)
        while left:
            edge = next(e for e in left if e.one in seen or e.many in seen)
            left.remove(edge)
            other = edge.many if edge.one in seen else edge.one
            seen.add(other)
            query = query.join(self.table(other), on=self._on(edge), copy=False)
        return query

    def _joined_outwards(self, query: exp.Select, plan: Plan) -> exp.Select:
        """Conditions on partners are of their join, so that they take no row of the root away."""
        for edge in plan.tree.edges:
            held = [self._either(either, qualified=True) for either in said_of(edge.many, plan)]
            on = exp.and_(self._on(edge), *held)
            query = query.join(self.table(edge.many), on=on, join_type="left", copy=False)
        return query

    def _on(self, edge: Edge) -> exp.Expr:
        pairs = [
            exp.EQ(this=self.column(mine), expression=self.column(theirs))
            for mine, theirs in edge.pairs
        ]
        return exp.and_(*pairs)

    def _grouped(self, query: exp.Select, plan: Plan, qualified: bool) -> exp.Select:
        for term in grouped_by(plan, self.dialect):
            query = query.group_by(self.term(term, qualified), copy=False)
        for having in plan.having:
            left, value = self.term(having.term, qualified), self._bound(having, plan)
            if having.upper is not None:
                held: exp.Expr = exp.Between(this=left, low=value, high=exp.convert(having.upper))
            else:
                held = _COMPARISONS[having.op](this=left, expression=value)
            query = query.having(held, copy=False)
        return query

    def _bound(self, having: Having, plan: Plan) -> exp.Expr:
        """The number, or the average over the same groups."""
        if having.value is not None:
            return exp.convert(having.value)
        same = replace(plan, select=(having.term,), having=(), order=(), limit=None)
        same = replace(same, distinct=False, count_groups=False)
        if having.term.aggregate == "avg":
            overall = self.query(replace(same, group=()))
            overall.set("expressions", [column.unalias() for column in overall.expressions])
            return overall.subquery()
        each, name = self.query(same), self.name("figure")
        (figure,) = each.expressions
        each.set("expressions", [exp.alias_(figure.unalias(), name)])
        average = exp.select(exp.Avg(this=exp.Column(this=name.copy())))
        return average.from_(each.subquery("grouped")).subquery()

    def _count_groups(self, query: exp.Select, plan: Plan, qualified: bool) -> exp.Select:
        keys = [self.term(term, qualified) for term in plan.group]
        inner = self._grouped(query.select(*keys, copy=False), plan, qualified)
        return exp.select(exp.Count(this=exp.Star())).from_(inner.subquery("counted"))

    # --- names

    def table(self, entity: Entity) -> exp.Table:
        schema = entity.table.schema
        alias = exp.TableAlias(this=self.name(entity.alias)) if entity.alias else None
        place = self.name(schema) if schema else None
        return exp.Table(this=self.name(entity.table.name), db=place, alias=alias)

    def _alias(self, entity: Entity) -> exp.Identifier:
        return self.name(entity.alias or entity.table.name)

    def column(self, item: Field, qualified: bool = True) -> exp.Expr:
        """The column, or what two of them tell."""
        if item.elapsed is not None:
            return elapsed_sql(item.elapsed, lambda one: self.column(one, qualified), self.dialect)
        table = self._alias(item.entity) if qualified else None
        return exp.Column(this=self.name(item.name), table=table)

    def name(self, text: str) -> exp.Identifier:
        plain = _PLAIN if self.folds else _PLAIN_ANY_CASE
        quoted = not plain.match(text) or text.upper() in self.reserved
        return exp.to_identifier(text, quoted=quoted)

    # --- terms

    def _selected(self, term: Term, among: tuple[Term, ...], qualified: bool) -> exp.Expr:
        column = self.term(term, qualified)
        name = label(term, among)
        return exp.alias_(column, self.name(name)) if name else column

    def label(self, term: Term, among: tuple[Term, ...]) -> str:
        """The name of the term's column, also where it needs none."""
        own = term.field.name if term.field else term.entity.table.name
        name = label(term, among) or own
        return long_label(term) if term.aggregate and name == own else name

    def term(self, term: Term, qualified: bool) -> exp.Expr:
        if term.per is not None:
            return quotient(self, term, qualified)
        if term.part is not None:
            return percentage(self, term, qualified)
        if term.field is None:
            return exp.Count(this=exp.Star())
        if term.field.metric is not None:
            return self.computed(term.entity, term.field.metric, qualified)
        column: exp.Expr = self.column(term.field, qualified)
        if term.unit:
            return self.cut(column, term.unit, term.field)
        if term.aggregate is None:
            return column
        if term.aggregate != "count" and term.field.is_numeric_text and not _is_code(term.field):
            column = exp.cast(column, "double")
        if term.distinct:
            column = exp.Distinct(expressions=[column])
        return _AGGREGATES[term.aggregate](this=column)

    def computed(self, entity: Entity, metric: Metric, qualified: bool) -> exp.Expr:
        """A metric's expression in the team's own words, its columns told apart where need be."""
        (expression,) = syntax.read(f"SELECT {metric.sql}", self.dialect).expressions
        for column in expression.find_all(exp.Column):
            column.set("table", self._alias(entity) if qualified else None)
        return exp.Var(this=syntax.write(expression, self.dialect))

    def cut(self, column: exp.Expr, unit: str, item: Field) -> exp.Expr:
        """A date cut down to its unit."""
        return cut(self.day(column, item), unit, self.dialect)

    def day(self, column: exp.Expr, item: Field) -> exp.Expr:
        """The column as a date, where one that is kept as a text is none to the dialect."""
        is_one = self.dialect in ("sqlite", "mysql") or item.column.kind.is_temporal
        return column if is_one else exp.cast(column, "timestamp")

    # --- conditions

    def _either(self, conditions: tuple[Condition, ...], qualified: bool) -> exp.Expr:
        return exp.or_(*(self.condition(c, qualified) for c in conditions))

    def condition(self, condition: Condition, qualified: bool) -> exp.Expr:
        column: exp.Expr = self.column(condition.field, qualified)
        if isinstance(condition, During):
            return self._during(column, condition.field, condition.period)
        if isinstance(condition, BesideColumn):
            other = self.column(condition.other, qualified)
            return _COMPARISONS[condition.op](this=column, expression=other)
        if isinstance(condition, BesideAggregate):
            inner = self._aggregate(condition)
            return _COMPARISONS[condition.op](this=column, expression=inner.subquery())
        if isinstance(condition, OfForemost):
            inner = self._foremost(condition)
            return _COMPARISONS[condition.op](this=column, expression=inner.subquery())
        return self._compared(column, condition)

    def _aggregate(self, condition: BesideAggregate) -> exp.Select:
        among = condition.among or Rows(Tree(condition.field.entity), ())
        qualified = bool(among.tree.edges)
        whole = _AGGREGATES[condition.aggregate](this=self.column(condition.field, qualified))
        query = self._joined(exp.select(whole).from_(self.table(among.tree.root)), among.tree)
        for either in among.where:
            query = query.where(self._either(either, qualified), copy=False)
        return query

    def _foremost(self, condition: OfForemost) -> exp.Select:
        term, qualified = condition.order.term, bool(condition.tree.edges)
        key = self.column(condition.key, qualified)
        query = exp.select(key).from_(self.table(condition.tree.root))
        query = self._joined(query, condition.tree)
        if term.aggregate:
            query = query.group_by(key.copy(), copy=False)
        place = sorted_by(self.term(term, qualified), condition.order, self.dialect, cut=True)
        return query.order_by(place, copy=False).limit(1, copy=False)

    def _compared(self, column: exp.Expr, condition: Compare) -> exp.Expr:
        if condition.op in ("null", "not null"):
            missing = exp.Is(this=column, expression=exp.null())
            return missing if condition.op == "null" else exp.Not(this=missing)
        values = list(map(exp.convert, condition.values))
        numeric = any(isinstance(value, int | float) for value in condition.values)
        if numeric and condition.field.is_numeric_text and condition.op not in ("=", "!="):
            column = exp.cast(column, "double")
        elif numeric and condition.field.column.kind is Kind.TEXT:
            values = [exp.Literal.string(str(value)) for value in condition.values]
        op = condition.op
        if op in ("in", "not in"):
            inside = exp.In(this=column, expressions=values)
            return exp.Not(this=inside) if op == "not in" else inside
        if op == "between":
            return exp.Between(this=column, low=values[0], high=values[1])
        if op == "not like":
            return exp.Not(this=exp.Like(this=column, expression=values[0]))
        return _COMPARISONS[op](this=column, expression=values[0])

    def _during(self, column: exp.Expr, item: Field, period: Period) -> exp.Expr:
        if item.meaning is Meaning.YEAR:
            return _years(column, item, period)
        text = item.column.kind not in (Kind.DATE, Kind.TIMESTAMP)
        parts: list[exp.Expr] = []
        if period.start:
            parts.append(exp.GTE(this=column, expression=_day(period.start, text)))
        if period.end:
            parts.append(exp.LT(this=column.copy(), expression=_day(period.end, text)))
        return exp.and_(*parts)

    def semi(self, semi: Semi) -> exp.Expr:
        mine = [theirs for _, theirs in semi.edge.pairs]
        inner = [ours for ours, _ in semi.edge.pairs]
        query = exp.select(*(self.column(item) for item in inner)).from_(self.table(semi.tree.root))
        query = self._joined(query, semi.tree)
        for either in semi.where:
            query = query.where(self._either(either, qualified=True), copy=False)
        if semi.negated:
            for item in inner:
                query = query.where(self.column(item).is_(exp.null()).not_(), copy=False)
        outer = [self.column(item) for item in mine]
        left = outer[0] if len(outer) == 1 else exp.Tuple(expressions=outer)
        inside = exp.In(this=left, query=query.subquery())
        return exp.Not(this=inside) if semi.negated else inside


def _count_nothing_as_nought(query: exp.Select) -> None:
    """The sum of no rows is 0 where their number is."""
    for total in list(query.find_all(exp.Sum)):
        nought = exp.convert(0)
        total.replace(exp.Coalesce(this=total.copy(), expressions=[nought]))


def _is_code(item: Field) -> bool:
    """Digits that are a name, not a number."""
    return item.meaning is Meaning.KEY or bool(item.stems and item.stems[-1] in ("code", "number"))


def _day(day: date, text: bool) -> exp.Expr:
    literal = exp.Literal.string(day.isoformat())
    return literal if text else exp.cast(literal, "date")


def _years(column: exp.Expr, item: Field, period: Period) -> exp.Expr:
    def year(value: int) -> exp.Expr:
        number = exp.convert(value)
        return number if item.column.kind.is_number else exp.Literal.string(str(value))

    if period.start and period.end:
        first, last = period.start.year, period.end.year - 1
        if first == last:
            return exp.EQ(this=column, expression=year(first))
        return exp.Between(this=column, low=year(first), high=year(last))
    if period.start:
        return exp.GTE(this=column, expression=year(period.start.year))
    last = period.end.year if period.end else 9999
    return exp.LT(this=column, expression=year(last))
