"""An earlier turn's SQL read back as a plan, so that a follow-up can go on from it.

Only the shapes that plans can have are read; of anything else there is no plan.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from forerun.parsing import emission, joins
from forerun.parsing.cutting import UNITS, spellings
from forerun.parsing.emission import Emission
from forerun.parsing.index import Index
from forerun.parsing.joins import Tree
from forerun.parsing.likeness import alike
from forerun.parsing.periods import periods
from forerun.parsing.plans import (
    BesideAggregate,
    Compare,
    Condition,
    Having,
    Order,
    Plan,
    Semi,
    Term,
)  # fmt: skip
from forerun.parsing.schema import Edge, Entity, Field
from forerun.parsing.sorting import (
    told_apart_by_a_value,
    with_what_keys_tell,
    without_missing_keys,
)

_AGGREGATES: dict[type[exp.Expr], str] = {
    exp.Count: "count", exp.Sum: "sum", exp.Avg: "avg", exp.Min: "min", exp.Max: "max",
}  # fmt: skip
_COMPARISONS: dict[type[exp.Expr], str] = {
    exp.EQ: "=", exp.NEQ: "!=", exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">=",
    exp.Like: "like",
}  # fmt: skip
_NEGATED = {"in": "not in", "like": "not like", "=": "!="}


class _Foreign(Exception):
    """The SQL says something that no plan says."""


def recall(sql: str, index: Index) -> Plan | None:
    """The plan that `sql` is, or None where it is none."""
    try:
        plan = _plan(sqlglot.parse_one(sql, read=index.dialect), index)
    except (SqlglotError, _Foreign, RecursionError):
        return None
    return plan if plan.order else replace(plan, limit=None)  # that bounds, and ranks nothing


def same(sql: str, plan: Plan, index: Index) -> bool:
    """Whether `sql` is what the plan says: as plans, else word for word."""
    written = emission.sql(plan, index.dialect)
    recalled = recall(sql, index)
    if recalled is not None:
        again = recall(written, index)
        return again is not None and alike(recalled, again)
    return _unlimited(sql, index.dialect) == _unlimited(written, index.dialect)


def _unlimited(sql: str, dialect: str) -> exp.Expr | None:
    try:
        parsed = sqlglot.parse_one(sql, read=dialect)
    except (SqlglotError, RecursionError):
        return None
    if not parsed.args.get("order"):
        parsed.set("limit", None)
    return parsed


def _plan(parsed: exp.Expr, index: Index) -> Plan:
    if not isinstance(parsed, exp.Select) or parsed.args.get("with_"):
        raise _Foreign
    source = parsed.args.get("from_")
    if source is not None and isinstance(source.this, exp.Subquery):
        grouped = _plan(source.this.this, index)
        if not grouped.group:
            raise _Foreign
        return replace(grouped, count_groups=True)
    return _Recall(index, parsed).plan()


@dataclass
class _Recall:
    """One SELECT, its tables by the names they go by."""

    index: Index
    select: exp.Select
    tables: dict[str, Entity] = field(default_factory=dict)

    def plan(self) -> Plan:
        tree = self._tree()
        where, semis = self._where()
        shown = [self._unaliased(column) for column in self.select.expressions]
        starred = [column for column in shown if column.is_star and not _counts(column)]
        if starred and len(shown) > 1:
            raise _Foreign
        entity = self._starred(starred[0], tree) if starred else None
        terms = (
            tuple(Term(item, entity) for item in entity.display)
            if entity
            else tuple(self.term(column, tree) for column in shown)
        )
        plan = Plan(
            tree, terms, where, semis, self._group(tree), self._having(tree), self._order(tree),
            self._limit(), bool(self.select.args.get("distinct")), entity is not None,
        )  # fmt: skip
        return _without_what_groups_need(with_what_keys_tell(plan))

    # --- tables

    def _tree(self) -> Tree:
        source = self.select.args.get("from_")
        if source is None:
            raise _Foreign
        root = self._table(source.this)
        edges: list[Edge] = []
        for join in self.select.args.get("joins") or ():
            if join.side or join.kind not in ("", "INNER"):
                raise _Foreign
            entity = self._table(join.this)
            edges += self._edges(join.args.get("on"), entity)
        tree = Tree(root, tuple(edges))
        if set(tree.entities) != set(self.tables.values()):
            raise _Foreign
        return tree

    def _table(self, table: exp.Expr) -> Entity:
        if not isinstance(table, exp.Table):
            raise _Foreign
        name = table.name.lower()
        entity = next((e for e in self.index.entities if e.table.name.lower() == name), None)
        if entity is None or entity in self.tables.values():
            raise _Foreign
        self.tables[table.alias_or_name.lower()] = entity
        return entity

    def _edges(self, on: exp.Expr | None, entity: Entity) -> tuple[Edge, ...]:
        """The known edge that the ON speaks of, else the shortest way to the table."""
        named = {self.field(column) for column in on.find_all(exp.Column)} if on else set()
        for edge in self.index.edges:
            if entity in (edge.one, edge.many) and named == {f for p in edge.pairs for f in p}:
                return (edge,)
        others = [other for other in self.tables.values() if other is not entity]
        for other in others:
            tree = next(iter(joins.trees(self.index, other, [entity])), None)
            if tree is not None and len(tree.edges) == 1:
                return tree.edges
        raise _Foreign

    def _starred(self, star: exp.Expr, tree: Tree) -> Entity:
        if isinstance(star, exp.Column):
            return self._named(star.table)
        return tree.root

    def _named(self, table: str) -> Entity:
        entity = self.tables.get(table.lower())
        if entity is None:
            raise _Foreign
        return entity

    def field(self, column: exp.Expr) -> Field:
        if not isinstance(column, exp.Column):
            raise _Foreign
        entities = [self._named(column.table)] if column.table else list(self.tables.values())
        found = next((f for e in entities if (f := e.named(column.name))), None)
        if found is None:
            raise _Foreign
        return found

    # --- terms

    def _unaliased(self, column: exp.Expr) -> exp.Expr:
        return column.this if isinstance(column, exp.Alias) else column

    def term(self, column: exp.Expr, tree: Tree) -> Term:
        aggregate = _AGGREGATES.get(type(column))
        if aggregate is None:
            return self._plain(column)
        inner = column.this
        if aggregate == "count" and isinstance(inner, exp.Star):
            return Term(None, self._counted(tree), "count")
        distinct = isinstance(inner, exp.Distinct)
        item = self.field(_uncast(inner.expressions[0] if distinct else inner))
        if aggregate == "count" and not distinct and item in item.entity.primary:
            return Term(None, item.entity, "count")
        return Term(item, item.entity, aggregate, distinct)

    def _counted(self, tree: Tree) -> Entity:
        """Rows of a join are rows of the table that it does not repeat."""
        single = [e for e in tree.entities if not joins.multiplied(tree, e)]
        return single[0] if single else tree.root

    def _plain(self, column: exp.Expr) -> Term:
        if isinstance(column, exp.Column):
            item = self.field(column)
            return Term(item, item.entity)
        inner = next(iter(column.find_all(exp.Column)), None)
        if inner is None:
            raise _Foreign
        item = self.field(inner)
        return Term(item, item.entity, unit=self._unit(column, inner, item))

    def _unit(self, column: exp.Expr, inner: exp.Column, item: Field) -> str:
        """The unit to which a date was cut down: one of the ways in which that is written."""
        dialect = self.index.dialect
        day = Emission(dialect).day(inner.copy(), item)
        for unit in UNITS:
            ways = (way.sql(dialect) for way in spellings(day, unit, dialect))
            if any(sqlglot.parse_one(way, read=dialect) == column for way in ways):
                return unit
        raise _Foreign

    # --- clauses

    def _group(self, tree: Tree) -> tuple[Term, ...]:
        group = self.select.args.get("group")
        return tuple(self.term(key, tree) for key in group.expressions) if group else ()

    def _order(self, tree: Tree) -> tuple[Order, ...]:
        order = self.select.args.get("order")
        keys = without_missing_keys(order.expressions) if order else ()
        return tuple(Order(self.term(key.this, tree), bool(key.args.get("desc"))) for key in keys)

    def _limit(self) -> int | None:
        limit = self.select.args.get("limit")
        if limit is None:
            return None
        value = _value(limit.expression)
        if not isinstance(value, int) or self.select.args.get("offset"):
            raise _Foreign
        return value

    def _having(self, tree: Tree) -> tuple[Having, ...]:
        having = self.select.args.get("having")
        parts = _conjuncts(having.this) if having else []
        return tuple(self._group_condition(part, tree) for part in parts)

    def _group_condition(self, part: exp.Expr, tree: Tree) -> Having:
        if isinstance(part, exp.Between):
            op, ends = "between", [_value(part.args["low"]), _value(part.args["high"])]
        else:
            op, ends = _COMPARISONS.get(type(part), ""), [_value(part.args.get("expression"))]
        numbers = [end for end in ends if isinstance(end, int | float)]
        if not op or len(numbers) < len(ends):
            raise _Foreign
        return Having(self.term(part.this, tree), op, *numbers)

    def _where(self) -> tuple[tuple[tuple[Condition, ...], ...], tuple[Semi, ...]]:
        where = self.select.args.get("where")
        conditions: list[tuple[Condition, ...]] = []
        semis: list[Semi] = []
        for part in _conjuncts(where.this) if where else ():
            semi = self._semi(part)
            if semi is not None:
                semis.append(semi)
                continue
            conditions.append(tuple(map(self._alternative, _disjuncts(part))))
        return periods(conditions), tuple(semis)

    def _semi(self, part: exp.Expr) -> Semi | None:
        negated = isinstance(part, exp.Not)
        inside = part.this.unnest() if negated else part
        if not isinstance(inside, exp.In) or not inside.args.get("query"):
            return None
        inner = inside.args["query"].unnest()
        plan = _plan(inner, self.index)
        outer, theirs = self.field(inside.this), plan.select[0].field
        if theirs is None or plan.group or plan.limit is not None or plan.semis:
            raise _Foreign
        for edge in self.index.edges:
            if edge.pairs == ((theirs, outer),):
                where = tuple(c for c in plan.where if not isinstance(c[0], _NotNull))
                return Semi(outer.entity, edge, plan.tree, where, negated)
        raise _Foreign

    def _alternative(self, part: exp.Expr) -> Condition:
        """One condition; both ends of a time count as one."""
        parts = _conjuncts(part)
        clauses: tuple[tuple[Condition, ...], ...] = tuple((self._condition(p),) for p in parts)
        if len(clauses) > 1:
            clauses = periods(clauses)
        if len(clauses) > 1:
            raise _Foreign
        return clauses[0][0]

    def _condition(self, part: exp.Expr) -> Condition:
        if isinstance(part, exp.Not):
            return self._negated(part.this.unnest())
        item = self.field(_uncast(part.this)) if part.this else None
        if item is None:
            raise _Foreign
        if isinstance(part, exp.Is) and isinstance(part.expression, exp.Null):
            return Compare(item, "null", ())
        if isinstance(part, exp.In):
            return Compare(item, "in", tuple(self._literal(v) for v in part.expressions))
        if isinstance(part, exp.Between):
            ends = (part.args["low"], part.args["high"])
            return Compare(item, "between", tuple(map(self._literal, ends)))
        op = _COMPARISONS.get(type(part))
        if op is None:
            raise _Foreign
        if isinstance(part.expression, exp.Subquery):
            return self._beside(item, op, part.expression.unnest())
        return Compare(item, op, (self._literal(part.expression),))

    def _negated(self, inside: exp.Expr) -> Condition:
        if isinstance(inside, exp.Is) and isinstance(inside.expression, exp.Null):
            return _NotNull(self.field(inside.this), "not null", ())
        positive = self._condition(inside)
        if not isinstance(positive, Compare) or positive.op not in _NEGATED:
            raise _Foreign
        return replace(positive, op=_NEGATED[positive.op])

    def _beside(self, item: Field, op: str, query: exp.Expr) -> BesideAggregate:
        plan = _plan(query, self.index)
        term = plan.select[0]
        if plan.where or plan.tree.edges or plan.semis or plan.group or len(plan.select) > 1:
            raise _Foreign
        if term.aggregate not in ("avg", "min", "max") or term.field is not item:
            raise _Foreign
        return BesideAggregate(item, op, term.aggregate)

    def _literal(self, part: exp.Expr) -> object:
        """A value; in SQLite a name in double quotes that no column has is one too."""
        if isinstance(part, exp.Column) and part.this.args.get("quoted") and not part.table:
            return part.name
        value = _value(part)
        if value is None:
            raise _Foreign
        return value


class _NotNull(Compare):
    """The guard inside NOT IN (…), which says nothing to an asker."""


def _counts(column: exp.Expr) -> bool:
    return isinstance(column, exp.Count)


def _without_what_groups_need(plan: Plan) -> Plan:
    """The plan without the conditions that are written for its groups anyway."""
    there = [c for c in plan.where if c == (Compare(c[0].field, "not null", ()),)]
    fewer = replace(plan, where=tuple(c for c in plan.where if c not in there))
    needed = set(told_apart_by_a_value(fewer))
    kept = (c for c in plan.where if c not in there or c[0].field not in needed)
    return replace(plan, where=tuple(kept))


def _conjuncts(part: exp.Expr) -> list[exp.Expr]:
    return _flat(part, exp.And)


def _disjuncts(part: exp.Expr) -> list[exp.Expr]:
    return _flat(part, exp.Or)


def _flat(part: exp.Expr, kind: type[exp.Connector]) -> list[exp.Expr]:
    """What is connected, through all brackets."""
    inside = part.unnest()
    if not isinstance(inside, kind):
        return [inside]
    return [*_flat(inside.left, kind), *_flat(inside.right, kind)]


def _uncast(part: exp.Expr) -> exp.Expr:
    return part.this if isinstance(part, exp.Cast | exp.Date | exp.TsOrDsToDate) else part


def _value(part: exp.Expr | None) -> object:
    """A number or text as Python has it, or None."""
    if part is None:
        return None
    part = _uncast(part)
    if isinstance(part, exp.Neg):
        inner = _value(part.this)
        return -inner if isinstance(inner, int | float) else None
    if not isinstance(part, exp.Literal):
        return None
    if part.is_string:
        return part.this
    text = part.this
    return int(text) if text.isdecimal() else float(text)
