"""Numbers with what they are of: compared with a column in that unit, or asked about."""

from __future__ import annotations

import pytest

from forerun import parsing
from forerun.domain import Catalog, Column, Kind, Table
from forerun.parsing.tokens import tokenise
from tests.parsing import league
from tests.parsing.trading import ANSWER, GUESS, NOW, best


@pytest.mark.parametrize(
    ("question", "where"),
    [
        ("how many shipments are over 5000 kg?", "weight_kg > 5000"),
        ("shipments of more than 5000 kilograms", "weight_kg > 5000"),
        ("how many charges are above $800?", "amount_usd > 800"),
        ("how many charges are over 800 dollars?", "amount_usd > 800"),
    ],
)
def test_the_unit_tells_what_is_compared(question: str, where: str) -> None:
    """The one column in kilograms is what is over 5000 kg."""
    draft = best("freight", question)
    assert where in draft.sql
    assert draft.confidence >= ANSWER


@pytest.mark.parametrize(
    "question",
    ["how many invoices are over $500?", "invoices over 500 euros",
     "how many invoices with an amount over $500?", "accounts with a total amount over $500"],
)  # fmt: skip
def test_dollars_are_no_cents(question: str) -> None:
    """An amount in cents is not compared with a number of dollars."""
    assert best("software", question).confidence < GUESS


@pytest.mark.parametrize("question", ["charges over 800 euros", "shipments over 5 tonnes"])
def test_another_unit_is_asked_about(question: str) -> None:
    """Nothing is converted: tonnes are no kilograms, and euros no dollars."""
    assert best("freight", question).confidence < GUESS


@pytest.mark.parametrize(
    ("said", "number"),
    [("5 million", 5_000_000), ("2.5 million", 2_500_000), ("two hundred", 200), ("500k", 500_000),
     ("20 thousand", 20_000)],
)  # fmt: skip
def test_large_numbers_are_one(said: str, number: int) -> None:
    """A number and the round one behind it are multiplied."""
    (token,) = tokenise(said)
    assert token.number == number


@pytest.mark.parametrize(
    ("weight", "question", "where"),
    [
        ("weight_lb", "how many parcels are over 20 pounds?", "weight_lb > 20"),
        ("weight_kg", "how many parcels are over 20 pounds?", None),
        ("weight", "how many parcels are over 20 pounds?", None),
        ("weight_kg", "how many parcels have an amount over 20 pounds?", "amount > 20"),
        ("height_cm", "how many parcels are over 20 pounds?", "amount > 20"),
    ],
)
def test_pounds_are_no_money_where_rows_are_weighed(
    weight: str, question: str, where: str | None
) -> None:
    """Unless the amount is spoken of; with a weight in another unit it is asked which is meant."""
    columns = (
        Column("parcel_id", "INTEGER", Kind.INTEGER, nullable=False),
        Column(weight, "REAL", Kind.FLOAT, nullable=False),
        Column("amount", "REAL", Kind.FLOAT, nullable=False),
    )
    parcels = Table("parcels", columns, primary_key=("parcel_id",), rows=90)
    draft = parsing.parse(question, Catalog("post", "sqlite", (parcels,)), NOW).drafts[0]
    assert (draft.confidence >= ANSWER) == (where is not None)
    assert where is None or where in draft.sql


@pytest.mark.parametrize(
    ("question", "compared"),
    [
        ("trials with more than $5 points", False),
        ("clubs with more than $2 players", False),
        ("trials with points over 3", True),
        ("players with a wage over $500", True),
    ],
)
def test_money_is_no_quantity(question: str, compared: bool) -> None:
    """Whole numbers that nothing calls money are not compared with dollars, nor is a count."""
    assert ("other-unit" not in league.against(question)) == compared
    assert (league.drafts(question)[0].confidence >= ANSWER) == compared
