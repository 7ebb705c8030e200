"""One list out of two tables."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from forerun import parsing
from forerun.checking import check
from forerun.domain import Draft
from tests.parsing import shop

NOW = datetime(2025, 12, 31, 12, tzinfo=UTC)


def _best(question: str, dialect: str = "sqlite") -> Draft:
    return parsing.parse(question, shop.catalog(dialect), NOW).drafts[0]


@pytest.mark.parametrize("dialect", ["sqlite", "duckdb", "postgres", "mysql"])
def test_a_column_of_two_tables_is_one_list(dialect: str) -> None:
    """Neither table refers to the other, so that nothing but one list can be meant."""
    draft = _best("all countries of customers and suppliers", dialect)
    assert draft.sql == "SELECT country FROM customers UNION SELECT country FROM suppliers"
    assert draft.reading == "country of customers; and country of suppliers"
    assert check(draft, shop.catalog(dialect)).statement is not None


@pytest.mark.parametrize(
    "question",
    [
        "names of stores and regions",  # a store has its region
        "names of products and suppliers",  # who supplies what
        "countries of customers and regions",  # regions have no country
        "number of customers and suppliers",
    ],
)
def test_what_belongs_together_is_no_union(question: str) -> None:
    """Tables of which one refers to the other, or that meet in a third, are joined."""
    assert "UNION" not in _best(question).sql


def test_one_of_two_tables_is_no_answer() -> None:
    """No reading leaves the suppliers out."""
    for draft in parsing.parse("names of customers and suppliers", shop.catalog(), NOW).drafts:
        assert "suppliers" in draft.sql
