"""How many bytes a value takes in memory, near enough to keep a bound."""

from __future__ import annotations

from collections.abc import Mapping
from sys import getsizeof

from forerun.caching.entries import Entry
from forerun.domain import Answer, Catalog

ENTRY_BYTES = 1_500
"""Of an entry, its keys and the fields of an answer that hold nothing."""
COLUMN_BYTES = 500
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
    rows = value.rows.rows if value.rows is not None else ()
    return ENTRY_BYTES + sum(map(_deep, (*texts, *more, *choices, rows)))


def _deep(value: object) -> int:
    if type(value) in SHARED:
        return 0
    size = getsizeof(value)
    if isinstance(value, Mapping):
        return size + sum(_deep(key) + _deep(item) for key, item in value.items())
    if isinstance(value, list | tuple | set | frozenset):
        return size + sum(map(_deep, value))
    return size
