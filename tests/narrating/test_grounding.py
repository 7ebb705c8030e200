"""Figures in a model's words are believed only where the rows bear them out."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forerun.domain import Kind
from forerun.narrating.grounding import made_up
from tests.narrating.results import rows_of

REGIONS = rows_of(
    [("region", Kind.TEXT), ("revenue", Kind.FLOAT), ("cost", Kind.FLOAT)],
    [("North", 1234.5, 1000.0), ("South", 617.25, 600.0), ("East 7", 300.0, 310.0)],
)
MONTHS = rows_of(
    [("month", Kind.DATE), ("orders", Kind.INTEGER)],
    [(date(2025, month, 1), 100 + 10 * month) for month in range(1, 13)],
)
GRID = rows_of(
    [("region", Kind.TEXT), ("category", Kind.TEXT), ("orders", Kind.INTEGER)],
    [("N", "Cola", 10), ("N", "Tea", 20), ("S", "Cola", 5), ("S", "Tea", 7)],
)
QUESTION = "Which of the top 5 regions had more than 250 in 2024?"

TRUE = [
    "North leads with 1,234.5.",
    "North leads with about 1,200 and South follows with 617.",
    "North leads with 1.2k.",
    "Revenue adds up to 2,151.75 over 3 regions, on average 717.25.",
    "North has twice the revenue of South.",
    "North earned 2.0 times as much as South.",
    "North makes 57% of the revenue, the top 2 make 86 %.",
    "South earned half of what North did.",
    "South earned 50 percent less than North.",
    "North is 617.25 ahead of South.",
    "East 7 is last, the only one with more than 250 but under cost.",
    "The top two regions make 1,851.75; the other 1 makes 300.",
    "In 2024, one region was below cost, by 10.",
    "Profit in North is 234.5, a margin of 19%.",
]
FALSE = [
    "North leads with 1,324.5.",
    "North leads with about 1,500.",
    "There are 12 regions.",
    "Seven regions were found.",
    "North has eight times the revenue of South.",
    "Revenue adds up to 2.5 million.",
    "North makes 73% of the revenue.",
    "In 2019 North led.",
    "On 2025-03-01 North led.",
    "The top 9 regions are shown.",
    "Region X9 is best.",
    "Of the three regions, two earn more than they cost.",  # true, but not to be proven here
]


@pytest.mark.parametrize("summary", TRUE)
def test_true_figures_pass(summary: str) -> None:
    """Values, counts, sums, means, differences, shares and ratios pass, rounded or not."""
    assert made_up(summary, QUESTION, REGIONS) == ()


@pytest.mark.parametrize("summary", FALSE)
def test_made_up_figures_are_found(summary: str) -> None:
    """A figure, date or code that follows neither from rows nor question is named."""
    assert made_up(summary, QUESTION, REGIONS) != ()


@pytest.mark.parametrize(
    ("summary", "believed"),
    [
        ("Orders rose from 110 in January 2025 to 220 in December, by 100%.", True),
        ("Orders rose every month, by 10, and were best in Q4.", True),
        ("On 2025-12-01 there were 220, on the 1st of January 110.", True),
        ("They doubled within 12 months to 1,980 in all.", True),
        ("Orders rose to 230 in December 2025.", False),
        ("Orders fell in 2026.", False),
    ],
)
def test_courses(summary: str, believed: bool) -> None:
    """Dates, their parts, changes and totals of a course are known."""
    assert (made_up(summary, "orders per month", MONTHS) == ()) == believed


def test_sums_of_groups_are_known() -> None:
    """With two labels, the sum for each value of either label may be said."""
    assert made_up("N has 30 orders, S 12; Tea has 27.", "orders", GRID) == ()
    assert made_up("N has 31 orders.", "orders", GRID) == ("31",)


def test_the_sign_counts_where_it_is_written() -> None:
    """A loss may be told without a sign, but no gain becomes a loss."""
    rows = rows_of([("region", Kind.TEXT), ("profit", Kind.INTEGER)], [("N", -250), ("S", 40)])
    assert made_up("N lost 250.", "profit", rows) == ()
    assert made_up("N stands at -250.", "profit", rows) == ()
    assert made_up("S stands at -41.", "profit", rows) == ("-41",)


@given(
    st.lists(st.integers(-(10**6), 10**6), min_size=1, max_size=30),
    st.integers(0, 29),
    st.booleans(),
)
def test_any_value_may_be_copied(numbers: list[int], pick: int, separated: bool) -> None:
    """Whatever number is in the rows may be written, with separators or without."""
    rows = rows_of([("n", Kind.INTEGER)], [(number,) for number in numbers])
    number = numbers[pick % len(numbers)]
    written = f"{number:,}" if separated else str(number)
    assert made_up(f"One of them is {written}.", "numbers", rows) == ()


def test_of_many_rows_only_those_seen_and_the_totals_count() -> None:
    """The narrator sees fifty rows: a value of a later one is made up, the sum of all is not."""
    rows = rows_of(
        [("shop", Kind.TEXT), ("sales", Kind.INTEGER)],
        [(f"S{n}", 1_000_003 + 7_919 * n) for n in range(1, 201)],
    )
    whole = sum(1_000_003 + 7_919 * n for n in range(1, 201))
    assert made_up(f"S2 sold 1,015,841 of {whole:,}.", "sales", rows) == ()
    assert made_up("Some shop sold 2,148,258.", "sales", rows) == ("2,148,258",)
