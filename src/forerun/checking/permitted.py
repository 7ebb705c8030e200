"""The catalog as one asker may see it: what is out of sight does not exist in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from sqlglot import exp

from forerun import syntax
from forerun.checking.gate import check
from forerun.checking.predicates import Unbindable, condition
from forerun.checking.relations import DEFAULT_SCHEMAS, shown_name
from forerun.checking.restricting import FENCES, condition_of
from forerun.domain import (
    Catalog,
    Column,
    Draft,
    ForeignKey,
    GoldenQuery,
    Metric,
    Origin,
    Permissions,
    Restriction,
    Table,
)
from forerun.errors import BadPolicy


def permitted(catalog: Catalog, permissions: Permissions) -> Catalog:
    """Tables, columns, keys, samples, and what the team knows, cut down to what may be seen.

    Raises `BadPolicy` where the permissions speak of what the catalog does not hold: a name that
    is misspelled must not leave open what it was to close.
    """
    if not permissions.limits:
        return catalog
    sight = Sight(catalog, permissions)
    sight.all_must_be_there()
    tables = [table for table in map(sight.of, catalog.tables) if table is not None]
    seen = replace(catalog, tables=tuple(with_keys(table, tables) for table in tables))
    if not permissions.limits_sight:
        return seen
    return replace(
        seen,
        metrics=tuple(m for m in catalog.metrics if is_metric_of(m, seen)),
        golden_queries=tuple(g for g in catalog.golden_queries if is_golden_of(g, seen)),
    )


class Sight:
    """One asker's view of the tables of one catalog."""

    def __init__(self, catalog: Catalog, permissions: Permissions) -> None:
        self.catalog = catalog
        self.permissions = permissions
        defaults = {DEFAULT_SCHEMAS.get(catalog.dialect, ""), shown_name(catalog)}
        self.defaults = sorted(defaults - {""})

    def names(self, table: Table) -> frozenset[str]:
        """What policies may call the table."""
        key = table.key.lower()
        longer = [f"{schema}.{key}" for schema in self.defaults] if table.schema is None else []
        return frozenset((key, *longer))

    def columns(self, table: Table, column: Column) -> frozenset[str]:
        return frozenset(f"{name}.{column.name.lower()}" for name in self.names(table))

    def all_must_be_there(self) -> None:
        said, tables = self.permissions, self.catalog.tables
        known = {name for table in tables for name in self.names(table)}
        columns = {n for table in tables for c in table.columns for n in self.columns(table, c)}
        about_tables = {*(policy.table for policy in said.rows), *said.closed, *said.views}
        about_columns = {name for name in said.columns if not name.endswith(".")} | said.unsent
        about_tables |= {name[:-1] for name in said.columns if name.endswith(".")}
        missing = (about_tables - known) | (about_columns - columns)
        missing |= said.hidden - known - columns
        if missing:
            raise BadPolicy(f"There is no {', '.join(sorted(missing))}.")
        if said.rows and self.catalog.dialect not in FENCES:
            raise BadPolicy(f"Rows cannot be limited in {self.catalog.dialect}.")

    def of(self, table: Table) -> Table | None:
        """What is seen of it; None where that is nothing."""
        names, said = self.names(table), self.permissions
        if names & (said.closed | said.hidden) or not self.is_listed(table):
            return None
        columns = tuple(self.column(table, c) for c in table.columns if self.sees(table, c))
        try:
            where, needed = self.condition(table)
        except Unbindable:
            return None
        if not columns:
            return None
        if where is not None:
            columns = tuple(without_samples(column) for column in columns)
        seen = {column.name for column in columns}
        hidden = tuple(without_samples(c) for c in table.columns if c.name in needed - seen)
        is_whole = where is None and len(columns) == len(table.columns)
        return replace(
            table,
            columns=columns,
            rows=table.rows if where is None else None,
            restriction=None if is_whole else Restriction(where, hidden),
            display=tuple(name for name in table.display if name in seen),
            time=table.time if table.time in seen else None,
        )

    def is_listed(self, table: Table) -> bool:
        """On the list of tables; of views, those too that are known to show nothing more."""
        names, said = self.names(table), self.permissions
        if said.tables is not None and not names & said.tables:
            return False
        if not table.is_view or names & said.views or self.policies(table):
            return True
        return not (said.rows or said.hidden or said.columns or said.closed)

    def policies(self, table: Table) -> list[object]:
        return [policy for policy in self.permissions.rows if policy.table in self.names(table)]

    def sees(self, table: Table, column: Column) -> bool:
        names, said = self.columns(table, column), self.permissions
        listed = any(name.rpartition(".")[0] in self.names(table) for name in said.columns)
        return not names & said.hidden and (not listed or bool(names & said.columns))

    def column(self, table: Table, column: Column) -> Column:
        names, said = self.columns(table, column), self.permissions
        unknown_source = table.is_view and said.unsent and not self.names(table) & said.views
        if names & said.unsent or unknown_source:
            return replace(without_samples(column), unsent=True, untouched=said.of_a_model)
        return column

    def condition(self, table: Table) -> tuple[str | None, frozenset[str]]:
        names = self.names(table)
        policies = [policy for policy in self.permissions.rows if policy.table in names]
        if not policies:
            return None, frozenset()
        tree, needed = condition(policies, table, self.catalog.dialect)
        return settled(tree, self.catalog.dialect), needed


