"""What every name of a query stands for, said without the names that its author chose.

A table is what the catalog calls it; whatever else stands in FROM, and every WITH query, goes by
its place. A name that could stand for two things, by the rules of any one database that we know,
is not guessed at: then the whole query is `Unclear`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlglot import exp

from forerun.checking.columns import ALWAYS_THERE
from forerun.checking.levels import Level, Name, Output, Outputs, Source, Unclear, only, ordered
from forerun.checking.nodes import LITERALS, OPERATORS
from forerun.checking.relations import catalog_table
from forerun.checking.spelling import EXACT, as_compared, folded
from forerun.domain import Catalog, Kind, Table

SHOWN_AS_DECLARED = frozenset({"duckdb", "sqlite"})
"""Where a plain column of a table comes out under the table's name for it, however written."""
SELECT_CLAUSES = (
    *("with_", "distinct", "expressions", "from_", "joins", "where", "group", "having", "order"),
    *("limit", "offset"),
)
JOIN_KINDS = frozenset({"", "INNER", "OUTER", "CROSS"})
VALUES = (
    (OPERATORS - {exp.All, exp.Any, exp.Overlaps, exp.Match, exp.Adjacent})
    | (LITERALS - {exp.IntervalSpan})
    | frozenset(
        {
            *(exp.Anonymous, exp.Paren, exp.Tuple, exp.Var, exp.Distinct, exp.Order, exp.Ordered),
            *(exp.Case, exp.If, exp.Cast, exp.TryCast, exp.Coalesce, exp.Extract, exp.Trim),
            *(exp.Substring, exp.StrPosition, exp.Ceil, exp.Floor, exp.Pow, exp.Concat, exp.Sqrt),
            *(exp.Abs, exp.Max, exp.Min, exp.Filter, exp.Where, exp.Window, exp.WindowSpec),
            exp.Star,
        }
    )
)
"""Syntax that gives a value and brings no names of its own. Any other is `Unclear`."""
MAKE_COLUMNS = frozenset({"columns", "unnest", "struct"})
"""Calls that may stand for several columns or rows."""


def name_everything(tree: exp.Expr, catalog: Catalog) -> Mapping[int, Name]:
    """The name of every column, star, table and query, by the `id` of its node.

    Raises `Unclear`.
    """
    queries = [query.alias.lower() for query in tree.find_all(exp.CTE)]
    shared = queries and {table.name.lower() for table in catalog.tables}.intersection(queries)
    if shared or len(set(queries)) < len(queries):
        raise Unclear("a WITH query shares its name")  # databases differ in which one is meant
    if len(catalog.by_key) < len(catalog.tables):
        raise Unclear("tables that differ only in case")
    naming = Naming(catalog)
    naming.query(tree, Level())
    return naming.names


