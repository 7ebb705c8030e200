"""Choices as somebody would say them who sees no tables."""

from __future__ import annotations

import pytest

from forerun.parsing.phrasing import phrase, phrases
from forerun.parsing.reading import reading
from tests.parsing.test_clarifying import plans_of


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("number of customers by segment", "number of customers for each segment"),
        ("customers without orders", "name of customers, only those without orders"),
        ("products with a price above 100", "name, only where price is more than 100"),
        ("the 3 most expensive products", "name, the 3 with the highest price"),
        ("the latest order", "order id, the one with the latest order date"),
        ("products by price", "name, by price, lowest first"),
        ("different brands", "brand, each only once"),
        (
            "top 5 products by amount",
            "total amount of order lines for each name of products, the 5 highest",
        ),
        ("customers in Germany", "name, only where country is Germany"),
        (
            "number of orders per month",
            "number of orders for each month of order date",
        ),
    ],
)
def test_a_choice_says_what_it_gives(question: str, said: str) -> None:
    """What is shown, for each of what, of which rows, and which come first; no joins."""
    assert phrase(plans_of(question)[0]) == said


def test_choices_that_would_read_alike_are_told_in_full() -> None:
    """Two ways of joining are told apart by nothing else."""
    joined = [plan for plan in plans_of("customers with open orders") if plan.tree.edges][:1]
    assert phrases([joined[0], joined[0]]) == (reading(joined[0]),) * 2
    assert phrases(joined) != (reading(joined[0]),)
