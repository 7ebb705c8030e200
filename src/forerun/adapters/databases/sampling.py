"""Which columns are looked at for stored values, and what is kept of what was found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from forerun.domain import Column, Kind, Value

LONGEST_TEXT = 200
"""Longer texts are left out: nobody writes them in a question, and they may be anything."""

_NEVER = frozenset({Kind.BINARY, Kind.JSON, Kind.OTHER})


def worth_sampling(columns: Sequence[Column]) -> list[Column]:
    """`columns` without binary, JSON and nested ones."""
    return [column for column in columns if column.kind not in _NEVER]


def with_values(column: Column, values: Sequence[Value], limit: int, whole: bool) -> Column:
    """`column` with at most `limit` of `values`, of which one more than that was asked.

    Complete only where the `whole` table was looked at and no value had to be left out.
    """
    kept = [value for value in values if _short(value)]
    distinct = tuple(dict.fromkeys(kept))
    complete = whole and len(kept) == len(values) <= limit
    return replace(column, samples=distinct[:limit], samples_complete=complete)


def _short(value: Value) -> bool:
    """SQLite stores a BLOB in a column of any kind."""
    if isinstance(value, str):
        return len(value) <= LONGEST_TEXT
    return not isinstance(value, bytes)
