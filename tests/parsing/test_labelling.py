"""Columns of a result read well, no two the same, and mean the same in every dialect."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import UTC, datetime

import duckdb
import pytest

from forerun import parsing
from forerun.parsing.labelling import label
from forerun.parsing.parser import indexed
from forerun.parsing.plans import Term
from tests.parsing import dated

NOW = datetime(2026, 7, 11, 12, tzinfo=UTC)


def _sql(question: str, dialect: str = "sqlite", database: str = "inn") -> str:
    catalog = replace(dated.catalog(database), dialect=dialect)
    return parsing.parse(question, catalog, NOW).drafts[0].sql


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("number of different guests per status", "AS number_of_guests"),
        ("How many different countries do guests come from?", "AS number_of_different_country"),
        ("total price per status, highest first", "AS total_price"),
        ("average total price of bookings", "AS average_total_price"),
    ],
)
def test_names_read_well(question: str, name: str) -> None:
    """Neither `number_of_different_guest_id` nor `total_total_price`."""
    assert name in _sql(question)


def test_a_key_by_another_name_is_not_its_table() -> None:
    """Who sends letters are people, but not all people."""
    sender = next(
        f for e in indexed(dated.catalog("inn")).entities for f in e.fields if f.name == "guest_id"
    )
    other = replace(sender.column, name="payer_id")
    renamed = replace(sender, column=other, stems=("payer", "id"))
    name = label(Term(renamed, renamed.entity, "count", distinct=True), ())
    assert name == "number_of_different_payer_id"


def test_no_two_are_the_same() -> None:
    """A sum beside the column that it is called after keeps its longer name."""
    entity = next(e for e in indexed(dated.catalog("inn")).entities if e.key == "bookings")
    price = next(f for f in entity.fields if f.name == "total_price")
    plain, total = Term(price, entity), Term(price, entity, "sum")
    assert label(total, (total,)) == "total_price"
    assert label(total, (plain, total)) == "sum_of_total_price"


@pytest.mark.parametrize("dialect", ["sqlite", "duckdb"])
def test_a_name_that_a_column_has_changes_nothing(dialect: str) -> None:
    """Rows are put in order by the sum, not by the column of the same name."""
    connection = sqlite3.connect(":memory:") if dialect == "sqlite" else duckdb.connect()
    connection.execute("CREATE TABLE bookings (status TEXT, total_price INTEGER)")
    rows = [("confirmed", 5), ("confirmed", 6), ("cancelled", 9), ("no-show", 1)]
    for status, price in rows:
        connection.execute(f"INSERT INTO bookings VALUES ('{status}', {price})")
    found = connection.execute(_sql("total price per status, highest first", dialect)).fetchall()
    assert found == [("confirmed", 11), ("cancelled", 9), ("no-show", 1)]
    sql = _sql("share of total price by status", dialect)
    shares = {status: float(share) for status, share in connection.execute(sql).fetchall()}
    assert shares["confirmed"] == pytest.approx(1100 / 21)
