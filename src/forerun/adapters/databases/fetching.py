"""Rows fetched a few at a time, so that limits hold before memory is taken."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from forerun.domain import Limits, Value

FetchSome: TypeAlias = Callable[[int], Sequence[Sequence[Value]]]
"""The driver's `fetchmany`."""

FIRST_BATCH = 16
LARGEST_BATCH = 1_024
SMALL_VALUE_BYTES = 8


def fetch_within(
    limits: Limits, fetch_some: FetchSome
) -> tuple[tuple[tuple[Value, ...], ...], bool]:
    """At most `limits.max_rows` rows of at most `limits.max_bytes` in all, and whether more exist.

    Asks for `max_rows + 1` rows at most. The row that passes the byte limit is left out.
    """
    rows: list[tuple[Value, ...]] = []
    taken_bytes = 0
    batch = FIRST_BATCH
    while True:
        fetched = fetch_some(min(batch, limits.max_rows + 1 - len(rows)))
        for row in fetched:
            taken_bytes += row_bytes(row)
            if len(rows) == limits.max_rows or taken_bytes > limits.max_bytes:
                return tuple(rows), True
            rows.append(tuple(row))
        if not fetched:
            return tuple(rows), False
        batch = _next_batch(batch, len(rows), taken_bytes, limits.max_bytes)


def _next_batch(batch: int, rows: int, taken_bytes: int, max_bytes: int) -> int:
    """Twice as many, unless so many rows like those so far would pass the byte limit."""
    fitting = (max_bytes - taken_bytes) * rows // max(taken_bytes, 1)
    return max(1, min(2 * batch, LARGEST_BATCH, fitting))


def row_bytes(row: Sequence[Value]) -> int:
    """About how much a row weighs: UTF-8 bytes of text, 8 for a number or a date."""
    return sum(value_bytes(value) for value in row)


def value_bytes(value: Value) -> int:
    if isinstance(value, str):
        return len(value) if value.isascii() else len(value.encode("utf-8", "replace"))
    if isinstance(value, bytes | bytearray | memoryview):
        return len(value)
    if isinstance(value, Mapping):
        return sum(value_bytes(key) + value_bytes(item) for key, item in value.items())
    if isinstance(value, list | tuple):
        return sum(value_bytes(item) for item in value)
    return SMALL_VALUE_BYTES
