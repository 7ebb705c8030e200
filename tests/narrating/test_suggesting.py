"""Suggestions: questions about what is there, that the built-in parser can read."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from forerun import parsing
from forerun.domain import Catalog, Column, ForeignKey, Kind, Rows, Statement, Table
from forerun.narrating import suggest
from forerun.narrating.suggesting import _singular
from tests.narrating.results import rows_of


def text(name: str, *samples: str) -> Column:
    return Column(name, "TEXT", Kind.TEXT, samples=samples, samples_complete=True)


def number(name: str, kind: Kind = Kind.INTEGER) -> Column:
    return Column(name, kind.value.upper(), kind)


SHOPS = Table(
    "shops",
    (
        number("id"),
        text("name", "A", "B"),
        text("region", "North", "South"),
        text("code", "1", "2"),
    ),
    primary_key=("id",),
    rows=10,
)
ORDERS = Table(
    "orders",
    (
        number("order_id"),
        number("shop_id"),
        Column("ordered_on", "DATE", Kind.DATE),
        text("channel", "web", "till"),
        number("amount", Kind.DECIMAL),
        number("unit_price", Kind.DECIMAL),
    ),
    primary_key=("order_id",),
    foreign_keys=(ForeignKey(("shop_id",), "shops", ("id",)),),
    rows=1_000,
)
CATALOG = Catalog("shop", "duckdb", (SHOPS, ORDERS))
READS_ORDERS = Statement("…", "duckdb", tables=frozenset({"orders"}))
ONE = rows_of([("count", Kind.INTEGER)], [(1_000,)])


def test_suggestions_are_of_the_tables_that_were_read() -> None:
    """Groups, measures and dates of the table and its neighbours are offered, at most three."""
    assert suggest("How many orders are there?", CATALOG, READS_ORDERS, ONE) == (
        "How many orders are there per channel?",
        "What is the total amount per shop?",
        "What is the total amount per month?",
    )


def test_what_was_asked_is_not_suggested_again() -> None:
    """Neither the question itself nor the group that is already shown comes first."""
    question = "how many orders per channel"
    shown = rows_of([("channel", Kind.TEXT), ("n", Kind.INTEGER)], [("web", 1), ("till", 2)])
    suggested = suggest(question, CATALOG, READS_ORDERS, shown)
    assert not any("orders are there per channel" in each for each in suggested)
    assert suggested[0] == "How many orders are there per shop?"


@pytest.mark.parametrize(
    "question",
    ["number of orders per channel", "How many orders are there for each channel?",
     "the number of orders by channel"],
)  # fmt: skip
def test_what_was_asked_in_other_words_is_not_suggested(question: str) -> None:
    """A number of orders by channel is how many there are per channel."""
    assert not any("per channel" in each for each in suggest(question, CATALOG, READS_ORDERS, ONE))


def test_the_parser_reads_every_suggestion() -> None:
    """Each suggestion is understood without a model, surely enough to be answered."""
    for table in CATALOG.tables:
        statement = Statement("…", "duckdb", tables=frozenset({table.key}))
        for question in suggest("?", CATALOG, statement, ONE):
            parsed = parsing.parse(question, CATALOG, datetime(2025, 6, 1, tzinfo=UTC))
            assert parsed.drafts, question


def test_a_table_in_the_singular_is_spoken_of_in_the_plural() -> None:
    """`How many tracks`, whatever the table is called; words without a plural stay."""
    names = {
        "track": "tracks",
        "country": "countries",
        "invoice_box": "invoice boxes",
        "survey": "surveys",
        "staff": "staff",
        "sales": "sales",
        "t1": "t 1",
        "Bestellungen_2024": "bestellungen 2024",
        "größe": "größe",
    }
    for name, plural in names.items():
        table = Table(name, (text("kind", "A", "B"),), rows=100)
        statement = Statement("…", "duckdb", tables=frozenset({name}))
        suggested = suggest("?", Catalog("x", "duckdb", (table,)), statement, ONE)
        assert suggested == (f"How many {plural} are there per kind?",)


def test_words_that_are_the_same_in_singular_and_plural_stay() -> None:
    """`per species`, never `per specy`; other names in -ies have a singular."""
    assert (_singular("species"), _singular("tv series")) == ("species", "tv series")
    assert (_singular("categories"), _singular("tracks")) == ("category", "track")
    assert (_singular("branches"), _singular("boxes")) == ("branch", "box")


def test_groups_and_measures_that_say_nothing_are_not_offered() -> None:
    """Neither a table by its own name, nor by what differs in each row; years and ranks stay."""
    columns = (
        text("name", "A", "B"),
        text("nickname", *"abcdefgh"),
        Column("founded", "YEAR", Kind.INTEGER),
        number("rank"),
    )
    catalog = Catalog("x", "mysql", (Table("clubs", columns, rows=10),))
    statement = Statement("…", "mysql", tables=frozenset({"clubs"}))
    assert suggest("?", catalog, statement, ONE) == ("How many clubs are there?",)


def test_what_is_a_total_already_is_not_called_so_twice() -> None:
    """`total amount`, not `total total amount`."""
    columns = (text("kind", "A", "B"), number("total_amount", Kind.DECIMAL))
    catalog = Catalog("x", "duckdb", (Table("bills", columns, rows=100),))
    statement = Statement("…", "duckdb", tables=frozenset({"bills"}))
    assert "What is the total amount per kind?" in suggest("?", catalog, statement, ONE)


def test_nothing_known_suggests_nothing() -> None:
    """Without tables there is nothing to offer; identifiers and codes are never grouped by."""
    assert suggest("x", CATALOG, Statement("SELECT 1", "duckdb"), Rows((), ())) == ()
    assert not any("code" in q for q in suggest("x", CATALOG, READS_ORDERS, ONE))


def test_first_names_and_yes_and_no_are_not_asked_about() -> None:
    """Who shares a first name has nothing in common, and nobody adds up yes and no."""
    flag = Column("active", "INTEGER", Kind.INTEGER, samples=(0, 1), samples_complete=True)
    members = Table(
        "members",
        (number("id"), text("first_name", "Al", "Bo"), text("city", "Hull", "York"), flag),
        primary_key=("id",),
        rows=100,
    )
    read = Statement("…", "duckdb", tables=frozenset({"members"}))
    catalog = Catalog("club", "duckdb", (members,))
    suggested = suggest("How many members are there?", catalog, read, ONE)
    assert suggested == ("How many members are there per city?",)
