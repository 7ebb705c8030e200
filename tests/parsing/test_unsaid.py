"""A number with no word for what it measures: guests over 30, orders over 500."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from forerun import parsing
from forerun.domain import Draft
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
