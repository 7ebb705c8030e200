"""Words beside a name that add nothing to it, and verbs that say no more than a join does."""

from __future__ import annotations

import pytest

from forerun import parsing
from forerun.domain import Catalog, Column, ForeignKey, Kind, Table
from forerun.parsing.inflection import is_past, relates
from tests.parsing import shop


def _text(name: str, *samples: str) -> Column:
    return Column(name, "TEXT", Kind.TEXT, samples=samples, samples_complete=bool(samples))


def _number(name: str) -> Column:
    return Column(name, "INTEGER", Kind.INTEGER)


def _table(name: str, *columns: Column, **keys: str) -> Table:
    foreign = tuple(ForeignKey((mine,), other, ("id",)) for mine, other in keys.items())
    return Table(name, columns, primary_key=("id",), foreign_keys=foreign, rows=9)


ID, STAFF_ID, COURSE_ID = _number("id"), _number("staff_id"), _number("course_id")
STAFF = _table("staff", ID, _text("name"), _text("phone"))
DIVES = _table("dives", ID, STAFF_ID, _number("style"), _number("entry"), staff_id="staff")
COURSES = _table("courses", ID, _text("title", "Judo", "Yoga"))
PLACES = _table("places", ID, STAFF_ID, COURSE_ID, staff_id="staff", course_id="courses")
CLUB = Catalog("club", "sqlite", (STAFF, DIVES, COURSES, PLACES))


@pytest.mark.parametrize(
    ("question", "sql"),
    [
        ("What are the phone numbers of all staff members?", "SELECT phone FROM staff"),
        ("How many staff members are there?", "SELECT COUNT(*) AS number_of_staff FROM staff"),
        ("the maximum style score of the dives", "SELECT MAX(style) AS highest_style FROM dives"),
        ("the average entry score of the dives", "SELECT AVG(entry) AS average_entry FROM dives"),
    ],
)
def test_a_head_that_adds_nothing_is_passed_over(question: str, sql: str) -> None:
    """The staff members are the staff, the style score of a dive is its style."""
    parsed = parsing.parse(question, CLUB, shop.NOW)
    assert not parsed.unknown
    assert parsed.drafts[0].sql == sql
    assert parsed.drafts[0].confidence >= 0.7


@pytest.mark.parametrize(
    "question",
    [
        "What is the highest title score of the courses?",
        "What are the staff scores?",
        "How many staff complaints are there?",
        "What is the highest score of the dives?",
    ],
)
def test_a_head_that_says_something_is_asked_about(question: str) -> None:
    """A text has no score, and neither do people; complaints are no staff."""
    parsed = parsing.parse(question, CLUB, shop.NOW)
    assert parsed.unknown
    assert all(draft.confidence <= 0.2 for draft in parsed.drafts)


@pytest.mark.parametrize(
    "question",
    ["Which staff have taught the course Yoga?", "Which staff attend the course Yoga?"],
)
def test_a_verb_between_two_names_is_their_join(question: str) -> None:
    """Taught is told by no ending, and attend is no noun."""
    parsed = parsing.parse(question, CLUB, shop.NOW)
    assert parsed.drafts[0].sql.count("JOIN") == 2
    assert parsed.drafts[0].confidence > 0.2


@pytest.mark.parametrize(
    "question",
    [
        "Which staff lost the course Yoga?",
        "Which staff miss the course Yoga?",
        "How many courses were sold?",
        "Which courses did the staff sell?",
    ],
)
def test_a_verb_that_says_something_is_asked_about(question: str) -> None:
    """Who misses a course does not take it, and a course that was sold is not any course."""
    parsed = parsing.parse(question, CLUB, shop.NOW)
    assert all(draft.confidence <= 0.2 for draft in parsed.drafts)


def test_irregular_verbs_are_past_too() -> None:
    """Their ending does not tell; a need is no past."""
    assert is_past("sung")
    assert is_past("performed")
    assert not is_past("need")
    assert relates("teaches")
    assert relates("sung")
    assert not relates("paid")
