"""Shares, running totals, changes, ratios and the first few of each, and when not to answer."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import sqlglot
from hypothesis import given, settings
from hypothesis import strategies as st

from forerun import parsing
from forerun.checking import check
from forerun.domain import Catalog, Column, Draft, Kind, Metric, Table
from forerun.parsing import cues, measures, parser, proposing, ranking, windows
from forerun.parsing.ranking import Candidate
from tests.parsing import shop
from tests.services import Scratch

NOW = datetime(2025, 12, 31, 12, tzinfo=UTC)
THRESHOLD = 0.7
DIALECTS = ("sqlite", "duckdb", "postgres", "mysql")
QUESTIONS = (
    "share of amount by brand",
    "What percentage of orders are cancelled?",
    "percentage of customers without orders",
    "What share of amount comes from the brand Rivet?",
    "top 3 products by amount in each region",
    "the top product by total quantity per category",
    "most expensive product of each brand",
    "top 2 customers by number of orders in each country",
    "total amount by month with the change to the previous month",
    "month over month growth of amount",
    "number of orders per year with the growth to the previous year",
    "running total of amount by month",
    "cumulative number of orders per quarter",
    "total amount divided by total quantity per brand",
    "running total of amount by month for each year",
    "3-month moving average of amount",
    "rolling 6 month sum of quantity",
)
ONE_TABLE = (
    "What percentage of orders are cancelled?",
    "percentage of orders by status",
    "month over month growth of the number of orders",
    "cumulative number of orders per month",
)
"""Questions that the orders alone answer."""


def _best(question: str, dialect: str = "sqlite") -> Draft:
    return parsing.parse(question, shop.catalog(dialect), NOW).drafts[0]


# --- what is written


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("question", QUESTIONS)
def test_every_construct_passes_the_gate(question: str, dialect: str) -> None:
    """What is written parses in its dialect and passes the SQL gate."""
    draft = _best(question, dialect)
    sqlglot.parse_one(draft.sql, dialect=dialect)
    verdict = check(draft, shop.catalog(dialect))
    assert verdict.statement is not None, (draft.sql, verdict.reasons)


@pytest.mark.parametrize("question", QUESTIONS)
def test_sqlite_and_duckdb_run_it_to_as_many_rows(question: str) -> None:
    """Both engines run what is written for them; figures are compared by the golden questions."""
    in_sqlite = shop.in_sqlite().execute(_best(question, "sqlite").sql).fetchall()
    in_duckdb = shop.in_duckdb().execute(_best(question, "duckdb").sql).fetchall()
    assert in_sqlite
    assert len(in_sqlite) == len(in_duckdb)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_shares_add_up_to_a_hundred(dialect: str) -> None:
    """A share is written as a percentage of the sum over all groups, guarded against nought."""
    sql = _best("share of amount by brand", dialect).sql
    assert "100.0 * total_amount / NULLIF(SUM(total_amount) OVER (), 0)" in sql
    if dialect in ("sqlite", "duckdb"):
        connection = shop.in_sqlite() if dialect == "sqlite" else shop.in_duckdb()
        shares = [row[-1] for row in connection.execute(sql).fetchall()]
        assert sum(map(float, shares)) == pytest.approx(100)


def test_a_share_of_no_rows_is_nought_not_unknown() -> None:
    """Where no row meets the condition, the percentage is 0; of no rows at all it is unknown."""
    sql = _best("What share of amount comes from the brand Rivet?").sql
    connection = sqlite3.connect(":memory:")
    shop.fill(connection)
    connection.execute("UPDATE products SET brand = 'Falkon'")
    assert connection.execute(sql).fetchall() == [(0,)]
    connection.execute("DELETE FROM order_lines")
    assert connection.execute(sql).fetchall() == [(None,)]


def test_percentages_keep_their_fraction() -> None:
    """Counts are integers, and integers must not be divided as such."""
    for dialect, connection in (("sqlite", shop.in_sqlite()), ("duckdb", shop.in_duckdb())):
        ((share,),) = connection.execute(
            _best("What percentage of orders are cancelled?", dialect).sql
        ).fetchall()
        cancelled = sum(row[-1] == "cancelled" for row in shop.rows()["orders"])
        assert float(share) == pytest.approx(100 * cancelled / len(shop.rows()["orders"]))


@pytest.mark.parametrize(
    ("question", "reading"),
    [
        ("share of amount by brand", "in percent of all; for each brand"),
        ("What percentage of orders are cancelled?", "percentage of the number of orders where"),
        ("percentage of customers without orders", "number of customers without orders"),
        ("top 3 products by amount in each region", "the first 3 of each name of regions"),
        ("month over month growth of amount", "to the month listed before, in percent"),
        ("running total of amount by month", "total amount of order lines added up so far"),
        ("running total of amount by month for each year", "so far within each year of order date"),
        ("3-month moving average of amount", "average of total amount of order lines over the"),
        ("total amount divided by total quantity", "total amount divided by total quantity"),
    ],
)
def test_the_reading_says_what_is_made_of_the_measure(question: str, reading: str) -> None:
    """The asker sees that it is a share and not a sum."""
    said = _best(question).reading
    assert said is not None
    assert reading in said


# --- what is not answered


@pytest.mark.parametrize(
    "question",
    [
        "Show the growth of amount",  # from when to when?
        "cumulative amount",  # along what?
        "share of the average salary per store",  # averages do not add up
        "amount by month with the change to the previous year",
        "moving average of amount by month",  # over how many months?
        "3-month moving average of amount by week",
        "3-month moving average of the average price",  # averages do not add up
        "amount year to date by month",  # each month's, or all up to it?
        "number of customers with more than 10 percent of amount",
        "total amount of the top 10 percent of customers",
        "change in price",
        "best selling product per category",
        "What percentage of orders are cancelled per store?",  # of the store's, or of all those?
        "share of orders by status for each store",  # of the store's, or of all?
        "Which store has the highest share of amount?",
        "percentages of customers and their names",
    ],
)
def test_what_no_plan_can_be_is_not_answered_with_a_plain_sum(question: str) -> None:
    """A cue that the plan does not answer vetoes it."""
    assert _best(question).confidence < THRESHOLD, _best(question).sql


def _candidates(question: str) -> list[Candidate]:
    index = parser.indexed(shop.catalog())
    return proposing.propose(question, index, NOW.date(), ranking.weights())[1]


@pytest.mark.parametrize("question", [q for q in QUESTIONS if "top" not in q and "most" not in q])
def test_plain_plans_of_such_questions_are_vetoed(question: str) -> None:
    """Each candidate either has the construct or the feature that vetoes it."""
    for candidate in _candidates(question):
        made = any(feature.startswith("window|") for feature in candidate.features)
        unmet = any(f"unmet|{cue}" in candidate.features for cue in windows.ASKED)
        assert made or unmet


_plain = [" ".join(p) for p, tag in cues.CUES.items() if tag not in cues.WINDOWS | {"each"}]
_named = ["orders", "amount", "customers", "brand", "by month", "Germany", "cancelled", "in 2024"]


@settings(deadline=None, max_examples=60)
@given(st.lists(st.sampled_from(_plain + _named), min_size=1, max_size=7).map(" ".join))
def test_without_a_cue_nothing_is_made_of_the_measure(question: str) -> None:
    """No plain question is turned into a window, a percentage or a quotient."""
    for candidate in _candidates(question):
        plan = candidate.plan
        assert plan.window is None
        assert not list(plan.parts)
        assert not any(term.per for term in plan.select)


def test_a_column_of_the_same_name_is_no_cue() -> None:
    """Where the catalog has a column `percentage`, the percentage is that column."""
    columns = (
        Column("language", "TEXT", Kind.TEXT, samples=("Dutch", "Latin")),
        Column("percentage", "REAL", Kind.DECIMAL),
    )
    table = Table("languages", columns)
    catalog = Catalog("c", "sqlite", (table,))
    sql = parsing.parse("What is the percentage of Dutch?", catalog, NOW).drafts[0].sql
    assert sql == "SELECT percentage FROM languages WHERE language = 'Dutch'"


def test_a_column_of_shares_is_not_left_out_silently() -> None:
    """Where "share" may mean a column, a plan without that column is no answer."""
    columns = (
        Column("owner", "TEXT", Kind.TEXT, samples=("Ada", "Ben")),
        Column("share_in_percent", "REAL", Kind.DECIMAL),
        Column("price", "REAL", Kind.DECIMAL),
    )
    catalog = Catalog("c", "sqlite", (Table("channels", columns),))
    for draft in parsing.parse("share of total price per owner", catalog, NOW).drafts:
        assert "share_in_percent" in draft.sql or draft.confidence < THRESHOLD


@pytest.mark.parametrize(
    ("expression", "adds_up"),
    [
        ("SUM(amount)", True),
        ("sum(amount * (1 - discount))", True),
        ("COUNT(*)", True),
        ("COUNT(DISTINCT customer_id)", False),
        ("SUM(amount) / SUM(quantity)", False),
        ("AVG(amount)", False),
        ("MAX(amount) - MIN(amount)", False),
    ],
)
def test_only_sums_and_counts_of_rows_add_up(expression: str, adds_up: bool) -> None:
    """A team's metric has shares and running totals only where groups add up to the whole."""
    assert measures.is_sum(expression) is adds_up


