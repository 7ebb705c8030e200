"""What happened at any time: a date that only some rows have says of which rows it did."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from forerun import parsing
from forerun.domain import Catalog, Draft, Outcome
from forerun.parsing import Parsed
from tests.parsing import dated

NOW = datetime(2025, 7, 1, 12, tzinfo=UTC)
ANSWER, GUESS = parsing.Thresholds().answer, parsing.Thresholds().guess


def _parsed(database: str, question: str) -> Parsed:
    return parsing.parse(question, dated.catalog(database), NOW)


def _best(database: str, question: str) -> Draft:
    return _parsed(database, question).drafts[0]


HAPPENED = [
    ("clinic", "How many doctors have left?", "NOT left_on IS NULL"),
    ("clinic", "Which doctors have left?", "NOT left_on IS NULL"),
    ("clinic", "list the doctors who left", "NOT left_on IS NULL"),
    ("clinic", "How many doctors have left in total?", "NOT left_on IS NULL"),
    ("clinic", "How many doctors have not left?", "left_on IS NULL"),
    ("clinic", "In all, how many doctors have left?", "NOT left_on IS NULL"),
    ("clinic", "How many doctors haven't left yet?", "left_on IS NULL"),
    ("clinic", "How many invoices have been paid?", "NOT paid_on IS NULL"),
    ("clinic", "How many invoices were settled?", "NOT paid_on IS NULL"),
    ("clinic", "How many invoices have not been paid yet?", "paid_on IS NULL"),
    ("clinic", "How many invoices are still unpaid?", "paid_on IS NULL"),
    ("clinic", "total amount of unpaid invoices", "paid_on IS NULL"),
    ("staff", "How many employees have left?", "NOT termination_date IS NULL"),
    ("streams", "How many accounts churned?", "NOT cancelled_at IS NULL"),
    ("library", "How many loans have been returned?", "NOT returned_on IS NULL"),
    ("library", "How many loans were never returned?", "returned_on IS NULL"),
    ("shop", "How many refunds have been refunded?", "NOT refunded_at IS NULL"),
]
ASKED = [
    ("shop", "How many orders have been shipped?"),
    ("shop", "How many orders were delivered?"),
    ("shop", "How many orders have not been shipped?"),
    ("clinic", "How many appointments have been cancelled?"),
    ("clinic", "How many doctors have been promoted?"),
    ("clinic", "How many prescriptions have expired?"),
    ("clinic", "How many invoices are to be paid?"),
    ("clinic", "How many invoices are not unpaid?"),
    ("hotel", "How many rooms are reserved?"),
    ("clinic", "How many invoices have been paid more than once?"),
    ("clinic", "How many invoices were not paid per month?"),
    ("library", "How many loans are not returned per month?"),
    ("clinic", "How many doctors were hired in 2023 or left in 2024?"),
    ("library", "How many loans were borrowed in 2023 or returned in 2024?"),
    ("clinic", "How many invoices should have been paid?"),
    ("clinic", "How many invoices could have been paid?"),
    ("clinic", "How many invoices will be paid?"),
    ("clinic", "How many invoices have to be paid?"),
    ("clinic", "How many invoices are being paid?"),
    ("clinic", "How many invoices have just been paid?"),
    ("clinic", "total amount of paid and unpaid invoices"),
    ("desk", "How many tickets have been escalated?"),
    ("hotel", "How many reservations were cancelled?"),
]
NOT_ALL = [
    ("staff", "Which employees are available?"),
    ("staff", "How many available employees are there?"),
    ("staff", "How many employees are available in March 2025?"),
    ("staff", "How many current employees are there?"),
    ("clinic", "How many doctors do we currently have?"),
    ("library", "How many members are old?"),
    ("streams", "How many subscriptions have been used?"),
    ("hotel", "How many visits have been held?"),
]
PER = [
    ("clinic", "How many doctors left per year?", "left_on"),
    ("shop", "number of orders shipped per month", "shipped_at"),
    ("streams", "How many accounts were cancelled per month in 2024?", "cancelled_at"),
]
TOGETHER = [
    ("clinic", "number of invoices that were paid or settled in 2024"),
    ("shop", "number of orders that were cancelled or shipped in 2024"),
]


@pytest.mark.parametrize(("database", "question", "condition"), HAPPENED)
def test_what_has_happened_is_told_by_its_date(
    database: str, question: str, condition: str
) -> None:
    """Not all doctors have left; the reading says which, and is sure enough to be answered."""
    draft = _best(database, question)
    assert draft.sql.endswith(f"WHERE {condition}")
    assert draft.confidence >= ANSWER


@pytest.mark.parametrize(("database", "question"), ASKED)
def test_what_no_date_tells_alone_is_asked_about(database: str, question: str) -> None:
    """A status beside the date, a date that may have yet to come, a verb that nothing is called;
    what only may have happened, or did and did not.
    """
    assert _best(database, question).confidence < GUESS


@pytest.mark.parametrize(("database", "question"), NOT_ALL)
def test_what_rows_are_told_to_be_is_not_left_out(database: str, question: str) -> None:
    """Not all employees are available, nor are all that ever were employees still."""
    assert _best(database, question).confidence < GUESS


@pytest.mark.parametrize(("database", "question"), TOGETHER)
def test_a_state_is_nothing_that_happened_in_a_time(database: str, question: str) -> None:
    """Paid at all is not paid in that year."""
    assert _best(database, question).confidence < GUESS


@pytest.mark.parametrize(
    ("database", "question", "order"),
    [
        ("clinic", "amount of the most recently paid invoice", "paid_on"),
        ("library", "Which loan was returned most recently?", "returned_on"),
        ("streams", "Which company was cancelled most recently?", "cancelled_at"),
    ],
)
def test_what_happened_most_recently_did_so_by_its_own_date(
    database: str, question: str, order: str
) -> None:
    """Paid most recently, whenever it was issued; all that were paid would not do."""
    assert _best(database, question).sql.endswith(f"IS NULL ORDER BY {order} DESC LIMIT 1")


@pytest.mark.parametrize(("database", "question", "column"), PER)
def test_what_has_not_happened_is_of_no_month(database: str, question: str, column: str) -> None:
    """Doctors who are still there make no line of their own."""
    draft = _best(database, question)
    assert f"NOT {column} IS NULL" in draft.sql
    assert draft.confidence >= ANSWER


def test_who_has_several_counts_once() -> None:
    """A patient with two unpaid invoices is one patient, however the question is read."""
    parsed = _parsed("clinic", "How many patients have unpaid invoices?")
    for query in parsing.rivals(parsed):
        assert "COUNT(*)" not in query or "JOIN" not in query


def test_what_happened_to_every_row_says_nothing() -> None:
    """A date that every row has: all were issued, and none was not."""
    catalog = _every_row_has("clinic", "issued_on")
    (draft, *_) = parsing.parse("How many invoices have been issued?", catalog, NOW).drafts
    assert draft.sql.endswith("FROM invoices")
    assert draft.confidence >= ANSWER


def _every_row_has(database: str, column: str) -> Catalog:
    catalog = dated.catalog(database)
    tables = (
        replace(t, columns=tuple(replace(c, nullable=c.name != column) for c in t.columns))
        for t in catalog.tables
    )
    return replace(catalog, tables=tuple(tables))


@pytest.mark.parametrize("same", [True, False])
def test_a_state_and_its_date_that_agree_are_answered(same: bool) -> None:
    """Cancelled by status and by date: where both are the same rows, there is nothing to ask."""
    parsed = _parsed("clinic", "How many appointments have been cancelled?")
    outcomes = [Outcome(0 if same else at, 1) for at in range(len(parsing.rivals(parsed)))]
    assert len(outcomes) > 1
    assert (parsing.merged(parsed, outcomes).drafts[0].confidence >= ANSWER) is same


def test_happenings_beside_a_time_are_of_their_own_date() -> None:
    """Issued in a year, paid at any time."""
    draft = _best("clinic", "How many invoices issued in 2024 have been paid?")
    assert "issued_on >= DATE('2024-01-01')" in draft.sql
    assert "NOT paid_on IS NULL" in draft.sql


@pytest.mark.parametrize(
    ("database", "question", "words"),
    [
        ("library", "Which members are old?", "what to make of “old” here. Without it"),
        ("staff", "Which employees are available and hungry?", "“available” or “hungry”"),
    ],
)
def test_who_chooses_is_told_what_is_left_out(database: str, question: str, words: str) -> None:
    """A choice that says nothing of a word must not look as if it did."""
    asked = _parsed(database, question).clarification
    assert asked is not None
    assert words in asked.question


def test_what_is_undone_is_no_misspelt_word() -> None:
    """Unassigned accounts are not signed up ones misspelt."""
    asked = _parsed("streams", "How many accounts are unassigned?").clarification
    assert asked is not None
    assert "did you mean" not in asked.question


def test_a_flag_is_told_as_yes_or_no() -> None:
    """Nobody who chooses knows what is stored for it."""
    catalog = dated.catalog("hotel")
    tasks = next(table for table in catalog.tables if table.name == "tasks")
    columns = tuple(
        replace(c, samples=("0", "1"), samples_complete=True) if c.name == "done" else c
        for c in tasks.columns
    )
    catalog = replace(catalog, tables=(replace(tasks, columns=columns),))
    draft = parsing.parse("How many tasks are done?", catalog, NOW).drafts[0]
    assert str(draft.reading).endswith("where done of tasks is yes")
