"""Of which date a period is, where a table holds several."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from forerun import parsing
from forerun.domain import Column, Draft, Kind
from forerun.parsing.happenings import usual
from forerun.parsing.index import build
from tests.parsing import dated

NOW = datetime(2025, 7, 1, 12, tzinfo=UTC)
ANSWER = parsing.Thresholds().answer
GUESS = parsing.Thresholds().guess


def _best(database: str, question: str) -> Draft:
    return parsing.parse(question, dated.catalog(database), NOW).drafts[0]


SAID = [
    ("shop", "How many orders were placed in March 2024?", "ordered_at"),
    ("shop", "How many orders were shipped in March 2024?", "shipped_at"),
    ("shop", "How many orders did we ship in March 2024?", "shipped_at"),
    ("shop", "number of orders delivered in 2023", "delivered_at"),
    ("shop", "In March 2024, how many orders were delivered?", "delivered_at"),
    ("shop", "number of orders shipped per month", "shipped_at"),
    ("shop", "How many customers signed up in 2024?", "created_at"),
    ("shop", "How many customers signed up per month?", "created_at"),
    ("shop", "How many customers joined since 2024?", "created_at"),
    ("shop", "number of new customers in Q3 2024", "created_at"),
    ("shop", "How many customers were updated in 2024?", "updated_at"),
    ("shop", "How many refunds were requested in 2024?", "requested_at"),
    ("clinic", "How many appointments were booked in March 2024?", "booked_at"),
    ("clinic", "How many appointments were made in March 2024?", "booked_at"),
    ("clinic", "How many appointments took place in March 2024?", "starts_at"),
    ("clinic", "How many appointments were cancelled in 2024?", "cancelled_at"),
    ("clinic", "How many patients were born in 1980?", "date_of_birth"),
    ("clinic", "Which doctors left in 2022?", "left_on"),
    ("clinic", "How many invoices were due in March 2024?", "due_on"),
    ("clinic", "total amount of invoices paid in 2024", "paid_on"),
    ("clinic", "total amount of invoices paid in 2024 by month", "month, paid_on"),
    ("shop", "How many orders were shipped per month in 2024?", "month, shipped_at"),
    ("staff", "How many employees joined in 2020?", "hire_date"),
    ("staff", "How many employees left in 2022?", "termination_date"),
    ("staff", "How many new employees in 2023?", "hire_date"),
    ("staff", "How many leave requests start in March 2024?", "start_date"),
    ("desk", "number of tickets created in 2024", "opened_at"),
    ("desk", "How many tickets were raised in March 2024?", "opened_at"),
    ("desk", "How many tickets were resolved in March 2024?", "resolved_at"),
    ("desk", "How many comments were edited in 2024?", "edited_at"),
    ("streams", "How many accounts churned in 2024?", "cancelled_at"),
    ("streams", "number of subscriptions that ended in 2024", "ended_on"),
    ("streams", "How many subscriptions renew in 2026?", "renews_on"),
    ("hotel", "How many reservations were made in March 2024?", "booked_on"),
    ("library", "How many members joined in 2024?", "member_since"),
    ("library", "How many loans were returned in 2024?", "returned_on"),
]
UNSAID = [
    ("shop", "How many orders were there in March 2024?", "ordered_at"),
    ("shop", "number of orders per month", "ordered_at"),
    ("shop", "number of orders by status in 2024", "ordered_at"),
    ("shop", "How many cancelled orders were there in 2024?", "ordered_at"),
    ("shop", "customers without orders in 2024", "ordered_at"),
    ("shop", "number of refunds in 2024", "refunded_at"),
    ("shop", "the 5 most recent orders", "ordered_at"),
    ("clinic", "How many appointments were there in March 2024?", "starts_at"),
    ("clinic", "number of prescriptions in 2024", "prescribed_on"),
    ("clinic", "number of invoices by month", "issued_on"),
    ("staff", "total gross of payslips in 2024", "pay_date"),
    ("staff", "How many leave requests were there in March 2024?", "requested_on"),
    ("desk", "number of tickets per priority in 2024", "opened_at"),
    ("desk", "number of comments in 2024", "created_at"),
    ("desk", "total minutes of calls in 2024", "started_at"),
    ("streams", "total amount of payments in 2024", "paid_at"),
    ("streams", "number of events per kind in 2024", "occurred_at"),
    ("streams", "number of accounts per country in 2024", "signed_up_at"),
    ("hotel", "number of visits per month", "checked_in_at"),
    ("library", "How many loans were there in March 2024?", "borrowed_on"),
    ("library", "number of posts per month", "published_at"),
]
ASKED = [
    ("shop", "How many orders were packed in March 2024?"),
    ("shop", "How many orders were returned in 2024?"),
    ("shop", "How many orders were open in March 2024?"),
    ("staff", "How many employees were there in 2020?"),
    ("desk", "How many tickets were escalated in March 2024?"),
    ("desk", "How many tickets were open in March 2024?"),
    ("streams", "number of subscriptions in 2024"),
    ("hotel", "number of reservations in March 2024"),
    ("hotel", "number of policies in 2024"),
    ("hotel", "number of tasks in March 2024"),
]


@pytest.mark.parametrize(("database", "question", "column"), SAID)
def test_the_words_before_a_time_tell_which_date_it_is_of(
    database: str, question: str, column: str
) -> None:
    """What was shipped in March is looked for by `shipped_at`, and answered: nothing is open."""
    draft = _best(database, question)
    *unit, column = column.split(", ")
    assert column in draft.sql
    assert not unit or f"STRFTIME('%Y-%m', {column})" in draft.sql
    assert draft.confidence >= ANSWER


@pytest.mark.parametrize(("database", "question", "column"), UNSAID)
def test_where_nothing_is_said_the_usual_date_is_taken(
    database: str, question: str, column: str
) -> None:
    """Orders in March were placed in March, whatever became of them; the reading says so."""
    draft = _best(database, question)
    assert column in draft.sql
    assert draft.confidence >= ANSWER
    assert column.replace("_", " ") in str(draft.reading)


@pytest.mark.parametrize(("database", "question"), ASKED)
def test_where_no_date_is_the_usual_one_the_asker_is_asked(database: str, question: str) -> None:
    """A verb that no date goes by, things that last, and dates of equal right are doubts."""
    assert _best(database, question).confidence < ANSWER


def test_kinds_of_two_words_are_counted_in_the_plural() -> None:
    """No-shows are appointments whose status is no-show; "no" denies nothing here."""
    draft = _best("clinic", "How many no-shows were there in 2024?")
    assert "COUNT(*)" in draft.sql
    assert "status = 'no-show' AND (starts_at" in draft.sql
    assert draft.confidence >= GUESS


@pytest.mark.parametrize(
    ("database", "question", "order"),
    [
        ("shop", "Which month had the most orders?", "COUNT(*) DESC LIMIT 1"),
        ("shop", "In which month were the most orders placed?", "COUNT(*) DESC LIMIT 1"),
        ("clinic", "Which month had the highest revenue?", "SUM(amount) DESC LIMIT 1"),
        ("clinic", "Which month had the lowest revenue?", "SUM(amount) ASC NULLS LAST LIMIT 1"),
    ],
)
def test_the_foremost_month_is_a_month(database: str, question: str, order: str) -> None:
    """Not the largest invoice, and by what all of its invoices come to."""
    draft = _best(database, question)
    assert "GROUP BY STRFTIME('%Y-%m'," in draft.sql
    assert " IS NULL GROUP BY " in draft.sql  # no row without a month makes the foremost
    assert draft.sql.endswith(f"ORDER BY {order}")
    assert draft.confidence >= ANSWER


def test_in_is_no_stored_state_where_a_month_follows() -> None:
    """ "IN" is stored, and no month: in March is a month all the same."""
    catalog = dated.catalog("staff")
    (employees, *others) = catalog.tables
    state = Column("state", "TEXT", Kind.TEXT, samples=("IN", "OH"), samples_complete=True)
    employees = replace(employees, columns=(*employees.columns, state))
    catalog = replace(catalog, tables=(employees, *others))
    draft = parsing.parse("How many employees joined in March?", catalog, NOW).drafts[0]
    assert "hire_date >= DATE('2025-03-01')" in draft.sql


def test_a_month_of_birth_is_of_no_year() -> None:
    """Born in March is any March, which no period tells; joined in March is the latest one."""
    assert _best("clinic", "How many patients were born in March?").confidence < ANSWER
    draft = _best("staff", "How many employees joined in March?")
    assert "hire_date >= DATE('2025-03-01') AND hire_date < DATE('2025-04-01')" in draft.sql
    assert draft.confidence >= ANSWER


def test_the_asker_chooses_between_the_dates() -> None:
    """Asked back about reservations, the question is which of the dates is meant."""
    asked = parsing.parse("number of reservations in March 2024", dated.catalog("hotel"), NOW)
    assert asked.clarification is not None
    assert asked.clarification.question == (
        "Which date of reservations do you mean: check in, booked on or check out?"
    )
    assert len(asked.clarification.drafts) == 3


def test_each_time_has_its_own_date() -> None:
    """Two times in one question, each said of something else, are of two dates."""
    placed, shipped = "ordered_at >= DATE('2024-01-01')", "shipped_at >= DATE('2025-01-01')"
    draft = _best("shop", "How many orders were placed in 2024 and shipped in 2025?")
    assert placed in draft.sql
    assert shipped in draft.sql
    draft = _best("shop", "How many orders of 2024 were shipped in 2025?")
    assert placed in draft.sql
    assert shipped in draft.sql


def test_times_said_together_are_of_one_date() -> None:
    """Shipped in one year or another."""
    draft = _best("shop", "How many orders were shipped in 2023 or 2024?")
    assert draft.sql.count("shipped_at") == 4
    assert "ordered_at" not in draft.sql


def test_a_date_that_every_row_has_goes_before_one_that_some_lack() -> None:
    """Trees that are planted and, some of them, felled: no list knows these words."""
    catalog = dated.catalog("library")
    table = catalog.tables[0]
    since, expires = (c for c in table.columns if c.kind is Kind.DATE)
    planted, felled = replace(since, name="planted_on"), replace(expires, name="felled_on")
    equal = replace(table, name="trees", columns=(*table.columns[:2], planted, felled))
    lacking = replace(equal, columns=(*table.columns[:2], replace(planted, nullable=False), felled))
    (one,) = build(replace(catalog, tables=(equal,))).entities
    (other,) = build(replace(catalog, tables=(lacking,))).entities
    found = usual(other)
    assert usual(one) is None
    assert found is not None
    assert found.name == "planted_on"


@pytest.mark.parametrize(
    ("question", "condition"),
    [
        ("How many new cars were sold in 2024?", "condition = 'new'"),
        ("average price of new cars in 2024", "condition = 'new'"),
        ("How many used cars were sold in 2024?", "condition = 'used'"),
        ("number of used cars", "condition = 'used'"),
        ("How many new leads since January 2025?", "stage = 'new'"),
        ("How many new buyers in 2024?", "name = 'new'"),
    ],
)
def test_new_is_a_stored_value_where_it_is_one(question: str, condition: str) -> None:
    """New cars are not those that came in that year but those that nobody drove before; used ones
    are the others.
    """
    assert condition in _best("lot", question).sql


@pytest.mark.parametrize(
    ("database", "question"),
    [
        ("staff", "How many employees are left in 2024?"),
        ("staff", "How many employees are there left in 2024?"),
        ("staff", "How many employees had we left in 2024?"),
        ("staff", "How many employees do we have left in 2024?"),
        ("staff", "Number of employees still left per year"),
        ("streams", "How many subscriptions are left in 2024?"),
        ("clinic", "How many doctors were left in 2022?"),
        ("clinic", "How many doctors were there left in 2022?"),
        ("clinic", "How many doctors had we left in 2022?"),
    ],
)
def test_who_is_left_has_not_left(database: str, question: str) -> None:
    """Those who are still there are none of those who went; no date tells of them."""
    assert _best(database, question).confidence < 0.5


def test_who_is_on_leave_has_not_left() -> None:
    """A noun, where what it means is not known."""
    assert _best("staff", "How many employees were on leave in 2024?").confidence < ANSWER


@pytest.mark.parametrize(
    "question", ["Which doctors have left in 2022?", "How many doctors who left in 2022 are there?"]
)
def test_who_has_left_is_gone(question: str) -> None:
    """The same word with other words before it."""
    assert "left_on" in _best("clinic", question).sql


@pytest.mark.parametrize(
    ("database", "question"),
    [
        ("staff", "How many employees were there at the start of 2025?"),
        ("staff", "How many leave requests were requested by the end of March 2025?"),
        ("staff", "How many leave requests were there at the end of March 2025?"),
        ("streams", "How many subscriptions had we at the end of 2024?"),
        ("streams", "number of subscriptions at the end of each month"),
        ("streams", "How many subscriptions are there by end of 2024?"),
        ("desk", "How many calls were there at the start of 2024?"),
        ("shop", "How many orders were shipped by the end of March 2025?"),
    ],
)
def test_the_start_and_the_end_of_a_time_are_no_verbs(database: str, question: str) -> None:
    """Nothing began or ended then: what there was at one moment is asked, which no plan tells."""
    assert _best(database, question).confidence < ANSWER


def test_a_start_may_name_a_column() -> None:
    """A start month is no start of a month."""
    draft = _best("staff", "number of leave requests by start month")
    assert "STRFTIME('%Y-%m', start_date)" in draft.sql


@pytest.mark.parametrize(
    ("database", "question"),
    [
        ("shop", "How many orders were shipped and delivered in March 2025?"),
        ("shop", "How many orders were shipped or delivered in March 2025?"),
        ("shop", "How many orders were shipped and then delivered in March 2025?"),
        ("shop", "How many orders were placed and delivered in March 2025?"),
        ("shop", "In March 2025, how many orders were shipped and delivered?"),
        ("shop", "number of orders shipped and delivered per month"),
        ("desk", "How many tickets were opened and closed in March 2025?"),
    ],
)
def test_two_happenings_with_one_time_are_asked_about(database: str, question: str) -> None:
    """Shipped then, or shipped at all and delivered then: one is no status beside the other."""
    assert _best(database, question).confidence < 0.5


@pytest.mark.parametrize(
    ("database", "question", "sure"),
    [
        ("hotel", "How many guests were there in 2024?", True),
        ("marina", "How many sailors were there in 2024?", False),
        ("marina", "sailors since 2020", False),
        ("marina", "number of sailors per year", False),
        ("marina", "How many sailors were born in 1990?", True),
        ("marina", "number of sailors per year of birth", True),
    ],
)
def test_a_birth_is_no_time_of_a_row(database: str, question: str, sure: bool) -> None:
    """Where a table has no other date, sailors of 2024 are not those who were born then."""
    assert (_best(database, question).confidence >= ANSWER) is sure


@pytest.mark.parametrize("words", ["in a month", "within one year", "on any day"])
def test_one_time_of_many_is_asked_about(words: str) -> None:
    """Of which month, or of each: all orders together are no answer to how many are made in one."""
    assert _best("shop", f"How many orders were placed {words}?").confidence <= 0.2
