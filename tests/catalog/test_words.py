"""Words of identifiers and questions meet in one form."""

from __future__ import annotations

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forerun.catalog import words


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("cities", "city"), ("Customers", "customer"), ("people", "person"), ("boxes", "box"),
        ("classes", "class"), ("statuses", "status"), ("enrolled", "enrollment"),
        ("buses", "bus"), ("prizes", "prize"), ("analyses", "analysis"), ("ids", "id"),
        ("countries", "country"), ("houses", "house"), ("paid", "pay"), ("horses", "horse"),
        ("ages", "age"), ("days", "day"), ("uses", "use"), ("ways", "way"),
    ],
)  # fmt: skip
def test_inflections_share_a_stem(one: str, other: str) -> None:
    """What a question inflects still finds the name in the schema."""
    assert words.stem(one) == words.stem(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("status", "state"), ("gas", "ga"), ("sale", "salary"), ("order", "ordinal"), ("us", "use")],
)
def test_different_words_keep_different_stems(one: str, other: str) -> None:
    """Stemming does not throw unlike words together."""
    assert words.stem(one) != words.stem(other)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("customerNames", ("customer", "names")),
        ("CUSTOMER_NAME", ("customer", "name")),
        ("HTTPStatus2xx", ("http", "status", "2", "xx")),
        ("order_qty", ("order", "quantity")),
        ("fname", ("first", "name")),
        ("SVC_TYP", ("service", "type")),
        ("DIST_KM", ("distance", "km")),
        ("ord_no", ("order", "no")),
        ("ord", ("ord",)),
        ("DIST_CD", ("district", "code")),
        ("duration_min", ("duration", "minute")),
        ("price_min", ("price", "minimum")),
        ("größe_cm", ("größe", "cm")),
        ("_", ()),
    ],
)
def test_identifiers_are_split(name: str, expected: tuple[str, ...]) -> None:
    """Camel case, snake case and abbreviations come out as words."""
    assert words.split_identifier(name) == expected


@given(st.text(max_size=30))
def test_stemming_takes_any_text_and_never_lengthens_it_much(text: str) -> None:
    """No text breaks the stemmer, and it gives the same stem again."""
    assert words.stem(text) == words.stem(text)
    assert len(words.stem(text)) <= len(text.lower()) + 3


def test_the_examples_in_the_docstrings_hold() -> None:
    """The documentation does not lie."""
    assert doctest.testmod(words).failed == 0
