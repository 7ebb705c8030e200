"""The first version that is suggested: sensible, and taken by the reader as it is."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forerun import knowledge, parsing
from forerun.domain import Catalog, Column, ColumnKnowledge, Kind, Knowledge, Table, TableKnowledge
from forerun.knowledge.writing import scalar
from tests.knowledge.shops import FILE
from tests.parsing import shop

identifiers = st.text(min_size=1, max_size=12) | st.sampled_from(
    ("id", "name", "amount", "Amount", "total_amount", "created_at", "no", "on", "null", "token",
     "password", "price_eur", "cust_nm", "order", "a: b", "- x", "#", "{}", "2024", "💧", "\x85")
)  # fmt: skip
columns = st.builds(
    Column,
    identifiers,
    st.just("T"),
    st.sampled_from(Kind),
    comment=st.none() | st.text(max_size=9),
)
tables = st.builds(
    Table,
    identifiers,
    st.lists(columns, min_size=1, max_size=5, unique_by=lambda c: c.name).map(tuple),
    comment=st.none() | st.text(max_size=9),
)
catalogs = st.builds(
    Catalog,
    st.text(max_size=9),
    st.sampled_from(("sqlite", "duckdb", "postgres", "mysql")),
    st.lists(tables, max_size=4, unique_by=lambda t: t.name).map(tuple),
)


@settings(deadline=None, max_examples=60)
@given(catalogs)
def test_what_is_suggested_is_read_back_and_fits(catalog: Catalog) -> None:
    """For any database at all the file is read back the same and taken without a complaint."""
    suggested = parsing.suggest(catalog)
    text = knowledge.write(suggested, catalog)
    assert knowledge.read(text, FILE) == suggested
    knowledge.enrich(catalog, suggested, FILE)


@given(st.text())
def test_every_text_is_a_scalar(text: str) -> None:
    """Any description comes back from YAML as it went in, its outer spaces aside."""
    if not text.strip():
        return
    written = f"tables: {{t: {{description: {scalar(text)}}}}}"
    assert knowledge.read(written, FILE).tables["t"].description == text.strip()


def suggested_for(*columns: Column) -> Knowledge:
    table = Table("accts", columns, primary_key=("id",), comment="All of them")
    return parsing.suggest(Catalog("x", "sqlite", (table,)))


def test_a_first_version_says_what_names_and_types_tell() -> None:
    """Comments, display and time columns, abbreviations, units and secrets are noticed."""
    told = suggested_for(
        Column("id", "INTEGER", Kind.INTEGER),
        Column("name", "TEXT", Kind.TEXT),
        Column("updated_at", "TIMESTAMP", Kind.TIMESTAMP),
        Column("opened_on", "DATE", Kind.DATE),
        Column("tot_amt_eur", "REAL", Kind.FLOAT, comment="With tax"),
        Column("pwd_hash", "TEXT", Kind.TEXT),
    )
    assert told.tables == {
        "accts": TableKnowledge(
            "All of them",
            time="opened_on",
            display=("name",),
            columns={
                "tot_amt_eur": ColumnKnowledge("With tax", ("total amount",), "EUR"),
                "pwd_hash": ColumnKnowledge(hidden=True),
            },
        )
    }
    (metric,) = told.metrics
    assert (metric.name, metric.sql) == ("total amount eur", "SUM(tot_amt_eur)")


@pytest.mark.parametrize("name", ["deceased_on", "paid_on", "cancelled_at", "birth_date"])
def test_a_date_that_few_rows_have_is_not_when_a_row_happened(name: str) -> None:
    """Deaths, payments and cancellations come after what a row is about, births long before."""
    told = suggested_for(
        Column(name, "DATE", Kind.DATE), Column("registered_on", "DATE", Kind.DATE)
    )
    assert told.tables["accts"].time == "registered_on"
    alone = suggested_for(Column(name, "DATE", Kind.DATE))
    assert "accts" not in alone.tables or alone.tables["accts"].time is None


@pytest.mark.parametrize(
    "name", ["api_key", "Password", "ssn", "session_token", "credit_card_number"]
)
def test_names_that_look_secret_are_hidden(name: str) -> None:
    """Hidden in the suggestion, and listed at its top."""
    told = suggested_for(Column("id", "INTEGER", Kind.INTEGER), Column(name, "TEXT", Kind.TEXT))
    assert told.tables["accts"].columns[name].hidden
    assert f"look secret: accts.{name}." in knowledge.write(told, Catalog("x", "sqlite", ()))


def test_two_sums_of_one_name_are_told_apart() -> None:
    """The second `amount` is summed under its table's name."""
    sold = Table("sales", (Column("amount", "REAL", Kind.FLOAT),))
    catalog = Catalog("x", "sqlite", (sold, replace(sold, name="order_lines")))
    names = [metric.name for metric in parsing.suggest(catalog).metrics]
    assert names == ["total amount", "total order lines amount"]


def test_the_shop_is_suggested_whole() -> None:
    """For a real schema every display and time column is one that a person would pick."""
    told = parsing.suggest(shop.catalog())
    assert told.tables["orders"].time == "order_date"
    assert told.tables["products"].display == ("name",)
    assert told.tables["products"].columns["weight_kg"].unit == "kg"
    assert [metric.sql for metric in told.metrics] == ["SUM(quantity)", "SUM(amount)"]
