"""DuckDB's catalogue and stored values, read by a fixed number of set-based queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from duckdb import DuckDBPyConnection

from forerun.adapters.databases.kinds import kind_of
from forerun.adapters.databases.sampling import LONGEST_TEXT, with_values, worth_sampling
from forerun.domain import Column, ForeignKey, Kind, Table

SCANNED_ROWS = 200_000
"""The first rows of a table, at most, are looked at for sampled values."""
DEFAULT_SCHEMA = "main"

_TABLES = """
SELECT schema_name, table_name, comment, estimated_size, false AS is_view
FROM duckdb_tables() WHERE database_name = current_database() AND NOT internal
UNION ALL
SELECT schema_name, view_name, comment, NULL, true
FROM duckdb_views() WHERE database_name = current_database() AND NOT internal
ORDER BY 1, 2
"""
_COLUMNS = """
SELECT schema_name, table_name, column_name, data_type, is_nullable, comment
FROM duckdb_columns() WHERE database_name = current_database() AND NOT internal
ORDER BY schema_name, table_name, column_index
"""
_KEYS = """
SELECT schema_name, table_name, constraint_type, constraint_column_names,
       referenced_table, referenced_column_names
FROM duckdb_constraints()
WHERE database_name = current_database()
  AND constraint_type IN ('PRIMARY KEY', 'UNIQUE', 'FOREIGN KEY')
ORDER BY schema_name, table_name, constraint_index
"""


@dataclass(slots=True)
class _Keys:
    primary: tuple[str, ...] = ()
    foreign: list[ForeignKey] = field(default_factory=list)
    unique: list[tuple[str, ...]] = field(default_factory=list)


def read_tables(cursor: DuckDBPyConnection, rows_estimated: bool) -> tuple[Table, ...]:
    """Tables and views of the current catalog. A view that can no longer be bound is left out.

    DuckDB's row counts include rows deleted since the last checkpoint, hence `rows_estimated`.
    """
    columns = _read_columns(cursor)
    keys = _read_keys(cursor)
    return tuple(
        Table(
            name=name,
            columns=tuple(columns[schema, name]),
            schema=_shown(schema),
            primary_key=keys[schema, name].primary,
            foreign_keys=tuple(keys[schema, name].foreign),
            unique=tuple(keys[schema, name].unique),
            comment=comment,
            rows=rows,
            rows_estimated=rows_estimated and not is_view,
            is_view=is_view,
        )
        for schema, name, comment, rows, is_view in cursor.execute(_TABLES).fetchall()
        if (schema, name) in columns
    )


def _read_columns(cursor: DuckDBPyConnection) -> dict[tuple[str, str], list[Column]]:
    columns = defaultdict(list)
    for schema, table, name, type_, nullable, comment in cursor.execute(_COLUMNS).fetchall():
        columns[schema, table].append(Column(name, type_, kind_of(type_), nullable, comment))
    return columns


def _read_keys(cursor: DuckDBPyConnection) -> defaultdict[tuple[str, str], _Keys]:
    """DuckDB's foreign keys never leave their schema."""
    keys: defaultdict[tuple[str, str], _Keys] = defaultdict(_Keys)
    for schema, table, type_, columns, referenced, to in cursor.execute(_KEYS).fetchall():
        found = keys[schema, table]
        if type_ == "PRIMARY KEY":
            found.primary = tuple(columns)
        elif type_ == "UNIQUE":
            found.unique.append(tuple(columns))
        else:
            prefix = f"{schema}." if _shown(schema) else ""
            found.foreign.append(ForeignKey(tuple(columns), prefix + referenced, tuple(to)))
    return keys


def _shown(schema: str) -> str | None:
    return None if schema == DEFAULT_SCHEMA else schema


def sample(
    cursor: DuckDBPyConnection, table: Table, columns: Sequence[Column], limit: int
) -> list[Column]:
    """`columns` with their most frequent values, by one query over the first rows of `table`."""
    looked_at = worth_sampling(columns)
    if not looked_at:
        return list(columns)
    found = cursor.execute(_sampling_sql(_place(cursor, table), looked_at, limit)).fetchone()
    if found is None:
        return list(columns)
    scanned, *lists = found
    whole = scanned <= SCANNED_ROWS
    sampled = {
        column.name: with_values(column, values or [], limit, whole)
        for column, values in zip(looked_at, lists, strict=True)
    }
    return [sampled.get(column.name, column) for column in columns]


def _place(cursor: DuckDBPyConnection, table: Table) -> str:
    """The full name: a schema may be called as the catalog is."""
    [catalog] = cursor.execute("SELECT current_database()").fetchone() or ("",)
    return ".".join(map(quoted, (catalog, table.schema or DEFAULT_SCHEMA, table.name)))


def _sampling_sql(place: str, columns: Sequence[Column], limit: int) -> str:
    names = ", ".join(quoted(column.name) for column in columns)
    return (
        f"WITH scan AS MATERIALIZED (SELECT {names} FROM {place} LIMIT {SCANNED_ROWS + 1}) "
        "SELECT (SELECT count(*) FROM scan), "
        + ", ".join(_frequent_values_sql(column, limit) for column in columns)
    )


def _frequent_values_sql(column: Column, limit: int) -> str:
    name = quoted(column.name)
    value = f"left({name}::VARCHAR, {LONGEST_TEXT + 1})" if column.kind is Kind.TEXT else name
    return (
        "(SELECT list(v ORDER BY n DESC, v) FROM "
        f"(SELECT {value} AS v, count(*) AS n FROM scan WHERE {name} IS NOT NULL "
        f"GROUP BY v ORDER BY n DESC, v LIMIT {limit + 1}))"
    )


def has_schema(connection: DuckDBPyConnection, catalog: str, schema: str) -> bool:
    found = connection.execute(
        "SELECT 1 FROM duckdb_schemas() WHERE database_name = ? AND lower(schema_name) = lower(?)",
        [catalog, schema],
    )
    return found.fetchone() is not None


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def literal(path: Path) -> str:
    """A path as a string that DuckDB takes for one file, not for a pattern."""
    exact = "".join(f"[{sign}]" if sign in "*?[" else sign for sign in str(path))
    return "'" + exact.replace("'", "''") + "'"
