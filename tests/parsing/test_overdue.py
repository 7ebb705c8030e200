"""What is overdue today, and what was returned late."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from forerun import parsing
from forerun.domain import Draft
from tests.parsing import dated

NOW = datetime(2026, 7, 11, 12, tzinfo=UTC)
ANSWER, GUESS = parsing.Thresholds().answer, parsing.Thresholds().guess
OPEN = "due_on < DATE('2026-07-11') AND returned_on IS NULL"


def _best(question: str, database: str = "library") -> Draft:
    return parsing.parse(question, dated.catalog(database), NOW).drafts[0]


@pytest.mark.parametrize(
    ("question", "condition"),
    [
        ("How many loans are overdue?", OPEN),
        ("number of overdue loans", OPEN),
        ("How many loans were returned late?", "returned_on > due_on"),
        ("How many loans were returned on time?", "returned_on <= due_on"),
    ],
)
def test_what_is_overdue_is_told_by_two_days(question: str, condition: str) -> None:
    """Due before today and not done; done later than due, or by then."""
    draft = _best(question)
    assert draft.sql.endswith(f"WHERE {condition}")
    assert draft.confidence >= ANSWER


def test_lists_of_what_is_overdue_hold_nothing_else() -> None:
    """Rows, narrowed by both days; per member each by its own."""
    assert _best("which loans are overdue").sql.endswith(f"WHERE {OPEN}")
    assert "loans.due_on < DATE('2026-07-11')" in _best("overdue loans per member").sql


def test_no_loan_is_overdue_and_returned() -> None:
    """A day that is known and missing is no condition: either of the two is offered."""
    parsed = parsing.parse("overdue and returned loans", dated.catalog("library"), NOW)
    assert parsed.drafts[0].confidence < GUESS
    assert parsed.clarification is not None
    assert len(parsed.clarification.choices) == 2
    assert all(
        ("is missing" in choice) != ("is known" in choice)
        for choice in parsed.clarification.choices
    )


def test_the_total_of_overdue_loans_is_their_number() -> None:
    """Not a list of them."""
    draft = _best("total overdue loans")
    assert draft.sql == f"SELECT COUNT(*) AS number_of_loans FROM loans WHERE {OPEN}"
    assert draft.confidence >= ANSWER


def test_invoices_are_overdue_until_they_are_paid() -> None:
    """The day on which it is done goes by the verb of its table."""
    sql = _best("How many invoices are overdue?", "clinic").sql
    assert sql.endswith("WHERE due_on < DATE('2026-07-11') AND paid_on IS NULL")


@pytest.mark.parametrize(
    ("database", "question"),
    [
        ("library", "How many loans are not overdue?"),
        ("library", "How many loans were not returned late?"),
        ("library", "How many loans were overdue in 2025?"),
        ("library", "How many loans were overdue?"),
        ("library", "How many loans were returned late in 2025?"),
        ("library", "How many loans have been overdue since May?"),
        ("library", "How many loans are overdue by more than 30 days?"),
        ("library", "late loans"),
        ("library", "How many loans were paid late?"),
        ("inn", "How many bookings are overdue?"),
        ("streams", "How many payments were paid late?"),
    ],
)
def test_what_two_days_do_not_tell_is_asked_about(database: str, question: str) -> None:
    """Denied, at another time, by how much, undone, or of rows that are never due; a day beside a
    moment of it.
    """
    assert _best(question, database).confidence < GUESS
