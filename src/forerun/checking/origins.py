"""What a column is made of, where the statement makes it itself: seen through WITH and FROM.

`names` says whether a column may be read; this says what was written to make it, so that a size
can be followed from query to query. Where several answers are possible, all of them are given.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from sqlglot import exp

from forerun.checking.relations import alias_columns, catalog_table
from forerun.domain import Catalog


@dataclass(frozen=True, slots=True)
class Recursive:
    """A column of a query that reads itself."""

    query: exp.CTE
    name: str

    @property
    def key(self) -> tuple[int, str]:
        return id(self.query), self.name


Origin: TypeAlias = exp.Expr | Recursive
"""An expression that gives a column its values, or the recursion that does."""


@dataclass(slots=True)
class Origins:
    """Looks columns up in the queries around them, and remembers what it has found."""

    catalog: Catalog
    _found: dict[int, tuple[Origin, ...]] = field(default_factory=dict)
    _recursive: dict[int, bool] = field(default_factory=dict)
    _outputs: dict[tuple[int, str, Sequence[str]], list[Origin] | None] = field(
        default_factory=dict
    )
    _values: dict[int, list[Origin]] = field(default_factory=dict)

    def of(self, column: exp.Column) -> tuple[Origin, ...]:
        """All that the column may be made of; nothing where it is stored."""
        if id(column) not in self._found:
            self._found[id(column)] = self._looked_up(column)
        return self._found[id(column)]

    def recurses(self, query: exp.CTE) -> bool:
        if id(query) not in self._recursive:
            self._recursive[id(query)] = reads_itself(query)
        return self._recursive[id(query)]

    def _looked_up(self, column: exp.Column) -> tuple[Origin, ...]:
        query = column.find_ancestor(exp.Select, exp.SetOperation)
        while query is not None:
            found = self._within(query, column)
            if found is not None:
                return tuple(each_once(found))
            query = query.find_ancestor(exp.Select, exp.SetOperation)
        return ()

    def _within(self, select: exp.Query, column: exp.Column) -> list[Origin] | None:
        """What the FROM and the aliases of one SELECT say; None where they know no such column."""
        if not isinstance(select, exp.Select):  # the ORDER BY of a UNION
            order = select.args.get("order")
            ordered = order is not None and is_inside(column, order)
            return self._output(select, column.name.lower(), ()) if ordered else None
        sources = [source for source in sources_of(select) if not is_inside(column, source)]
        of_table = [s for s in sources if s.alias_or_name.lower() == column.table.lower()]
        if column.table and not of_table:  # `s.a`, a field of a column
            return self._among(sources, column.parts[0].name.lower())
        sources = of_table if column.table else sources
        found = self._among(sources, column.name.lower())
        if not column.table and (found is None or not is_projected(column, select)):
            aliases = aliased(select, column)
            found = [*(found or ()), *aliases] if aliases else found
        if found is None:  # databases make up names for what has none
            found = [value for s in sources for value in self.outputs(s) if is_nameless(value)]
            return found or None
        return found

    def _among(self, sources: Sequence[exp.Expr], name: str) -> list[Origin] | None:
        """Calls and lists of values may have a column of any name: they are asked last."""
        for last in (False, True):
            asked = [self._column(s, name) for s in sources if names_its_own(s) is last]
            known = [found for found in asked if found is not None]
            if known:
                return [origin for found in known for origin in found]
        return None

    def _column(self, source: exp.Expr, name: str) -> list[Origin] | None:
        """The column `name` of a member of FROM; None where it has none, [] where it is stored."""
        renamed = columns_named(source)
        query = query_of(source)
        if source.args.get("pivots"):
            return list(self.outputs(source)) or None
        if isinstance(query, exp.CTE) and self.recurses(query):
            at = renamed.index(name) if name in renamed else -1
            names = tuple(self.columns(query))
            name = names[at] if 0 <= at < len(names) else name
            return [Recursive(query, name)] if name in names else None
        if isinstance(query, exp.CTE):
            found = self._output(query.this, name, renamed or columns_named(query))
        elif query is not None:
            found = self._output(query, name, renamed)
        elif isinstance(source, exp.Table) and isinstance(source.this, exp.Identifier):
            table = catalog_table(source, self.catalog)
            stored = name in renamed or table is None or table.column(name) is not None
            return [] if stored or name == source.alias_or_name.lower() else None
        else:
            return list(self.outputs(source)) if names_its_own(source) or name in renamed else None
        if found is None and name == source.alias_or_name.lower():
            return list(self.outputs(source))  # the whole row
        return found

    def _output(self, query: exp.Expr, name: str, renamed: Sequence[str]) -> list[Origin] | None:
        key = id(query), name, tuple(renamed)
        if key not in self._outputs:
            self._outputs[key] = []
            found = self._given(query, name, renamed)
            self._outputs[key] = found and each_once(found)
        return self._outputs[key]

    def _given(self, query: exp.Expr, name: str, renamed: Sequence[str]) -> list[Origin] | None:
        members = list(members_of(query))
        starred = [member for member in members if is_starred(member)]
        by_name = any(each.args.get("by_name") for each in query.find_all(exp.SetOperation))
        if by_name or (starred and (renamed or len(members) > 1)):
            return self.values(query)
        names = (*renamed, *names_given(members[0])[len(renamed) :]) if members else ()
        found: list[Origin] = []
        known = False
        for member in members:
            own = names_given(member)
            for row in rows_of(member):
                values = [v for v, *called in zip(row, names, own, strict=False) if name in called]
                known = known or bool(values)
                found.extend(values)
        for member in starred:
            inner = replaced(member, name) or self._among(sources_of(member), name)
            known = known or inner is not None
            found.extend(inner or ())
        return found if known else None

    def outputs(self, source: exp.Expr) -> list[Origin]:
        """Every value that a member of FROM gives, as far as the statement makes it."""
        query = query_of(source)
        if isinstance(query, exp.CTE):
            if self.recurses(query):
                return [Recursive(query, name) for name in self.columns(query)]
            return self.values(query.this)
        if query is not None:
            return self.values(query)
        if isinstance(source, exp.Table) and isinstance(source.this, exp.Identifier):
            return []
        return list(calls_of(source))

    def values(self, query: exp.Expr) -> list[Origin]:
        if id(query) not in self._values:
            self._values[id(query)] = []
            self._values[id(query)] = each_once(self._all_given(query))
        return self._values[id(query)]

    def _all_given(self, query: exp.Expr) -> Iterator[Origin]:
        for member in members_of(query):
            yield from values_in(member)
            if is_starred(member):
                yield from (o for source in sources_of(member) for o in self.outputs(source))

    def columns(self, query: exp.CTE) -> dict[str, list[exp.Expr]]:
        """What each column of a recursive query is given, in its first part and in the others."""
        members = list(members_of(query.this))
        names = columns_named(query) or names_given(members[0])
        if any(is_starred(member) for member in members):
            given = [value for member in members for value in values_in(member)]
            return {name: given for name in names if name != "*"}
        rows = [row for member in members for row in rows_of(member)]
        return {name: [row[at] for row in rows if at < len(row)] for at, name in enumerate(names)}


def sources_of(select: exp.Expr) -> list[exp.Expr]:
    """The members of FROM: tables, queries, calls, lists of values."""
    from_ = select.args.get("from_")
    joins = (*(select.args.get("joins") or ()), *(select.args.get("laterals") or ()))
    found = [from_.this] if from_ else []
    found += [join.this if isinstance(join, exp.Join) else join for join in joins]
    return [source for member in found for source in unfolded(member)]


def unfolded(member: exp.Expr) -> Iterator[exp.Expr]:
    """`(a JOIN b ON …)` is two members, and so is a table that carries its own joins."""
    inner = member.this if isinstance(member, exp.Subquery) else None
    if isinstance(inner, exp.Table | exp.Subquery):
        yield from unfolded(inner)
    else:
        yield member
    for join in member.args.get("joins") or ():
        yield from unfolded(join.this)


def query_of(source: exp.Expr) -> exp.Expr | None:
    """The query behind a member of FROM: of its own, or the WITH query that it names."""
    if isinstance(source, exp.Table):
        return named_query(source)
    if isinstance(source, exp.Subquery | exp.Lateral) and isinstance(source.this, exp.Query):
        return source.this
    return None


def named_query(table: exp.Table) -> exp.CTE | None:
    """The nearest WITH query of that name. Inside itself it is meant only where it may recurse."""
    if table.db or not isinstance(table.this, exp.Identifier):
        return None
    at: exp.Expr | None = table.parent
    while at is not None:
        with_ = at.args.get("with_")
        for query in reversed(with_.expressions if with_ else ()):
            if query.alias.lower() == table.name.lower() and (
                isinstance(query.this.unnest(), exp.SetOperation) or not is_inside(table, query)
            ):
                return query if isinstance(query, exp.CTE) else None
        at = at.parent
    return None


def reads_itself(query: exp.CTE) -> bool:
    if not isinstance(query.this.unnest(), exp.SetOperation):
        return False
    return any(named_query(table) is query for table in query.this.find_all(exp.Table))


def members_of(query: exp.Expr) -> Iterator[exp.Expr]:
    """The SELECTs and VALUES of which the rows of a query come."""
    inner = query.unnest() if isinstance(query, exp.Subquery) else query
    if isinstance(inner, exp.SetOperation):
        yield from members_of(inner.this)
        yield from members_of(inner.expression)
    elif isinstance(inner, exp.Select | exp.Values):
        yield inner
    elif isinstance(inner, exp.Table) and isinstance(inner.this, exp.Values):
        yield inner.this


def rows_of(member: exp.Expr) -> list[list[exp.Expr]]:
    """What a SELECT gives for a row; for VALUES, each row."""
    if isinstance(member, exp.Values):
        return [row.expressions or [row] for row in member.expressions]
    return [member.expressions]


def names_given(member: exp.Expr) -> tuple[str, ...]:
    if isinstance(member, exp.Values):
        return columns_named(member) or ("",) * len(rows_of(member)[0])
    return tuple(value.alias_or_name.lower() for value in member.expressions)


def columns_named(node: exp.Expr) -> tuple[str, ...]:
    """The columns of `AS t(a, b)`, in small letters."""
    return tuple(map(str.lower, alias_columns(node)))


def calls_of(source: exp.Expr) -> Iterator[exp.Expr]:
    """What is called or listed in FROM."""
    if isinstance(source, exp.Values):
        yield from (value for row in rows_of(source) for value in row)
    elif isinstance(source, exp.Unnest):
        yield from source.expressions
    elif isinstance(source, exp.Table) and source.args.get("rows_from"):
        yield from (table.this for table in source.args["rows_from"])
    elif isinstance(source.this, exp.Expr):
        yield source.this


def names_its_own(source: exp.Expr) -> bool:
    """True for a call or VALUES without names of columns: we do not know what they are called."""
    is_table = isinstance(source, exp.Table) and isinstance(source.this, exp.Identifier)
    return not is_table and query_of(source) is None and len(columns_named(source)) == 0


def is_inside(node: exp.Expr, other: exp.Expr) -> bool:
    at: exp.Expr | None = node
    while at is not None and at is not other:
        at = at.parent
    return at is not None


def is_projected(column: exp.Column, select: exp.Select) -> bool:
    return any(is_inside(column, value) for value in select.expressions)


def aliased(select: exp.Select, column: exp.Column) -> list[exp.Expr]:
    """What the SELECT itself calls by that name."""
    return [
        value.this
        for value in select.expressions
        if isinstance(value, exp.Alias)
        and value.alias.lower() == column.name.lower()
        and not is_inside(column, value)
    ]


def values_in(member: exp.Expr) -> Iterator[exp.Expr]:
    """All that is written there to be given, also in a star: `* REPLACE (a || b AS name)`."""
    for row in rows_of(member):
        for value in row:
            if is_star(value):
                yield from value.find_all(exp.Alias)
            else:
                yield value


def replaced(member: exp.Expr, name: str) -> list[Origin]:
    """`* REPLACE (a || b AS name)`, `* RENAME (a AS name)`."""
    stars = (value for value in member.expressions if is_star(value))
    inside = (alias for star in stars for alias in star.find_all(exp.Alias))
    return [alias.this for alias in inside if alias.alias.lower() == name]


def each_once(found: Iterable[Origin]) -> list[Origin]:
    """Stars over stars give the same columns again and again."""
    keyed = ((o.key if isinstance(o, Recursive) else (id(o), ""), o) for o in found)
    return list(dict(keyed).values())


def is_nameless(value: Origin) -> bool:
    return isinstance(value, exp.Expr) and not isinstance(value, exp.Alias | exp.Column)


def is_star(value: exp.Expr) -> bool:
    return isinstance(value, exp.Star) or (
        isinstance(value, exp.Column) and isinstance(value.this, exp.Star)
    )


def is_starred(member: exp.Expr) -> bool:
    return isinstance(member, exp.Select) and any(map(is_star, member.expressions))
