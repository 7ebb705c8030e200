"""Plain questions of people at work, about catalogs that are named as companies name things."""

from __future__ import annotations

from dataclasses import replace

import pytest

from forerun import parsing
from forerun.catalog.words import singular
from forerun.domain import Column, ForeignKey, Kind, Table, Turn
from forerun.parsing import parser
from forerun.parsing.rewording import reworded
from tests.parsing import dated
from tests.parsing.trading import ANSWER, GUESS, NOW, best, catalog


@pytest.mark.parametrize(
    ("name", "question", "sql"),
    [
        ("freight", "which genre is most common?",
         "SELECT genre FROM film GROUP BY genre ORDER BY COUNT(*) DESC LIMIT 1"),
        ("freight", "largest vessel",
         "SELECT vessel_name FROM vessel ORDER BY capacity_teu DESC LIMIT 1"),
        ("freight", "capacity of all vessels together",
         "SELECT SUM(capacity_teu) AS total_capacity_teu FROM vessel"),
        ("freight", "how many shipments arrived late?",
         "SELECT COUNT(*) AS number_of_shipment FROM shipment WHERE arrived_on > eta"),
        ("freight", "vessels that never won an award",
         "SELECT vessel.vessel_name FROM vessel WHERE NOT vessel.vessel_id IN "
         "(SELECT award.vessel_id FROM award WHERE NOT award.vessel_id IS NULL)"),
        ("software", "how many tickets are not assigned to anyone?",
         "SELECT COUNT(*) AS number_of_tbl_ticket FROM tbl_ticket WHERE assigned_to IS NULL"),
        ("software", "how many tickets are still open?",
         "SELECT COUNT(*) AS number_of_tbl_ticket FROM tbl_ticket WHERE status = 'open'"),
    ],
)  # fmt: skip
def test_a_plain_question_is_answered(name: str, question: str, sql: str) -> None:
    """In the words of everyday, though no column is called by them."""
    draft = best(name, question)
    assert draft.sql == sql
    assert draft.confidence >= ANSWER


@pytest.mark.parametrize(
    ("name", "question", "part"),
    [
        ("software", "which plan has the most active subscriptions?",
         "status = 'active' GROUP BY tbl_plan.plan_id"),
        ("software", "which plans include SSO?", "feature_name = 'SSO'"),
        ("software", "which features does the Business plan include?", "plan_name = 'Business'"),
        ("software", "number of subscriptions by month", "STRFTIME('%Y-%m', started_on)"),
        ("freight", "how many comedies are there?", "WHERE genre = 'Comedy'"),
        ("freight", "shipments per cargo type", "lu_cargo_type.description, COUNT(*)"),
        ("freight", "how many chilled shipments are there?", "description = 'Chilled'"),
        ("freight", "largest modern vessel", "WHERE is_modern = 1 ORDER BY capacity_teu DESC"),
        ("freight", "total prize money by year", "award_year, SUM(prize_money)"),
        ("freight", "share of modern vessels", "CASE WHEN is_modern = 1"),
        ("freight", "which vessel is the largest?", "ORDER BY capacity_teu DESC LIMIT 1"),
        ("freight", "which charge type is the most common for insured shipments?",
         "shipment.insured = 1 GROUP BY charge.charge_type ORDER BY COUNT(*) DESC LIMIT 1"),
        ("software", "number of invoices per account", "COUNT(*) AS number_of_tbl_invoice"),
    ],
)  # fmt: skip
def test_the_first_reading_is_the_plain_one(name: str, question: str, part: str) -> None:
    """Whether or not it is sure enough to be answered."""
    assert part in best(name, question).sql


@pytest.mark.parametrize(
    ("name", "question"),
    [
        ("software", "how many users haven't logged in since January 2026?"),
        ("software", "how many tickets did Norway open?"),
        ("freight", "total freight charges by month in 2025"),
        ("freight", "charges per shipment"),
        ("freight", "number of films by year"),
        ("software", "how many features does the Team plan have that the Free plan doesn't?"),
    ],
)
def test_what_would_be_wrong_is_asked_about(name: str, question: str) -> None:
    """Never logged in is not then, open is not opened, charges are counted or added up, and a film
    is of the year of its release or of the day it was sent in.
    """
    assert best(name, question).confidence < GUESS


@pytest.mark.parametrize(
    ("name", "question"),
    [
        ("freight", "how many vessels are older than 30?"),
        ("freight", "which vessel had the highest award in 2025?"),
        ("freight", "shipments with more than 5000 in charges"),
    ],
)
def test_an_age_is_no_year_and_rows_are_no_figure(name: str, question: str) -> None:
    """Nobody is built in the year 30, and the highest award is not the most of them."""
    assert best(name, question).confidence < GUESS


