"""Which plans a question has: none that shows what nobody spoke of."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from forerun.parsing import parser, proposing, ranking
from forerun.parsing.actions import Action
from forerun.parsing.conditions import Conditions
from forerun.parsing.plans import Compare, Plan
from forerun.parsing.sketching import Sketch
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


def _is_by_listed(plan: Plan) -> bool:
    listed = {c.field for c in plan.conditions if isinstance(c, Compare) and c.op == "in"}
    return any(term.field in listed for term in plan.group)


@pytest.mark.parametrize(
    ("question", "apart"),
    [
        ("average price of the helmets and pumps", True),
        ("How many helmets and pumps are there?", False),
        ("average price of the helmets", False),
    ],
)
def test_figures_of_what_is_listed_may_be_of_each(question: str, apart: bool) -> None:
    """An average of two kinds may be one of each; a number of them is one number."""
    assert any(map(_is_by_listed, _plans(question))) is apart


def test_what_is_said_twice_is_one_condition() -> None:
    """Who is to be without orders, and to have none, is looked up once."""
    lacking = [
        [semi for semi in plan.semis if semi.negated]
        for plan in _plans("customers without orders that have no orders")
    ]
    assert any(lacking)
    assert all(len(semis) == len(set(semis)) for semis in lacking)


def test_a_condition_holds_once_however_often_it_is_said() -> None:
    """`open orders with status open`, from either mention."""
    index = parser.indexed(shop.catalog())
    lattice, _ = proposing.propose("orders with status open", index, NOW.date(), {})
    status = next(f for entity in index.entities for f in entity.fields if f.name == "status")
    sketch = Sketch()
    for mention in (lattice.mentions[0], lattice.mentions[-1]):
        Conditions(sketch).equal(Action("equal", mention, field=status, value="open", op="="))
    assert sketch.where == [[Compare(status, "=", ("open",))]]
