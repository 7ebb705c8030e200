"""Every name in a query resolved: tables against the catalog, columns against what is in scope.

Strict about tables: a table that is not in the catalog, and not a WITH query that is in scope
at that very place, is refused. Lenient about columns: where some relation's columns are not
known before running, the database is left to judge.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlglot import exp

from forerun.checking import hiding
from forerun.checking.columns import ColumnLookup
from forerun.checking.relations import (
    OPEN,
    Relation,
    Scope,
    alias_columns,
    base_relation,
    catalog_table,
    not_in_catalog,
)
from forerun.checking.spelling import as_compared, folded, respell
from forerun.domain import Catalog, Reason, Table

RECURSIVE_UNSAID = frozenset({"sqlite", "tsql", "oracle"})
"""Where a WITH query sees itself without the word RECURSIVE."""
ANCHOR_SEES_ITSELF = frozenset({"sqlite", "mysql"})
"""Elsewhere the name of a recursive WITH query still means a table in its first half."""
IN_READS_TABLES = frozenset({"sqlite"})
SEES_WHAT_STANDS_BESIDE = frozenset({"duckdb"})
"""Where a query in FROM sees what stands to its left without the word LATERAL."""
ONE_SIDED = frozenset({"SEMI", "ANTI"})


@dataclass(frozen=True, slots=True)
class Names:
    """What the names of a query stand for, and what is wrong with those that stand for nothing."""

    reasons: tuple[Reason, ...]
    tables: frozenset[str]
    columns: tuple[str, ...]
    reads: tuple[tuple[exp.Table, Table], ...]
    """Every place that reads a table of the catalog."""


def is_union(query: exp.Expr) -> bool:
    """Only of these does the second half see the query itself: in an INTERSECT, an EXCEPT or a
    UNION BY NAME its name means the stored table."""
    return isinstance(query, exp.Union) and not query.args.get("by_name")


def resolve(tree: exp.Expr, catalog: Catalog) -> Names:
    """Resolve every name of the query; tables are spelled in the tree as the catalog has them."""
    resolver = Resolver(catalog)
    resolver.query_names = {query.alias.lower() for query in tree.find_all(exp.CTE)}
    output = resolver.query(tree, Scope(catalog.dialect))
    for table in tree.find_all(exp.Table):
        if id(table) not in resolver.seen:  # in a place that no rule above knows: not allowed
            resolver.reasons.append(not_in_catalog(table, catalog))
    columns = output.columns or ()
    return Names(
        (*resolver.reasons, *resolver.columns.fields.reasons()),
        frozenset(resolver.tables),
        columns if all(columns) else (),
        tuple(resolver.reads),
    )


class Resolver:
    """One walk over one query."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.reasons: list[Reason] = []
        self.tables: set[str] = set()
        self.reads: list[tuple[exp.Table, Table]] = []
        self.query_names: set[str] = set()
        """Of all WITH queries: a table called like one keeps the schema it was written with."""
        self.seen: set[int] = set()
        self.recursive: dict[int, str] = {}
        """Names of recursive WITH queries, by the UNION after whose first half they are known."""
        self.columns = ColumnLookup(catalog, self.reasons)

    def query(self, node: exp.Expr, outer: Scope) -> Relation:
        """The relation that a query gives, everything inside it resolved."""
        scope = outer.inside()
        if with_ := node.args.get("with_"):
            self.with_queries(with_, scope)
        if isinstance(node, exp.Select):
            return self.select(node, scope)
        if isinstance(node, exp.SetOperation):
            return self.set_operation(node, scope)
        if isinstance(node, exp.Subquery):
            relation = self.inside(node, scope)
            scope.add("", relation)
            self.walk_rest(node, scope, {"this", "with_", "alias"})
            return OPEN if node.args.get("pivots") else relation.renamed(alias_columns(node))
        if isinstance(node, exp.Pivot):
            self.source(node.this, scope)
            self.reasons.extend(hiding.whole(scope.relations.values()))
            if node.unpivot:
                scope.add("", OPEN)  # it names columns of its own making
            self.walk_rest(node, scope, {"this", "with_", "alias"})
            return OPEN
        self.walk_rest(node, scope, {"with_", "alias"})  # VALUES
        return OPEN.renamed(alias_columns(node))

    def inside(self, node: exp.Subquery, scope: Scope) -> Relation:
        """What stands in brackets: a query, or a table with its joins."""
        if isinstance(node.this, exp.Table):
            self.source(node.this, scope)
            return OPEN
        return self.query(node.this, scope)

    def with_queries(self, node: exp.With, scope: Scope) -> None:
        recursive = node.recursive or self.catalog.dialect in RECURSIVE_UNSAID
        for query in node.expressions:
            name = as_compared(query.args["alias"].this, self.catalog.dialect)
            names = alias_columns(query)
            if recursive and is_union(query.this):
                self.recursive[id(query.this)] = name
                if self.catalog.dialect in ANCHOR_SEES_ITSELF:
                    scope.queries[name] = OPEN
            given = self.query(query.this, scope)
            scope.queries[name] = given.renamed(names)
            self.walk_rest(query, scope, {"this", "alias"})

    def set_operation(self, node: exp.SetOperation, scope: Scope) -> Relation:
        left = self.query(node.this, scope)
        if name := self.recursive.get(id(node)):
            scope.queries[name] = OPEN
        self.query(node.expression, scope)
        scope.add("", OPEN)  # ORDER BY names the output; the database knows how
        self.walk_rest(node, scope, {"this", "expression", "with_"})
        return OPEN if node.args.get("by_name") else left

    def select(self, node: exp.Select, scope: Scope) -> Relation:
        if self.catalog.dialect == "mysql" and is_dual(node):
            node.set("from_", None)
        if from_ := node.args.get("from_"):
            self.source(from_.this, scope)
        self.joined(node, scope)
        self.reasons.extend(hiding.by_star(node, scope))
        scope.aliases = {
            p.alias_or_name.lower() for p in node.expressions if p.alias or is_qualified(p)
        }
        self.walk_rest(node, scope, {"from_", "joins", "laterals", "with_"})
        if node.args.get("pivots"):
            return OPEN
        return self.output(node, scope)

    def joined(self, node: exp.Expr, scope: Scope) -> None:
        """The joins and laterals that hang on a SELECT or on a table in brackets."""
        for lateral in node.args.get("laterals") or ():
            self.source(lateral, scope)
        joins = node.args.get("joins") or ()
        for join, within in [(join, self.joining(join, scope)) for join in joins]:
            compared = (*scope.relations.values(), *within.relations.values())
            self.reasons.extend(hiding.by_join(join, compared))
            self.walk_rest(join, within, {"this", "using"})

    def joining(self, join: exp.Join, scope: Scope) -> Scope:
        """The scope of the condition. What a semi-join joins is seen by nothing else."""
        if join.kind in ONE_SIDED:
            within = scope.inside()
            self.source(join.this, within)
            return within
        self.source(join.this, scope)
        if join.args.get("using") or join.method == "NATURAL":
            scope.merged = True
        return scope

    def source(self, node: exp.Expr, scope: Scope) -> None:
        """One member of a FROM clause."""
        if isinstance(node, exp.Table):
            relation = self.table(node, scope)
        elif isinstance(node, exp.Subquery) and isinstance(node.this, exp.Table):
            self.source(node.this, scope)
            self.walk_rest(node, scope, {"this", "alias", "joins"})
            self.joined(node, scope)
            if not node.alias:
                return
            self.reasons.extend(hiding.whole(scope.relations.values()))
            relation = OPEN
        elif isinstance(node, exp.Query | exp.Pivot | exp.Values):
            sees_all = self.catalog.dialect in SEES_WHAT_STANDS_BESIDE
            relation = self.query(node, scope if sees_all else scope.beside())
        else:
            relation = self.computed(node, scope)
        if node.args.get("pivots"):
            relation = OPEN
        name = exposed_name(node, self.catalog.dialect)
        if name and (others := scope.called(name)):
            self.reasons.extend(hiding.whole((*others, relation)))  # a star would give both
        scope.add(name, relation)
        if isinstance(node, exp.Table):
            self.walk_rest(node, scope, {"this", "db", "catalog", "alias", "joins", "laterals"})
            self.joined(node, scope)

    def computed(self, node: exp.Expr, scope: Scope) -> Relation:
        """UNNEST(…), LATERAL …, a table function: its columns are known only by its alias."""
        if isinstance(node, exp.Lateral) and isinstance(node.this, exp.Subquery):
            return self.query(node.this, scope).renamed(alias_columns(node))
        self.walk_rest(node, scope, {"alias"})
        return OPEN

    def table(self, node: exp.Table, scope: Scope) -> Relation:
        self.seen.add(id(node))
        if not isinstance(node.this, exp.Identifier):  # a table function, or ROWS FROM several
            for call in children(node.this):
                self.walk(call, scope)
            return OPEN
        if not node.db:
            given = scope.query(as_compared(node.this, self.catalog.dialect))
            if given is not None:
                return given.renamed(alias_columns(node))
        found = catalog_table(node, self.catalog)
        if found is None:
            self.reasons.append(not_in_catalog(node, self.catalog))
            return OPEN
        self.tables.add(found.key)
        self.reads.append((node, found))
        is_shadowed = node.name.lower() in self.query_names
        schema = found.schema or (node.db if is_shadowed else None)
        spell(node, schema, found.name, self.catalog.dialect)
        relation = base_relation(found, not node.alias)
        self.reasons.extend(hiding.by_place(node, relation))
        return relation.renamed(alias_columns(node))

    def walk_rest(self, node: exp.Expr, scope: Scope, done: set[str]) -> None:
        """Resolve what stands in every argument of `node` but those already done."""
        for name, value in node.args.items():
            if name not in done:
                for child in children(value):
                    self.walk(child, scope)

    def walk(self, node: exp.Expr, scope: Scope) -> None:
        """Resolve everything in an expression; without recursion, for long chains are deep."""
        stack = [(node, scope)]
        while stack:
            node, scope = stack.pop()
            if isinstance(node, exp.Query | exp.Values):
                self.query(node, scope)
            elif isinstance(node, exp.Table | exp.Lateral | exp.Unnest):
                self.source(node, scope.inside())
            elif not self.is_table_read(node, scope):
                inner = self.look_at(node, scope)
                stack.extend(
                    (child, inner) for child in reversed(list(children(node.args.values())))
                )

    def look_at(self, node: exp.Expr, scope: Scope) -> Scope:
        """Resolve the node itself; the scope of what is inside it."""
        if isinstance(node, exp.Column):
            self.columns.look_up(node, scope)
        elif isinstance(node, exp.Identifier):
            self.reasons.extend(hiding.by_word(node, scope))
        elif isinstance(node, exp.Dot):
            self.columns.fields.dot(node, scope)
        elif isinstance(node, exp.Lambda | exp.Comprehension):
            return with_parameters(node, scope)
        elif isinstance(node, exp.Pivot):
            inner = scope.inside()
            inner.add("", OPEN)
            return inner
        return scope

    def is_table_read(self, node: exp.Expr, scope: Scope) -> bool:
        """`x IN t` reads the table t in SQLite, and looks like a column here."""
        if node.arg_key != "field" or self.catalog.dialect not in IN_READS_TABLES:
            return False
        if not isinstance(node, exp.Column) or not isinstance(node.this, exp.Identifier):
            return False
        read = self.table(exp.Table(this=node.this.copy(), db=node.args.get("table")), scope)
        self.reasons.extend(hiding.whole([read]))
        return True

    def output(self, node: exp.Select, scope: Scope) -> Relation:
        """The columns that a SELECT gives; "" for one that the database names itself."""
        columns: list[str] = []
        for projection in node.expressions:
            given = self.projected(projection, scope)
            if given is None:
                return OPEN
            columns.extend(given)
        return Relation(tuple(columns))

    def projected(self, projection: exp.Expr, scope: Scope) -> tuple[str, ...] | None:
        """The columns one projection gives, None where nobody knows how many."""
        if not projection.is_star:
            name = self.name_of(projection)
            return None if not name and holds_star(projection) else (name,)
        if isinstance(projection, exp.Star):
            star, relations = projection, [] if scope.merged else list(scope.relations.values())
        elif isinstance(projection, exp.Column):
            star, found = projection.this, scope.relation(projection.args["table"])
            relations = [found] if found else []
        else:
            return None
        modified = any(star.args.values())
        if modified or not relations or any(r.columns is None for r in relations):
            return None
        return tuple(c for relation in relations for c in relation.columns or ())

    def name_of(self, projection: exp.Expr) -> str:
        named = projection.args.get("alias") or (
            projection.this if isinstance(projection, exp.Column) else None
        )
        if not isinstance(named, exp.Identifier):
            return projection.alias
        quoted = bool(named.args.get("quoted"))
        return named.name if quoted else folded(named.name, self.catalog.dialect)