def settled(tree: exp.Expr, dialect: str) -> str:
    """The condition's text. Raises `Unbindable` where it would not be read as the same again."""
    try:
        text = syntax.write(tree, dialect)
        same = condition_of(text, dialect) == tree
    except syntax.UNREADABLE as error:
        raise Unbindable("it cannot be written") from error
    if not same:
        raise Unbindable("it would be read as another condition")
    return text


def without_samples(column: Column) -> Column:
    return replace(column, samples=(), samples_complete=False)


def with_keys(table: Table, tables: Iterable[Table]) -> Table:
    """The table with those of its keys that lie in sight, at both ends."""
    own = {column.name for column in table.columns}
    there = {other.key: {column.name for column in other.columns} for other in tables}

    def in_sight(key: ForeignKey) -> bool:
        return (
            own.issuperset(key.columns)
            and there.get(key.table, set()).issuperset(key.referenced)
            and key.table in there
        )

    return replace(
        table,
        primary_key=table.primary_key if own.issuperset(table.primary_key) else (),
        unique=tuple(columns for columns in table.unique if own.issuperset(columns)),
        foreign_keys=tuple(filter(in_sight, table.foreign_keys)),
    )


def is_metric_of(metric: Metric, seen: Catalog) -> bool:
    table = seen.table(metric.table)
    if table is None:
        return False
    named = exp.table_(table.name, db=table.schema, quoted=True).sql(dialect=seen.dialect)
    return passes(f"SELECT {metric.sql} FROM {named}", seen)


def is_golden_of(golden: GoldenQuery, seen: Catalog) -> bool:
    return passes(golden.sql, seen)


def passes(sql: str, seen: Catalog) -> bool:
    return check(Draft(sql, Origin.MEMORY, 1.0), seen).accepted


def out_of_sight(catalog: Catalog, seen: Catalog) -> Iterator[str]:
    """Names of tables and columns, in lower case, that the asker's catalog does not hold."""
    there = {name for table in seen.tables for name in (table.name.lower(), *lower(table))}
    everything = {name for table in catalog.tables for name in (table.name.lower(), *lower(table))}
    yield from everything - there


def hidden_names(catalog: Catalog) -> Iterator[str]:
    """Names of columns, in lower case, that the team hides, and that nothing else goes by."""
    there = {name for table in catalog.tables for name in (table.name.lower(), *lower(table))}
    yield from {name.lower() for table in catalog.tables for name in table.hidden} - there


def lower(table: Table) -> Iterator[str]:
    return (column.name.lower() for column in table.columns)
