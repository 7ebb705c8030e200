"""What the confidence reads off the best plan: doubts where there are any, and only there."""

from __future__ import annotations

from datetime import date

import pytest

from forerun.domain import Catalog, Column, ForeignKey, Kind, Table
from forerun.parsing import confidence
from forerun.parsing.mentions import Lattice
from forerun.parsing.parser import indexed
from forerun.parsing.plans import Compare
from forerun.parsing.proposing import propose
from forerun.parsing.ranking import Candidate, weights
from tests.parsing import shop

TODAY = date(2025, 12, 31)
PLACES = Table(
    "places",
    (Column("place_id", "INTEGER", Kind.INTEGER), Column("city", "TEXT", Kind.TEXT)),
    primary_key=("place_id",),
    rows=9,
)
REVIEWS = Table(
    "reviews",
    (
        Column("review_id", "INTEGER", Kind.INTEGER),
        Column("place_id", "INTEGER", Kind.INTEGER),
        Column("rating", "DECIMAL", Kind.DECIMAL),
        Column("remark", "TEXT", Kind.TEXT, samples=("Average", "Good"), samples_complete=True),
    ),
    primary_key=("review_id",),
    foreign_keys=(ForeignKey(("place_id",), "places", ("place_id",)),),
    rows=90,
)
RATED = Catalog("rated", "sqlite", (PLACES, REVIEWS))


def _asked(question: str, catalog: Catalog | None = None) -> tuple[Lattice, list[Candidate]]:
    return propose(question, indexed(catalog or shop.catalog()), TODAY, weights())


def _signs(question: str, catalog: Catalog | None = None) -> dict[str, float]:
    return dict(confidence.signs(*_asked(question, catalog)))


@pytest.mark.parametrize(
    "question", ["number of orders per customer", "Which customer has the most orders?"]
)
def test_groups_by_key_or_by_a_name_that_one_row_has_are_no_doubt(question: str) -> None:
    """No two customers share a name: both ways give the same rows."""
    assert _signs(question)["twins"] == 0.0


def test_groups_by_key_or_by_a_name_that_two_rows_share_are_a_doubt() -> None:
    """Two stores are called alike, and become one by their name."""
    assert _signs("number of employees per store")["twins"] > 0.0


@pytest.mark.parametrize(
    "question",
    ["How many customers have no orders in 2024?", "How many customers have no sales in 2024?"],
)
def test_the_date_of_what_is_missing_is_the_one_meant(question: str) -> None:
    """The customers are counted, but 2024 was said of the orders that they do not have."""
    (during,) = _asked(question)[1][0].plan.conditions
    assert during.field.name == "order_date"
    assert _signs(question)["other-time"] == 0.0


def test_an_average_over_groups_leaves_no_average_unmet() -> None:
    """It is one, though no column of the plan is averaged."""
    best = _asked("average number of orders per customer")[1][0]
    assert best.plan.window is not None
    assert "unmet|avg" not in best.features


def test_one_word_is_no_stored_value_and_an_average_at_once() -> None:
    """The average rating is not that of the reviews that say "Average"."""
    candidates = _asked("average rating of places", RATED)[1]
    assert any(term.aggregate == "avg" for c in candidates for term in c.plan.select)
    for candidate in candidates:
        averaged = any(term.aggregate == "avg" for term in candidate.plan.select)
        stored = any(isinstance(c, Compare) for c in candidate.plan.conditions)
        assert not (averaged and stored)


def test_ranking_by_one_of_many_figures_is_a_sign() -> None:
    """A place has many ratings: the highest may be one of them or their average."""
    assert _signs("city of the place with the highest rating", RATED)["ranked-by-one-of-many"]
    assert not _signs("remark of the review with the highest rating", RATED)[
        "ranked-by-one-of-many"
    ]


def test_all_together_is_a_rival_where_all_are_spoken_of() -> None:
    """A total "for all customers" may be one; a total for each is none for all together."""
    of_all, of_each = (
        _signs(f"total amount {whose}")["log-odds"]
        for whose in ("for all customers", "for each customer")
    )
    assert of_all < of_each - 1