def is_qualified(projection: exp.Expr) -> bool:
    """`c.name` gives a column that ORDER BY may call `name`."""
    return isinstance(projection, exp.Column) and bool(projection.table)


def is_dual(node: exp.Select) -> bool:
    """FROM DUAL says that no table is read; written out again, it would be quoted, and missing."""
    from_ = node.args.get("from_")
    table = from_.this if from_ else None
    alone = not node.args.get("joins")
    return alone and isinstance(table, exp.Table) and table.name.upper() == "DUAL"


def with_parameters(node: exp.Expr, outer: Scope) -> Scope:
    """The scope inside a lambda or a comprehension, which sees its own parameters."""
    scope = outer.inside()
    parameters = [*node.expressions, node.args.get("expression")]
    scope.aliases = {parameter.name.lower() for parameter in parameters if parameter is not None}
    return scope


def holds_star(node: exp.Expr) -> bool:
    """`*`, and COLUMNS(…) in DuckDB, stand for any number of columns."""
    return (
        any(not hiding.is_counted(star) for star in node.find_all(exp.Star))
        or any(call.name.lower() in ("columns", "unnest") for call in node.find_all(exp.Anonymous))
        or node.find(exp.Columns, exp.Unnest) is not None
    )


def spell(node: exp.Table, schema: str | None, name: str, dialect: str) -> None:
    """Name the table as the catalog does, so that what was checked is what is read."""
    respell(node.this, name, dialect)
    node.set("catalog", None)
    if schema is None:
        node.set("db", None)
    elif node.db != schema:
        node.set("db", exp.to_identifier(schema, quoted=True))


def exposed_name(node: exp.Expr, dialect: str) -> str:
    """What a member of FROM is called, as it is compared: its alias, or its own name, a
    function's too."""
    alias = node.args.get("alias")
    named = alias.this if isinstance(alias, exp.TableAlias) else alias
    if named is None and isinstance(node, exp.Table):
        named = node.this
    if isinstance(named, exp.Identifier):
        return as_compared(named, dialect)
    return named.name.lower() if isinstance(named, exp.Expr) else ""


def children(value: object) -> Iterator[exp.Expr]:
    if isinstance(value, exp.Expr):
        yield value
    elif isinstance(value, Iterable) and not isinstance(value, str):
        for item in value:
            yield from children(item)
