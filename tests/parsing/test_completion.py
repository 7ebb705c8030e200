"""Which plans a question has: none that shows what nobody spoke of."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from forerun.parsing import parser, proposing, ranking
from forerun.parsing.plans import Plan
from tests.parsing import shop

NOW = datetime(2025, 12, 31, 12, tzinfo=UTC)


def _plans(question: str) -> list[Plan]:
    index = parser.indexed(shop.catalog())
    _, candidates = proposing.propose(question, index, NOW.date(), ranking.weights())
    return [candidate.plan for candidate in candidates]


def _is_shown_beside(plan: Plan) -> bool:
    ranked = plan.order[0].term if plan.order else None
    return plan.limit == 1 and len(plan.select) > 1 and ranked in plan.select


@pytest.mark.parametrize(
    ("question", "shown"),
    [
        ("Which region has the most stores?", False),
        ("the store with the most orders", False),
        ("Which region has the most stores and how many?", True),
        ("Which region has the most stores? Show the number too, and the region.", True),
    ],
)
def test_who_asks_which_one_is_not_told_how_many(question: str, shown: bool) -> None:
    """The figure that is ranked by is shown beside the first only where more is asked for."""
    assert any(map(_is_shown_beside, _plans(question))) is shown


@pytest.mark.parametrize(
    ("question", "told"), [("the most expensive product", False), ("the top 3 prices", True)]
)
def test_what_is_ranked_by_is_the_answer_only_where_it_is_named(question: str, told: bool) -> None:
    """The oldest is somebody, and no date; the top prices are prices."""
    alone = [
        plan
        for plan in _plans(question)
        if plan.order and plan.select == (plan.order[0].term,) and not plan.group
    ]
    assert bool(alone) is told
