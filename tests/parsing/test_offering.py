"""Which readings are offered to choose from."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from forerun import parsing
from forerun.domain import Catalog, Clarification
from tests.parsing import dated, shop

NOW = datetime(2025, 12, 31, 12, tzinfo=UTC)


def _asked(question: str, catalog: Catalog) -> Clarification:
    found = parsing.parse(question, catalog, NOW).clarification
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("total quantity of bikes per store in March 2024", ("Bikes", "2024-03-01")),
        ("orders in March 2024", ("order date from 2024-03-01",)),
    ],
)
def test_no_choice_leaves_out_what_the_best_reading_holds(
    question: str, said: tuple[str, ...]
) -> None:
    """All products are no choice where bikes were asked for, nor is another table's March."""
    asked = _asked(question, shop.catalog())
    assert asked.choices
    assert all(word in choice for choice in asked.choices for word in said)


def test_a_name_or_a_key_is_no_choice() -> None:
    """An employee is an employee, told by a name or by a number."""
    asked = _asked("employees in the store in Dunley", shop.catalog())
    assert "SELECT employees.name " in asked.drafts[0].sql
    assert not any("employee_id" in draft.sql for draft in asked.drafts)


def test_one_table_joined_or_looked_into_is_no_choice() -> None:
    """Customers joined with their open orders are those with open orders; each once they may be."""
    asked = _asked("customers with open orders", shop.catalog())
    assert asked.question == "Do you mean every row or each one once?"
    assert len(asked.choices) == len(asked.drafts) == 2


def test_dates_are_asked_about_by_their_names_alone() -> None:
    """Nobody is asked for a condition where only the date of it is open."""
    asked = _asked("How many orders were packed in March 2024?", dated.catalog("shop"))
    assert asked.question == (
        "Which date of orders do you mean: ordered at, shipped at or delivered at?"
    )


def test_a_bare_id_is_told_with_its_table() -> None:
    """ "id" alone says nothing to whoever does not know the tables."""
    draft = parsing.parse("orders in March 2024", dated.catalog("shop"), NOW).drafts[0]
    assert str(draft.reading).startswith("id of orders;")


def test_what_lies_between_two_tables_is_no_choice() -> None:
    """A product without order lines has no orders by way of them, and goes by name or by key."""
    asked = _asked("products never ordered", shop.catalog())
    assert len(asked.choices) == 1


def test_each_once_is_no_choice_where_each_is_once() -> None:
    """A store is joined with its one region."""
    asked = _asked("stores in the region West", shop.catalog())
    assert not any("DISTINCT" in draft.sql for draft in asked.drafts)
