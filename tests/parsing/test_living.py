"""Verbs that lead to a place."""

from __future__ import annotations

import pytest

from forerun import parsing
from tests.parsing import shop
from tests.parsing.test_kinds import CATALOG

ANSWER = parsing.Thresholds().answer


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