class Naming:
    """One walk over one query."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.dialect = catalog.dialect
        self.always_there = ALWAYS_THERE.get(catalog.dialect, frozenset())
        self.names: dict[int, Name] = {}

    def compared(self, identifier: exp.Expr) -> str:
        """A column's name as the database compares it."""
        if not isinstance(identifier, exp.Identifier):
            raise Unclear(identifier.key)
        name = as_compared(identifier, self.dialect)
        return name.lower() if self.dialect == "mysql" else name

    def query(self, node: exp.Expr, level: Level) -> Outputs:
        if with_ := node.args.get("with_"):
            self.with_queries(with_, level)
        if isinstance(node, exp.Select):
            return self.select(node, level)
        if isinstance(node, exp.SetOperation):
            return self.set_operation(node, level)
        if isinstance(node, exp.Subquery):
            only(node, "this")
            return self.query(node.this, level)
        raise Unclear(node.key)

    def with_queries(self, node: exp.With, level: Level) -> None:
        only(node, "expressions")  # not RECURSIVE
        for place, query in enumerate(node.expressions):
            only(query, "this", "alias", "materialized")
            label = f"q{level.depth}.{place}"
            outputs = self.query(query.this, level.inside(sees_out=False))
            level.queries[as_compared(alias_of(query), self.dialect)] = Source(label, outputs)
            self.names[id(query)] = Name(label)

    def set_operation(self, node: exp.SetOperation, level: Level) -> Outputs:
        only(node, "this", "expression", "distinct", "order", "limit", "offset", "with_")
        given = self.query(node.this, level.inside())
        self.query(node.expression, level.inside())
        for clause in ("limit", "offset"):
            self.clause(node, clause, level)
        for item in ordered(node):
            if isinstance(item, exp.Column):  # else it is a place, which the writer checks
                only(item, "this")
                found = [i for i, o in enumerate(given) if o.name == self.compared(item.this)]
                if len(found) != 1:
                    raise Unclear(item.name)
                self.names[id(item)] = Name(f"#{found[0]}")
        return tuple(Output(o.name, o.text, o.shown) for o in given)  # of which kind, both decide

    def select(self, node: exp.Select, level: Level) -> Outputs:
        only(node, *SELECT_CLAUSES)
        self.names[id(node)] = Name(level.label)
        self.sources(node, level)
        for projection in node.expressions:
            if isinstance(projection, exp.Alias):
                name = self.compared(projection.args["alias"])
                level.aliases.setdefault(name, []).append(projection)
        for clause in ("expressions", "where", "limit", "offset", "distinct"):
            self.clause(node, clause, level)
        level.knows_aliases = level.aliases_may_win = True
        for clause in ("group", "having"):
            self.clause(node, clause, level)
        for item in ordered(node):
            self.order_item(item, node, level)
        return self.outputs(node, level)

    def sources(self, node: exp.Select, level: Level) -> None:
        from_ = node.args.get("from_")
        joins = node.args.get("joins") or ()
        if joins and not from_:
            raise Unclear("a join of nothing")
        for member in (*((from_,) if from_ else ()), *joins):
            self.source(member.this, level)
        names = list(level.sources)
        for place, join in enumerate(joins):
            only(join, "this", "side", "kind", "on", "using")
            if join.kind not in JOIN_KINDS:
                raise Unclear(f"{join.kind} join")
            level.hidden = frozenset(names[place + 2 :])
            if on := join.args.get("on"):
                self.walk(on, level)
            level.merged |= {self.compared(name) for name in join.args.get("using") or ()}
        level.hidden = frozenset()

    def source(self, node: exp.Expr, level: Level) -> None:
        label = f"{level.label}{len(level.sources)}"
        called: exp.Expr | None = alias_of(node) if node.args.get("alias") else None
        if isinstance(node, exp.Subquery):
            only(node, "this", "alias")
            outputs, is_table = self.query(node.this, level.inside(sees_out=False)), False
        elif isinstance(node, exp.Table) and isinstance(node.this, exp.Identifier):
            only(node, "this", "db", "catalog", "alias")
            outputs, is_table = self.table(node, level)
            called = called or node.this
        else:
            raise Unclear(node.key)
        name = as_compared(called, self.dialect) if called else label
        if name in level.sources:
            raise Unclear(f"{name} twice")
        level.sources[name] = Source(label, outputs, is_table)

    def table(self, node: exp.Table, level: Level) -> tuple[Outputs, bool]:
        name = as_compared(node.this, self.dialect)
        if not node.db and (given := level.queries.get(name)):
            self.names[id(node)] = Name(given.label)
            return given.outputs, False
        found = catalog_table(node, self.catalog)
        is_exact = self.dialect in EXACT
        if found is None or name != (found.name if is_exact else found.name.lower()):
            raise Unclear(name)
        self.names[id(node)] = Name(repr(found.key))
        return self.columns_of(found), not found.is_view

    def columns_of(self, table: Table) -> Outputs:
        is_exact = self.dialect == "postgres"
        names = [c.name if is_exact else c.name.lower() for c in table.columns]
        if len(set(names)) < len(names):
            raise Unclear("columns that differ only in case")
        return tuple(
            Output(name, repr(column.name), repr(column.name), column.kind)
            for name, column in zip(names, table.columns, strict=True)
        )

    def clause(self, node: exp.Expr, clause: str, level: Level) -> None:
        value = node.args.get(clause)
        for child in value if isinstance(value, list) else (value,):
            if isinstance(child, exp.Alias | exp.Where | exp.Having):
                self.walk(child.this, level)
            elif isinstance(child, exp.Group | exp.Distinct | exp.Limit | exp.Offset):
                only(child, "expressions" if isinstance(child, exp.Group) else "expression")
                for item in child.iter_expressions():
                    self.walk(item, level)
            elif child is not None and clause == "expressions" and child.is_star:
                self.star(child, level)
            elif child is not None:
                self.walk(child, level)

    def star(self, node: exp.Expr, level: Level) -> None:
        """`*`, or `t.*`; not those of DuckDB that leave columns out."""
        if isinstance(node, exp.Star):
            only(node)
            self.names[id(node)] = Name("*")
        elif isinstance(node, exp.Column):
            only(node, "this", "table")
            only(node.this)
            source = level.sources.get(as_compared(node.args["table"], self.dialect))
            if source is None:
                raise Unclear("a star of nothing")
            self.names[id(node)] = Name(f"{source.label}.*")
        else:
            raise Unclear("a star in an expression")

    def order_item(self, item: exp.Expr, select: exp.Select, level: Level) -> None:
        """All databases take a name that stands alone for that of a result column first."""
        if isinstance(item, exp.Column) and not item.args.get("table"):
            name = self.compared(item.this)
            plain = [p for p in select.expressions if not isinstance(p, exp.Alias)]
            if any(may_be_called(name, p) for p in plain):
                raise Unclear(f"{name} may be a name that the database made up")
            if behind := level.aliases.get(name):
                if len(behind) > 1 or any(p.is_star or self.is_called(name, p) for p in plain):
                    raise Unclear(f"{name} is the name of several result columns")
                self.names[id(item)] = Name("", projection=behind[0].this)
                return
        self.walk(item, level)

    def is_called(self, name: str, projection: exp.Expr) -> bool:
        return isinstance(projection, exp.Column) and self.compared(projection.this) == name

    def walk(self, node: exp.Expr, level: Level) -> None:
        """Name everything in an expression."""
        if isinstance(node, exp.Column):
            self.names[id(node)] = self.column(node, level)
        elif isinstance(node, exp.Query):
            self.query(node, level.inside())
        elif type(node) not in VALUES or not is_plain(node):
            raise Unclear(node.key)
        else:
            before = level.aliases_may_win
            level.aliases_may_win |= isinstance(node, exp.Window | exp.Order)
            for child in node.iter_expressions():
                self.walk(child, level)
            level.aliases_may_win = before

    def column(self, node: exp.Column, level: Level) -> Name:
        only(node, "this", "table")
        name = self.compared(node.this)
        if table := node.args.get("table"):
            return self.qualified(as_compared(table, self.dialect), name, node.name, level)
        return self.unqualified(name, node.name, level)

    def qualified(self, table: str, name: str, written: str, level: Level) -> Name:
        at: Level | None = level
        while at is not None:
            if table in at.sources:
                if table in at.hidden:
                    raise Unclear(f"{table} before its place")
                return self.found_in(at.sources[table], name, written)
            if at.holders(table):
                raise Unclear(f"{table} may be a struct")
            at = at.outer
        raise Unclear(table)

    def unqualified(self, name: str, written: str, level: Level) -> Name:
        at: Level | None = level
        while at is not None:
            if found := self.found_at(at, name, written):
                if at is not level and name in level.aliases:
                    raise Unclear(f"{name} is an alias here, a column further out")
                if at.aliases_may_win and not self.all_mean(found, at.aliases.get(name, ())):
                    raise Unclear(f"{name} is a column and an alias")
                return found
            if name in at.sources or (at.sources and name in self.always_there):
                raise Unclear(f"{name} may be a row, or a column that nobody declared")
            if name in at.aliases and at is not level:
                raise Unclear(f"{name} is an alias further out")
            at = at.outer
        behind = level.aliases.get(name, ())
        if len(behind) != 1 or not level.knows_aliases:
            raise Unclear(name)
        return Name("", projection=behind[0].this)

    def found_at(self, level: Level, name: str, written: str) -> Name | None:
        """The only column of that name at this level, if there is one."""
        if name in level.merged:
            return Name(f"{level.label}using.{name!r}", f"{written!r} of using")
        if any(o.name is None for source in level.sources.values() for o in source.outputs):
            raise Unclear(f"{name} beside columns without known names")
        holders = level.holders(name)
        if len(holders) > 1 or level.hidden.intersection(holders):
            raise Unclear(f"{name} in several places")
        return self.found_in(level.sources[holders[0]], name, written) if holders else None

    def all_mean(self, found: Name, projections: Sequence[exp.Expr]) -> bool:
        """True where every alias of that name is just the column of that name."""
        return all(
            isinstance(p.this, exp.Column) and self.names[id(p.this)].text == found.text
            for p in projections
        )

    def found_in(self, source: Source, name: str, written: str) -> Name:
        output = source.one(name)
        shown = f"{written!r} of {output.shown}"
        if self.dialect == "postgres":
            shown = repr(name)
        elif source.is_table and self.dialect in SHOWN_AS_DECLARED:
            shown = output.shown
        return Name(f"{source.label}.{output.text}", shown, output.kind)

    def outputs(self, node: exp.Select, level: Level) -> Outputs:
        """The columns a SELECT gives, each referred to by its place."""
        given: list[Output] = []
        for projection in node.expressions:
            given.extend(
                self.starred(projection, level)
                if projection.is_star
                else (self.output(projection),)
            )
        return tuple(Output(o.name, f"#{i}", o.shown, o.kind) for i, o in enumerate(given))

    def starred(self, projection: exp.Expr, level: Level) -> Iterable[Output]:
        if level.merged:
            raise Unclear("a star over merged columns")
        text = self.names[id(projection)].text
        for source in level.sources.values():
            if text in ("*", f"{source.label}.*"):
                yield from source.outputs

    def output(self, projection: exp.Expr) -> Output:
        value = projection.unalias()
        name = self.names.get(id(value)) if isinstance(value, exp.Column) else None
        kind: Kind | None = name.kind if name else None
        if isinstance(projection, exp.Alias):
            alias = projection.args["alias"]
            return Output(self.compared(alias), "", shown_alias(alias, self.dialect), kind)
        if isinstance(value, exp.Column) and name:
            return Output(self.compared(value.this), "", f"{value.name!r} of {name.shown}", kind)
        return Output(None, "", "", kind)


