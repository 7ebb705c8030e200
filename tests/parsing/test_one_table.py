"""A database of one table: its rows are called rows, records or entries."""

from __future__ import annotations

from datetime import datetime

import pytest

from forerun.domain import Catalog, Column, Kind, Table
from forerun.parsing import Thresholds, parse

ORDERS = Table(
    "orders",
    (
        Column("city", "VARCHAR", Kind.TEXT, samples=("Bremen", "Kiel")),
        Column("amount", "BIGINT", Kind.INTEGER),
    ),
    rows=3,
)
OTHERS = Table("stores", (Column("store_name", "VARCHAR", Kind.TEXT),), rows=2)
NOW = datetime(2026, 1, 1).astimezone()


@pytest.mark.parametrize(
    ("question", "sql"),
    [
        ("How many rows are there?", "SELECT COUNT(*) AS number_of_orders FROM orders"),
        ("How many records are in the table?", "SELECT COUNT(*) AS number_of_orders FROM orders"),
        (
            "number of entries per city",
            "SELECT city, COUNT(*) AS number_of_orders FROM orders GROUP BY city",
        ),
        ("show all rows", "SELECT * FROM orders"),
        ("show all records with amount above 3", "SELECT * FROM orders WHERE amount > 3"),
    ],
)
def test_rows_mean_those_of_the_only_table(question: str, sql: str) -> None:
    """The best draft counts or shows the rows of the one table there is."""
    parsed = parse(question, Catalog("orders", "duckdb", (ORDERS,)), NOW)
    assert parsed.drafts[0].sql == sql
    assert parsed.drafts[0].confidence >= Thresholds().answer


def test_rows_mean_nothing_where_there_are_two_tables() -> None:
    """With a second table nobody knows whose rows are meant: no draft is sure."""
    parsed = parse("How many rows are there?", Catalog("shop", "duckdb", (ORDERS, OTHERS)), NOW)
    assert all(draft.confidence < Thresholds().answer for draft in parsed.drafts)
