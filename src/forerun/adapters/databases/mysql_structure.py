"""MySQL's and MariaDB's information schema as tables: three queries, however many tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from forerun.adapters.databases.mysql_session import Session, all_rows
from forerun.adapters.databases.mysql_values import kind_of_mysql
from forerun.domain import Column, ForeignKey, Table

THIS_ONE = "= DATABASE()"
ALL_BUT_SYSTEM = "NOT IN ('information_schema', 'mysql', 'performance_schema', 'sys')"

_TABLES = """
SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE = 'VIEW', TABLE_ROWS, TABLE_COMMENT
FROM information_schema.TABLES
WHERE TABLE_SCHEMA {of} AND TABLE_TYPE NOT IN ('SEQUENCE', 'SYSTEM VIEW')
ORDER BY TABLE_SCHEMA, TABLE_NAME
"""

_COLUMNS = """
SELECT TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE = 'YES', COLUMN_COMMENT
FROM information_schema.COLUMNS
WHERE TABLE_SCHEMA {of} AND FIND_IN_SET('select', PRIVILEGES)
ORDER BY TABLE_SCHEMA, TABLE_NAME, ORDINAL_POSITION
"""

# Primary, unique and foreign keys alike; only the last refer to something.
_KEYS = """
SELECT TABLE_SCHEMA, TABLE_NAME, CONSTRAINT_NAME, COLUMN_NAME,
       REFERENCED_TABLE_SCHEMA, REFERENCED_TABLE_NAME, REFERENCED_COLUMN_NAME
FROM information_schema.KEY_COLUMN_USAGE
WHERE TABLE_SCHEMA {of}
ORDER BY TABLE_SCHEMA, TABLE_NAME, CONSTRAINT_NAME, ORDINAL_POSITION
"""


@dataclass
class _Constraint:
    """A key while its columns arrive."""

    name: str
    columns: list[str] = field(default_factory=list)
    table: tuple[str, str] | None = None
    """Schema and name of the table that a foreign key refers to."""
    referenced: list[str] = field(default_factory=list)


@dataclass
class _Unfinished:
    """A table while its parts arrive."""

    schema: str | None
    name: str
    is_view: bool
    rows: int | None
    comment: str | None
    columns: list[Column] = field(default_factory=list)
    constraints: dict[str, _Constraint] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return f"{self.schema}.{self.name}" if self.schema else self.name


_Tables = dict[tuple[str, str], _Unfinished]


def read_tables(session: Session) -> tuple[str | None, tuple[Table, ...]]:
    """The current database and its tables, with the columns that the user may select.

    Where the URL names no database: None, and the tables of every one that the user may read.
    `rows` are the storage engine's estimates.
    """
    [(database,)] = all_rows(session, "SELECT DATABASE()")
    of = ALL_BUT_SYSTEM if database is None else THIS_ONE
    tables: _Tables = {}
    for row in all_rows(session, _TABLES.format(of=of)):
        tables[row[0], row[1]] = _table(row, database)
    for schema, table, name, type_, nullable, comment in all_rows(session, _COLUMNS.format(of=of)):
        if (schema, table) in tables:  # else it was created a moment ago
            column = Column(name, type_, kind_of_mysql(type_), bool(nullable), comment or None)
            tables[schema, table].columns.append(column)
    for row in all_rows(session, _KEYS.format(of=of)):
        if (row[0], row[1]) in tables:
            _add_key_column(tables[row[0], row[1]].constraints, row)
    return database, tuple(_finished(t, tables) for t in tables.values() if t.columns)


def _table(row: Sequence[Any], database: str | None) -> _Unfinished:
    schema, name, is_view, rows, comment = row
    return _Unfinished(
        schema=None if schema == database else schema,
        name=name,
        is_view=bool(is_view),
        rows=None if is_view else rows,
        comment=None if is_view else comment or None,  # a view's comment says VIEW
    )


def _add_key_column(constraints: dict[str, _Constraint], row: Sequence[Any]) -> None:
    name, column, to_schema, to_table, to_column = row[2:]
    constraint = constraints.setdefault(name, _Constraint(name))
    constraint.columns.append(column)
    if to_table is not None:
        constraint.table = (to_schema, to_table)
        constraint.referenced.append(to_column)


def _finished(table: _Unfinished, tables: _Tables) -> Table:
    """Keys with a column that may not be read are left out."""
    readable = {column.name for column in table.columns}
    keys = [k for k in table.constraints.values() if readable.issuperset(k.columns)]
    own = {key.name: tuple(key.columns) for key in keys if key.table is None}
    return Table(
        name=table.name,
        columns=tuple(table.columns),
        schema=table.schema,
        primary_key=own.pop("PRIMARY", ()),
        foreign_keys=tuple(
            ForeignKey(tuple(key.columns), tables[key.table].key, tuple(key.referenced))
            for key in keys
            if key.table in tables
        ),
        unique=tuple(own.values()),
        comment=table.comment,
        rows=table.rows,
        rows_estimated=table.rows is not None,
        is_view=table.is_view,
    )
