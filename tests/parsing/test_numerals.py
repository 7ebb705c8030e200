"""Numbers that are said without one."""

from __future__ import annotations

import pytest

from forerun.parsing import numerals
from forerun.parsing.tokens import tokenise


@pytest.mark.parametrize("text", ["the the the", "the", "sold the", "sells", "the sold best", "a"])
def test_half_of_what_says_a_number_says_none(text: str) -> None:
    """Wherever the words end, and whatever stands beside them."""
    tokens = tokenise(text)
    found = [said for at in range(len(tokens)) if (said := numerals.at(tokens, at)) is not None]
    assert [(said.start, said.end) for said in found] == ([(1, 3)] if "sold best" in text else [])


@pytest.mark.parametrize(
    ("text", "end"), [("sells best", 2), ("sold the most", 3), ("sold the most in 2025", 3)]
)
def test_what_sells_best_is_the_first(text: str, end: int) -> None:
    assert numerals.at(tokenise(text), 0) == numerals.Said(0, end, 1, "first")


def test_the_most_of_something_else_is_not_sold_most() -> None:
    assert numerals.at(tokenise("sold the most bikes"), 0) is None
