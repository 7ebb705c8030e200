"""What a column is to be called says nothing of the data."""

from __future__ import annotations

import pytest

from tests.parsing import shop


@pytest.mark.parametrize(
    "title",
    [
        ", name the column 'max_price'",
        ". Name the column for the highest price 'max_price'",
        " and call it 'max_price'",
        " and call the column max_price",
    ],
)
def test_a_title_is_passed_over(title: str) -> None:
    """The same query as without it, as surely."""
    plain = shop.parsed("highest price per brand").drafts[0]
    assert shop.parsed(f"highest price per brand{title}").drafts[0].sql == plain.sql
    assert shop.parsed(f"highest price per brand{title}").drafts[0].confidence >= 0.85


def test_a_stored_text_is_no_title() -> None:
    """`the brand is called` is a condition, and so is a name that the data holds."""
    named = shop.parsed("orders of the store named 'Ashford Wheels'").drafts[0].sql
    assert "Ashford Wheels" in named
    called = shop.parsed("number of products, and name the column 'Falkon'").drafts[0]
    assert "Falkon" in called.sql or called.confidence < 0.6
