"""Who else comes first: a note where the last place of a short list is shared."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from forerun import parsing
from forerun.domain import Kind, ResultColumn, Rows
from tests.parsing import shop

NOW = datetime(2025, 12, 31, tzinfo=UTC)
BEST = "Which product is the most expensive?"


def _note(question: str, *rows: tuple[str, float | None], truncated: bool = False) -> str | None:
    parsed = parsing.parse(question, shop.catalog(), NOW)
    columns = (ResultColumn("name", "TEXT", Kind.TEXT), ResultColumn("price", "REAL", Kind.FLOAT))
    best = parsing.noted(parsed, Rows(columns, rows, truncated)).best
    assert best is not None
    return best.note


def test_the_next_few_rows_are_asked_for_with_what_they_are_ranked_by() -> None:
    """The answer's own query, with the price beside the name, and nine rows more."""
    sql = parsing.ties(parsing.parse(BEST, shop.catalog(), NOW))
    assert sql == "SELECT name, price FROM products ORDER BY price DESC LIMIT 10"


@pytest.mark.parametrize("question", ["How many products are there?", "products by price", "?"])
def test_nothing_is_looked_at_where_nothing_is_cut_off(question: str) -> None:
    """Without a first few there is nobody who ties for the last of them."""
    assert parsing.ties(parsing.parse(question, shop.catalog(), NOW)) is None


def test_two_that_cost_the_same_tie_for_the_first_place() -> None:
    """The third one is cheaper, and no part of it."""
    said = _note(BEST, ("Tandem", 900), ("Racer", 900), ("Bell", 5))
    assert said == "2 tie for the first place; one of them is shown."


def test_of_many_nobody_knows_how_many() -> None:
    """As many rows as were looked at, all of one price: there may be more."""
    said = _note(BEST, *((f"Bike {number}", 900) for number in range(10)))
    assert said == "10 or more tie for the first place; one of them is shown."


def test_the_last_of_three_may_be_shared_too() -> None:
    """The first two places are clear; of the two for the third, one is not shown."""
    rows = [("A", 4), ("B", 3), ("C", 2), ("D", 2)]
    said = _note("the 3 most expensive products", *rows)
    assert said == "2 tie for the last of these places; not all of them are shown."


@pytest.mark.parametrize(
    "rows",
    [
        [("Tandem", 900), ("Racer", 800)],  # one is first
        [("Tandem", 900)],  # there is no other
        [("Tandem", None), ("Racer", None)],  # of no price, none is the highest
        [("Tandem", 900), ("Tandem", 900)],  # the same, as a join repeats it
    ],
)
def test_who_is_alone_in_the_first_place_has_no_note(rows: list[tuple[str, float | None]]) -> None:
    """Nothing is said where nobody is left out."""
    assert _note(BEST, *rows) is None


def test_without_rows_nothing_is_noted() -> None:
    """A query that took too long tells nothing."""
    parsed = parsing.parse(BEST, shop.catalog(), NOW)
    assert parsing.noted(parsed, None) is parsed
