"""The parser with what the team knows: its words, its figures, its golden queries."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forerun import checking, knowledge, parsing
from forerun.domain import Catalog, GoldenQuery, Origin
from forerun.parsing import parser
from forerun.parsing.lessons import CAP
from tests.parsing import shop

NOW = datetime(2025, 12, 31, 12, tzinfo=UTC)
FILE = "shop.forerun.yaml"
TEXT = """
tables:
  customers:
    synonyms: [clients]
    display: [name, country]
    columns:
      segment: {synonyms: [market tier]}
      joined_on: {hidden: true}
  employees:
    time: hired_on
    columns:
      salary: {hidden: true}
  order_lines:
    columns:
      amount: {synonyms: [sticker price]}
metrics:
  revenue:
    table: order_lines
    sql: SUM(amount * quantity)
    synonyms: [booked income]
  average line value:
    table: order_lines
    sql: SUM(amount) / COUNT(*)
golden_queries:
  - question: How is business going?
    sql: SELECT COUNT(*) AS n FROM orders WHERE status = 'delivered'
"""


def known(text: str = TEXT) -> Catalog:
    return knowledge.enrich(shop.catalog(), knowledge.read(text, FILE), FILE)


def answered(question: str, catalog: Catalog | None = None) -> str:
    """The SQL of a draft that is a good guess at least, and let through by the gate."""
    catalog = catalog or known()
    draft = parsing.parse(question, catalog, NOW).drafts[0]
    assert draft.confidence >= 0.75, draft
    assert checking.check(draft, catalog).accepted
    return draft.sql


def rows(sql: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(":memory:")
    shop.fill(connection)
    return connection.execute(sql).fetchall()


@pytest.mark.parametrize(
    ("question", "gold"),
    [
        ("how many clients are there?", "SELECT COUNT(*) FROM customers"),
        ("how many clients are there per market tier?",
         "SELECT segment, COUNT(*) FROM customers GROUP BY segment"),
        ("total sticker price", "SELECT SUM(amount) FROM order_lines"),
        ("list the names of the clients from Germany",
         "SELECT name FROM customers WHERE country = 'Germany'"),
        ("revenue", "SELECT SUM(amount * quantity) FROM order_lines"),
        ("what is the booked income?", "SELECT SUM(amount * quantity) FROM order_lines"),
        ("average line value in 2024",
         "SELECT SUM(amount) / COUNT(*) FROM order_lines JOIN orders USING (order_id) "
         "WHERE order_date BETWEEN '2024-01-01' AND '2024-12-31'"),
        ("top 3 products by revenue",
         "SELECT name, SUM(amount * quantity) FROM products JOIN order_lines USING (product_id) "
         "GROUP BY product_id ORDER BY 2 DESC LIMIT 3"),
        ("which store has the highest revenue?",
         "SELECT name FROM stores JOIN orders USING (store_id) JOIN order_lines USING (order_id) "
         "GROUP BY store_id ORDER BY SUM(amount * quantity) DESC LIMIT 1"),
        ("clients with revenue over 20000",
         "SELECT name, country FROM customers JOIN orders USING (customer_id) "
         "JOIN order_lines USING (order_id) GROUP BY customer_id "
         "HAVING SUM(amount * quantity) > 20000"),
    ],
)  # fmt: skip
def test_questions_in_the_teams_own_words_are_answered(question: str, gold: str) -> None:
    """Synonyms name tables and columns; metrics are shown, ranked, bounded, per time and table."""
    expected = rows(gold)
    assert expected
    assert sorted(map(repr, rows(answered(question)))) == sorted(map(repr, expected))


def test_without_the_file_the_words_mean_nothing() -> None:
    """The same question is not answered where nobody declared its words."""
    parsed = parsing.parse("how many clients per market tier?", shop.catalog(), NOW)
    assert all(draft.confidence < 0.8 for draft in parsed.drafts)


def test_a_figure_is_named_in_the_rows_and_in_the_reading() -> None:
    """The column of a metric is called like it, and the reading says no "total"."""
    (draft, *_) = parsing.parse("average line value", known(), NOW).drafts
    assert draft.sql.endswith("SUM(amount) / COUNT(*) AS average_line_value FROM order_lines")
    assert draft.reading == "average line value"


def test_the_average_of_a_figure_is_not_made_up() -> None:
    """ "Average revenue" is another figure than revenue: nothing is answered."""
    assert all(d.confidence < 0.8 for d in parsing.parse("average revenue", known(), NOW).drafts)


def test_hidden_columns_are_not_shown() -> None:
    """Neither by name nor by "all columns" does a draft read what is hidden."""
    for question in ("show the salary of each employee", "show all information about employees",
                     "when did the clients join?", "who has the highest salary?"):  # fmt: skip
        for draft in parsing.parse(question, known(), NOW).drafts:
            assert "salary" not in draft.sql
            assert "joined_on" not in draft.sql
            assert "*" not in draft.sql.replace("COUNT(*)", "")


def test_the_usual_time_is_the_one_meant() -> None:
    """Of two dates the declared one is taken, unless the other's own words are said."""
    orders = shop.catalog().table("orders")
    assert orders is not None
    (date,) = (column for column in orders.columns if column.name == "order_date")
    shipped = replace(date, name="shipped_on")
    catalog = shop.catalog().with_tables([replace(orders, columns=(*orders.columns, shipped))])
    usual = knowledge.enrich(
        catalog, knowledge.read("tables: {orders: {time: shipped_on}}", FILE), FILE
    )
    asked = "how many orders were there in 2024?"
    assert "WHERE shipped_on" in answered(asked, usual)
    assert "WHERE order_date" in answered(asked, known("tables: {orders: {time: order_date}}"))
    told = knowledge.read("tables: {orders: {time: order_date}}", FILE)
    assert "WHERE shipped_on" in answered(
        "how many orders were shipped in 2024?", knowledge.enrich(catalog, told, FILE)
    )


