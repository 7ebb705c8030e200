"""SQL read back as plans: what plans can say, and nothing else."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date

import pytest

from forerun.domain import Catalog
from forerun.parsing import emission, parser
from forerun.parsing.index import Index
from forerun.parsing.likeness import alike, keeps
from forerun.parsing.plans import During, Plan
from forerun.parsing.recalling import recall, same
from tests.parsing import shop


def _index(dialect: str = "sqlite") -> Index:
    catalog: Catalog = replace(shop.catalog(), dialect=dialect)
    return parser.indexed(catalog)


def _plan(sql: str) -> Plan:
    plan = recall(sql, _index())
    assert plan is not None, sql
    return plan


def _rows(sql: str) -> Counter[tuple[str, ...]]:
    rows = shop.in_sqlite().execute(sql).fetchall()
    return Counter(tuple(sorted(map(str, row))) for row in rows)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT name FROM customers WHERE country IN ('France', 'Italy') OR segment = 'Retail'",
        "SELECT COUNT(DISTINCT brand) AS brands FROM products",
        "SELECT * FROM stores WHERE NOT city LIKE 'A%' ORDER BY opened_on DESC LIMIT 3",
        "SELECT country, COUNT(*) AS n FROM customers GROUP BY country HAVING COUNT(*) > 2",
        "SELECT country, COUNT(*) FROM customers GROUP BY country HAVING COUNT(*) BETWEEN 1 AND 9",
        "SELECT STRFTIME('%Y-%m', order_date) AS month, COUNT(*) FROM orders "
        "GROUP BY STRFTIME('%Y-%m', order_date)",
        "SELECT name FROM customers WHERE NOT customer_id IN "
        "(SELECT orders.customer_id FROM orders WHERE NOT orders.customer_id IS NULL)",
        "SELECT name FROM products WHERE price > (SELECT AVG(price) FROM products)",
        "SELECT name FROM products WHERE price = (SELECT MAX(price) FROM products)",
        "SELECT name FROM products WHERE price BETWEEN 10 AND 20.5",
        "SELECT COUNT(*) FROM orders WHERE (order_date >= '2024-01-01' AND "
        "order_date < '2025-01-01') AND order_id > 3",
    ],
)  # fmt: skip
def test_sql_read_back_means_the_same(sql: str) -> None:
    """A plan recalled from SQL is written as SQL with the same rows."""
    assert _rows(emission.sql(_plan(sql), "sqlite")) == _rows(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "", "SELECT", "DELETE FROM stores", "SELECT 1", "SELECT name FROM nowhere",
        "SELECT name FROM stores UNION SELECT name FROM regions",
        "SELECT name, ROW_NUMBER() OVER (ORDER BY name) FROM stores",
        "SELECT s.name FROM stores s LEFT JOIN regions r ON r.region_id = s.region_id",
        "WITH a AS (SELECT 1) SELECT * FROM a",
        "SELECT name FROM stores LIMIT 5 OFFSET 2",
        "SELECT name FROM products WHERE price > (SELECT AVG(price) FROM products WHERE price > 1)",
    ],
)  # fmt: skip
def test_sql_that_no_plan_says_is_not_recalled(sql: str) -> None:
    """Half of a query would be another query."""
    assert recall(sql, _index()) is None


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        ("2024-01-01", "2025-01-01", "in 2024"),
        ("2024-02-01", "2024-03-01", "from 2024-02-01 to 2024-02-29"),
        ("2024-01-01", None, "since 2024-01-01"),
        (None, "2024-01-01", "before 2024-01-01"),
    ],
)
def test_both_ends_of_a_time_are_one_time(start: str | None, end: str | None, words: str) -> None:
    """So that "and in 2024?" replaces all of it, and a reading says it in a few words."""
    ends = [f"order_date >= DATE('{start}')"] if start else []
    ends += [f"order_date < DATE('{end}')"] if end else []
    plan = _plan(f"SELECT COUNT(*) FROM orders WHERE {' AND '.join(ends)}")
    (condition,) = plan.conditions
    assert isinstance(condition, During)
    assert condition.period.words == words


def test_one_time_or_another_is_read_back() -> None:
    """A range stays whole inside an alternative."""
    plan = _plan(
        "SELECT COUNT(*) FROM orders WHERE (order_date >= '2024-01-01' AND "
        "order_date < '2025-01-01') OR order_date >= '2025-06-01'"
    )
    (either,) = plan.where
    assert isinstance(either[0], During)
    assert len(either) == 2
    first = either[0]
    assert isinstance(first, During)
    assert first.period.end == date(2025, 1, 1)


@pytest.mark.parametrize("dialect", ["sqlite", "mysql", "duckdb"])
def test_what_puts_missing_values_last_is_no_key_of_its_own(dialect: str) -> None:
    """`NULLS LAST`, or the CASE that says it, is read back as the one order that it belongs to."""
    index, draft = _index(dialect), shop.parsed("Show the 2 lightest products", dialect).drafts[0]
    plan = recall(draft.sql, index)
    assert plan is not None
    assert [order.term.field and order.term.field.name for order in plan.order] == ["weight_kg"]
    assert emission.sql(plan, dialect) == draft.sql


def test_another_key_before_the_order_stays() -> None:
    """Rows without a price first or last say nothing of an order by name."""
    assert recall("SELECT name FROM products ORDER BY price IS NULL, name", _index()) is None


@pytest.mark.parametrize(
    "cut",
    [
        "YEAR(order_date) || '-Q' || QUARTER(order_date)",
        "CAST(DATE_TRUNC('quarter', order_date) AS DATE)",
        "DATE_TRUNC('quarter', order_date)",
    ],
)
def test_a_quarter_is_read_back_in_duckdb(cut: str) -> None:
    """As the parser writes it and as its first day, in any case of its letters."""
    plan = recall(f"SELECT {cut}, COUNT(*) FROM orders GROUP BY {cut}", _index("duckdb"))
    assert plan is not None
    assert [term.unit for term in plan.group] == ["quarter"]


def test_the_order_of_conditions_and_joins_is_nothing_said() -> None:
    """Two ways of writing one query are alike; another value is another query."""
    one = "SELECT name FROM customers WHERE country = 'France' AND segment = 'Retail'"
    other = "SELECT name FROM customers WHERE segment = 'Retail' AND country = 'France'"
    another = "SELECT name FROM customers WHERE segment = 'Retail' AND country = 'Italy'"
    assert alike(_plan(one), _plan(other))
    assert same(one, _plan(other), _index())
    assert not alike(_plan(one), _plan(another))


def test_a_change_keeps_every_column_filtered_on() -> None:
    """Another value or a condition more keeps what was said; a condition less does not."""
    before = _plan("SELECT name FROM customers WHERE country = 'France'")
    more = "SELECT name FROM customers WHERE country = 'France' AND segment = 'Retail'"
    assert keeps(before, _plan(more))
    assert keeps(before, _plan("SELECT name FROM customers WHERE country = 'Italy'"))
    assert not keeps(_plan(more), before)
    assert not keeps(before, before)
    assert not keeps(before, _plan("SELECT segment FROM customers WHERE country = 'France'"))
