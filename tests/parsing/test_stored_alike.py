"""Values that are stored in two tables alike, or that a reading passes over."""

from __future__ import annotations

import pytest

from forerun import parsing
from forerun.domain import Turn
from tests.parsing import league

CHILEANS = "SELECT name FROM players WHERE country = 'Chile'"


@pytest.mark.parametrize(
    ("question", "points"),
    [("total points of trials of gold players", 8), ("total points of gold trials", 6)],
)
def test_a_value_right_before_a_table_is_that_table_s(question: str, points: int) -> None:
    """Players and trials are gold or plain alike; what follows says whose level is meant."""
    assert league.rows(question) == {(points,)}


def test_a_value_spelt_out_is_not_left_out() -> None:
    """`how many of them are gold?` is not how many of them there are."""
    earlier = Turn("players from Chile", "players from Chile", CHILEANS)
    best = parsing.parse_after("how many of them are gold?", earlier, league.CATALOG, league.NOW)
    assert best.drafts[0].confidence < 0.6 or "gold" in best.drafts[0].sql


def test_what_never_is_so_is_more_than_not_so_once() -> None:
    """One trial of plain level says nothing of whether those minutes were ever of gold."""
    assert "one-that-is-not" in league.against("minutes of trials that are never gold")
