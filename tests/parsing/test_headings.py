"""Headings: "bookings per month" asks how many, though nobody says so."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from forerun import parsing
from forerun.domain import Draft
from tests.parsing import dated, shop, trading

NOW = datetime(2026, 7, 11, 12, tzinfo=UTC)
ANSWER, GUESS = parsing.Thresholds().answer, parsing.Thresholds().guess

COUNTS = [
    ("Bookings per month in 2026", "GROUP BY STRFTIME('%Y-%m', booked_on)"),
    ("Bookings per month", "GROUP BY STRFTIME('%Y-%m', booked_on)"),
    ("Show me the bookings per month", "GROUP BY STRFTIME('%Y-%m', booked_on)"),
    ("total bookings per month", "GROUP BY STRFTIME('%Y-%m', booked_on)"),
    ("bookings monthly", "GROUP BY STRFTIME('%Y-%m', booked_on)"),
    ("number of monthly bookings", "GROUP BY STRFTIME('%Y-%m', booked_on)"),
    ("number of monthly bookings in 2026", "GROUP BY STRFTIME('%Y-%m', booked_on)"),
    ("bookings by status", "GROUP BY status"),
    ("bookings in 2026 by status", "GROUP BY status"),
    ("Guests by country", "GROUP BY country"),
    ("Rooms per hotel", "GROUP BY hotels.id, hotels.name"),
    ("Staff by role", "GROUP BY role"),
    ("Bookings per status, highest first", "GROUP BY status ORDER BY COUNT(*) DESC"),
]
LISTS = [
    "guests by name",
    "bookings by check in",
    "rooms by price per night",
    "list the guests by country",
    "Show the rooms per hotel",
    "average bookings per month",
    "highest number of bookings per month",
    "guests with more than 3 bookings per month",
    "beds per room",
    "growth of bookings per month",
]


def _best(question: str) -> Draft:
    return parsing.parse(question, dated.catalog("inn"), NOW).drafts[0]


@pytest.mark.parametrize(("question", "groups"), COUNTS)
def test_rows_per_something_are_counted(question: str, groups: str) -> None:
    """A heading has a number for each, and is sure enough to be answered."""
    draft = _best(question)
    assert "COUNT(*)" in draft.sql
    assert groups in draft.sql
    assert draft.confidence >= ANSWER


def test_rows_of_a_kind_per_something_are_counted() -> None:
    """The name of a status opens a heading as well as that of a table."""
    sql = _best("No-shows per hotel").sql
    assert "COUNT(*)" in sql
    assert "WHERE bookings.status = 'no-show' GROUP BY hotels.id, hotels.name" in sql


@pytest.mark.parametrize("question", LISTS)
def test_what_lists_or_measures_is_no_heading(question: str) -> None:
    """Put in order, listed or measured, rows are not counted silently."""
    draft = _best(question)
    plain = "COUNT(*) AS number_of" in draft.sql and "AVG" not in draft.sql
    assert not plain or draft.confidence < GUESS


@pytest.mark.parametrize(
    "question", ["Payments by method", "payments per month", "total payments by method"]
)
def test_amounts_are_counted_or_totalled_by_choice(question: str) -> None:
    """Payments by method are as often their amounts as their number: both are offered."""
    parsed = parsing.parse(question, dated.catalog("inn"), NOW)
    assert parsed.drafts[0].confidence < GUESS
    assert parsed.clarification is not None
    choices = " ".join(parsed.clarification.choices)
    assert "number of payments" in choices
    assert "total amount" in choices


@pytest.mark.parametrize(
    ("question", "order"),
    [
        ("number of orders per status, highest first", "COUNT(*) DESC"),
        ("number of orders per status, lowest first", "COUNT(*) ASC"),
        ("number of orders per status in alphabetical order", "status ASC"),
    ],
)
def test_the_highest_first_is_that_of_the_figures(question: str, order: str) -> None:
    """Nobody ranks statuses by their letters who says "highest first"."""
    sql = parsing.parse(question, shop.catalog(), NOW).drafts[0].sql
    assert sql.endswith(f"ORDER BY {order}")


@pytest.mark.parametrize("question", ["bookings by status and hotel", "staff by role and hotel"])
def test_no_group_of_a_heading_is_left_out(question: str) -> None:
    """A number for each status alone is no answer where hotels were named besides."""
    draft = _best(question)
    assert "hotels.name" in draft.sql.partition("GROUP BY")[2] or draft.confidence < GUESS
    parsed = parsing.parse(question, dated.catalog("inn"), NOW)
    assert any("hotels.name" in other.sql.partition("GROUP BY")[2] for other in parsed.drafts)


@pytest.mark.parametrize("question", ["Top 5 services", "top 3 guests", "Top 5 bookings in 2026"])
def test_the_first_few_are_asked_by_what(question: str) -> None:
    """Every figure and every number of rows that they may be ranked by is offered, no key is."""
    parsed = parsing.parse(question, dated.catalog("inn"), NOW)
    assert parsed.drafts[0].confidence < GUESS
    assert "LIMIT" in parsed.drafts[0].sql
    assert parsed.clarification is not None
    choices = parsed.clarification.choices
    assert choices
    assert all("highest" in choice for choice in choices)


def test_the_first_few_by_something_are_not_asked_about() -> None:
    """Who says by what is answered by that."""
    draft = _best("top 5 guests with the most bookings")
    assert draft.sql.endswith("ORDER BY COUNT(*) DESC LIMIT 5")
    assert draft.confidence >= ANSWER


def test_the_first_kinds_are_not_the_last_in_the_alphabet() -> None:
    """Of kinds, too, it is asked by what: by how many rows are of each."""
    draft = _best("top 3 countries")
    assert draft.confidence < GUESS
    assert draft.sql.endswith("GROUP BY country ORDER BY COUNT(*) DESC LIMIT 3")


@pytest.mark.parametrize(
    ("question", "condition"),
    [
        ("guests older than 30 per country", "> 30"),
        ("guests not older than 30 per country", "<= 30"),
        ("guests without an email per country", "email IS NULL"),
        ("bookings longer than 7 nights per hotel", "> 7"),
    ],
)
def test_what_narrows_the_rows_of_a_heading_is_a_condition(question: str, condition: str) -> None:
    """Only some of the rows are counted."""
    draft = _best(question)
    assert "COUNT(*)" in draft.sql
    assert f"{condition} GROUP BY" in draft.sql


@pytest.mark.parametrize(
    "question",
    ["bookings per year compared to last year",
     "Vienna bookings per month"],
)  # fmt: skip
def test_a_heading_that_loses_a_word_is_asked_about(question: str) -> None:
    """Two years side by side, a place that is left out."""
    draft = _best(question)
    assert draft.confidence < GUESS or "Vienna" in draft.sql


@pytest.mark.parametrize(
    ("question", "end"),
    [
        ("total bookings", "FROM bookings"),
        ("total bookings in 2026", "booked_on < DATE('2027-01-01')"),
        ("the total number of bookings", "FROM bookings"),
    ],
)
def test_a_total_of_rows_is_their_number(question: str, end: str) -> None:
    """Nobody who says "total bookings" wants a list of them."""
    draft = _best(question)
    assert draft.sql.startswith("SELECT COUNT(*)")
    assert draft.sql.endswith(end)
    assert draft.confidence >= ANSWER


def test_a_total_of_amounts_may_be_their_sum() -> None:
    """`total payments` is as often their amount as their number."""
    assert _best("total payments").confidence < GUESS


def test_no_day_is_an_average() -> None:
    """Who is older than the average is so by age: an average of days of birth is none."""
    parsed = parsing.parse("guests older than the average", dated.catalog("inn"), NOW)
    assert all("AVG(date_of_birth)" not in draft.sql for draft in parsed.drafts)
    assert "> (SELECT AVG(2026 - " in parsed.drafts[0].sql


def test_by_number_is_an_order() -> None:
    """`stores by number of orders`: the one with the most comes first."""
    best = shop.parsed("stores by number of orders").drafts[0]
    assert best.sql.endswith("ORDER BY COUNT(*) DESC")


@pytest.mark.parametrize("unit", ["day", "month", "year"])
def test_so_many_a_month_are_so_many_per_month(unit: str) -> None:
    """`orders a month` has a line for each month; "a month ago" has none."""
    said = shop.parsed(f"number of orders a {unit}").drafts[0]
    assert said.sql == shop.parsed(f"number of orders per {unit}").drafts[0].sql
    assert shop.parsed(f"number of orders a {unit} ago").drafts[0].confidence <= GUESS


@pytest.mark.parametrize(
    ("question", "is_asked"),
    [
        ("films by release year", True),
        ("awards by award year", True),
        ("list films by release year", False),
        ("films sorted by release year", False),
        ("films by submitted on", False),
    ],
)
def test_a_heading_is_no_list_in_order(question: str, is_asked: bool) -> None:
    """`films by year` asks how many there are of each, or for a list: nobody knows."""
    draft = trading.best("freight", question)
    assert "ORDER BY" in draft.sql
    assert (draft.confidence < GUESS) == is_asked
