"""What is plainly too much work, and how long the gate itself takes."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from forerun.domain import ReasonCode
from tests.cases import shop
from tests.checking.ask import codes, verdict


def recursion(condition: str, step: str = "n + 1", source: str = "r") -> str:
    return (
        f"WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT {step} FROM {source} {condition}) "
        "SELECT count(*) FROM r"
    )


@pytest.mark.parametrize(
    "sql",
    [
        recursion("WHERE n < 100"),
        recursion("WHERE 100 > n"),
        recursion("WHERE n + 1 <= 100"),
        recursion("WHERE n <> 7 AND n < 1000"),
        recursion("WHERE n > -50", step="n - 1"),
        recursion("WHERE n BETWEEN 0 AND 30"),
        recursion("WHERE n < (SELECT max(order_id) FROM orders)"),
        recursion("LIMIT 10"),
        recursion("WHERE c.parent_id = r.n", "c.category_id", "categories AS c, r"),
        recursion("", "c.category_id", "r JOIN categories AS c ON c.parent_id = r.n"),
    ],
)
def test_bounded_recursion_passes(sql: str) -> None:
    """A bound, a LIMIT, or the end of the data ends these."""
    assert verdict(sql, "sqlite").accepted, verdict(sql, "sqlite").reasons


@pytest.mark.parametrize(
    "sql",
    [
        recursion(""),
        recursion("WHERE true"),
        recursion("WHERE n > 0"),
        recursion("WHERE n < 10", step="n - 1"),
        recursion("WHERE n < 10 OR n > 5"),
        recursion("WHERE n = n"),
        recursion("WHERE n < 10", step="n"),
        recursion("WHERE n < 1000000 * 1000000"),
        recursion("", "r.n + 1", "r, orders"),
        recursion("WHERE a.n < 50", "a.n + 1", "r AS a, r AS b"),
    ],
)
def test_endless_recursion_is_refused(sql: str) -> None:
    """Nothing ends these, or nothing near enough."""
    assert codes(sql, "duckdb") == [ReasonCode.TOO_COMPLEX]


def test_brackets_hide_no_endless_recursion() -> None:
    """Databases see through them."""
    bracketed = "WITH RECURSIVE orders AS ((SELECT 1 AS n UNION ALL SELECT n + 1 FROM orders)) "
    assert ReasonCode.TOO_COMPLEX in codes(bracketed + "SELECT count(*) FROM orders", "duckdb")


def test_only_small_tables_may_be_multiplied() -> None:
    """Every row with every row is fine for a dozen, not for a hundred thousand."""
    small = shop.catalog("duckdb")
    large = small.with_tables([replace(t, rows=100_000) for t in small.tables])
    sql = "SELECT count(*) FROM customers, orders"
    assert verdict(sql, catalog=small).accepted
    (reason,) = verdict(sql, catalog=large).reasons
    assert reason.code is ReasonCode.TOO_COMPLEX
    assert "10,000,000,000 rows" in reason.message
    linked = sql + " WHERE customers.customer_id = orders.customer_id"
    assert verdict(linked, catalog=large).accepted


@pytest.mark.parametrize(
    ("sql", "accepted"),
    [
        ("SELECT * FROM range(1000)", True),
        ("SELECT * FROM generate_series(1, 1000000000000)", False),
        ("SELECT * FROM generate_series(0, 1000000000, 10000)", True),
        ("SELECT repeat('x', 1000)", True),
        ("SELECT repeat('x', 1000000000)", False),
        ("SELECT repeat(repeat('x', 5000), 5000)", False),
        ("SELECT repeat('x', order_id) FROM orders", True),
    ],
)
def test_generators_are_bounded_where_the_bound_is_written(sql: str, *, accepted: bool) -> None:
    """What is written down is counted; what is looked up is left to the timeout."""
    assert verdict(sql).accepted is accepted


FAR = [
    "make_date(1, 1, 1), make_date(9999, 1, 1), INTERVAL 1 MINUTE",
    "make_date(-200000, 1, 1), current_date, INTERVAL 1 DAY",
    "make_timestamp(0), now(), INTERVAL 1 SECOND",
    "strptime('2024 24', '%f %Y'), TIMESTAMP '2024-01-01', INTERVAL 1 MINUTE",
    "strptime('0001-01-01', '%Y-%m-%d'), TIMESTAMP '2024-01-01', INTERVAL 1 MINUTE",
    "strptime(name || '0001', '%Y'), TIMESTAMP '2024-01-01', INTERVAL 1 DAY",
    "now(), date_add(now(), INTERVAL 100 YEAR), '00:00:01'::INTERVAL",
    "DATE '2024-01-01', now(), INTERVAL 1 MINUTE",
    "(SELECT min(ordered_on) FROM orders), now(), INTERVAL 1 MINUTE",
    "now(), now() + INTERVAL 1 DAY, '00:00:00'::INTERVAL",
    "0, epoch(now())::BIGINT - epoch(DATE '2024-01-01')::BIGINT",
    "0, extract(epoch FROM current_date)::BIGINT - 5",
    "0, date_diff('second', DATE '1990-01-01', DATE '2020-01-01')",
    "0, date_diff('day', DATE '1990-01-01', strptime('1', '%d'))",
]


@pytest.mark.parametrize("arguments", FAR)
def test_dates_that_may_lie_far_apart_bound_nothing(arguments: str) -> None:
    """Whether made, parsed or counted between: centuries of minutes are too many values."""
    sql = f"SELECT count(*) FROM customers, generate_series({arguments}) AS s(d)"
    assert codes(sql, "duckdb") == [ReasonCode.TOO_COMPLEX]


NESTED = {
    "brackets": ("(", "1", ")"),
    "lists": ("[", "1", "]"),
    "arrays": ("ARRAY[", "1", "]"),
    "structs": ("STRUCT(", "1", ")"),
    "calls": ("CHAR(", "1", ")"),
    "cases": ("CASE WHEN ", "1", " THEN 1 END"),
    "queries": ("(SELECT ", "1", ")"),
    "nots": ("NOT ", "1", ""),
    "minuses": ("- ", "1", ""),
    "subscripts": ("", "tags", "[1]"),
    "sums": ("", "1", " + 1"),
    "casts": ("", "1", "::int"),
    "unions": ("", "1", " UNION SELECT 1"),
}


@pytest.mark.parametrize("count", [8, 40, 5_000])
@pytest.mark.parametrize("shape", NESTED)
def test_no_shape_keeps_the_gate_busy(shape: str, count: int) -> None:
    """However deep or long a text is, its verdict comes within seconds, and is no crash."""
    before, middle, after = NESTED[shape]
    sql = f"SELECT {before * count}{middle}{after * count} FROM customers"
    for dialect in shop.DIALECTS:
        started = time.perf_counter()
        verdict(sql, dialect)
        assert time.perf_counter() - started < 5


def test_long_plain_queries_pass() -> None:
    """Length alone is no reason: lists of values and chains of conditions get long."""
    values = ", ".join(str(i) for i in range(2_000))
    chain = " OR ".join(f"order_id = {i}" for i in range(300))
    assert verdict(f"SELECT * FROM orders WHERE order_id IN ({values})").accepted
    assert verdict(f"SELECT * FROM orders WHERE {chain}").accepted


def test_too_long_a_text_is_refused_unread() -> None:
    """A megabyte of SQL is not even looked at."""
    assert codes("SELECT " + "1 + " * 300_000 + "1") == [ReasonCode.TOO_COMPLEX]


@pytest.mark.parametrize(
    ("condition", "step", "accepted"),
    [
        ("WHERE NOT n >= 10", "n + 1", True),
        ("WHERE NOT n < 10", "n + 1", False),
        ("WHERE n IN (1, 2, 3)", "n + 1", True),
        ("WHERE n IN (1, 3)", "4 - n", False),
        ("WHERE n < 5", "n * 1", False),
        ("WHERE n < 5", "n + 0", False),
        ("WHERE n < 5", "n + 1 - 1", False),
        ("WHERE n < 5", "abs(n)", False),
        ("WHERE n < 5", "n * 2", True),
        ("WHERE n < 1 << 40", "n + 1", False),
    ],
)
def test_a_bound_ends_only_what_moves_towards_it(
    condition: str, step: str, *, accepted: bool
) -> None:
    """`n * 1` stays below 5 for ever; `NOT n >= 10` is `n < 10`."""
    assert verdict(recursion(condition, step)).accepted is accepted
