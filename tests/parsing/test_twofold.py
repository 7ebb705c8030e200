"""Two numbers in one breath: one of them, or one of both together, is no answer."""

from __future__ import annotations

import pytest

from tests.parsing import shop, trading


@pytest.mark.parametrize(
    ("question", "is_asked"),
    [
        ("number of Retail and Business customers", True),
        ("how many customers in Germany and France?", True),
        ("number of Retail and Business customers together", False),
        ("number of Retail or Business customers", False),
        ("names of Retail and Business customers", False),
    ],
)
def test_two_kinds_may_be_two_numbers(question: str, is_asked: bool) -> None:
    """One number of both is no number for each, unless they are counted together."""
    best = shop.parsed(question).drafts[0]
    assert (best.confidence <= 0.2) == is_asked


@pytest.mark.parametrize(
    ("question", "is_asked"),
    [
        ("number of employees and stores", True),
        ("how many products and suppliers are there?", True),
        ("number of employees and the name of the store", False),
        ("number of employees per store", False),
    ],
)
def test_two_tables_are_two_numbers(question: str, is_asked: bool) -> None:
    """Employees of each store tell nobody how many stores there are."""
    best = shop.parsed(question).drafts[0]
    assert "COUNT(" in best.sql
    assert (best.confidence <= 0.2) == is_asked


@pytest.mark.parametrize(
    ("question", "is_asked"),
    [
        ("names and number of stores", True),
        ("store names and number of employees", False),
        ("job title and number of employees", False),
        ("number of stores per name", False),
    ],
)
def test_one_row_has_no_number_of_rows(question: str, is_asked: bool) -> None:
    """Beside the name of each store stands how many stores are called so."""
    best = shop.parsed(question).drafts[0]
    assert "COUNT(" in best.sql
    assert (best.confidence <= 0.2) == is_asked


def test_a_part_of_a_key_has_a_number_of_rows() -> None:
    """A plan has many features: its number is only half of the key that tells them apart."""
    best = trading.best("software", "plan id and number of plan features")
    assert "GROUP BY plan_id" in best.sql
    assert best.confidence >= trading.ANSWER
