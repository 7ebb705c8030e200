"""What a FROM clause can name, and where a name is looked up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import PurePath

from sqlglot import exp

from forerun.checking.spelling import FOLDS_TO_LOWER, FOLDS_TO_UPPER, as_compared
from forerun.checking.suggesting import did_you_mean
from forerun.domain import Catalog, Reason, ReasonCode, Table

SYSTEM_SCHEMAS = frozenset(
    {
        *("information_schema", "pg_catalog", "pg_toast", "pg_temp", "mysql", "sys"),
        *("performance_schema", "system", "temp"),
    }
)
SYSTEM_PREFIXES = ("pg_", "sqlite_", "duckdb_", "pragma_", "fts3", "fts4", "fts5", "dbstat")
FILE_SIGNS = (".", "/", "\\", "*", ":")
CASE_HANGS_ON_THE_SERVER = frozenset({"mysql"})
"""Where aliases differ by case on some systems only."""
COLUMNS_MIND_CASE = FOLDS_TO_LOWER | FOLDS_TO_UPPER
WITHOUT_STRUCTS = frozenset({"sqlite", "mysql", "postgres"})
"""Where `a.b` can only mean the column b of a (PostgreSQL writes the field b of a as `(a).b`)."""
DEFAULT_SCHEMAS = {"postgres": "public", "duckdb": "main", "sqlite": "main"}


@dataclass(frozen=True, slots=True)
class Relation:
    """Something with columns. `columns` is None where nobody knows them before running."""

    columns: tuple[str, ...] | None
    table: Table | None = None
    """Set for a table of the catalog."""
    name: str | None = None
    """How the catalog spells it, where it goes by that name."""

    def spelling(self, column: str) -> str | None:
        """How the column of that name is spelled: exactly so if it can be, else case ignored."""
        columns = self.columns or ()
        if column in columns:
            return column
        wanted = column.lower()
        return next((c for c in columns if c.lower() == wanted), None)

    def has(self, column: str) -> bool:
        return self.spelling(column) is not None

    def has_exactly(self, column: exp.Expr, dialect: str) -> bool:
        """Whether the name, as it is written, is that of a column to the database too."""
        if dialect in COLUMNS_MIND_CASE:
            return as_compared(column, dialect) in (self.columns or ())
        return self.has(column.name)

    def renamed(self, names: tuple[str, ...]) -> Relation:
        """With its first columns renamed, as `AS t(a, b)` does."""
        if not names:
            return self
        rest = () if self.columns is None else self.columns[len(names) :]
        return Relation((*names, *rest))


OPEN = Relation(None)


@dataclass(slots=True)
class Scope:
    """The relations, aliases and WITH queries that one SELECT sees; `outer` is looked in next."""

    dialect: str
    outer: Scope | None = None
    queries: dict[str, Relation] = field(default_factory=dict)
    relations: dict[str, Relation] = field(default_factory=dict)
    """By their names as the database compares them."""
    aliases: set[str] = field(default_factory=set)
    merged: bool = False
    """True when USING or NATURAL makes equally named columns one."""

    def inside(self) -> Scope:
        """That of a query which sees all that is seen here."""
        return Scope(self.dialect, self)

    def beside(self) -> Scope:
        """That of a query in FROM, which sees what lies further out, but not what stands beside."""
        return Scope(self.dialect, self.outer, self.queries)

    def outwards(self) -> Iterator[Scope]:
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.outer

    def query(self, name: str) -> Relation | None:
        """The WITH query of that name."""
        found = (scope.queries[name] for scope in self.outwards() if name in scope.queries)
        return next(found, None)

    def relation(self, name: exp.Expr) -> Relation | None:
        """The relation that goes by that name here.

        Where several differ in case alone, some servers of MySQL take the nearest, and others the
        one that is spelled so: these must be the same.
        """
        wanted = as_compared(name, self.dialect)
        found = [key for scope in self.outwards() for key in scope.keys(wanted)]
        if self.dialect not in CASE_HANGS_ON_THE_SERVER and wanted in found:
            found = [wanted]
        if not found or (found[0] != wanted and len(set(found)) > 1):
            return None
        return next(s.relations[found[0]] for s in self.outwards() if found[0] in s.relations)

    def keys(self, name: str) -> list[str]:
        """What the relations of this level are called that could be meant by `name`."""
        if name in self.relations:
            return [name]
        return [key for key in self.relations if key.lower() == name.lower()]

    def called(self, name: str) -> list[Relation]:
        """The relations of this level that go by that name, case ignored."""
        wanted = name.lower()
        return [relation for key, relation in self.relations.items() if key.lower() == wanted]

    def add(self, name: str, relation: Relation) -> None:
        """`name` as it is compared; empty where it has none."""
        key = name
        while not name and key in self.relations:
            key += " "
        self.relations[key] = relation

    def visible(self) -> list[Relation]:
        return [relation for scope in self.outwards() for relation in scope.relations.values()]


def catalog_table(node: exp.Table, catalog: Catalog) -> Table | None:
    """The table of the catalog that `node` names, with or without its schema and database."""
    key = f"{node.db}.{node.name}" if node.db else node.name
    if node.catalog and node.catalog.lower() != shown_name(catalog):
        return None
    found = catalog.table(key)
    if found is None and is_default_schema(node.db, catalog):
        found = catalog.table(node.name)
        found = found if found and found.schema is None else None
    return found


def is_default_schema(schema: str, catalog: Catalog) -> bool:
    return schema.lower() in (DEFAULT_SCHEMAS.get(catalog.dialect), shown_name(catalog))


def shown_name(catalog: Catalog) -> str:
    """`sales` for `sales.duckdb`: how DuckDB and MySQL let a table be qualified."""
    return PurePath(catalog.database).stem.lower()


def not_in_catalog(node: exp.Table, catalog: Catalog) -> Reason:
    """Why a table may not be read."""
    name = ".".join(part.name for part in node.parts)
    if is_system(node):
        return Reason(
            ReasonCode.FORBIDDEN_TABLE, f"{name} is a system table; only data may be read."
        )
    if catalog.dialect == "duckdb" and any(sign in node.name for sign in FILE_SIGNS):
        return Reason(
            ReasonCode.FORBIDDEN_TABLE,
            f"{name} would be read from a file; only tables may be read.",
        )
    return Reason(
        ReasonCode.UNKNOWN_TABLE,
        f"There is no table {name}.",
        did_you_mean(name, (table.key for table in catalog.tables)),
    )


def is_system(node: exp.Table) -> bool:
    schemas = {part.name.lower() for part in node.parts[:-1]}
    return bool(schemas & SYSTEM_SCHEMAS) or node.name.lower().startswith(SYSTEM_PREFIXES)


def base_relation(table: Table, goes_by_its_name: bool) -> Relation:
    columns = tuple(column.name for column in table.columns)
    return Relation(columns, table, table.name if goes_by_its_name else None)


def alias_columns(node: exp.Expr) -> tuple[str, ...]:
    """The names in `AS t(a, b)`."""
    alias = node.args.get("alias")
    return (
        tuple(column.name for column in alias.columns) if isinstance(alias, exp.TableAlias) else ()
    )


def names_of(relations: Iterable[Relation]) -> list[str]:
    return [column for relation in relations for column in relation.columns or ()]
