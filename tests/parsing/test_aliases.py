"""What a column is called besides its name, and keys that nobody declared."""

from __future__ import annotations

import pytest

from forerun.parsing.parser import indexed
from tests.parsing import studio

CALLED = [
    ("title and director of all films", "SELECT title, directed_by FROM film"),
    ("given, middle and family names of actors",
     "SELECT first_name, middle_name, last_name FROM actor"),
    # of two columns the one is meant whose name is said but for its unit
    ("films with a min budget above 90", "SELECT title FROM film WHERE min_budget_usd > 90"),
]  # fmt: skip


@pytest.mark.parametrize(("question", "sql"), CALLED)
def test_names_are_told_from_those_of_columns(question: str, sql: str) -> None:
    """A director is by whom a film is directed, and a budget is so many dollars."""
    draft = studio.best(question)
    assert draft.sql == sql
    assert draft.confidence > 0.85


def test_glued_keys_refer_by_how_they_end() -> None:
    """`leadactorid` is an `actorid`, all of whose values are actors."""
    keys = {(str(mine), str(key)) for edge in indexed(studio.catalog()).edges
            for mine, key in edge.pairs}  # fmt: skip
    assert ("part.leadactorid", "actor.actorid") in keys
    assert ("screening.filmid", "film.filmid") in keys
    assert "leadactorid" in studio.best("actors without any parts").sql
