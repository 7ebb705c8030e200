"""What is not so in one word: `inactive users`, where a column says whether they are active."""

from __future__ import annotations

import pytest

from forerun import parsing
from forerun.domain import Catalog, Column, Kind, Table
from tests.parsing.trading import ANSWER, GUESS, NOW, best


def _flag(name: str) -> Column:
    return Column(
        name, "INTEGER", Kind.INTEGER, nullable=False, samples=(0, 1), samples_complete=True
    )


CASES = Table(
    "cases",
    (
        Column("case_id", "INTEGER", Kind.INTEGER, nullable=False),
        _flag("is_closed"),
        _flag("is_charged"),
    ),
    primary_key=("case_id",),
    rows=90,
)


@pytest.mark.parametrize(
    ("name", "question", "where"),
    [
        ("software", "how many users are inactive?", "WHERE is_active = 0"),
        ("software", "inactive users", "WHERE is_active = 0"),
        ("freight", "how many uninsured shipments are there?", "WHERE insured = 0"),
    ],
)
def test_what_is_not_so_is_told_by_what_says_no(name: str, question: str, where: str) -> None:
    """The column that says whether it is so says no."""
    draft = best(name, question)
    assert draft.sql.endswith(where)
    assert draft.confidence >= (ANSWER if question.startswith("how") else GUESS)


def test_a_share_of_what_is_not_so_is_one_of_all() -> None:
    """The share of inactive users is one of all users, and no list of the inactive."""
    draft = best("software", "share of inactive users")
    assert "CASE WHEN is_active = 0" in draft.sql
    assert draft.confidence >= ANSWER


def test_the_most_of_what_is_not_so_counts_the_rows() -> None:
    """An account with the most inactive users has the most rows of that kind."""
    draft = best("software", "which account has the most inactive users?")
    assert "is_active = 0" in draft.sql
    assert "ORDER BY COUNT(*) DESC" in draft.sql


def test_of_what_no_column_tells_nothing_is_denied() -> None:
    """Inactive plans are none that any column knows, so that they are asked about."""
    assert best("software", "inactive plans").confidence < GUESS


@pytest.mark.parametrize("question", ["disclosed cases", "how many discharged cases are there?"])
def test_not_all_that_begins_so_is_denied(question: str) -> None:
    """Who was discharged may well have been charged, and what is disclosed is not open."""
    draft = parsing.parse(question, Catalog("court", "sqlite", (CASES,)), NOW).drafts[0]
    assert "is_c" not in draft.sql
    assert draft.confidence < GUESS
