"""Readings that tell less than was asked."""

from __future__ import annotations

import pytest

from forerun import parsing
from forerun.parsing.incomplete import shortfalls
from forerun.parsing.parser import draft, indexed, weights_for
from forerun.parsing.proposing import propose
from tests.parsing import dated, shop
from tests.parsing.test_kinds import CATALOG


def _found(question: str, sql: str) -> set[str]:
    """What is wrong with the candidates that are written with `sql`."""
    index = indexed(CATALOG)
    lattice, candidates = propose(question, index, shop.NOW.date(), weights_for(index))
    drafts = draft(lattice, candidates, range(len(candidates)), index)
    plans = [c.plan for c, d in zip(candidates, drafts, strict=True) if sql in d.sql]
    assert plans, [draft.sql for draft in drafts]
    return {name for plan in plans for name, _ in shortfalls(lattice, plan)}


@pytest.mark.parametrize(
    ("question", "sql", "name"),
    [
        ("How many dogs does Ann own?", "SELECT pets.name", "no-number"),
        ("Which visits have the highest and lowest fee?", "LIMIT 1", "one-end"),
    ],
)
def test_what_tells_too_little_is_told(question: str, sql: str, name: str) -> None:
    """A list is no number, and one end of an order not both."""
    assert name in _found(question, sql)


def test_a_number_is_enough_for_how_many() -> None:
    """And for a question that does not ask how many, a list is."""
    assert "no-number" not in _found("How many dogs does Ann own?", "COUNT(*)")
    assert "no-number" not in _found("Which dogs does Ann own?", "SELECT pets.name")


def test_per_something_is_a_line_for_each() -> None:
    """A line for each price is none for each hotel; of the key that refers to it, it is."""
    best = parsing.parse(
        "number of bookings and total price per hotel", dated.catalog("inn"), shop.NOW
    ).drafts[0]
    assert "hotel" in best.sql.partition("GROUP BY")[2] or best.confidence <= 0.2
    assert shop.parsed("number of orders per store").drafts[0].confidence > 0.2


def test_a_list_is_no_total() -> None:
    """`total value of all products` is a figure, even where nobody knows of which column."""
    assert shop.parsed("total value of all products").drafts[0].confidence <= 0.2
    assert shop.parsed("total price of all products").drafts[0].confidence > 0.2


def test_what_is_the_same_is_compared() -> None:
    """All employees are not those with the same job title."""
    assert shop.parsed("employees with the same job title").drafts[0].confidence <= 0.2


def test_less_than_average_is_not_more() -> None:
    """The comparative says which way, even where the figure has a name of its own."""
    best = shop.parsed("products lower than the average weight").drafts[0]
    assert best.confidence <= 0.2 or "<" in best.sql
