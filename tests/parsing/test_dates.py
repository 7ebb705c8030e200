"""Date ranges in words."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forerun.parsing import dates, spells
from forerun.parsing.tokens import tokenise

TODAY = date(2026, 11, 23)


def _found(text: str) -> list[tuple[date | None, date | None]]:
    return [(f.period.start, f.period.end) for f in dates.find(tokenise(text), TODAY)]


def _days(start: str, end: str) -> tuple[date | None, date | None]:
    return (
        date.fromisoformat(start) if start else None,
        date.fromisoformat(end) if end else None,
    )


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("in 2024", "2024-01-01", "2025-01-01"),
        ("sales of March 2025", "2025-03-01", "2025-04-01"),
        ("in Q3 2024", "2024-07-01", "2024-10-01"),
        ("in the 1990s", "1990-01-01", "2000-01-01"),
        ("before the 2010s", "", "2010-01-01"),
        ("second quarter of 2024", "2024-04-01", "2024-07-01"),
        ("since March 2025", "2025-03-01", ""),
        ("after 2014", "2015-01-01", ""),
        ("before 5 March 2024", "", "2024-03-05"),
        ("until 2020", "", "2021-01-01"),
        ("on or after January 5, 2024", "2024-01-05", ""),
        ("on or before 2024-03-05", "", "2024-03-06"),
        ("in or after 2014", "2014-01-01", ""),
        ("in or after March", "2026-03-01", ""),
        ("after or in the year 2014", "2014-01-01", ""),
        ("earlier than or in 1948", "", "1949-01-01"),
        ("later than 2013", "2014-01-01", ""),
        ("earlier than 2013", "", "2013-01-01"),
        ("on or before March", "", "2026-04-01"),
        ("from March on", "2026-03-01", ""),
        ("from March until now", "2026-03-01", ""),
        ("between 2010 and 2014", "2010-01-01", "2015-01-01"),
        ("from Q3 2024 to Q1 2025", "2024-07-01", "2025-04-01"),
        ("on 2025-03-04", "2025-03-04", "2025-03-05"),
        ("March 5, 2025", "2025-03-05", "2025-03-06"),
        ("last month", "2026-10-01", "2026-11-01"),
        ("last quarter", "2026-07-01", "2026-10-01"),
        ("this year", "2026-01-01", "2027-01-01"),
        ("next week", "2026-11-30", "2026-12-07"),
        ("in the past 3 weeks", "2026-11-02", "2026-11-24"),
        ("last two years", "2024-11-23", "2026-11-24"),
        ("yesterday", "2026-11-22", "2026-11-23"),
        ("year to date", "2026-01-01", "2026-11-24"),
        ("ytd", "2026-01-01", "2026-11-24"),
        ("month to date", "2026-11-01", "2026-11-24"),
        ("so far this quarter", "2026-10-01", "2026-11-24"),
        ("in this year so far", "2026-01-01", "2026-11-24"),
        ("in March", "2026-03-01", "2026-04-01"),
        ("in December", "2025-12-01", "2026-01-01"),
        ("since July", "2026-07-01", ""),
        ("before May", "", "2026-05-01"),
        ("orders from March 2024", "2024-03-01", "2024-04-01"),
        ("from March 2024 onwards", "2024-03-01", ""),
        ("from March 2024 on, by city", "2024-03-01", ""),
        ("those from March 2024 on hold", "2024-03-01", "2024-04-01"),
        ("from 2024 until now", "2024-01-01", ""),
        ("between January and March 2026", "2026-01-01", "2026-04-01"),
        ("from November to February 2026", "2025-11-01", "2026-03-01"),
        ("between October and December", "2025-10-01", "2026-01-01"),
        ("in the first half of 2025", "2025-01-01", "2025-07-01"),
        ("H2 2025", "2025-07-01", "2026-01-01"),
    ],
)
def test_ranges_are_found(text: str, start: str, end: str) -> None:
    """Words become half-open ranges of days."""
    assert _found(text) == [_days(start, end)]


@pytest.mark.parametrize(
    "text", ["the 5 largest", "room 12", "may I see", "last name", "31.5", "in may", "half of them"]
)
def test_other_numbers_and_words_are_no_dates(text: str) -> None:
    """ "May", small numbers and "last name" are not taken for dates."""
    assert _found(text) == []


@given(
    st.dates(min_value=date(1900, 1, 1), max_value=date(2200, 1, 1)),
    st.sampled_from(["day", "week", "month", "quarter", "year"]),
    st.integers(min_value=-1000, max_value=1000),
)
def test_a_calendar_unit_is_followed_by_the_next(day: date, unit: str, step: int) -> None:
    """Neighbouring units touch and do not overlap."""
    one = spells.calendar_unit(unit, step, day)
    following = spells.calendar_unit(unit, step + 1, day)
    assert one.end == following.start
    assert one.start is not None
    assert one.end is not None
    assert one.start < one.end


@given(st.text(max_size=80))
def test_no_text_breaks_the_reading_of_dates(text: str) -> None:
    """Any text gives a list of ranges."""
    assert isinstance(_found(text), list)
