"""Figures by two days, what is open, and averages, where the question says more than they tell."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from forerun import parsing
from forerun.domain import Draft
from tests.parsing import dated, shop

NOW = datetime(2026, 7, 11, 12, tzinfo=UTC)
ANSWER = parsing.Thresholds().answer


def _best(database: str, question: str) -> Draft:
    return parsing.parse(question, dated.catalog(database), NOW).drafts[0]


@pytest.mark.parametrize(
    ("database", "question"),
    [
        ("library", "average loan duration of loans not returned"),
        ("library", "average loan duration of overdue loans"),
        ("library", "longest loan not returned"),
        ("inn", "average age of guests whose age is not known"),
        ("inn", "average length of stay of bookings without a check out"),
    ],
)
def test_what_has_no_such_day_has_no_length(database: str, question: str) -> None:
    """A loan that is not returned has not lasted for any number of days."""
    assert _best(database, question).confidence <= 0.2


@pytest.mark.parametrize(
    "question",
    [
        "bookings of guests older than 30 when they checked in",
        "average age of the guests at check in",
    ],
)
def test_an_age_of_another_time_is_asked_about(question: str) -> None:
    """Ages are those of today."""
    assert _best("inn", question).confidence <= 0.2


def test_what_was_open_then_is_asked_about() -> None:
    """Opened in that year and open today is not what was open in it; by a kind it is."""
    assert _best("inn", "open branches per year").confidence <= 0.2
    assert _best("inn", "open branches").confidence > 0.2


def test_who_is_old_is_still_told() -> None:
    """Ages and lengths of what has both days stay."""
    assert _best("inn", "average age of the guests").confidence >= ANSWER
    assert _best("inn", "guests older than 30").confidence > 0.2


def test_two_averages_are_two_figures() -> None:
    """One of them is half an answer."""
    for question in (
        "average price and average total price",
        "average total price and average price",
    ):
        draft = _best("inn", question)
        assert draft.sql.count("AVG(") == 2 or draft.confidence <= 0.2


def test_what_a_line_is_for_is_not_left_out() -> None:
    """Per hotel is a line for each hotel, not for each price."""
    draft = _best("inn", "number of bookings and total price per hotel")
    assert "hotel" in draft.sql.partition("GROUP BY")[2] or draft.confidence <= 0.2
    assert shop.parsed("number of orders per region").drafts[0].confidence > 0.2
