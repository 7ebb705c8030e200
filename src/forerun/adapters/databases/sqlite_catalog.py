"""SQLite's schema, row counts and stored values, read by a few set-based queries."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from forerun.adapters.databases.sampling import LONGEST_TEXT, with_values, worth_sampling
from forerun.adapters.databases.sqlite_kinds import kind_of_declaration, kind_of_storage
from forerun.domain import Column, ForeignKey, Table, Value

Item = TypeVar("Item")

COUNTED_FILE_BYTES = 64 * 1024 * 1024
"""Rows of files up to this size are counted; of larger ones estimated."""
SCANNED_ROWS = 20_000
"""The first rows of a table, at most, are looked at for sampled values."""
MOST_SAMPLED_COLUMNS = 400
MOST_STEPS_FOR_A_LOOK = 1_000_000
"""Instructions of SQLite's virtual machine, some tens of milliseconds."""
PART_OF_A_QUERY = 200
"""Terms of one UNION ALL; SQLite takes 500."""

_TABLES = r"""
SELECT name, type = 'view', lower(sql) LIKE 'create virtual%', lower(sql) LIKE '%without%rowid%'
FROM sqlite_master
WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\_%' ESCAPE '\'
ORDER BY name
"""
_SHADOWS = "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'shadow'"
_COLUMNS = """
SELECT m.name, c.name, c.type, c."notnull", c.pk
FROM sqlite_master AS m JOIN pragma_table_xinfo(m.name) AS c
WHERE {which} AND c.hidden <> 1
ORDER BY m.name, c.cid
"""
_FOREIGN_KEYS = """
SELECT m.name, f.id, f."table", f."from", f."to"
FROM sqlite_master AS m JOIN pragma_foreign_key_list(m.name) AS f
WHERE m.type = 'table' ORDER BY m.name, f.id, f.seq
"""
_UNIQUE_INDEXES = """
SELECT m.name, i.name, c.name
FROM sqlite_master AS m
JOIN pragma_index_list(m.name) AS i
JOIN pragma_index_info(i.name) AS c
WHERE m.type = 'table' AND i."unique" AND NOT i.partial AND i.origin <> 'pk'
ORDER BY m.name, i.seq DESC, c.seqno
"""


@dataclass(slots=True)
class _Table:
    """A table while it is being read."""

    name: str
    is_view: bool
    is_virtual: bool
    without_rowid: bool
    columns: list[Column] = field(default_factory=list)
    primary_key: dict[int, str] = field(default_factory=dict)
    foreign_keys: list[ForeignKey] = field(default_factory=list)
    unique: list[tuple[str, ...]] = field(default_factory=list)
    rows: int | None = None
    rows_estimated: bool = False

    @property
    def key_columns(self) -> tuple[str, ...]:
        return tuple(name for _, name in sorted(self.primary_key.items()))

    def finished(self) -> Table:
        return Table(
            name=self.name,
            columns=tuple(self.columns),
            primary_key=self.key_columns,
            foreign_keys=tuple(self.foreign_keys),
            unique=tuple(self.unique),
            rows=self.rows,
            rows_estimated=self.rows_estimated,
            is_view=self.is_view,
        )


def read_tables(connection: sqlite3.Connection) -> tuple[Table, ...]:
    """Tables and views. A view that refers to something dropped is left out."""
    tables = {
        name: _Table(name, bool(view), bool(virtual), bool(without_rowid))
        for name, view, virtual, without_rowid in connection.execute(_TABLES)
    }
    for shadow in _shadows(connection):  # how full text search stores its index
        tables.pop(shadow, None)
    _add_columns(connection, tables)
    _add_kinds_of_untyped(connection, tables.values())
    _add_foreign_keys(connection, tables)
    _add_unique(connection, tables)
    _add_rows(connection, tables.values())
    return tuple(table.finished() for table in tables.values() if table.columns)


def _shadows(connection: sqlite3.Connection) -> list[str]:
    try:
        return [name for (name,) in connection.execute(_SHADOWS)]
    except sqlite3.OperationalError:  # SQLite before 3.37
        return []


