"""What is asked of the totals of periods is not answered with single rows or a list."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from forerun import parsing
from forerun.domain import Catalog, Column, Draft, Kind, Table

NOW = datetime(2026, 7, 1, tzinfo=UTC)
RECEIPTS = Table(
    "receipts",
    (
        Column("receipt_id", "INTEGER", Kind.INTEGER, nullable=False),
        Column("issued_on", "DATE", Kind.DATE, nullable=False),
        Column("amount", "DECIMAL(10,2)", Kind.DECIMAL, nullable=False),
        Column("discount", "DECIMAL(10,2)", Kind.DECIMAL, nullable=False),
    ),
    primary_key=("receipt_id",),
    rows=300,
)
TILL = Catalog("till", "sqlite", (RECEIPTS,))
ANSWER = parsing.Thresholds().answer


def _best(question: str) -> Draft:
    return parsing.parse(question, TILL, NOW).drafts[0]


@pytest.mark.parametrize(
    "question",
    [
        "highest monthly revenue in 2025",
        "lowest monthly revenue in 2025",
        "maximum monthly revenue",
        "highest daily number of receipts",
        "average revenue per month in 2025",
        "revenue per month, highest first",
    ],
)
def test_a_figure_of_all_periods_is_no_list_of_them(question: str) -> None:
    """The extreme, the average or the order asked for is in the answer, or there is none."""
    draft = _best(question)
    outer = draft.sql.upper().partition("FROM")[0]
    told = ("MAX(" in outer or "MIN(" in outer or "AVG(" in outer) and "FROM (" in draft.sql
    ranked = "LIMIT 1" in draft.sql or "DESC" in draft.sql
    assert told or ranked or draft.confidence < ANSWER, draft.sql


@pytest.mark.parametrize(
    ("question", "sql"),
    [
        ("average monthly revenue", "AVG(total_amount)"),
        ("revenue per month", "SUM(amount)"),
        ("average discount per month", "AVG(discount)"),
        ("highest discount per month", "MAX(discount)"),
        ("average number of receipts per month", "AVG(number_of_receipts)"),
    ],
)
def test_figures_of_each_period_are_still_answered(question: str, sql: str) -> None:
    """A price or a discount has an average of its own in each month, and totals have one too."""
    draft = _best(question)
    assert sql in draft.sql
    assert draft.confidence >= ANSWER