def alias_of(node: exp.Expr) -> exp.Identifier:
    alias = node.args["alias"]
    if not isinstance(alias, exp.TableAlias) or not isinstance(alias.this, exp.Identifier):
        raise Unclear("a source without a plain name")
    only(alias, "this")  # not AS t(a, b)
    return alias.this


def shown_alias(alias: exp.Expr, dialect: str) -> str:
    """The name of a result column that the author gave."""
    return repr(alias.name if alias.args.get("quoted") else folded(alias.name, dialect))


def may_be_called(name: str, projection: exp.Expr) -> bool:
    """True where a database may make up that name for an expression without an alias.

    PostgreSQL calls `count(x)` "count"; others make up names that are no single word.
    """
    if projection.is_star or isinstance(projection, exp.Column):
        return False
    called = projection.name if isinstance(projection, exp.Anonymous) else projection.key
    return not isinstance(projection, exp.Anonymous | exp.Max | exp.Min) or called.lower() == name


def is_plain(node: exp.Expr) -> bool:
    """False for forms of allowed syntax that bring names, columns or tables of their own."""
    if isinstance(node, exp.Anonymous):
        return isinstance(node.this, str) and node.name.lower() not in MAKE_COLUMNS
    if isinstance(node, exp.Star):
        is_counted = isinstance(node.parent, exp.Anonymous) and node.parent.name.lower() == "count"
        return is_counted and not any(node.args.values())
    if isinstance(node, exp.In):
        return not node.args.get("field") and not node.args.get("unnest")
    if isinstance(node, exp.Window):
        return not node.args.get("alias")
    if isinstance(node, exp.Var):
        return not isinstance(node.parent, exp.Ordered | exp.Group | exp.Select)
    return True
