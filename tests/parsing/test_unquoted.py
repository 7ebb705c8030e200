"""Texts said without quotation marks, and words that are none."""

from __future__ import annotations

from dataclasses import replace

import pytest

from forerun.domain import Catalog, Column, Table
from forerun.domain import Kind as ColumnKind
from forerun.parsing import lattice
from forerun.parsing.mentions import Kind
from forerun.parsing.parser import indexed
from tests.parsing import shop


def _texts(question: str) -> list[str]:
    found = lattice.build(question, indexed(shop.catalog()), shop.NOW.date())
    return [mention.text for mention in found.mentions if mention.kind is Kind.TEXT]


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("customers whose name contains the letter w", "w"),
        ("products that have the word Max in their name", "Max"),
        ("products with a name starting with R", "R"),
        ("stores whose city ends in ey", "ey"),
        ("customers without the letter o in their name", "o"),
    ],
)
def test_what_follows_the_word_for_it_is_a_text(question: str, text: str) -> None:
    """Nobody puts a single letter in quotation marks."""
    assert _texts(question) == [text]


@pytest.mark.parametrize(
    "question",
    [
        "which products contain the same word",
        "orders that start with the customer",
        "How many stores are in the region North?",
    ],
)
def test_other_words_stay_what_they_are(question: str) -> None:
    """Names and plain words are no texts to look for."""
    assert _texts(question) == []


@pytest.mark.parametrize("complete", [True, False])
def test_a_name_is_a_text_only_where_the_data_may_hold_it(complete: bool) -> None:
    """Of a column that was sampled, but not of one of which every value is known."""
    catalog = shop.catalog()
    tables = (
        replace(
            table,
            columns=tuple(replace(c, samples_complete=complete) for c in table.columns),
        )
        for table in catalog.tables
    )
    index = indexed(replace(catalog, tables=tuple(tables)))
    found = lattice.build("stores whose city is Zwolle", index, shop.NOW.date())
    texts = [mention.text for mention in found.mentions if mention.kind is Kind.TEXT]
    assert texts == ([] if complete else ["Zwolle"])


@pytest.mark.parametrize(("question", "values"), [("in stores", 0), ("stores in IN", 1)])
def test_a_small_function_word_is_no_stored_value(question: str, values: int) -> None:
    """`in` is not Indiana, `IN` is."""
    states = Column("state", "TEXT", ColumnKind.TEXT, samples=("IN", "OH"), samples_complete=True)
    stores = Table("stores", (Column("store_id", "INTEGER", ColumnKind.INTEGER), states))
    index = indexed(Catalog("c", "sqlite", (stores,)))
    found = lattice.build(f"orders {question}", index, shop.NOW.date())
    assert sum(mention.text.lower() == "in" for mention in found.mentions) == values


@pytest.mark.parametrize(
    ("question", "texts"),
    [
        ("which letters people wrote", []),
        ("letters Ann wrote", []),
        ("the word topic", []),
        ("topics that have the word love", ["love"]),
    ],
)
def test_letters_of_the_data_are_letters(question: str, texts: list[str]) -> None:
    """Where a table is called letters, nothing after it is a text; nor is a column's name."""
    columns = (
        Column("letter_id", "INTEGER", ColumnKind.INTEGER),
        Column("topic", "TEXT", ColumnKind.TEXT),
    )
    index = indexed(Catalog("c", "sqlite", (Table("letters", columns),)))
    found = lattice.build(question, index, shop.NOW.date())
    assert [mention.text for mention in found.mentions if mention.kind is Kind.TEXT] == texts
