"""Rows measured with no word for what by: guests over 30, orders over 500, the largest order."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from forerun import parsing
from forerun.domain import Catalog, Column, Draft, Kind, Table
from tests.parsing import dated

NOW = datetime(2026, 7, 11, 12, tzinfo=UTC)
ANSWER, GUESS = parsing.Thresholds().answer, parsing.Thresholds().guess


def _best(question: str, database: str = "shop") -> Draft:
    return parsing.parse(question, dated.catalog(database), NOW).drafts[0]


@pytest.mark.parametrize(
    ("question", "condition"),
    [
        ("how many orders over 500", "total > 500"),
        ("how many orders are above 500", "total > 500"),
        ("number of orders of at least 500", "total >= 500"),
        ("how many refunds under 20", "amount < 20"),
    ],
)
def test_rows_are_compared_by_their_one_amount(question: str, condition: str) -> None:
    """What an order is over 500 by is its total."""
    draft = _best(question)
    assert draft.sql.endswith(f"WHERE {condition}")
    assert draft.confidence >= ANSWER


def test_lists_are_narrowed_alike() -> None:
    """The same condition, and nothing else shown than orders."""
    assert _best("orders over 500").sql == "SELECT id FROM orders WHERE total > 500"


@pytest.mark.parametrize(
    ("question", "database"),
    [("cars over 500", "lot"), ("customers over 500", "shop"), ("rooms over 100", "inn"),
     ("guests over 300", "inn")],
)  # fmt: skip
def test_what_may_be_compared_otherwise_is_asked_about(question: str, database: str) -> None:
    """A price alone, no figure at all, none that is an amount, and nobody's age."""
    assert _best(question, database).confidence < GUESS


def test_money_is_a_price() -> None:
    """A sign of money says what is compared."""
    draft = _best("how many cars over $500", "lot")
    assert draft.sql.endswith("WHERE price > 500")
    assert draft.confidence >= ANSWER


def test_multiple_is_more_than_one() -> None:
    """As is "more than a single one"."""
    for said in ("multiple orders", "more than a single order"):
        draft = _best(f"customers with {said}")
        assert draft.sql.endswith("HAVING COUNT(*) > 1")
        assert draft.confidence >= ANSWER


@pytest.mark.parametrize(
    ("question", "end"),
    [
        ("the 5 largest orders", "FROM orders ORDER BY total DESC LIMIT 5"),
        ("biggest refund", "FROM refunds ORDER BY amount DESC LIMIT 1"),
        ("the smallest order of 2025", "ORDER BY total ASC NULLS LAST LIMIT 1"),
    ],
)
def test_the_largest_is_so_by_its_amount(question: str, end: str) -> None:
    """An order by its total, where it has no other amount."""
    sql = _best(question).sql
    assert sql.startswith("SELECT id FROM ")
    assert sql.endswith(end)


@pytest.mark.parametrize("question", ["largest orders", "largest customer", "the largest car"])
def test_the_largest_of_what_has_no_amount_is_asked_about(question: str) -> None:
    """Nor does anyone know how many orders are the largest."""
    database = "lot" if "car" in question else "shop"
    assert _best(question, database).confidence < GUESS


@pytest.mark.parametrize(
    ("question", "selected"),
    [
        ("average order value", "AVG(total)"),
        ("average order value per city", "AVG(orders.total)"),
        ("order value per customer", "SUM(orders.total)"),
    ],
)
def test_the_value_of_an_order_is_its_amount(question: str, selected: str) -> None:
    """Where nothing is called a value."""
    draft = _best(question)
    assert selected in draft.sql
    assert draft.confidence >= ANSWER


def test_sales_that_tell_their_order_are_no_orders() -> None:
    """A row of sales may be an order, but not where several have the same order id."""
    for columns, counted in (("customer", True), ("order_id", False)):
        table = Table(
            "sales",
            tuple(
                Column(name, "TEXT", kind, nullable=False)
                for name, kind in (
                    ("sale_id", Kind.INTEGER),
                    (columns, Kind.INTEGER),
                    ("region", Kind.TEXT),
                    ("revenue", Kind.DECIMAL),
                )
            ),
            primary_key=("sale_id",),
        )
        drafts = parsing.parse("orders per region", Catalog("one", "sqlite", (table,)), NOW).drafts
        sure = bool(drafts) and drafts[0].confidence >= GUESS and "COUNT(*)" in drafts[0].sql
        assert sure is counted


@pytest.mark.parametrize(
    ("said", "condition"),
    [
        ("shorter than", "nights < 3"),
        ("longer than", "nights > 3"),
        ("not shorter than", "nights >= 3"),
        ("not longer than", "nights <= 3"),
    ],
)
def test_a_comparison_keeps_its_direction_by_another_column(said: str, condition: str) -> None:
    """Shorter than three nights is fewer of them, where the nights are a column."""
    columns = (("booking_id", Kind.INTEGER), ("room", Kind.TEXT), ("nights", Kind.INTEGER))
    table = Table(
        "bookings",
        tuple(Column(name, "TEXT", kind, nullable=False) for name, kind in columns),
        primary_key=("booking_id",),
    )
    question = f"how many bookings are {said} 3 nights"
    best = parsing.parse(question, Catalog("one", "sqlite", (table,)), NOW).drafts[0]
    assert best.sql.endswith(f"WHERE {condition}")


@pytest.mark.parametrize(
    ("column", "question"),
    [
        ("area_code", "which branch is the largest?"),
        ("area_code", "largest branch"),
        ("population_density", "biggest branch"),
    ],
)
def test_the_code_of_an_area_is_no_size(column: str, question: str) -> None:
    """Nor is how dense a population is."""
    columns = (
        Column("branch_id", "INTEGER", Kind.INTEGER, nullable=False),
        Column("branch_name", "TEXT", Kind.TEXT, nullable=False),
        Column(column, "INTEGER", Kind.INTEGER, nullable=False, samples=(212, 646, 917)),
    )
    branches = Table("branches", columns, primary_key=("branch_id",), rows=80)
    draft = parsing.parse(question, Catalog("bank", "sqlite", (branches,)), NOW).drafts[0]
    assert draft.confidence < GUESS
