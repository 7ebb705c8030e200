"""Names without separators, and keys that nobody declared."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from forerun import parsing
from forerun.domain import Catalog, Column, Kind, Table
from forerun.parsing import index
from forerun.parsing.spelling import Spelling

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def table(name: str, *columns: str, rows: int | None = None, samples: int = 0) -> Table:
    values = tuple(range(samples))
    return Table(
        name,
        tuple(
            Column(c, "INTEGER", Kind.INTEGER, samples=values, samples_complete=True)
            if c.endswith("id")
            else Column(c, "TEXT", Kind.TEXT)
            for c in columns
        ),
        rows=rows,
    )


@pytest.mark.parametrize(
    ("column", "words"),
    [
        ("xqcustname", ("name",)),
        ("xqcustjoindate", ("join", "date")),
        ("xqcustzipcode", ("zip", "code")),
    ],
)
def test_what_every_name_of_a_table_begins_with_is_cut_off(
    column: str, words: tuple[str, ...]
) -> None:
    """And what is left is cut into words that schemas use."""
    customers = table("xqcustomer", "xqcustid", "xqcustname", "xqcustjoindate", "xqcustzipcode")
    assert Spelling([customers]).column(customers, column) == words


def test_words_of_the_catalog_itself_cut_its_longer_names() -> None:
    """`keyphrasename` where a table is called keyphrase."""
    phrases = table("keyphrase", "keyphraseid", "keyphrasename")
    papers = table("paper", "paperid", "title")
    both = table("paperkeyphrase", "paperid", "keyphraseid")
    spelling = Spelling([phrases, papers, both])
    assert spelling.column(phrases, "keyphrasename") == ("keyphrase", "name")
    assert spelling.table(both) == ("paper", "keyphrase")


def test_what_a_key_calls_its_own_table_stands_for_it() -> None:
    """DEP is the depot where it is the key of depots, and wherever else it is said of them; the
    mark that all tables bear says nothing."""
    depots = replace(table("T_DEPOT", "DEP_ID", "DEP_NM"), primary_key=("DEP_ID",))
    parcels = replace(table("T_PARCEL", "PRC_ID", "FROM_DEP_ID"), primary_key=("PRC_ID",))
    claims = replace(table("T_CLAIM", "CLM_ID", "MAX_PRC"), primary_key=("CLM_ID",))
    spelling = Spelling([depots, parcels, claims])
    assert spelling.table(depots) == ("depot",)
    assert spelling.column(depots, "DEP_NM") == ("depot", "name")
    assert spelling.column(parcels, "FROM_DEP_ID") == ("from", "depot", "id")
    assert spelling.column(claims, "MAX_PRC") == ("maximum", "prc")


def test_what_stands_behind_a_short_form_is_read_as_ever() -> None:
    """Its capitals tell words apart, and minutes are no minimum."""
    names = ("Dep_Id", "Dep_BadgeColour", "DEP_DURATION_MIN", "dep_dist_km")
    depots = replace(table("Depot", *names), primary_key=("Dep_Id",))
    spelling = Spelling([depots])
    assert [spelling.column(depots, name) for name in names[1:]] == [
        ("depot", "badge", "colour"),
        ("depot", "duration", "minute"),
        ("depot", "distance", "km"),
    ]


def test_two_tables_whose_keys_are_shortened_alike_leave_it_open() -> None:
    """DEP of depots and of departures stands for neither."""
    depots = replace(table("depots", "dep_id", "name"), primary_key=("dep_id",))
    departures = replace(table("departures", "dep_id", "day"), primary_key=("dep_id",))
    spelling = Spelling([depots, departures])
    assert spelling.column(depots, "dep_id") == ("department", "id")


@pytest.mark.parametrize(
    "name", ["warehouse", "description", "a", "x" * 60, "naïveté", "order_qty"]
)
def test_a_name_that_is_no_run_of_known_words_stays_whole(name: str) -> None:
    """Also one in another alphabet, a very long one, or one with separators."""
    stock = table("stock", name)
    assert "".join(Spelling([stock]).column(stock, name)).startswith(name[:2].rstrip("_"))


def test_keys_are_guessed_where_none_is_declared() -> None:
    """A column called an id whose values all differ; references to it are found by name."""
    authors = table("author", "aid", "name", rows=5, samples=5)
    writes = table("writes", "aid", "pid", rows=20, samples=5)
    papers = table("publication", "pid", "title", rows=5, samples=5)
    known = index.build(Catalog("c", "sqlite", (writes, authors, papers)))
    keys = {e.key: [f.name for f in e.primary] for e in known.entities}
    assert keys == {"author": ["aid"], "publication": ["pid"], "writes": []}
    edges = {(e.many.key, e.one.key, e.declared) for e in known.edges}
    assert edges == {("writes", "author", False), ("writes", "publication", False)}


def test_a_column_with_repeated_values_is_no_key() -> None:
    """Fewer different values than rows: nothing can refer to it."""
    visits = table("visit", "id", "place", rows=20, samples=5)
    (entity,) = index.build(Catalog("c", "sqlite", (visits,))).entities
    assert entity.primary == ()


def test_a_question_is_answered_over_glued_names_and_guessed_keys() -> None:
    """The join that nobody declared is there, and it is told as guessed."""
    phrases = table("keyphrase", "keyphraseid", "keyphrasename", rows=5, samples=5)
    links = table("paperkeyphrase", "paperid", "keyphraseid", rows=20, samples=5)
    catalog = Catalog("c", "sqlite", (phrases, links))
    drafts = parsing.parse("How many paperkeyphrases per keyphrase name?", catalog, NOW).drafts
    assert drafts
    assert "JOIN" in drafts[0].sql
