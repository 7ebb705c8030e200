"""Values that are stored in two tables alike, or that a reading passes over."""

from __future__ import annotations

import pytest

from forerun import parsing
from forerun.domain import Catalog, Column, ForeignKey, Kind, Table, Turn
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
    best = parsing.parse("minutes of trials that are never gold", league.CATALOG, league.NOW).best
    assert best is not None
    assert "EXCEPT" in best.sql or best.confidence <= 0.2


def test_what_is_said_of_a_key_is_said_of_what_it_refers_to() -> None:
    """Ships fly flags of the lands that harbours are in; the home harbour's land is meant."""
    (best, *_) = parsing.parse("ships whose home harbour is in Norway", FLEET, league.NOW).drafts
    assert "harbours.land = 'Norway'" in best.sql
    assert "flag" not in best.sql


LANDS = ("Norway", "Chile")
FLEET = Catalog(
    "fleet",
    "sqlite",
    (
        Table(
            "harbours",
            (
                Column("code", "TEXT", Kind.TEXT, samples=("A", "B"), samples_complete=True),
                Column("land", "TEXT", Kind.TEXT, samples=LANDS, samples_complete=True),
            ),
            primary_key=("code",),
            rows=2,
        ),
        Table(
            "ships",
            (
                Column("ship_id", "INTEGER", Kind.INTEGER),
                Column("ship_name", "TEXT", Kind.TEXT, samples=("Aurora", "Iris")),
                Column("flag", "TEXT", Kind.TEXT, samples=LANDS, samples_complete=True),
                Column("home_harbour", "TEXT", Kind.TEXT, samples=("A",), samples_complete=True),
            ),
            primary_key=("ship_id",),
            foreign_keys=(ForeignKey(("home_harbour",), "harbours", ("code",)),),
            rows=4,
        ),
    ),
)