def test_a_metric_is_divided_as_a_whole() -> None:
    """A team's expression keeps its own precedence."""
    metrics = (
        Metric("margin", "order_lines", "SUM(amount) - SUM(quantity)"),
        Metric("volume", "order_lines", "SUM(quantity)"),
    )
    catalog = replace(shop.catalog(), metrics=metrics)
    sql = parsing.parse("margin divided by volume", catalog, NOW).drafts[0].sql
    assert "1.0 * (SUM(amount) - SUM(quantity)) / NULLIF(SUM(quantity), 0)" in sql


# --- real servers


def test_postgres_runs_it(postgres: Scratch) -> None:
    """Windows, percentages and changes run on a real PostgreSQL."""
    import psycopg

    with psycopg.connect(postgres.owner_url, autocommit=True) as connection:
        _make_orders(connection.cursor())
        for question in ONE_TABLE:
            assert connection.execute(_best(question, "postgres").sql).fetchall()


def test_mysql_runs_it(mysql: Scratch) -> None:
    """The same on a real MySQL or MariaDB."""
    import pymysql
    from sqlalchemy.engine import make_url

    url = make_url(mysql.owner_url)
    connection = pymysql.connect(
        host=url.host, port=url.port or 3306, user=url.username, password=url.password or "",
        database=url.database, autocommit=True,
    )  # fmt: skip
    with connection, connection.cursor() as cursor:
        _make_orders(cursor)
        for question in ONE_TABLE:
            cursor.execute(_best(question, "mysql").sql)
            assert cursor.fetchall()


def _make_orders(cursor: object) -> None:
    execute = cursor.execute  # type: ignore[attr-defined]
    execute(
        "CREATE TABLE orders (order_id int PRIMARY KEY, customer_id int, store_id int, "
        "order_date date, status varchar(20))"
    )
    for row in shop.rows()["orders"][:60]:
        execute("INSERT INTO orders VALUES (%s, %s, %s, %s, %s)", row)
