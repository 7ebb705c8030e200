"""Follow-up questions become stand-alone ones by simple replacement, or are left alone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forerun import parsing
from forerun.domain import Turn
from tests.parsing import shop

NOW = datetime(2025, 12, 31, 12, tzinfo=UTC)
TOP = "Top 5 products by amount in 2025"
PER_COUNTRY = "How many customers are there per country?"
ORDERS = "number of orders by month"


def _resolved(question: str, before: str) -> str | None:
    return parsing.resolve(question, Turn(before, before, None), shop.catalog(), NOW)


@pytest.mark.parametrize(
    ("before", "question", "expected"),
    [
        (TOP, "and in 2024?", "Top 5 products by amount in 2024?"),
        (TOP, "what about last year?", "Top 5 products by amount last year?"),
        (TOP, "top 10", "Top 10 products by amount in 2025?"),
        (TOP, "for the Falkon brand", "Top 5 products by amount in 2025 for Falkon?"),
        (PER_COUNTRY, "per segment instead", "How many customers are there per segment?"),
        (PER_COUNTRY, "only retail", "How many customers are there per country for retail?"),
        ("How many customers are in France?", "and Germany?", "How many customers are in Germany?"),
        ("How many orders in March 2024?", "since April 2024",
         "How many orders since April 2024?"),
        (ORDERS, "by quarter instead", "number of orders by quarter?"),
        (ORDERS, "since March 2025", "number of orders by month since March 2025?"),
        ("total amount", "by month", "total amount per month?"),
        ("total amount", "2024", "total amount in 2024?"),
    ],
)  # fmt: skip
def test_like_replaces_like(before: str, question: str, expected: str) -> None:
    """A time replaces a time, a value one of its column, a grouping a grouping; or it is added."""
    assert _resolved(question, before) == expected


@pytest.mark.parametrize(
    "question",
    [
        "How many stores are there?", "list all products", "thanks", "why?", "",
        "what about unicorns?", "Which store has the highest amount?",
    ],
)  # fmt: skip
def test_whole_questions_and_foreign_words_are_left_alone(question: str) -> None:
    """What stands alone, or what is not understood, is not resolved."""
    assert _resolved(question, TOP) is None


def test_the_resolved_question_is_answered_as_the_whole_one_would_be() -> None:
    """The new wording parses like the question that a person would have asked."""
    resolved = _resolved("and in 2024?", TOP)
    assert resolved is not None
    asked = parsing.parse("Top 5 products by amount in 2024", shop.catalog(), NOW)
    assert parsing.parse(resolved, shop.catalog(), NOW).drafts[0].sql == asked.drafts[0].sql


@given(st.text(max_size=60), st.text(max_size=60))
def test_no_text_breaks_resolving(question: str, before: str) -> None:
    """Any two texts give a wording or None."""
    assert isinstance(_resolved(question, before), str | None)
