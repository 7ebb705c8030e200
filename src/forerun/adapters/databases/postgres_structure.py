"""PostgreSQL's catalogue as tables: four set-based queries, however many tables there are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from psycopg.rows import TupleRow

from forerun.adapters.databases.postgres_session import Session
from forerun.adapters.databases.postgres_values import kind_of_postgres
from forerun.domain import Column, ForeignKey, Kind, Table

LONGEST_ENUM = 30
VIEWS = ("v", "m")

# What the role may select from: tables, partitioned tables (not their parts), views,
# materialized views and foreign tables, outside the system's own schemas.
_READABLE = """
WITH readable AS (
  SELECT c.oid, n.nspname, c.relname, c.relkind, c.reltuples,
         pg_catalog.has_table_privilege(c.oid, 'SELECT') AS whole,
         pg_catalog.pg_table_is_visible(c.oid) AS visible
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
    AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')
    AND (pg_catalog.has_table_privilege(c.oid, 'SELECT')
         OR pg_catalog.has_any_column_privilege(c.oid, 'SELECT'))
)
"""

_TABLES = (
    _READABLE
    + """
SELECT r.oid, r.nspname, r.relname, r.relkind::text, r.visible, d.description,
       CASE WHEN r.relkind = 'p' AND r.reltuples < 0 THEN (
         SELECT sum(part.reltuples)
         FROM pg_catalog.pg_partition_tree(r.oid) tree
         JOIN pg_catalog.pg_class part ON part.oid = tree.relid
         WHERE tree.isleaf AND part.reltuples >= 0
       ) ELSE r.reltuples END
FROM readable r
LEFT JOIN pg_catalog.pg_description d
  ON d.objoid = r.oid AND d.objsubid = 0 AND d.classoid = 'pg_catalog.pg_class'::regclass
ORDER BY r.nspname, r.relname
"""
)

_COLUMNS = (
    _READABLE
    + """
SELECT a.attrelid, a.attnum, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod),
       a.atttypid, a.attnotnull, d.description
FROM readable r
JOIN pg_catalog.pg_attribute a ON a.attrelid = r.oid
LEFT JOIN pg_catalog.pg_description d
  ON d.objoid = a.attrelid AND d.objsubid = a.attnum
     AND d.classoid = 'pg_catalog.pg_class'::regclass
WHERE a.attnum > 0 AND NOT a.attisdropped
  AND (r.whole OR pg_catalog.has_column_privilege(r.oid, a.attnum, 'SELECT'))
ORDER BY a.attrelid, a.attnum
"""
)

_KEYS = (
    _READABLE
    + """
SELECT i.indrelid, CASE WHEN i.indisprimary THEN 'p' ELSE 'u' END,
       ((i.indkey::int2[])[0:i.indnkeyatts - 1])::int[], NULL::oid, NULL::int[]
FROM readable r
JOIN pg_catalog.pg_index i ON i.indrelid = r.oid
WHERE i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
UNION ALL
SELECT k.conrelid, 'f', k.conkey::int[], k.confrelid, k.confkey::int[]
FROM readable r
JOIN pg_catalog.pg_constraint k ON k.conrelid = r.oid
WHERE k.contype = 'f'
ORDER BY 1, 2, 3, 4
"""
)

# Domains down to what they rest on, and the labels of enums.
_TYPES = """
WITH RECURSIVE unwrapped AS (
  SELECT t.oid, t.oid AS base, t.typtype, t.typbasetype, t.typtypmod
  FROM pg_catalog.pg_type t WHERE t.typtype IN ('d', 'e')
  UNION ALL
  SELECT u.oid, t.oid, t.typtype, t.typbasetype, t.typtypmod
  FROM unwrapped u JOIN pg_catalog.pg_type t ON t.oid = u.typbasetype
  WHERE u.typtype = 'd'
)
SELECT u.oid, pg_catalog.format_type(u.base, NULL),
       (SELECT array_agg(e.enumlabel::text ORDER BY e.enumsortorder)
        FROM pg_catalog.pg_enum e WHERE e.enumtypid = u.base)
FROM unwrapped u
WHERE u.typtype <> 'd'
"""


@dataclass
class _Unfinished:
    """A table while its parts arrive."""

    oid: int
    name: str
    schema: str | None
    is_view: bool
    comment: str | None
    rows: int | None
    columns: dict[int, Column] = field(default_factory=dict)
    primary_key: tuple[str, ...] = ()
    unique: list[tuple[str, ...]] = field(default_factory=list)
    foreign_keys: list[ForeignKey] = field(default_factory=list)

    @property
    def key(self) -> str:
        return f"{self.schema}.{self.name}" if self.schema else self.name

    def names(self, numbers: Iterable[int]) -> tuple[str, ...] | None:
        """Names of columns, or None where one of them may not be read."""
        columns = [self.columns.get(number) for number in numbers]
        return None if None in columns else tuple(c.name for c in columns if c is not None)

    def finished(self) -> Table:
        return Table(
            name=self.name,
            columns=tuple(self.columns.values()),
            schema=self.schema,
            primary_key=self.primary_key,
            foreign_keys=tuple(self.foreign_keys),
            unique=tuple(self.unique),
            comment=self.comment,
            rows=self.rows,
            rows_estimated=self.rows is not None,
            is_view=self.is_view,
        )


def read_tables(session: Session) -> tuple[Table, ...]:
    """Every table that the role may select from, with the columns that it may select.

    `rows` are the planner's estimates; None where no ANALYZE has been made, and for views.
    """
    tables = {row[0]: _table(row) for row in _all(session, _TABLES)}
    base_types = {oid: (base, labels) for oid, base, labels in _all(session, _TYPES)}
    for oid, number, name, declared, type_oid, not_null, comment in _all(session, _COLUMNS):
        if oid in tables:  # else it was created a moment ago
            type_name, kind = _type(declared, base_types.get(type_oid))
            tables[oid].columns[number] = Column(name, type_name, kind, not not_null, comment)
    for oid, sort, numbers, referenced_oid, referenced_numbers in _all(session, _KEYS):
        columns = tables[oid].names(numbers) if oid in tables else None
        if columns is None:
            continue
        if sort == "p":
            tables[oid].primary_key = columns
        elif sort == "u":
            tables[oid].unique.append(columns)
        elif referenced_oid in tables:
            referenced = tables[referenced_oid].names(referenced_numbers)
            if referenced is not None:
                key = ForeignKey(columns, tables[referenced_oid].key, referenced)
                tables[oid].foreign_keys.append(key)
    return tuple(table.finished() for table in tables.values())


def _all(session: Session, query: str) -> list[TupleRow]:
    return session.execute(query.encode()).fetchall()


def _table(row: TupleRow) -> _Unfinished:
    oid, schema, name, sort, visible, comment, estimate = row
    return _Unfinished(
        oid,
        name,
        schema=None if visible else schema,
        is_view=sort in VIEWS,
        comment=comment,
        rows=None if sort == "v" or estimate is None or estimate < 0 else round(estimate),
    )


def _type(declared: str, base: tuple[str, list[str] | None] | None) -> tuple[str, Kind]:
    """A domain is of its base type's kind; an enum tells its values in place of its name."""
    if base is None:
        return declared, kind_of_postgres(declared)
    base_type, labels = base
    if labels is None:
        return declared, kind_of_postgres(base_type)
    shown = ", ".join(f"'{label}'" for label in labels[:LONGEST_ENUM])
    more = ", …" if len(labels) > LONGEST_ENUM else ""
    return f"enum({shown}{more})", Kind.TEXT
