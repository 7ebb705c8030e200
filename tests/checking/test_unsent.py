"""Which queries hang on values that no model may be sent, whatever these are called in them."""

from __future__ import annotations

import pytest

from forerun.checking.permitted import permitted
from forerun.domain import Catalog, Permissions
from tests.cases import shop
from tests.checking.ask import statement

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
    ],
)
def test_what_hangs_on_others_is_told(dialect: str, sql: str) -> None:
    """Brackets and qualifiers alone say nothing of unsent values."""
    assert not statement(sql, dialect, seen(dialect)).unsent
