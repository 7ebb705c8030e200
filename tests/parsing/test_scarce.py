"""Few, fewest and nobody: rows without a partner are not forgotten, and make no group."""

from __future__ import annotations

import pytest

from tests.parsing import shop
from tests.parsing.league import against, rows


@pytest.mark.parametrize(
    "question",
    [
        "clubs with fewer than 2 players",
        "club with the fewest players",
        "players with at most 1 trial",
        "players with less than 2 trials",
    ],
)
def test_who_has_none_has_few(question: str) -> None:
    """A join leaves them out, so that it is asked whether they are meant."""
    assert "few-or-none" in against(question)


@pytest.mark.parametrize(
    "question",
    [
        "clubs with more than 1 player",
        "club with the most players",
        "countries with fewer than 2 players",
        "country with the fewest players",
    ],
)
def test_nobody_is_left_out_where_there_cannot_be_none(question: str) -> None:
    """There is no country of players that nobody is from."""
    assert "few-or-none" not in against(question)


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("number of players per mentor", {("Ada", 2)}),
        ("mentor with the most players", {("Ada",)}),
        ("mentors with more than 1 player", {("Ada",)}),
        ("number of players per mentor id", {(1, 2)}),
    ],
)
def test_nobody_is_no_group(question: str, wanted: set[tuple[object, ...]]) -> None:
    """Three players have no mentor, who would have the most."""
    assert rows(question) == wanted


@pytest.mark.parametrize("question", ["oldest stores", "list the cheapest products"])
def test_how_many_come_first_is_asked(question: str) -> None:
    """`the cheapest product` is one, the cheapest products are not."""
    best = shop.parsed(question).drafts[0]
    assert best.confidence <= 0.2 or "LIMIT 1" not in best.sql
    assert shop.parsed("list the cheapest product").drafts[0].confidence > 0.2


@pytest.mark.parametrize(
    ("question", "ranked"),
    [
        ("which brand is the most expensive?", True),
        ("the cheapest brand", True),
        ("brand of the most expensive product", False),
        ("which brand is the most expensive product?", False),
        ("which product is the most expensive?", False),
    ],
)
def test_a_kind_is_not_ranked_by_one_of_its_rows(question: str, ranked: bool) -> None:
    """The brand of the dearest product may be cheap on average: it is asked which is meant."""
    best = shop.parsed(question).drafts[0]
    assert "ORDER BY price" in best.sql
    assert (best.confidence <= 0.2) == ranked
