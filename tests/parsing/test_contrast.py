"""Two periods side by side: a line for each."""

from __future__ import annotations

import pytest

from forerun import parsing
from tests.parsing import shop

ANSWER, GUESS = parsing.Thresholds().answer, parsing.Thresholds().guess


@pytest.mark.parametrize(
    "question",
    [
        "compare amount 2024 and 2025",
        "amount 2024 vs 2025",
        "amount in 2025 versus 2024",
        "amount this year compared to last year",
    ],
)
def test_two_years_are_a_line_each(question: str) -> None:
    """Neither their sum nor what lies in both, of which there is nothing."""
    draft = shop.parsed(question).drafts[0]
    rows = shop.in_sqlite().execute(draft.sql).fetchall()
    assert [row[0] for row in rows] == ["2024", "2025"]
    assert draft.confidence >= ANSWER


def test_rows_are_counted_beside_each_other_too() -> None:
    """Orders of two quarters: a number for each."""
    draft = shop.parsed("orders in Q1 2025 vs Q2 2025").drafts[0]
    assert "COUNT(*)" in draft.sql
    assert len(shop.in_sqlite().execute(draft.sql).fetchall()) == 2
    assert draft.confidence >= ANSWER


@pytest.mark.parametrize(
    "question",
    ["amount 2023 vs 2025", "amount March 2024 vs March 2025", "amount 2023 vs 2024 vs 2025",
     "amount in 2024 vs Q1 2025"],
)  # fmt: skip
def test_periods_that_do_not_follow_each_other_are_asked_about(question: str) -> None:
    """A line for each month or year between them is more than was asked."""
    assert shop.parsed(question).drafts[0].confidence < GUESS


def test_a_list_of_both_years_compares_nothing() -> None:
    """Customers who joined in either year are not set side by side."""
    best = shop.parsed("customers who joined in 2023 vs 2024").drafts[0]
    assert best.confidence < GUESS or "GROUP BY" in best.sql
