"""Whose date a period is."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from forerun import parsing
from forerun.parsing import parser, proposing, ranking
from forerun.parsing.plans import During
from tests.parsing import shop

NOW = datetime(2025, 12, 31, 12, tzinfo=UTC)


def _dates(question: str) -> list[set[str]]:
    """Of each candidate, the columns that its periods are of."""
    index = parser.indexed(shop.catalog())
    _, candidates = proposing.propose(question, index, NOW.date(), ranking.weights())
    conditions = ([*candidate.plan.conditions] for candidate in candidates)
    return [{c.field.name for c in some if isinstance(c, During)} for some in conditions]


@pytest.mark.parametrize(
    "question",
    [
        "customers without orders in 2024",
        "How many customers have no orders in 2024?",
        "customers who placed no order last year",
        "stores with orders in 2024",
    ],
)
def test_a_period_is_of_the_rows_it_was_said_of(question: str) -> None:
    """Orders in 2024 are no customers who joined in 2024, nor shops that opened then."""
    found = _dates(question)
    assert {"order_date"} in found
    assert not any(dates & {"joined_on", "opened_on"} for dates in found)


@pytest.mark.parametrize(
    ("question", "date"),
    [
        ("customers who joined in 2024 without orders", "joined_on"),
        ("customers without orders who joined in 2024", "joined_on"),
        ("number of orders of customers in 2024", "order_date"),
        ("total amount by stores in 2024", "order_date"),
    ],
)
def test_a_date_that_is_said_or_of_what_belongs_there_stays(question: str, date: str) -> None:
    """A column's own name before the period tells whose it is; orders belong to customers."""
    best = parsing.parse(question, shop.catalog(), NOW).drafts[0]
    assert f"{date} >= " in best.sql, best.sql


def test_a_period_is_of_the_figures_it_follows() -> None:
    """Salaries in 2024 are not those of the stores that opened then."""
    found = _dates("average salary in 2024 for each store")
    assert any(found)
    assert not any("opened_on" in dates for dates in found)
