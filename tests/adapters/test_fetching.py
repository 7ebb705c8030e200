"""Rows fetched within limits."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from forerun.adapters.databases.fetching import fetch_within, row_bytes
from forerun.domain import Limits

ROWS = st.lists(st.tuples(st.text(max_size=40), st.integers()), max_size=200)


@given(ROWS, st.integers(0, 250), st.integers(0, 4_000))
def test_limits_hold(stored: list[tuple[str, int]], max_rows: int, max_bytes: int) -> None:
    """Never more rows or bytes than allowed, never more than N + 1 asked; cut only if needed."""
    left = list(stored)

    def fetch_some(count: int) -> list[tuple[str, int]]:
        assert count > 0
        taken, left[:] = left[:count], left[count:]
        return taken

    rows, truncated = fetch_within(Limits(max_rows, max_bytes), fetch_some)
    assert list(rows) == stored[: len(rows)]
    assert len(rows) <= max_rows
    assert sum(map(row_bytes, rows)) <= max_bytes
    assert len(stored) - len(left) <= max_rows + 1
    assert truncated == (len(rows) < len(stored))
    if truncated and len(rows) < max_rows:
        assert sum(map(row_bytes, stored[: len(rows) + 1])) > max_bytes


def test_large_rows_are_fetched_few_at_a_time() -> None:
    """Where rows are large, batches stay small: about the byte limit is in memory, not more."""
    asked: list[int] = []

    def fetch_some(count: int) -> list[tuple[str]]:
        asked.append(count)
        return [("x" * 1_000,)] * count

    rows, truncated = fetch_within(Limits(1_000_000, 100_000), fetch_some)
    assert (len(rows), truncated) == (100, True)
    assert sum(asked) <= 110


def test_weight_of_values() -> None:
    """Text weighs its UTF-8 bytes, nested values their parts, anything else 8."""
    assert row_bytes(("é", b"abc", None, 1.5, [1, "ab"], {"k": "v"})) == 2 + 3 + 8 + 8 + 10 + 2