def test_one_row_is_not_in_two_countries() -> None:
    """Ports in Europe and Asia are in either of the two, since each is one row."""
    sql = best("freight", "ports in Europe and Asia").sql
    assert sql == "SELECT port_name FROM port WHERE region IN ('Europe', 'Asia')"


def test_a_way_between_two_places_may_be_gone_on_from() -> None:
    """A table that is joined twice is nothing that a follow-up stumbles over."""
    asked = "how many shipments from Hamburg to Shanghai?"
    turn = Turn(asked, asked, best("freight", asked).sql)
    parsed = parsing.parse_after("in 2025", turn, catalog("freight"), NOW)
    assert parsed.drafts


def test_who_did_it_is_counted_and_not_what_was_done() -> None:
    """How many inspectors shipped asks for no number of shipments."""
    sql = best("freight", "how many vessels shipped in 2025?").sql
    assert "COUNT(*) AS number_of_shipment" not in sql


@pytest.mark.parametrize(
    ("said", "before", "text"),
    [
        ("to Shanghai", "shipments from Hamburg", "shipments from Hamburg to Shanghai?"),
        ("from Shanghai", "shipments from Hamburg", "shipments from Shanghai?"),
        ("to Hamburg", "shipments from Hamburg to Shanghai", "shipments from Hamburg to Hamburg?"),
        ("only Shanghai", "shipments from Hamburg", "shipments from Shanghai?"),
    ],
)
def test_there_is_not_from_there(said: str, before: str, text: str) -> None:
    """The other end of a way is said besides, the same one instead."""
    assert reworded(said, before, parser.indexed(catalog("freight")), NOW.date()) == text


@pytest.mark.parametrize(
    ("said", "before", "text"),
    [
        ("only the inactive ones", "users per account", "users per account that are inactive?"),
        ("only active", "users per account", "users per account that are active?"),
        ("only the legacy ones", "plans by name", "plans by name that are legacy?"),
    ],
)
def test_only_those_that_are_so_goes_on(said: str, before: str, text: str) -> None:
    """What a column says yes or no of narrows the question before."""
    index = parser.indexed(catalog("software"))
    assert reworded(said, before, index, NOW.date()) == text


def test_who_shipped_has_shipments_and_no_ships() -> None:
    """A verb is no noun that is spelt alike."""
    assert "vessel" not in best("freight", "inspectors who have not shipped in 2026").sql


@pytest.mark.parametrize(
    ("said", "one"),
    [("comedies", "comedy"), ("men", "man"), ("status", "status"), ("boxes", "box")],
)
def test_of_more_than_one_there_is_one(said: str, one: str) -> None:
    """The singular of a word, itself where it is one."""
    assert singular(said) == one


@pytest.mark.parametrize("rows", ["stays", "reservations"])
def test_in_a_month_is_not_per_month(rows: str) -> None:
    """Though some column's name says "in", as that of a check-in does."""
    database = dated.catalog("inn" if rows == "stays" else "hotel")
    draft = parsing.parse(f"{rows} in a month", database, NOW).drafts[0]
    assert draft.confidence < GUESS


@pytest.mark.parametrize(
    "question", ["who ordered in 2024?", "who has open orders?", "whose orders are open?"]
)
def test_who_is_not_told_by_numbers_of_orders(question: str) -> None:
    """An order has no name of its own, and refers to whoever placed it."""
    draft = parsing.parse(question, dated.catalog("shop"), NOW).drafts[0]
    assert draft.confidence < GUESS


def test_in_both_of_two_is_not_in_either() -> None:
    """An account has one country, so that nobody knows what was meant; without "both" it is."""
    assert best("software", "accounts in both Chile and Norway").confidence < GUESS
    assert best("software", "accounts in Chile and Norway").confidence >= ANSWER


def test_a_position_is_no_order() -> None:
    """`ord` alone says where a row stands: the largest order is the one with the largest total."""
    shop = dated.catalog("shop")
    lines = Table(
        "lines",
        (
            Column("order_id", "INTEGER", Kind.INTEGER, nullable=False),
            Column("ord", "INTEGER", Kind.INTEGER, nullable=False),
        ),
        primary_key=("order_id", "ord"),
        foreign_keys=(ForeignKey(("order_id",), "orders", ("id",)),),
    )
    with_lines = replace(shop, tables=(*shop.tables, lines))
    draft = parsing.parse("largest order", with_lines, NOW).drafts[0]
    assert draft.sql.endswith("FROM orders ORDER BY total DESC LIMIT 1")
