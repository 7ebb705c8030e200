"""How many bytes a value takes in memory, near enough to keep a bound."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain
from sys import getsizeof

from forerun.caching.entries import Entry
from forerun.domain import Answer, Catalog, Kind, Rows

ENTRY_BYTES = 1_500
"""Of an entry, its keys and the fields of an answer that hold nothing."""
COLUMN_BYTES = 500
NESTED = frozenset({Kind.JSON, Kind.OTHER})
"""Of columns whose cells may be lists and objects."""
SHARED = frozenset({bool, type(None)})


def size_of(entry: Entry) -> int:
    value = entry.value
    if isinstance(value, Catalog):
        return ENTRY_BYTES + COLUMN_BYTES * sum(len(table.columns) for table in value.tables)
    if not isinstance(value, Answer):
        return ENTRY_BYTES + _deep(getattr(value, "sql", ""))
    texts = (value.question, value.standalone, value.sql, value.reading, value.summary)
    more = (value.chart, value.suggestions, value.warnings)
    asked = value.clarification
    choices = (asked.choices, [draft.sql for draft in asked.drafts]) if asked else ()
    rows = 0 if value.rows is None else _of_rows(value.rows)
    return ENTRY_BYTES + rows + sum(map(_deep, (*texts, *more, *choices)))


def _of_rows(rows: Rows) -> int:
    """Where no cell holds others, several times as fast as one by one: there may be 100,000. What
    is empty takes next to nothing, and nothing of its own."""
    if any(column.kind in NESTED for column in rows.columns):
        return _deep(rows.rows)
    size = getsizeof(rows.rows) + sum(map(getsizeof, rows.rows))
    return size + sum(map(getsizeof, filter(None, chain.from_iterable(rows.rows))))


def _deep(value: object) -> int:
    if type(value) in SHARED:
        return 0
    size = getsizeof(value)
    if isinstance(value, Mapping):
        return size + sum(_deep(key) + _deep(item) for key, item in value.items())
    if isinstance(value, list | tuple | set | frozenset):
        return size + sum(map(_deep, value))
    return size
