"""What is open, what happened beside a time, and months of which the year is in doubt."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from forerun import parsing
from forerun.domain import Draft
from tests.parsing import dated

NOW = datetime(2026, 7, 11, 12, tzinfo=UTC)
ANSWER, GUESS = parsing.Thresholds().answer, parsing.Thresholds().guess


def _best(question: str, database: str = "inn") -> Draft:
    return parsing.parse(question, dated.catalog(database), NOW).drafts[0]


@pytest.mark.parametrize(
    "question",
    ["How many branches are open?", "Which branches are open?", "Which branches are still open?"],
)
def test_what_is_open_has_not_closed(question: str) -> None:
    """Not all branches are open where some have a date of closing."""
    draft = _best(question)
    assert draft.sql.endswith("FROM branches WHERE closed_on IS NULL")
    assert draft.confidence >= ANSWER


@pytest.mark.parametrize(
    "question",
    ["branches that are not open", "branches open in 2020", "number of staff per open hotel"],
)
def test_what_no_date_of_closing_tells_is_asked_about(question: str) -> None:
    """Denied, at another time, or of a table without such a date."""
    assert _best(question).confidence < GUESS


@pytest.mark.parametrize(
    "question", ["open and closed branches", "how many open and closed branches"]
)
def test_open_and_closed_ones_are_asked_about(question: str) -> None:
    """No branch is both; either of the two may be chosen."""
    parsed = parsing.parse(question, dated.catalog("inn"), NOW)
    assert parsed.drafts[0].confidence < GUESS
    assert parsed.clarification is not None
    choices = " ".join(parsed.clarification.choices)
    assert "closed on is missing" in choices
    assert "closed on is known" in choices


def test_who_left_did_so_beside_a_time_too() -> None:
    """A verb after a time of another one is no column to show."""
    draft = _best("How many staff were hired since 2020 and left")
    assert draft.sql.endswith("WHERE hired_on >= DATE('2020-01-01') AND NOT left_on IS NULL")
    assert draft.confidence >= ANSWER
    other = _best("How many staff were hired since 2020 and not left")
    assert other.sql.endswith("WHERE hired_on >= DATE('2020-01-01') AND left_on IS NULL")


def test_a_second_time_is_that_of_its_verb() -> None:
    """`and left in 2026` is no happening of any time."""
    sql = _best("How many staff were hired since 2020 and left in 2026").sql
    assert "left_on >= DATE('2026-01-01') AND left_on < DATE('2027-01-01')" in sql


@pytest.mark.parametrize(
    ("month", "years"), [("before December", ("2025", "2026")), ("until August", ("2025", "2026"))]
)
def test_before_a_month_that_is_yet_to_come_is_asked_about(
    month: str, years: tuple[str, str]
) -> None:
    """In July, before December may be before the last one or the next: both are offered."""
    parsed = parsing.parse(f"How many bookings were there {month}?", dated.catalog("inn"), NOW)
    assert parsed.drafts[0].confidence < GUESS
    assert parsed.clarification is not None
    choices = " ".join(parsed.clarification.choices)
    assert all(f"before {year}" in choices for year in years)


@pytest.mark.parametrize("month", ["before March", "before December 2025", "since December"])
def test_a_month_that_can_only_be_one_is_that_one(month: str) -> None:
    """A month gone by, one with its year, and the last one that has begun."""
    assert _best(f"How many bookings were there {month}?").confidence >= ANSWER
