"""What is asked of the totals of periods is not answered with single rows or a list."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from forerun import parsing
from forerun.checking import check
from forerun.domain import Catalog, Column, Draft, ForeignKey, Kind, Table

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
OFFICES = Table(
    "offices",
    (
        Column("office_id", "INTEGER", Kind.INTEGER, nullable=False),
        Column("name", "TEXT", Kind.TEXT, samples=("North", "South"), samples_complete=True),
    ),
    primary_key=("office_id",),
    rows=2,
)
OFFICE = Column("office_id", "INTEGER", Kind.INTEGER, nullable=False)
CHAIN = Catalog(
    "chain",
    "sqlite",
    (
        replace(
            RECEIPTS,
            columns=(*RECEIPTS.columns, OFFICE),
            foreign_keys=(ForeignKey(("office_id",), "offices", ("office_id",)),),
        ),
        OFFICES,
    ),
)
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
        ("average revenue per month", "AVG(total_amount)"),
        ("highest monthly revenue", "MAX(total_amount)"),
        ("lowest monthly revenue in 2025", "MIN(total_amount)"),
        ("highest daily number of receipts", "MAX(number_of_receipts)"),
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


@pytest.mark.parametrize(
    "question",
    [
        "average and maximum monthly revenue",
        "highest and lowest monthly revenue",
        "highest average daily revenue",
        "which office had the highest monthly revenue?",
        "highest monthly revenue by office",
        "offices with the highest monthly number of receipts",
        "In which month was the highest monthly revenue?",
        "What was the highest monthly revenue and when was it?",
    ],
)
def test_one_figure_is_no_answer_to_more(question: str) -> None:
    """Two figures, one of each office, or who had it and when are not told by one figure."""
    draft = parsing.parse(question, CHAIN, NOW).drafts[0]
    assert "FROM (" not in draft.sql or draft.confidence < ANSWER, draft.sql


def test_the_reading_says_that_it_is_of_all_periods() -> None:
    """ "Highest total amount for each month" is one figure, under its own name."""
    draft = _best("highest monthly revenue")
    assert draft.reading == "highest total amount for each month of issued on"
    assert "AS highest_total_amount" in draft.sql


@pytest.mark.parametrize("dialect", ["sqlite", "duckdb", "postgres", "mysql"])
def test_the_most_of_all_periods_passes_the_gate(dialect: str) -> None:
    """It is plain SQL to every dialect."""
    catalog = replace(TILL, dialect=dialect)
    draft = parsing.parse("highest monthly revenue", catalog, NOW).drafts[0]
    verdict = check(draft, catalog)
    assert verdict.statement is not None, (draft.sql, verdict.reasons)


def test_the_total_of_each_thing_is_not_that_of_a_month() -> None:
    """The average receipt total of a month is that of its receipts."""
    columns = (*RECEIPTS.columns, replace(RECEIPTS.columns[2], name="total"))
    catalog = replace(TILL, tables=(replace(RECEIPTS, columns=columns),))
    drafts = parsing.parse("average receipt total per month", catalog, NOW).drafts
    assert all("AVG(total_total)" not in draft.sql for draft in drafts)


def test_discounts_that_are_amounts_are_added_up() -> None:
    """A column of ten digits holds money, not percentages."""
    best = _best("total discount of receipts")
    assert "SUM(discount)" in best.sql
    assert best.confidence > 0.6


@pytest.mark.parametrize(
    ("question", "is_asked"),
    [
        ("average lost kwh per month", True),
        ("average lost kwh a month", True),
        ("average lost kwh by month", False),
        ("average discount per month", False),
    ],
)
def test_so_much_per_month_is_of_the_whole_month(question: str, is_asked: bool) -> None:
    """What is used up or covered is so much per month in all, not per row: that is asked about."""
    lost = Column("lost_kwh", "DECIMAL(10,2)", Kind.DECIMAL, nullable=False)
    meter = Catalog("meter", "sqlite", (replace(RECEIPTS, columns=(*RECEIPTS.columns, lost)),))
    best = parsing.parse(question, meter, NOW).drafts[0]
    assert (best.confidence <= 0.2) is is_asked, best
