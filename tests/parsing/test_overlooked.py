"""What a question says is not overlooked: either side, what is worth so much, the most."""

from __future__ import annotations

import pytest

from tests.parsing import league, shop


@pytest.mark.parametrize(
    "question",
    [
        "number of products with and without a weight",
        "are there more Retail or Business customers?",
    ],
)
def test_both_sides_are_more_than_one_number(question: str) -> None:
    """One of the two, or a list of both, is no answer."""
    assert shop.parsed(question).drafts[0].confidence <= 0.2


def test_one_side_is_enough_where_one_is_asked_for() -> None:
    """`with more than` compares with a number."""
    assert shop.parsed("customers with more than 5 orders").drafts[0].confidence > 0.6


@pytest.mark.parametrize(("question", "overlooks"), [("total {} value", True), ("total {}", False)])
def test_what_pieces_are_worth_is_not_how_many_there_are(question: str, overlooks: bool) -> None:
    """Order lines have an amount beside their quantity."""
    best = shop.parsed(question.format("quantity")).drafts[0]
    assert (best.confidence <= 0.2) == overlooks


def test_nobody_has_two_of_what_is_in_one_column() -> None:
    """Players with two clubs are not told by the one club that each of them has."""
    written = [draft.sql for draft in league.drafts("players with at least two different clubs")]
    assert not [sql for sql in written if "HAVING" in sql and "clubs" not in sql]


@pytest.mark.parametrize("question", ["most pointed trial per level", "most minutes per level"])
def test_the_most_of_a_figure_is_the_highest_one(question: str) -> None:
    """It is no figure that as many rows as possible have."""
    assert all("COUNT(*)" not in draft.sql for draft in league.drafts(question))


def test_one_each_is_no_number() -> None:
    """A player is in one club at most: clubs counted for each player are one each."""
    written = [draft.sql for draft in league.drafts("club of each player")]
    assert not [sql for sql in written if "COUNT(*)" in sql and "GROUP BY players.name" in sql]


@pytest.mark.parametrize(
    ("question", "overlooks"),
    [
        ("countries with only plain players", True),
        ("minutes of only gold trials", True),
        ("list only the names of gold players", False),
        ("players with only one trial", False),
    ],
)
def test_what_is_only_so_is_not_so_among_others(question: str, overlooks: bool) -> None:
    """A country of one plain player may have others."""
    assert ("only-some" in league.against(question)) == overlooks


@pytest.mark.parametrize(
    ("question", "overlooks"),
    [
        ("the most expensive products", True),
        ("which products are the cheapest", True),
        ("products that are the heaviest", True),
        ("the highest salaries", True),
        ("the most common brands", True),
        ("which product is the cheapest", False),
        ("the most common brand", False),
        ("the 3 cheapest products", False),
    ],
)
def test_nobody_knows_how_many_the_first_are(question: str, overlooks: bool) -> None:
    """Whatever says that they are foremost, one is no answer to several."""
    best = shop.parsed(question).drafts[0]
    assert (best.confidence <= 0.2) == overlooks


@pytest.mark.parametrize(
    ("question", "overlooks"),
    [
        ("which employee has the most common job title?", True),
        ("which store has the most common city?", True),
        ("which job title is the most common?", False),
    ],
)
def test_who_has_what_is_most_common_is_asked(question: str, overlooks: bool) -> None:
    """A job title is no employee."""
    best = shop.parsed(question).drafts[0]
    assert (best.confidence <= 0.2) == overlooks