def _add_columns(connection: sqlite3.Connection, tables: dict[str, _Table]) -> None:
    for owner, name, type_, not_null, key_position in _described(connection):
        table = tables.get(owner)
        if table is None:
            continue
        nullable = not (not_null or key_position)
        table.columns.append(Column(name, type_, kind_of_declaration(type_), nullable))
        if key_position:
            table.primary_key[key_position] = name


def _described(connection: sqlite3.Connection) -> Iterator[tuple[str, str, str, int, int]]:
    """All columns by one query; where a broken view stops it, the views one by one."""
    try:
        found = connection.execute(_COLUMNS.format(which="m.type IN ('table', 'view')")).fetchall()
    except sqlite3.OperationalError:
        found = connection.execute(_COLUMNS.format(which="m.type = 'table'")).fetchall()
        views = connection.execute("SELECT name FROM sqlite_master WHERE type = 'view'").fetchall()
        for view in views:
            found += _described_view(connection, view)
    yield from found


def _described_view(
    connection: sqlite3.Connection, view: tuple[str]
) -> list[tuple[str, str, str, int, int]]:
    try:
        return connection.execute(_COLUMNS.format(which="m.name = ?"), view).fetchall()
    except sqlite3.OperationalError:
        return []


def _add_kinds_of_untyped(connection: sqlite3.Connection, tables: Iterable[_Table]) -> None:
    """Columns that declare no type get the kind of the first value at hand.

    Stored tables go together; a view may be costly, so each is looked at alone and given up
    after `MOST_STEPS_FOR_A_LOOK`.
    """
    stored = []
    for table in tables:
        untyped = [(table, i) for i, column in enumerate(table.columns) if not column.type]
        if table.is_view or table.is_virtual:
            _add_kinds_of_a_view(connection, untyped)
        else:
            stored += untyped
    for part in _parts(stored):
        _add_kinds(connection, part)


def _add_kinds_of_a_view(
    connection: sqlite3.Connection, untyped: Sequence[tuple[_Table, int]]
) -> None:
    connection.set_progress_handler(lambda: 1, MOST_STEPS_FOR_A_LOOK)
    try:
        for part in _parts(untyped):
            _add_kinds(connection, part)
    except sqlite3.Error:
        return  # too costly, or broken: its kinds stay unknown
    finally:
        connection.set_progress_handler(None, 0)


def _add_kinds(connection: sqlite3.Connection, columns: Sequence[tuple[_Table, int]]) -> None:
    sql = " UNION ALL ".join(
        f"SELECT (SELECT typeof(c) FROM (SELECT {quoted(table.columns[index].name)} AS c "
        f"FROM {quoted(table.name)} LIMIT 100) WHERE c IS NOT NULL LIMIT 1)"
        for table, index in columns
    )
    for (table, index), (found,) in zip(columns, connection.execute(sql).fetchall(), strict=True):
        table.columns[index] = replace(table.columns[index], kind=kind_of_storage(found))


def _add_foreign_keys(connection: sqlite3.Connection, tables: dict[str, _Table]) -> None:
    """A key that names no referenced columns refers to the primary key."""
    by_lower_name = {name.lower(): table for name, table in tables.items()}
    pairs: defaultdict[tuple[str, int, str], list[tuple[str, str | None]]] = defaultdict(list)
    for owner, number, referenced, column, to in connection.execute(_FOREIGN_KEYS):
        pairs[owner, number, referenced].append((column, to))
    for (owner, _, referenced), columns in pairs.items():
        target = by_lower_name.get(referenced.lower())
        if owner not in tables or target is None:
            continue
        named = tuple(to for _, to in columns if to is not None)
        to_columns = named or target.key_columns
        if len(to_columns) == len(columns):
            mine = tuple(column for column, _ in columns)
            tables[owner].foreign_keys.append(
                ForeignKey(_as_declared(tables[owner], mine), target.name, to_columns)
            )


def _as_declared(table: _Table, names: tuple[str, ...]) -> tuple[str, ...]:
    """A key may write its columns in other case than the table does."""
    declared = {column.name.lower(): column.name for column in table.columns}
    return tuple(declared.get(name.lower(), name) for name in names)


