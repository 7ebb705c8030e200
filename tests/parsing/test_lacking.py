"""Who has no value: a list of rows, not of values; and who is not insured with one insurer."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from forerun import parsing
from forerun.domain import Catalog, Draft
from tests.parsing import campus, dated

NOW = datetime(2026, 7, 11, 12, tzinfo=UTC)
ANSWER, GUESS = parsing.Thresholds().answer, parsing.Thresholds().guess


def _best(question: str, catalog: Catalog | None = None) -> Draft:
    return parsing.parse(question, catalog or dated.catalog("inn"), NOW).drafts[0]


def _filled(column: str) -> Catalog:
    """The catalog with that column NOT NULL."""
    tables = tuple(
        replace(
            table,
            columns=tuple(
                replace(each, nullable=False) if each.name == column else each
                for each in table.columns
            ),
        )
        for table in dated.catalog("inn").tables
    )
    return replace(dated.catalog("inn"), tables=tables)


@pytest.mark.parametrize(
    "question",
    ["guests who have no email", "Which guests have no email?", "guests without an email",
     "List the guests who do not have an email"],
)  # fmt: skip
def test_who_has_no_value_is_listed(question: str) -> None:
    """By name, not by the values that are missing."""
    draft = _best(question)
    assert draft.sql == "SELECT full_name FROM guests WHERE email IS NULL"
    assert draft.confidence >= ANSWER


@pytest.mark.parametrize(
    "question",
    ["guests who have no email but a date of birth", "guests who never confirmed an email"],
)  # fmt: skip
def test_what_else_is_said_of_missing_values_is_asked_about(question: str) -> None:
    """Contrasts the other way round and verbs that nothing is called."""
    assert _best(question).confidence < ANSWER


@pytest.mark.parametrize(
    "question",
    ["guests with no email or date of birth", "guests with neither an email nor a date of birth",
     "guests without an email or a date of birth",
     "guests who have neither email nor date of birth"],
)  # fmt: skip
def test_who_has_neither_lacks_both(question: str) -> None:
    """No email or date of birth is not the one or the other."""
    draft = _best(question)
    assert draft.sql.endswith("WHERE email IS NULL AND date_of_birth IS NULL")
    assert draft.sql.startswith("SELECT full_name")
    assert draft.confidence >= ANSWER


def test_who_has_one_but_not_the_other_is_listed() -> None:
    """By name, where the one is known and the other is missing."""
    draft = _best("guests with a date of birth but no email")
    assert draft.sql.endswith("WHERE NOT date_of_birth IS NULL AND email IS NULL")
    assert draft.sql.startswith("SELECT full_name")


def test_who_has_orders_but_no_refunds_is_told_once() -> None:
    """A row each, with a partner of the one kind and without any of the other."""
    sql = _best("customers with orders but no refunds", dated.catalog("shop")).sql
    assert sql.startswith("SELECT customers.name FROM customers WHERE customers.id IN (")
    assert "AND NOT customers.id IN (SELECT orders.customer_id FROM orders JOIN refunds" in sql


def test_what_every_row_has_is_not_missing() -> None:
    """A column that is never empty is lacked by nobody."""
    assert _best("guests who have no email", _filled("email")).confidence < GUESS


@pytest.mark.parametrize(
    ("question", "condition"),
    [
        ("guests not insured with Axa", "insurer IS NULL OR insurer <> 'Axa'"),
        ("How many guests are not insured with Axa?", "insurer IS NULL OR insurer <> 'Axa'"),
        ("guests not insured with Axa or Generali",
         "insurer IS NULL OR NOT insurer IN ('Axa', 'Generali')"),
        ("guests from Austria not insured with Axa",
         "country = 'Austria' AND (insurer IS NULL OR insurer <> 'Axa')"),
        ("guests whose insurer is not Axa", "insurer <> 'Axa'"),
        ("hotels not located in Vienna", "city <> 'Vienna'"),
    ],
)  # fmt: skip
def test_who_is_not_insured_at_all_is_not_insured_with_one(question: str, condition: str) -> None:
    """A denied deed is not done by who did none; a denied value is another value."""
    assert _best(question).sql.endswith(f"WHERE {condition}")


def test_without_missing_values_the_condition_is_plain() -> None:
    """Where everybody has an insurer, nobody is looked for who has none."""
    sql = _best("guests not insured with Axa", _filled("insurer")).sql
    assert sql.endswith("WHERE insurer <> 'Axa'")


@pytest.mark.parametrize(
    "question",
    [
        "names of students who are not living in the city VOE",
        "students who do not live in VOE",
        "students not living in city VOE",
    ],
)
def test_who_lives_elsewhere_is_not_who_lives_nowhere(question: str) -> None:
    """`lives_in` tells of dorms: who is in none of them may still live in that city."""
    assert campus.best(question).confidence <= 0.2 or campus.rows(question) == {("Bob",), ("Dag",)}


def test_who_lives_in_no_dorm_is_still_found() -> None:
    """Where no place is named, it is the dorms that are denied."""
    assert campus.rows("names of students who do not live in any dorm") == {("Cem",)}


def test_what_says_yes_or_no_is_not_missing() -> None:
    """Dorms without a piano say that they have none."""
    assert campus.rows("dorms without a piano") == {("South Hall",)}
    found = parsing.parse("dorms without a piano", campus.catalog(), campus.NOW).drafts
    assert not [draft.sql for draft in found if "NULL" in draft.sql]
