"""The first few of something, when nobody says by what."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from forerun import parsing
from tests.parsing import dated, shop

ANSWER, GUESS = parsing.Thresholds().answer, parsing.Thresholds().guess


def _choices(question: str) -> tuple[str, ...]:
    parsed = shop.parsed(question)
    assert parsed.drafts[0].confidence < GUESS
    assert parsed.clarification is not None
    assert parsed.clarification.question == "The first by what?"
    return parsed.clarification.choices


@pytest.mark.parametrize("question", ["top 5 products", "top 5 customers", "top 3 brands"])
def test_what_refers_to_them_ranks_them(question: str) -> None:
    """A product is among the first by what its order lines come to, whatever its weight."""
    choices = _choices(question)
    assert any("total amount of order lines" in choice for choice in choices)
    assert any("total quantity of order lines" in choice for choice in choices)
    assert not any("weight" in choice for choice in choices)


def test_no_choice_is_offered_twice() -> None:
    """With the figure beside the name and without it is one choice."""
    drafts = shop.parsed("top 5 customers").clarification
    assert drafts is not None
    orders = [draft.sql.partition(" ORDER BY ")[2] for draft in drafts.drafts]
    assert len(orders) == len(set(orders)) > 1


@pytest.mark.parametrize(
    ("question", "number", "end"),
    [
        ("best selling product", "1", "DESC"),
        ("worst selling product", "1", "ASC"),
        ("5 best selling products", "5", "DESC"),
        ("top 5 best selling products", "5", "DESC"),
        ("which product sells best", "1", "DESC"),
        ("Which product sold the most in 2025?", "1", "DESC"),
        ("which product sold least last month", "1", "ASC"),
    ],
)
def test_what_sells_best_sells_most_often_or_for_most(question: str, number: str, end: str) -> None:
    """By amount or by quantity is asked; how many order lines there are is no matter."""
    _choices(question)
    asked = shop.parsed(question).clarification
    assert asked is not None
    sums = [f"SUM(order_lines.{name}) {end}" for name in ("amount", "quantity")]
    assert all(any(f"ORDER BY {s}" in draft.sql for draft in asked.drafts) for s in sums)
    assert all(f"LIMIT {number}" in draft.sql for draft in asked.drafts)
    assert not any("COUNT(" in draft.sql for draft in asked.drafts)


def test_a_period_is_that_of_what_ranks_them() -> None:
    """The first customers of 2025 are so by the orders of that year, whenever they joined."""
    asked = shop.parsed("top 5 customers in 2025").clarification
    assert asked is not None
    assert len(asked.drafts) > 1
    assert all("orders.order_date >= DATE('2025-01-01')" in draft.sql for draft in asked.drafts)


@pytest.mark.parametrize(
    "question",
    ["which customer spent the most?", "the customer who spent the most",
     "Which customer has spent the least?"],
)  # fmt: skip
def test_who_spends_does_so_by_amount(question: str) -> None:
    """Money is spent, whatever else the lines of an order hold."""
    draft = shop.parsed(question).drafts[0]
    end = "ASC" if "least" in question else "DESC"
    assert draft.sql.endswith(f"ORDER BY SUM(order_lines.amount) {end} LIMIT 1")
    assert draft.confidence >= ANSWER


def test_of_two_amounts_either_may_be_what_was_spent() -> None:
    """Bookings have a price, payments an amount."""
    now = datetime(2026, 7, 11, 12, tzinfo=UTC)
    parsed = parsing.parse("which guest spent the most", dated.catalog("inn"), now)
    assert parsed.drafts[0].confidence < GUESS
    assert parsed.clarification is not None
    choices = " ".join(parsed.clarification.choices)
    assert "total price of bookings" in choices
    assert "amount of payments" in choices