def _add_unique(connection: sqlite3.Connection, tables: dict[str, _Table]) -> None:
    indexes: defaultdict[tuple[str, str], list[str | None]] = defaultdict(list)
    for owner, index, column in connection.execute(_UNIQUE_INDEXES):
        indexes[owner, index].append(column)
    for (owner, _), columns in indexes.items():
        named = tuple(column for column in columns if column is not None)
        if owner in tables and len(named) == len(columns):  # else it is over an expression
            tables[owner].unique.append(named)


def _add_rows(connection: sqlite3.Connection, tables: Iterable[_Table]) -> None:
    """Counted in small files. In large ones as ANALYZE left it, else the highest rowid."""
    (size,) = connection.execute(
        "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
    ).fetchone()
    counted = size <= COUNTED_FILE_BYTES
    analysed = {} if counted else _analysed_rows(connection)
    stored = [table for table in tables if not table.is_view and not table.is_virtual]
    for table in stored:
        table.rows = analysed.get(table.name)
        table.rows_estimated = table.name in analysed
    for part in _parts([table for table in stored if table.rows is None]):
        sql = " UNION ALL ".join(_rows_sql(table, counted) for table in part)
        for table, (rows,) in zip(part, connection.execute(sql), strict=True):
            table.rows = rows
            table.rows_estimated = not counted and not table.without_rowid


def _rows_sql(table: _Table, counted: bool) -> str:
    what = "count(*)" if counted or table.without_rowid else "coalesce(max(rowid), 0)"
    return f"SELECT (SELECT {what} FROM {quoted(table.name)})"


def _analysed_rows(connection: sqlite3.Connection) -> dict[str, int]:
    """The first number of a `sqlite_stat1` entry counts the rows of its index."""
    try:
        found = connection.execute("SELECT tbl, stat FROM sqlite_stat1").fetchall()
    except sqlite3.OperationalError:  # ANALYZE was never run
        return {}
    rows: dict[str, int] = {}
    for table, stat in found:
        first = str(stat).partition(" ")[0]
        if first.isdecimal():
            rows[table] = max(rows.get(table, 0), int(first))
    return rows


def virtual_tables(connection: sqlite3.Connection) -> list[str]:
    return [name for name, _, virtual, _ in connection.execute(_TABLES) if virtual]


def sample(
    connection: sqlite3.Connection, table: Table, columns: Sequence[Column], limit: int
) -> list[Column]:
    """`columns` with their most frequent values, by one query over the first rows of `table`."""
    looked_at = worth_sampling(columns)[:MOST_SAMPLED_COLUMNS]
    if not looked_at:
        return list(columns)
    (_, scanned), *found = connection.execute(_sampling_sql(table, looked_at, limit))
    values: defaultdict[int, list[Value]] = defaultdict(list)
    for index, value in found:
        values[index].append(value)
    whole = scanned <= SCANNED_ROWS
    sampled = {
        column.name: with_values(column, values[index], limit, whole)
        for index, column in enumerate(looked_at)
    }
    return [sampled.get(column.name, column) for column in columns]


def _sampling_sql(table: Table, columns: Sequence[Column], limit: int) -> str:
    names = ", ".join(f"{quoted(column.name)} AS c{i}" for i, column in enumerate(columns))
    scan = f"SELECT {names} FROM {quoted(table.name)} LIMIT {SCANNED_ROWS + 1}"
    frequent = " UNION ALL ".join(_frequent_values_sql(i, limit) for i in range(len(columns)))
    return f"WITH scan AS ({scan}) SELECT -1, count(*) FROM scan UNION ALL {frequent}"


def _frequent_values_sql(index: int, limit: int) -> str:
    """A BLOB in a column of other kind comes back empty: it is noticed and not shown."""
    name = f"c{index}"
    cut = (
        f"CASE typeof({name}) WHEN 'text' THEN substr({name}, 1, {LONGEST_TEXT + 1}) "
        f"WHEN 'blob' THEN x'' ELSE {name} END"
    )
    return (
        f"SELECT * FROM (SELECT {index}, {cut} AS v FROM scan WHERE {name} IS NOT NULL "
        f"GROUP BY v ORDER BY count(*) DESC, v LIMIT {limit + 1})"
    )


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _parts(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    for start in range(0, len(items), PART_OF_A_QUERY):
        yield items[start : start + PART_OF_A_QUERY]
