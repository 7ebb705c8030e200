"""Patterns of printf(), and what else is ordinary only while it stays small."""

from __future__ import annotations

import pytest

from forerun.domain import ReasonCode
from tests.checking.ask import codes

WIDE = [
    ("duckdb", "SELECT printf('%' || 20000 || 'd', 1)"),
    ("duckdb", "SELECT printf('%' || 1e9 || 'd', 1)"),
    ("duckdb", "SELECT printf('%' || order_id || 'd', 1) FROM orders"),
    ("duckdb", "SELECT printf(CASE WHEN true THEN '%s' ELSE '%1000000000d' END, 1)"),
    ("duckdb", "SELECT printf(CASE WHEN true THEN '%s' ELSE lower('%9D') END, 1)"),
    ("sqlite", "SELECT printf(CASE WHEN 1 THEN '%s' ELSE '%*d' END, 1000000000, 1)"),
    ("postgres", f"SELECT format(CASE WHEN true THEN '{'%1$s' * 99}' END, repeat('x', 9999))"),
]


@pytest.mark.parametrize(("dialect", "sql"), WIDE)
def test_every_text_that_a_pattern_may_be_is_looked_at(dialect: str, sql: str) -> None:
    """One branch of a CASE is enough, and parts are wide only when they are put together."""
    assert set(codes(sql, dialect)) == {ReasonCode.TOO_COMPLEX}


LARGE = [
    ("duckdb", "SELECT repeat('x', sum(9000)::INT) FROM orders"),
    ("duckdb", "SELECT repeat('x', sum(n)::INT) FROM (SELECT 1000000 AS n FROM orders)"),
    ("duckdb", "SELECT repeat('x', sum(a.order_id)::INT) FROM orders a, orders b"),
    ("duckdb", "SELECT repeat('x', sum(i)::INT) FROM unnest(range(40000)) AS t(i)"),
    ("postgres", "SELECT repeat('x', width_bucket(1, 0, 1, 1000000000))"),
    ("postgres", "SELECT jsonb_pretty(repeat('[', 9000)::jsonb)"),
    ("postgres", "SELECT jsonb_pretty(jsonb_agg(repeat(name, 900))) FROM products"),
    ("duckdb", "SELECT list_transform(list(name), lambda x: repeat(x, 1000)) FROM products"),
    ("duckdb", "SELECT array_to_string(list(name), repeat('x', 9000)) FROM products"),
    ("duckdb", "SELECT string_agg(repeat('x', 1000), '') FROM unnest(range(30000)) AS t(i)"),
    ("duckdb", "SELECT list(repeat('x', 1000)) FROM (SELECT unnest(range(30000)) AS i)"),
]


@pytest.mark.parametrize(("dialect", "sql"), LARGE)
def test_what_is_much_of_itself_is_not_taken_for_stored(dialect: str, sql: str) -> None:
    """Sums, documents and lists over what a table holds are ordinary; over what is made, not."""
    assert set(codes(sql, dialect)) == {ReasonCode.TOO_COMPLEX}
