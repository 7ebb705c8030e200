"""How hard a question looks, from its words, its slice and its joins."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
import sqlglot
from hypothesis import given
from hypothesis import strategies as st
from sqlglot import exp

from forerun import parsing
from forerun.domain import Question, Slice, Turn
from forerun.orchestrators.complexity import (
    Complexity,
    Features,
    complexity,
    features,
    question_class,
)
from tests.parsing import shop

NOW = datetime(2025, 12, 31, 12, tzinfo=UTC)
EARLIER = (Turn("How many orders?", "How many orders?", "SELECT 1"),)


def asked(text: str, follow_up: bool = False) -> Question:
    return Question(text, NOW, EARLIER if follow_up else ())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("How many customers are there?", Complexity.SIMPLE),
        ("List the names of all products.", Complexity.SIMPLE),
        ("Top 5 customers by revenue in 2024", Complexity.MODERATE),
        ("Compare revenue per region in 2023 and 2024", Complexity.COMPLEX),
        ("Share of each region in the growth between 2023 and 2024", Complexity.COMPLEX),
    ],
)
def test_words_alone_tell_something(text: str, expected: Complexity) -> None:
    """Without slice or parser the text decides."""
    assert complexity(features(asked(text), None)) is expected


def test_it_is_not_length_that_counts() -> None:
    """A long plain question is simpler than a short one that compares groups."""
    plain = "Could you please show me the full list of the names of all the customers we have"
    dense = "Growth per region versus 2023"
    assert complexity(features(asked(plain), None)) is Complexity.SIMPLE
    assert complexity(features(asked(dense), None)) is not Complexity.SIMPLE


def test_what_is_seen() -> None:
    """Each signal is read from its words, the rest from what is handed in."""
    slice_ = Slice(shop.catalog(), whole=True, joins=2)
    seen = features(asked("Top 5 regions by sales in 2024", follow_up=True), slice_)
    assert (seen.tables, seen.joins, seen.follow_up) == (len(shop.catalog().tables), 2, True)
    assert (seen.words, seen.groups, seen.compares, seen.ranks) == (7, True, False, True)
    assert (seen.conditions, seen.numbers) == (1, 2)
    assert features(asked("the gap between men and women"), None).tables is None


@given(
    st.builds(
        Features,
        tables=st.none() | st.integers(0, 60),
        joins=st.integers(0, 6),
        follow_up=st.booleans(),
        words=st.integers(1, 80),
        groups=st.booleans(),
        compares=st.booleans(),
        ranks=st.booleans(),
        conditions=st.integers(0, 4),
        numbers=st.integers(0, 4),
    )
)
def test_more_of_anything_is_never_simpler(seen: Features) -> None:
    """Complexity grows with joins, with groups, with comparisons and with a conversation."""
    order = list(Complexity)
    before = order.index(complexity(seen))
    for more in (
        replace(seen, joins=(seen.joins or 0) + 1),
        replace(seen, groups=True),
        replace(seen, compares=True),
        replace(seen, ranks=True),
        replace(seen, follow_up=True),
    ):
        assert order.index(complexity(more)) >= before


@given(st.text(max_size=300))
def test_any_text_is_read_the_same_twice(text: str) -> None:
    """Nothing raises, and nothing is left to chance."""
    assert features(asked(text), None) == features(asked(text), None)


def test_classes() -> None:
    """The class says the complexity, and whether there is a conversation."""
    plain = features(asked("How many customers are there?"), None)
    assert question_class(plain) == "simple"
    assert question_class(replace(plain, joins=4, follow_up=True)) == "complex/follow-up"


@pytest.mark.parametrize(("text", "joins"), [("How many customers?", 0), ("xyzzy plugh", None)])
def test_the_parser_tells_its_joins(text: str, joins: int | None) -> None:
    """The best draft's joins; none of a question that the parser makes nothing of."""
    assert parsing.parse(text, shop.catalog(), NOW).joins == joins


@pytest.mark.parametrize(
    "text",
    [
        "Names of customers with orders in 2024",
        "customers without orders",
    ],
)
def test_joins_are_those_of_the_sql(text: str) -> None:
    """As many tables more are named in the best draft's SQL as joins are told."""
    catalog = shop.catalog("duckdb")
    parsed = parsing.parse(text, catalog, NOW)
    (tree,) = sqlglot.parse(parsed.drafts[0].sql, dialect="duckdb")
    assert isinstance(tree, exp.Select)
    assert parsed.joins == len(list(tree.find_all(exp.Table))) - 1
    assert parsed.joins >= 1