@pytest.mark.parametrize("question", ["How is business going?", "  how is  BUSINESS going"])
def test_a_golden_question_is_answered_by_its_query(question: str) -> None:
    """Asked again, also typed a little differently, the team's own SQL is the draft."""
    (draft,) = parsing.parse(question, known(), NOW).drafts
    assert draft.sql == "SELECT COUNT(*) AS n FROM orders WHERE status = 'delivered'"
    assert (draft.origin, draft.confidence) == (Origin.MEMORY, 0.999)
    assert draft.reading == "golden query “How is business going?”"


def test_golden_queries_teach_without_end() -> None:
    """Their features speak for the columns that they used; no number of them lifts the cap."""
    asked = "customers by country"
    sql = "SELECT country, COUNT(*) FROM customers GROUP BY country"
    few, many = (
        replace(
            shop.catalog(),
            golden_queries=tuple(GoldenQuery(f"{asked} {n}", sql) for n in range(count)),
        )
        for count in (1, 200)
    )
    weight, most = (parser.indexed(catalog).lessons.weights for catalog in (few, many))
    learned = "golden|countri|customers.country"
    assert 0 < weight[learned] < most[learned] < CAP
    assert "golden|countri|suppliers.country" not in most


def test_golden_queries_settle_what_is_close() -> None:
    """Of two columns of one name the one that the team used for the word gains on the other."""
    question, sql = "how many countries are there?", "SELECT COUNT(DISTINCT country) FROM suppliers"
    taught = replace(
        shop.catalog(), golden_queries=(GoldenQuery("in which countries do we buy?", sql),)
    )

    def sure(catalog: Catalog) -> float:
        drafts = parsing.parse(question, catalog, NOW).drafts
        return sum(draft.confidence for draft in drafts if "suppliers" in draft.sql)

    assert sure(taught) > sure(shop.catalog())


_words = ("clients", "each", "salary", "revenue", "average line value", "sticker price",
          "market tier", "highest", "average", "per", "month", "over 100", "in 2024",
          "top 5", "stores", "order by", "and",
          "how many", "Germany", "above average", "between 5 and 9", "total")  # fmt: skip


@settings(deadline=None, max_examples=60)
@given(st.lists(st.sampled_from(_words), min_size=1, max_size=6).map(" ".join))
def test_no_question_breaks_the_parser_or_passes_the_gate_with_a_hidden_column(text: str) -> None:
    """Whatever is asked of the team's words, drafts are let through and run."""
    catalog = known()
    for draft in parsing.parse(text, catalog, NOW).drafts:
        assert checking.check(draft, catalog).accepted, draft.sql
        assert "salary" not in draft.sql
        rows_of(draft.sql)


_connection = sqlite3.connect(":memory:", check_same_thread=False)
shop.fill(_connection)


def rows_of(sql: str) -> None:
    _connection.execute(f"EXPLAIN {sql}")
