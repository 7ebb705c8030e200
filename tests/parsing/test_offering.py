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
    "question", ["orders in March 2024", "Which customers ordered in March 2024?"]
)
def test_no_choice_leaves_out_what_the_best_reading_holds(question: str) -> None:
    """All orders are no choice where those of March were asked for."""
    asked = _asked(question, dated.catalog("shop"))
    assert asked.choices
    assert all("2024-03-01" in choice for choice in asked.choices)


@pytest.mark.parametrize("question", ["orders in March 2024", "customers without orders in 2024"])
def test_a_name_or_a_key_is_no_choice(question: str) -> None:
    """A row is a row, told by its name or by its number."""
    asked = _asked(question, shop.catalog())
    shown = {draft.sql.partition(" FROM ")[0] for draft in asked.drafts}
    assert not {"SELECT name", "SELECT customer_id"} <= shown
    assert len(asked.drafts) == len(asked.choices)


def test_one_table_joined_or_looked_into_is_no_choice() -> None:
    """Customers joined with their orders of March are those with orders in March."""
    asked = _asked("Which customers ordered in March 2024?", dated.catalog("shop"))
    assert sum("IN (SELECT" in draft.sql for draft in asked.drafts) < len(asked.drafts)
    listed = [draft.sql for draft in asked.drafts if draft.sql.startswith("SELECT name")]
    assert len(listed) <= 1


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
