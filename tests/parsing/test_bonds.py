"""What was done is not told by who belongs to whom."""

from __future__ import annotations

import pytest

from tests.parsing.league import against, drafts, rows


@pytest.mark.parametrize(
    "question",
    [
        "clubs that never bought a player",
        "clubs that never praised players",
        "which clubs never visited Voe?",
    ],
)
def test_a_deed_that_another_table_may_tell_is_asked_about(question: str) -> None:
    """Moves tell of clubs and players as well: those without players now may have bought some."""
    assert "of-which-table" in against(question)


@pytest.mark.parametrize(
    "question",
    ["clubs without players", "clubs that never employed a player", "players who never moved"],
)
def test_what_lasts_is_told_by_the_key(question: str) -> None:
    """Nothing was done there, or a table is called by what was."""
    assert "of-which-table" not in against(question)


def test_an_event_of_somebody_is_what_was_done() -> None:
    """Trials have no names: who was never given one is in none."""
    assert "of-which-table" not in against("players who were never given a trial")
    assert rows("players who were never given a trial") == {("Cem",), ("Dag",), ("Eli",)}


@pytest.mark.parametrize("verb", ["failed", "missed", "won"])
def test_some_verbs_say_more_than_that_two_things_belong_together(verb: str) -> None:
    """Who failed no trial may well have had some."""
    assert "unknown-word" in against(f"players who {verb} at least one trial")
    assert "unknown-word" in against(f"players who never {verb} a trial")


def test_but_not_of_a_key_that_has_one_value_is_no_reading() -> None:
    """A club is in one town: "in Voe but not in Holm" was said of something else."""
    written = [draft.sql for draft in drafts("clubs that travelled to Voe but not to Holm")]
    assert written
    assert not [sql for sql in written if "= 'Voe' AND towns.name <> 'Holm'" in sql]
