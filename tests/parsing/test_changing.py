"""Requests to change the data are told that nothing was changed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from forerun import parsing
from forerun.domain import Catalog, Context, Refusal, Turn
from tests.parsing import shop


def _answer(question: str, catalog: Catalog | None = None) -> object:
    catalog = catalog or shop.catalog()
    parsed = parsing.parse(question, catalog, shop.NOW)
    return parsing.answer(parsed, Context(question, shop.NOW), catalog, parsing.Thresholds())


@pytest.mark.parametrize(
    ("question", "verb"),
    [
        ("delete all orders", "delete"),
        ("drop table customers", "drop"),
        ("Please set the price of all products to 0", "set"),
        ("add a new customer", "add"),
        ("update the salary of Finn", "update"),
        ("create table pets", "create"),
        ("increase the salary of all employees by 10 percent", "increase"),
    ],
)
def test_a_request_to_write_is_refused_by_its_verb(question: str, verb: str) -> None:
    """It says that Forerun only reads, not that a word is unknown."""
    refused = _answer(question)
    assert isinstance(refused, Refusal)
    assert "only reads" in refused.message
    assert f"“{verb}”" in refused.message


@pytest.mark.parametrize(
    "question",
    [
        "add up the amounts",
        "change in amount by month",
        "drop in amount by month",
        "create a table of stores",
        "set of brands",
        "orders that were deleted",
        "increase of amount by month",
    ],
)
def test_what_asks_to_read_is_not_refused(question: str) -> None:
    """Nouns, and verbs of what is to be shown."""
    found = _answer(question)
    assert not isinstance(found, Refusal) or "only reads" not in found.message


def test_a_word_of_the_catalog_is_no_request() -> None:
    """Where a table is called so, it is that table."""
    stores, *others = shop.catalog().tables
    catalog = replace(shop.catalog(), tables=(replace(stores, name="update"), *others))
    found = _answer("update by name", catalog)
    assert not isinstance(found, Refusal)


def test_after_another_question_a_column_may_be_dropped_from_the_answer() -> None:
    """ "Drop the city" is said of what was shown; "delete all stores" never is."""
    earlier = Turn("names and cities of stores", "names and cities of stores", None)
    for question, refused in (("drop the city", False), ("delete all stores", True)):
        parsed = parsing.parse_after(question, earlier, shop.catalog(), shop.NOW)
        assert (parsed.refusal is not None) is refused
