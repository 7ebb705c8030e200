"""Which queries hang on values that no model may be sent, whatever these are called in them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from forerun.checking.permitted import permitted
from forerun.domain import Catalog, Column, Kind, Permissions, Table
from tests.cases import shop
from tests.checking.ask import statement, verdict

UNSENT = Permissions(unsent=frozenset({"customers.customer_id", "customers.name"}))


def seen(dialect: str) -> Catalog:
    return permitted(shop.catalog(dialect), UNSENT)


@pytest.mark.parametrize(
    ("dialect", "sql"),
    [
        *(
            (dialect, sql)
            for dialect in ("duckdb", "postgres")
            for sql in (
                "SELECT j FROM (customers CROSS JOIN orders) AS j",
                "SELECT row_to_json(j) FROM (customers CROSS JOIN orders) AS j",
                "SELECT b FROM (customers CROSS JOIN orders) AS j(a, b)",
                "SELECT j FROM ((SELECT 1 AS k) AS x CROSS JOIN customers) AS j",
                "SELECT j FROM (orders CROSS JOIN (customers CROSS JOIN products) AS j)",
            )
        ),
        ("duckdb", "SELECT j FROM (customers) AS j"),
        ("duckdb", "SELECT a FROM ((customers)) AS j(a)"),
        ("duckdb", "SELECT main.customers FROM customers, (VALUES (1)) AS v"),
        (
            "duckdb",
            "SELECT struct_extract(main.customers, 'name') FROM customers, (VALUES (1)) AS v",
        ),
        *(
            ("sqlite", f"SELECT region FROM customers WHERE {key} > 2")
            for key in ("rowid", "oid", "_rowid_", '"ROWID"', "customers.rowid")
        ),
        ("sqlite", "SELECT max(rowid) FROM (customers)"),
        (
            "mysql",
            "SELECT (SELECT max(_rowid) FROM customers) AS n "
            "FROM JSON_TABLE('[1]', '$[*]' COLUMNS (a INT PATH '$')) AS t",
        ),
    ],
)
def test_values_are_told_under_other_names_too(dialect: str, sql: str) -> None:
    """Whole rows of tables in brackets, or with their schema; and the key of a row: databases give
    these for columns that nobody has named."""
    assert statement(sql, dialect, seen(dialect)).unsent


@pytest.mark.parametrize("dialect", shop.DIALECTS)
@pytest.mark.parametrize(
    "sql",
    [
        "SELECT region FROM (customers CROSS JOIN orders)",
        "SELECT q.region FROM (SELECT region FROM customers) AS q",
        "SELECT customers.region FROM customers WHERE customers.region = 'North'",
        "SELECT count(name) FROM customers",
        "SELECT region, count(name) FROM customers WHERE region = 'North' GROUP BY region",
        "SELECT count(DISTINCT name) AS n FROM customers",
        "SELECT count(DISTINCT c.name) AS n, count(*) AS of FROM customers AS c ORDER BY 1 LIMIT 5",
        "SELECT region FROM customers WHERE (SELECT count(DISTINCT name) FROM customers) > 2",
        "SELECT count(DISTINCT region) AS n FROM customers WHERE region < 'S' GROUP BY region",
    ],
)
def test_what_hangs_on_others_is_told(dialect: str, sql: str) -> None:
    """Brackets and qualifiers alone say nothing of unsent values."""
    assert not statement(sql, dialect, seen(dialect)).unsent


@pytest.mark.parametrize("dialect", shop.DIALECTS)
@pytest.mark.parametrize(
    "sql",
    [
        "SELECT count(DISTINCT name) FROM customers WHERE region = 'North'",
        "SELECT count(DISTINCT name) FROM customers GROUP BY region",
        "SELECT count(*) FROM customers HAVING count(DISTINCT name) > 2",
        "SELECT count(DISTINCT name) OVER (PARTITION BY region) FROM customers",
        "SELECT count(DISTINCT c.name) FROM customers AS c JOIN orders AS o ON o.order_id = 1",
        "SELECT count(DISTINCT c.name) FROM customers AS c CROSS JOIN orders AS o",
        "SELECT (SELECT count(DISTINCT c.name) FROM orders AS o) FROM customers AS c",
        "SELECT (SELECT count(DISTINCT name) FROM orders) FROM customers",
        "SELECT (SELECT count(DISTINCT c.name)) FROM customers AS c GROUP BY c.region",
        "SELECT count(DISTINCT q.name) FROM (SELECT name FROM customers WHERE region < 'S') AS q",
        "WITH q AS (SELECT name FROM customers LIMIT 2) SELECT count(DISTINCT name) FROM q",
        "SELECT count(DISTINCT upper(name)) FROM customers",
        "SELECT region, (WITH customers AS (SELECT 1 AS k) SELECT count(DISTINCT name) "
        "FROM customers) FROM customers GROUP BY region",
    ],
)
def test_how_many_different_values_some_rows_have_tells_which_are_equal(
    dialect: str, sql: str
) -> None:
    """Of all rows of a table it is only a number: however they are chosen, it is more."""
    assert touches(sql, dialect)


@pytest.mark.parametrize(
    ("dialect", "sql"),
    [
        ("duckdb", "SELECT count(DISTINCT name) FILTER (WHERE region < 'S') FROM customers"),
        ("postgres", "SELECT count(DISTINCT name) FILTER (WHERE region < 'S') FROM customers"),
        ("sqlite", "SELECT count(DISTINCT name) FILTER (WHERE region < 'S') FROM customers"),
        ("mysql", "SELECT count(DISTINCT name, region) FROM customers"),
        ("duckdb", "SELECT count(DISTINCT name) FROM customers USING SAMPLE 2 ROWS"),
        ("duckdb", "SELECT count(DISTINCT name) FROM customers TABLESAMPLE 2 ROWS"),
        ("postgres", "SELECT count(DISTINCT name) FROM customers TABLESAMPLE SYSTEM (50)"),
        ("duckdb", "SELECT count(DISTINCT customers) FROM customers"),
        ("duckdb", "SELECT count(DISTINCT name) FROM customers QUALIFY true"),
    ],
)
def test_so_do_other_ways_to_choose_rows(dialect: str, sql: str) -> None:
    """Those that only some databases have."""
    assert touches(sql, dialect)


def touches(sql: str, dialect: str) -> bool:
    """True, too, where nothing of it would run."""
    found = verdict(sql, dialect, seen(dialect))
    return found.touches_unsent or not found.accepted


WORDS = Permissions(unsent=frozenset({"employees.salary", "customers.profile", "events.date"}))
EVENTS = Table(
    "events",
    (
        Column("id", "INT", Kind.INTEGER),
        Column("date", "DATE", Kind.DATE),
        Column("month", "INT", Kind.INTEGER),
    ),
)


@pytest.mark.parametrize(
    ("dialect", "sql"),
    [
        ("sqlite", "SELECT name, abs(salary -> ('$')) FROM employees"),
        ("sqlite", "SELECT name FROM employees WHERE abs(salary -> ('$')) > 4500"),
        ("sqlite", "SELECT name FROM employees ORDER BY abs(salary -> lower('$'))"),
        ("postgres", "SELECT name, to_json(profile -> ('n')) FROM customers"),
        ("postgres", "SELECT name FROM customers WHERE jsonb_typeof(profile -> name) = 'number'"),
        ("duckdb", "SELECT name, concat(profile -> ('$.n')) FROM customers"),
        ("duckdb", "SELECT list_transform([1], lambda employees: employees.salary) FROM employees"),
        ("duckdb", "SELECT list_transform([1], lambda employees: employees) FROM employees"),
        ("duckdb", "SELECT * LIKE 'sal%' FROM employees"),
        ("duckdb", "SELECT name FROM employees WHERE COLUMNS('sal.*') > 4500"),
        ("mysql", "SELECT id, DATEDIFF(date, '1970-01-01') FROM events"),
        ("mysql", "SELECT id, DATEDIFF('1970-01-01', date) FROM events"),
        ("mysql", "SELECT id FROM events WHERE DATEDIFF(date, '1988-01-01') > 0"),
        ("mysql", "SELECT id, TIMESTAMPDIFF(DAY, '1970-01-01', date) FROM events"),
        ("mysql", "SELECT id, TIMESTAMPADD(DAY, month, date) FROM events"),
        ("mysql", "SELECT VALUES(salary) FROM employees"),
    ],
)
def test_a_word_that_may_be_the_column_is_a_mention(dialect: str, sql: str) -> None:
    """Whatever a parser takes it for: a parameter, a unit, an argument of a grammar of its own."""
    catalog = shop.catalog(dialect)
    catalog = permitted(replace(catalog, tables=(*catalog.tables, EVENTS)), WORDS)
    assert statement(sql, dialect, catalog).unsent


@pytest.mark.parametrize(
    ("dialect", "sql"),
    [
        ("sqlite", "SELECT name AS salary FROM employees"),
        ("postgres", "SELECT EXTRACT(DAY FROM hired_on) AS salary FROM employees"),
        ("duckdb", "SELECT {'salary': employee_id} FROM employees"),
        ("mysql", "SELECT TIMESTAMPDIFF(MONTH, hired_on, '2024-01-01') FROM employees"),
        ("mysql", "SELECT EXTRACT(DATE FROM month) FROM events"),
    ],
)
def test_a_name_that_is_given_is_no_mention(dialect: str, sql: str) -> None:
    """Aliases, keys and units of time tell no values."""
    catalog = shop.catalog(dialect)
    catalog = permitted(replace(catalog, tables=(*catalog.tables, EVENTS)), WORDS)
    assert not statement(sql, dialect, catalog).unsent


HIDDEN_CASES = [
    pytest.param(dialect, case.sql, id=f"{dialect}: {case.name}")
    for dialect in shop.DIALECTS
    for case in shop.cases("hidden", dialect)
]


@pytest.mark.parametrize(("dialect", "sql"), HIDDEN_CASES)
def test_every_way_to_read_what_is_hidden_is_a_mention(dialect: str, sql: str) -> None:
    """Were the same columns not hidden, but unsent: nothing that reads them goes to a model."""
    columns = frozenset({"employees.salary", "customers.email", "customers.profile"})
    catalog = permitted(shop.catalog(dialect), Permissions(unsent=columns))
    found = verdict(sql, dialect, catalog)
    assert found.touches_unsent or not found.accepted
    assert verdict(sql, dialect).accepted == found.accepted  # refused for nothing else
