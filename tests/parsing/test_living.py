"""Verbs that lead to a place."""

from __future__ import annotations

import pytest

from forerun import parsing
from forerun.domain import Catalog, Column, Kind, Table
from tests.parsing import shop
from tests.parsing.test_kinds import CATALOG

ANSWER = parsing.Thresholds().answer
CAMPAIGNS = Table(
    "campaigns",
    (
        Column("id", "INTEGER", Kind.INTEGER),
        Column("name", "TEXT", Kind.TEXT),
        Column("city", "TEXT", Kind.TEXT, samples=("Oslo", "Lima"), samples_complete=True),
        Column("budget", "INTEGER", Kind.INTEGER),
    ),
    primary_key=("id",),
    rows=9,
)


@pytest.mark.parametrize(
    ("question", "sql"),
    [
        ("owners who live in Ashford", "SELECT name FROM owners WHERE city = 'Ashford'"),
        ("Which owners reside in Dunley?", "SELECT name FROM owners WHERE city = 'Dunley'"),
    ],
)
def test_who_lives_in_a_place_is_looked_for_by_it(question: str, sql: str) -> None:
    """The place is known, so that the verb says nothing more."""
    draft = parsing.parse(question, CATALOG, shop.NOW).drafts[0]
    assert draft.sql == sql
    assert draft.confidence >= ANSWER


@pytest.mark.parametrize("question", ["Where does Ann live?", "Which city does Ann live in?"])
def test_where_somebody_lives_is_a_place(question: str) -> None:
    """Neither the name is shown nor are the pets."""
    assert parsing.parse(question, CATALOG, shop.NOW).drafts[0].sql == (
        "SELECT city FROM owners WHERE name = 'Ann'"
    )


def test_a_place_that_is_not_there_is_asked_about() -> None:
    """Living somewhere that no column holds is left out by no answer."""
    parsed = parsing.parse("How many owners live in Springville?", CATALOG, shop.NOW)
    assert all(draft.confidence < 0.5 for draft in parsed.drafts)
    assert "live" in parsed.unknown


@pytest.mark.parametrize(
    "question",
    [
        "How many campaigns are live in Oslo?",
        "How many campaigns are currently live in Oslo?",
        "How many campaigns went live in Oslo?",
        "How many campaigns were broadcast live in Oslo?",
        "Which city has the most live campaigns?",
        "Average budget of live campaigns per city",
        "number of living campaigns in each city",
        "How many campaigns live in 2024 by city?",
    ],
)
def test_what_is_live_lives_nowhere(question: str) -> None:
    """Not those of the place, all of them: what the word asks for is not known."""
    parsed = parsing.parse(question, Catalog("ads", "sqlite", (CAMPAIGNS,)), shop.NOW)
    assert all(draft.confidence < 0.5 for draft in parsed.drafts)
    assert {"live", "living"} & set(parsed.unknown)


@pytest.mark.parametrize(
    "question",
    [
        "How many owners live in the city Ashford?",
        "How many owners are living in Ashford?",
        "How many owners still live in Ashford?",
        "How many owners who live in Ashford are there?",
    ],
)
def test_who_is_living_somewhere_lives_there(question: str) -> None:
    """A verb, whatever stands before it."""
    draft = parsing.parse(question, CATALOG, shop.NOW).drafts[0]
    assert draft.sql.endswith("WHERE city = 'Ashford'")
    assert "live" not in parsing.parse(question, CATALOG, shop.NOW).unknown
